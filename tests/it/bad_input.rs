//! Bad input gets a clear error, and nothing else is lost.

use std::io::Write;
use std::net::TcpListener;
use std::process::Command;

use quire_service::IngestLimits;
use serde_json::{Value, json};

use crate::harness::{App, Server, quire, run};

const GOOD: &[u8] = b"A good file that says that the meeting is on Tuesday.";

/// Uploads a bad file beside a good one and gives the bad one's document.
async fn beside_a_good_one(path: &str, bytes: &[u8]) -> Value {
    let app = App::new(&[]).await;
    app.fill("mixed", &[(path, bytes), ("good.txt", GOOD)]).await;
    let query = json!({"query": "meeting Tuesday"});
    let found = app.post("/api/collections/mixed/search", &query).await.json();
    assert_eq!(found["hits"][0]["document"]["path"], "good.txt", "{found}");
    let documents = app.documents("mixed").await;
    documents.into_iter().find(|document| document["path"] == path).expect("it is listed")
}

fn assert_failed(document: &Value, status: &str, says: &str) {
    assert_eq!(document["status"], status, "{document}");
    let message = document["error"]["message"].as_str().expect("a reason").to_lowercase();
    assert!(message.contains(says), "`{message}` should say `{says}`");
}

#[tokio::test]
async fn an_empty_file() {
    assert_failed(&beside_a_good_one("empty.txt", b"").await, "failed", "empty");
}

#[tokio::test]
async fn a_wrong_extension_is_read_as_what_it_is() {
    let document = beside_a_good_one("notes.pdf", b"Just words, not a PDF.").await;
    assert_eq!(document["status"], "indexed", "{document}");
}

#[tokio::test]
async fn an_encrypted_pdf_says_so() {
    assert_failed(&beside_a_good_one("secret.pdf", &encrypted_pdf()).await, "failed", "encrypt");
}

/// The smallest PDF whose trailer demands a password nobody has.
fn encrypted_pdf() -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Kids[3 0 R]/Count 1>>".to_owned(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>".to_owned(),
        format!("<</Filter/Standard/V 1/R 2/P -4/O<{}>/U<{}>>>", "ab".repeat(32), "cd".repeat(32)),
    ];
    let mut pdf = b"%PDF-1.4\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(pdf.len());
        write!(pdf, "{} 0 obj\n{object}\nendobj\n", index + 1).expect("memory");
    }
    let start = pdf.len();
    pdf.extend_from_slice(b"xref\n0 5\n0000000000 65535 f \n");
    for offset in offsets {
        writeln!(pdf, "{offset:010} 00000 n ").expect("memory");
    }
    let id = "00112233445566778899aabbccddeeff";
    write!(
        pdf,
        "trailer\n<</Size 5/Root 1 0 R/Encrypt 4 0 R/ID[<{id}><{id}>]>>\nstartxref\n{start}\n%%EOF\n"
    )
    .expect("memory");
    pdf
}

#[tokio::test]
async fn a_truncated_docx() {
    let mut package = Vec::new();
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(&mut package));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("word/document.xml", options).expect("memory");
    zip.write_all(b"<w:document/>").expect("memory");
    zip.finish().expect("memory");
    package.truncate(package.len() / 2);
    let document = beside_a_good_one("half.docx", &package).await;
    assert_eq!(document["status"], "failed", "{document}");
    let message = document["error"]["message"].as_str().expect("a reason");
    assert!(message.len() > 10, "{message}");
}

#[tokio::test]
async fn a_text_over_the_size_limit_is_refused_alone() {
    let limits = IngestLimits { max_file_bytes: 1 << 20, ..IngestLimits::default() };
    let app = App::with_limits(&[], limits).await;
    let big = vec![b'x'; 2 << 20];
    let uploaded = app.fill("mixed", &[("big.txt", &big), ("good.txt", GOOD)]).await;
    assert_eq!(uploaded["documents"][0]["path"], "good.txt");
    assert_eq!(uploaded["rejected"][0]["path"], "big.txt");
    assert_eq!(uploaded["rejected"][0]["error"]["code"], "too_large");
    let alone = app.upload("mixed", &[("big.txt", &big)]).await;
    assert!(alone.error(413, "too_large").contains("1048576"));
}

#[tokio::test]
async fn two_hundred_megabytes_of_text() {
    let text = b"All work and no play makes a long text. ".repeat((200 << 20) / 40);
    let document = beside_a_good_one("long.txt", &text).await;
    assert_failed(&document, "failed", "large");
}

#[tokio::test]
async fn ten_thousand_columns() {
    let header: Vec<String> = (0..10_000).map(|column| format!("c{column}")).collect();
    let row = vec!["1"; 10_000].join(",");
    let csv = format!("{}\n{row}\n{row}\n", header.join(","));
    let document = beside_a_good_one("wide.csv", csv.as_bytes()).await;
    assert_failed(&document, "failed", "column");
}

#[tokio::test]
async fn a_binary_named_txt() {
    let bytes: Vec<u8> = (0..4096_u32).map(|i| (i * 7919 % 251) as u8).collect();
    let document = beside_a_good_one("program.txt", &bytes).await;
    assert_failed(&document, "failed", "binary");
}

#[tokio::test]
async fn a_path_that_climbs_is_refused_and_the_rest_is_kept() {
    let app = App::new(&[]).await;
    let files: [(&str, &[u8]); 2] = [("../../etc/passwd", b"x"), ("good.txt", GOOD)];
    let uploaded = app.fill("mixed", &files).await;
    assert_eq!(uploaded["documents"].as_array().map(Vec::len), Some(1));
    assert_eq!(uploaded["rejected"][0]["path"], "../../etc/passwd");
    let alone = app.upload("mixed", &files[..1]).await;
    assert!(alone.error(400, "invalid_input").contains(".."));
    assert_eq!(app.documents("mixed").await.len(), 1);
}

#[tokio::test]
async fn an_unknown_collection() {
    let app = App::new(&[]).await;
    let path = "/api/collections/nowhere";
    assert!(app.get(path).await.error(404, "not_found").contains("nowhere"));
    app.upload("nowhere", &[("a.txt", GOOD)]).await.error(404, "not_found");
    let query = json!({"query": "a"});
    app.post(&format!("{path}/search"), &query).await.error(404, "not_found");
    let question = json!({"question": "a?"});
    app.post(&format!("{path}/ask"), &question).await.error(404, "not_found");
    let chat =
        json!({"model": "collection/nowhere", "messages": [{"role": "user", "content": "a?"}]});
    app.post("/v1/chat/completions", &chat).await.error(404, "model_not_found");
}

#[tokio::test]
async fn an_empty_question() {
    let app = App::new(&[]).await;
    app.fill("plant", &[("good.txt", GOOD)]).await;
    for text in ["", "   \n"] {
        let ask = app.post("/api/collections/plant/ask", &json!({"question": text})).await;
        assert!(ask.error(400, "invalid_input").contains("empty"));
        let search = app.post("/api/collections/plant/search", &json!({"query": text})).await;
        assert!(search.error(400, "invalid_input").contains("empty"));
    }
}

#[tokio::test]
async fn a_question_longer_than_the_context() {
    let app = App::new(&["never said"]).await;
    app.fill("plant", &[("good.txt", GOOD)]).await;
    let long = "why ".repeat(6000);
    let ask = app.post("/api/collections/plant/ask", &json!({"question": long})).await;
    assert!(ask.error(413, "too_large").contains("tokens"));
    let chat = json!({"messages": [{"role": "user", "content": long}]});
    let reply = app.post("/v1/chat/completions", &chat).await;
    let message = reply.error(400, "context_length_exceeded");
    assert!(message.contains("exceeds the available context size"), "{message}");
    assert!(reply.json()["error"]["n_prompt_tokens"].as_u64() > Some(4096));
}

#[tokio::test]
async fn broken_json_and_wrong_types() {
    let app = App::new(&[]).await;
    let send = async |content_type: &str, body: &'static str| {
        let request = axum::http::Request::post("/api/collections")
            .header("content-type", content_type)
            .body(axum::body::Body::from(body))
            .expect("a request");
        app.send(request).await
    };
    send("application/json", "{").await.error(400, "invalid_json");
    send("application/json", "{\"name\":\"a/b\"}").await.error(400, "invalid_json");
    send("text/plain", "{\"name\":\"a\"}").await.error(415, "unsupported");
}

#[test]
fn a_second_server_on_the_same_data_folder() {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path());
    let second = quire()
        .args(["serve", "--bind", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .output()
        .expect("it starts");
    assert_eq!(second.status.code(), Some(1));
    let message = String::from_utf8_lossy(&second.stderr);
    assert!(message.contains("in use by another Quire"), "{message}");
    assert_eq!(server.stop(), Some(0), "the first is not disturbed");
    assert!(!data.path().join("server.json").exists());
}

#[test]
fn a_port_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("it is bound").port();
    let data = tempfile::tempdir().expect("a folder");
    let address = format!("127.0.0.1:{port}");
    let folder = data.path().to_str().expect("a plain path");
    let output = run(["serve", "--bind", &address, "--data", folder]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains(&port.to_string()) && message.contains("--bind"), "{message}");
}

/// A disk that is full: a small file system of its own, which only root may mount.
#[test]
fn a_full_disk() {
    let data = tempfile::tempdir().expect("a folder");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=6m", "quire-test"])
        .arg(data.path())
        .output()
        .is_ok_and(|output| output.status.success());
    if !mounted {
        // Without the right to mount there is no disk to fill.
        return;
    }
    let outcome = std::panic::catch_unwind(|| fill_the_disk(data.path()));
    let unmounted = Command::new("umount").arg("-l").arg(data.path()).status();
    assert!(unmounted.is_ok_and(|status| status.success()));
    if let Err(failure) = outcome {
        std::panic::resume_unwind(failure);
    }
}

fn fill_the_disk(data: &std::path::Path) {
    let server = Server::start(data);
    let files = tempfile::tempdir().expect("a folder");
    std::fs::write(files.path().join("big.txt"), "words ".repeat(2 << 20)).expect("a file");
    let folder = files.path().to_str().expect("a plain path");
    let output = run(["ingest", folder, "-c", "full", "--server", &server.url]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_ne!(output.status.code(), Some(0), "{message}");
    assert!(message.contains("no space is left"), "{message}");
    let listed = run(["collections", "list", "--json", "--server", &server.url]);
    assert_eq!(listed.status.code(), Some(0), "the server still answers");
    assert_eq!(server.stop(), Some(0));
}
