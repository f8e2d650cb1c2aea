//! The logs: what a request is followed by, what is never in them, and reading them.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use axum::http::Request;

use crate::harness::{App, Server, quire, run};

fn logs(data: &Path, arguments: &[&str]) -> String {
    let at = ["--data", data.to_str().expect("a plain path")];
    let shown = run([&["logs"], arguments, &at].concat());
    assert_eq!(shown.status.code(), Some(0), "{}", String::from_utf8_lossy(&shown.stderr));
    String::from_utf8(shown.stdout).expect("text")
}

/// Someone who follows a log.
struct Reader {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Reader {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = quire();
        command.args(arguments).arg("--data").arg(data).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("it can be read");
        line
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

#[tokio::test]
async fn a_caller_may_name_its_request() {
    let app = App::new(&[]).await;
    for (sent, is_taken) in [("trace-1", true), ("two words", false), ("x\"y", false)] {
        let request = Request::get("/v1/none").header("x-request-id", sent);
        let reply = app.send(request.body(axum::body::Body::empty()).expect("a request")).await;
        let id = reply.header("x-request-id");
        assert_eq!(id == sent, is_taken, "{sent}: {id}");
        assert!(is_taken || id.starts_with("req_"), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_can_be_found_in_both_logs_and_no_secret_in_any() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path());
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let made = client
        .post(format!("{}/api/keys?hidden=query", server.url))
        .header("x-request-id", "trace-1")
        .json(&serde_json::json!({"name": "my phone", "allow": ["read", "ask"]}))
        .send()
        .await
        .expect("it answers");
    assert_eq!(made.headers()["x-request-id"], "trace-1");
    let made: serde_json::Value = made.json().await.expect("JSON");
    let key = made["key"].as_str().expect("a key");
    let question = serde_json::json!({
        "messages": [{"role": "user", "content": "What is swordfish?"}], "max_tokens": 4,
    });
    let asked = client
        .post(format!("{}/v1/chat/completions", server.url))
        .header("x-request-id", "trace-2")
        .bearer_auth(key)
        .json(&question)
        .send()
        .await
        .expect("it answers");
    assert_eq!(asked.status(), 200, "{}", asked.text().await.unwrap_or_default());
    asked.bytes().await.expect("a whole reply");

    let log = logs(data.path(), &[]);
    let line = log.lines().find(|line| line.contains("made key `my phone`"));
    let line = line.unwrap_or_else(|| panic!("the key is not told of: {log}"));
    assert!(line.contains("id=trace-1"), "{line}");
    let access = logs(data.path(), &["--access"]);
    let line = |id: &str| {
        let line = access.lines().find(|line| line.ends_with(id));
        line.unwrap_or_else(|| panic!("{id} is not told of: {access}")).to_owned()
    };
    let first = line("id=trace-1");
    assert!(first.contains(" 201 POST /api/keys head_ms="), "{first}");
    assert!(first.contains(" caller=machine address=127.0.0.1 "), "{first}");
    let second = line("id=trace-2");
    assert!(second.contains(" 200 POST /v1/chat/completions "), "{second}");
    assert!(second.contains(" caller=key name=\"my phone\" "), "{second}");

    assert_eq!(server.stop(), Some(0));
    for entry in fs::read_dir(data.path().join("logs")).expect("a folder") {
        let path = entry.expect("a file").path();
        let text = fs::read_to_string(&path).expect("text");
        for secret in [key, "hidden", "swordfish"] {
            assert!(!text.contains(secret), "`{secret}` stands in {}", path.display());
        }
    }
}

#[test]
fn prompts_are_in_the_log_if_their_option_is_given_and_only_then() {
    for is_wanted in [false, true] {
        let data = tempfile::tempdir().expect("a folder");
        let at = data.path().to_str().expect("a plain path");
        let mut start = quire();
        start.args(["server", "start", "--bind", "127.0.0.1:0", "--data", at]);
        // What is logged of all else makes no difference.
        start.env("QUIRE_LOG", "trace");
        if is_wanted {
            start.arg("--log-prompts");
        }
        let started = start.output().expect("it starts");
        let told = String::from_utf8_lossy(&started.stderr);
        assert!(started.status.success(), "{told}");
        assert_eq!(told.contains("warning: `--log-prompts` writes what is asked"), is_wanted);
        let asked = ask(at, "What is swordfish?");
        let stopped = run(["server", "stop", "--data", at]);
        assert!(asked.success() && stopped.status.success());
        let log = logs(data.path(), &["-n", "100000"]);
        let prompts: Vec<&str> = log.lines().filter(|line| line.contains("prompt for `")).collect();
        assert_eq!(prompts.len(), usize::from(is_wanted), "{prompts:?}");
        assert!(prompts.iter().all(|line| line.contains("request{id=req_")), "{prompts:?}");
        assert!(prompts.iter().all(|line| line.contains("What is swordfish?")), "{prompts:?}");
        assert_eq!(log.contains("swordfish"), is_wanted);
    }
}

fn ask(data: &str, question: &str) -> std::process::ExitStatus {
    let mut chat = quire();
    chat.args(["chat", "--data", data]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut chat = chat.spawn().expect("it starts");
    let mut input = chat.stdin.take().expect("it is piped");
    std::io::Write::write_all(&mut input, question.as_bytes()).expect("it reads");
    drop(input);
    chat.wait().expect("it ends")
}

#[test]
fn a_log_is_followed_also_where_another_file_takes_its_place() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = data.path().join("logs");
    let path = folder.join("server.log");
    fs::create_dir(&folder).expect("a folder");
    fs::write(&path, "one\ntwo\n").expect("a file");
    let mut reader = Reader::start(data.path(), &["logs", "--follow", "-n", "1"]);
    assert_eq!(reader.line(), "two\n");
    add(&path, "three\n");
    assert_eq!(reader.line(), "three\n");
    add(&path, "four\n");
    fs::rename(&path, folder.join("server.log.1")).expect("it can be moved");
    add(&path, "five\n");
    assert_eq!((reader.line(), reader.line()), ("four\n".to_owned(), "five\n".to_owned()));

    // As LM Studio's command line says it.
    let mut stream = Reader::start(data.path(), &["log", "stream", "-n", "2"]);
    assert_eq!((stream.line(), stream.line()), ("four\n".to_owned(), "five\n".to_owned()));
    add(&path, "six\n");
    assert_eq!(stream.line(), "six\n");
    let pid = stream.child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    assert_eq!(stream.child.wait().expect("it ends").code(), Some(130));
}

fn add(path: &Path, text: &str) {
    let mut options = fs::OpenOptions::new();
    let mut file = options.append(true).create(true).open(path).expect("it opens");
    std::io::Write::write_all(&mut file, text.as_bytes()).expect("it is written");
}

#[test]
fn where_no_server_has_run_there_is_no_log() {
    let data = tempfile::tempdir().expect("a folder");
    let shown = run(["logs", "--data", data.path().to_str().expect("a plain path")]);
    assert_eq!(shown.status.code(), Some(1));
    let told = String::from_utf8_lossy(&shown.stderr);
    assert!(told.contains("no server has run on this data folder yet"), "{told}");
}
