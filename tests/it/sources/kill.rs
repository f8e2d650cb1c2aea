//! `kill -9` in the middle of batches: the same batches again end in the same state.

use std::time::{Duration, Instant};

use quire_folder_sync::file_hash;
use serde_json::{Value, json};

use super::{at, source_request};
use crate::harness::Server;

const BATCHES: usize = 12;
const FILES: usize = 25;
/// After how many batches the server is killed, while the next one is on its way.
const KILLS: [usize; 3] = [1, 5, 9];

fn text(number: usize) -> String {
    format!("The inventory mark of item {number} is zq{number}xv.")
}

fn batch(number: usize) -> Value {
    let file = |index: usize| {
        let number = number * FILES + index;
        let path = format!("part{}/item{number}.md", number % 7);
        json!({"op": "put", "path": path, "text": text(number), "mtime": 1000})
    };
    json!({"ops": (0..FILES).map(file).collect::<Vec<_>>()})
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

async fn send(server: &Server, number: usize) -> Option<Value> {
    let reply = client().post(format!("{}{}", server.url, at("/batch"))).json(&batch(number));
    reply.send().await.ok()?.json().await.ok()
}

async fn get(server: &Server, path: &str) -> Value {
    let reply = client().get(format!("{}{path}", server.url)).send().await.expect("it answers");
    reply.json().await.expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_were_cut_off_are_sent_again_and_every_file_is_there_once() {
    let data = tempfile::tempdir().expect("a folder");
    let mut server = Server::start(data.path());
    let made =
        client().post(format!("{}/api/collections", server.url)).json(&json!({"name": "notes"}));
    assert!(made.send().await.expect("it answers").status().is_success());
    let put = client().put(format!("{}{}", server.url, at(""))).json(&source_request("notes"));
    assert!(put.send().await.expect("it answers").status().is_success());
    for number in 0..BATCHES {
        if KILLS.contains(&number) {
            let url = server.url.clone();
            let cut = tokio::spawn(async move {
                let request = client().post(format!("{url}{}", at("/batch"))).json(&batch(number));
                // It is cut off, or just through.
                let _reply = request.send().await;
            });
            tokio::time::sleep(Duration::from_millis(3 * number as u64)).await;
            drop(server);
            cut.await.expect("it ends");
            server = Server::start(data.path());
        }
        let done = send(&server, number).await.expect("it answers");
        let results = done["results"].as_array().expect("a list");
        assert!(results.iter().all(|one| one["status"] == 200), "{done}");
    }
    let started = Instant::now();
    loop {
        let status = get(&server, &at("")).await;
        if status["index"]["done"] == BATCHES * FILES {
            assert_eq!(status["files"], BATCHES * FILES);
            break;
        }
        assert!(started.elapsed() < Duration::from_mins(4), "{status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let health = get(&server, "/api/health/index").await;
    assert_eq!(health["documents"], BATCHES * FILES, "{health}");
    assert_eq!(
        (&health["orphan_chunks"], &health["documents_without_chunks"]),
        (&json!(0), &json!(0))
    );
    let listed = get(&server, &at("/files?limit=1000&fields=path,hash")).await;
    for file in listed["files"].as_array().expect("a list") {
        let path = file["path"].as_str().expect("a path");
        let digits: String =
            path.rsplit('/').next().expect("a name").chars().filter(char::is_ascii_digit).collect();
        let number: usize = digits.parse().expect("a number");
        assert_eq!(file["hash"], json!(file_hash(text(number).as_bytes())), "{path}");
    }
    assert_eq!(server.stop(), Some(0));
}
