//! `kill -9` in the middle of an ingest: afterwards every document is there exactly once.

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Server, pdf, quire, run};

const DOCUMENTS: usize = 300;
/// How often the server is killed.
const KILLS: usize = 5;

/// A small generator of numbers (SplitMix64), so that every run kills at the same counts.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % limit as u64) as usize
    }
}

/// A word that only document `number` has.
fn token(number: usize) -> String {
    let letter = |n: usize| char::from(b'a' + (n % 26) as u8);
    format!("zq{}{}{}xv", letter(number / 26 / 26), letter(number / 26), letter(number))
}

fn write_documents(folder: &Path) {
    for number in 0..DOCUMENTS {
        let token = token(number);
        let sub = folder.join(format!("part{}", number % 7));
        fs::create_dir_all(&sub).expect("a folder");
        let sentence = format!("The inventory mark of item number {number} is {token}.");
        let (name, bytes) = match number % 5 {
            0 => ("txt", sentence.into_bytes()),
            1 => ("md", format!("# Item {number}\n\n{sentence}\n\n- checked\n").into_bytes()),
            2 => ("csv", format!("item,mark\n{number},{token}\n").into_bytes()),
            3 => ("html", format!("<h1>Item</h1><p>{sentence}</p>").into_bytes()),
            _ => ("pdf", pdf(&[&sentence])),
        };
        fs::write(sub.join(format!("item{number}.{name}")), bytes).expect("a file");
    }
}

fn start_ingest(files: &Path, server: &Server) -> Child {
    quire()
        .arg("ingest")
        .arg(files)
        .args(["-c", "items", "--server", &server.url])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts")
}

async fn get(server: &Server, path: &str) -> Option<Value> {
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let reply = client.get(format!("{}{path}", server.url)).send().await.ok()?;
    serde_json::from_str(&reply.text().await.ok()?).ok()
}

/// Waits until the collection counts at least `least` under `name`.
async fn wait_for(server: &Server, name: &str, least: usize) {
    let started = Instant::now();
    loop {
        let collection = get(server, "/api/collections/items").await;
        let count = collection.and_then(|found| found["counts"][name].as_u64());
        if count.is_some_and(|count| count as usize >= least) {
            return;
        }
        assert!(started.elapsed() < Duration::from_mins(4), "{name} never reached {least}");
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_document_is_indexed_exactly_once_however_often_the_server_is_killed() {
    let data = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    write_documents(files.path());
    let mut numbers = Numbers(20_261_121);
    for kill in 0..KILLS {
        let server = Server::start(data.path());
        let mut ingest = start_ingest(files.path(), &server);
        // First while files still come in, then further and further on.
        let (name, least) = match kill {
            0 => ("documents", 20 + numbers.below(100)),
            _ => ("indexed", (kill - 1) * DOCUMENTS / KILLS + 1 + numbers.below(50)),
        };
        wait_for(&server, name, least).await;
        tokio::time::sleep(Duration::from_millis(numbers.below(40) as u64)).await;
        drop(server);
        ingest.kill().expect("it can be killed");
        ingest.wait().expect("it has ended");
    }

    let server = Server::start(data.path());
    let at = ["--server", &server.url, "--json"];
    let folder = files.path().to_str().expect("a plain path");
    let last = run([&["ingest", folder, "-c", "items"][..], &at].concat());
    assert_eq!(last.status.code(), Some(0), "{}", String::from_utf8_lossy(&last.stderr));

    let health = get(&server, "/api/health/index").await.expect("it answers");
    assert_eq!(health["documents"], DOCUMENTS, "{health}");
    for nothing in ["pending", "orphan_chunks", "documents_without_chunks"] {
        assert_eq!(health[nothing], 0, "{nothing}: {health}");
    }
    let listed = get(&server, "/api/collections/items/documents?limit=1000").await;
    let listed = listed.expect("it answers");
    let documents = listed["documents"].as_array().expect("a list");
    assert!(documents.iter().all(|document| document["status"] == "indexed"));
    let chunks: u64 = documents.iter().filter_map(|one| one["chunk_count"].as_u64()).sum();
    assert_eq!(health["chunks"], chunks, "the store holds what the ledger says, and no more");
    for number in (0..DOCUMENTS).step_by(23) {
        let path = format!("item{number}.");
        let mark = token(number);
        let query = ["search", "-c", "items", &mark, "--mode", "keyword"];
        let found = run([&query[..], &at].concat());
        let found: Value = serde_json::from_slice(&found.stdout).expect("JSON");
        let hits = found["hits"].as_array().expect("a list");
        assert_eq!(hits.len(), 1, "{mark}: {found}");
        let hit = hits[0]["document"]["path"].as_str().expect("a path");
        assert!(hit.contains(&path), "{mark}: {hit}");
    }
    assert_eq!(server.stop(), Some(0));
}
