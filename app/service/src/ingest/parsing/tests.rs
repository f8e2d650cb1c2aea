//! The pool with workers that crash, hang, swell and are killed: each harms its own document only.

use quire_domain::ErrorKind;
use quire_engines::ModelRuntime;
use quire_engines::scripted::ScriptedRuntime;

use super::*;

/// Stands for `quire parse-worker`: names its own process in the reason why it read nothing.
const WORKER: &str = r#"
    answer() { echo "{\"done\":{\"answer\":$1,\"memory\":$2}}"; }
    said() { answer "{\"parsed\":{\"unsupported\":{\"code\":\"u\",\"message\":\"$$\"}}}" "$1"; }
    while read -r job; do case "$job" in
        *hangs*) exec sleep 600 ;;
        *crashes*) kill -SEGV $$ ;;
        *swells*) echo "memory allocation of 9999999999 bytes failed" >&2; kill -ABRT $$ ;;
        *leaves*) exit 3 ;;
        *chats*) echo "a library says hello"; echo "{\"pages\":2}"; said null ;;
        *keeps*) said '{"mapped":1,"resident":999999999,"peak":999999999}' ;;
        *forever*given_up\":\"*) said null ;;
        *forever*) echo '"scan"'; exec sleep 600 ;;
        *second*it\ is\ blurred*took\ longer*) said null ;;
        *second*) echo '"scan"'; echo '{"scanned":{"Err":"it is blurred"}}'; echo '"scan"'; exec sleep 600 ;;
        *untold*) answer '{"no_tokenizer":"the file is gone"}' null ;;
        *) said null ;;
    esac; done"#;

fn pool() -> WorkerPool {
    let limits = IngestLimits {
        parse_timeout: std::time::Duration::from_millis(500),
        parse_timeout_per_scan: std::time::Duration::from_millis(200),
        ..IngestLimits::default()
    };
    let arguments = ["-c", WORKER, "worker"].map(Into::into).to_vec();
    WorkerPool::new(WorkerSettings { program: "/bin/sh".into(), arguments, limits })
}

/// Has a file read; gives the code, and what was said.
async fn read(pool: &WorkerPool, path: &str) -> (String, String) {
    let path = path.parse().expect("a valid path");
    let parsed = pool.parse(&path, Path::new("original")).await.expect("a worker starts");
    match parsed.outcome {
        Outcome::Failed(failure) | Outcome::Unsupported(failure) => (failure.code, failure.message),
        Outcome::Parsed(_) => panic!("this worker reads nothing"),
    }
}

#[tokio::test]
async fn one_worker_does_many_jobs_one_after_another() {
    let pool = pool();
    let (code, first) = read(&pool, "a.md").await;
    assert_eq!(code, "u");
    for path in ["b.md", "chats.md", "c.md"] {
        assert_eq!(read(&pool, path).await.1, first, "{path}");
    }
    assert_eq!(pool.idle_ids().len(), 1);
}

#[tokio::test]
async fn what_breaks_a_worker_costs_its_file_and_no_other() {
    for (path, code) in [
        ("hangs.md", "timed_out"),
        ("crashes.md", "parser_crashed"),
        ("leaves.md", "parser_crashed"),
        ("swells.md", "out_of_memory"),
    ] {
        let pool = pool();
        let (_, first) = read(&pool, "a.md").await;
        let (bad, b, c) = tokio::join!(read(&pool, path), read(&pool, "b.md"), read(&pool, "c.md"));
        assert_eq!(bad.0, code, "{path}: {}", bad.1);
        assert_eq!([b.0.as_str(), c.0.as_str()], ["u", "u"], "{path}");
        let (code, after) = read(&pool, "d.md").await;
        assert_eq!(code, "u", "{path}");
        assert_ne!(after, first, "the worker that read `{path}` is not used again");
    }
}

#[tokio::test]
async fn a_page_that_hangs_costs_itself_and_its_document_goes_on() {
    // The second page that is a picture hangs, and another worker is told what is known.
    assert_eq!(read(&pool(), "second.pdf").await.0, "u");
    // All of them hang, until no more are tried.
    assert_eq!(read(&pool(), "forever.pdf").await.0, "u");
}

#[tokio::test]
async fn a_worker_that_keeps_much_memory_is_replaced() {
    let pool = pool();
    let (_, first) = read(&pool, "keeps.md").await;
    assert_ne!(read(&pool, "a.md").await.1, first);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_worker_that_is_killed_while_it_waits_costs_nothing() {
    let pool = pool();
    let (_, first) = read(&pool, "a.md").await;
    let killed = std::process::Command::new("kill").args(["-KILL", &first]).status();
    assert!(killed.expect("kill runs").success());
    let is_running = || {
        let status = std::fs::read_to_string(format!("/proc/{first}/status")).unwrap_or_default();
        status.contains("State:") && !status.contains("State:\tZ")
    };
    while is_running() {
        tokio::task::yield_now().await;
    }
    let (code, second) = read(&pool, "b.md").await;
    assert_eq!(code, "u");
    assert_ne!(second, first);
}

#[tokio::test]
async fn at_rest_one_worker_stays() {
    let pool = pool();
    tokio::join!(read(&pool, "a.md"), read(&pool, "b.md"), read(&pool, "c.md"));
    assert_eq!(pool.idle_ids().len(), 3);
    pool.rest();
    assert_eq!(pool.idle_ids().len(), 1);
}

#[tokio::test]
async fn chunking_fails_as_its_text_or_as_the_machine() {
    let pool = pool();
    let model = "scripted/embedder".parse().expect("a valid name");
    let embedder = ScriptedRuntime::new([]).get_embedder(&model).await.expect("is there");
    let cut = async |text: &str| {
        let text = quire_ingest::parse(
            &"a.md".parse().expect("a valid path"),
            text.as_bytes(),
            &quire_ingest::ParseLimits::default(),
        );
        pool.cut(Uncut::of_text(text.expect("is read"), embedder.info()), &embedder).await
    };
    for (text, code) in [
        ("It hangs.", "timed_out"),
        ("It crashes.", "chunking_failed"),
        ("It swells.", "out_of_memory"),
    ] {
        let failure = cut(text).await.expect("it is the text").expect_err(text);
        assert_eq!(failure.code, code);
        assert!(failure.message.contains("cutting it into chunks"), "{}", failure.message);
    }
    let error = cut("It is untold.").await.expect_err("the tokenizer is the machine's");
    assert_ne!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("the file is gone"), "{error}");
}
