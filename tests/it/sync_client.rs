//! `quire sync`: folders and their mirrors, as a user of the built binary sees them.

mod away;
mod awkward;
mod cut_off;
mod large;
mod on_server;
mod rounds;
mod watching;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use quire_domain::SseParser;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Server, quire};

/// A server, and a folder of notes beside it.
struct Notes {
    outer: TempDir,
    server: Server,
}

impl Notes {
    fn new() -> Self {
        Self::on_port(0)
    }

    /// With a server that can come back at the same address.
    fn on_port(port: u16) -> Self {
        let outer = tempfile::tempdir().expect("a folder");
        fs::create_dir(outer.path().join("notes")).expect("a folder");
        let bind = format!("127.0.0.1:{port}");
        let server = Server::start_at(&outer.path().join("data"), &bind);
        Self { outer, server }
    }

    fn data(&self) -> PathBuf {
        self.outer.path().join("data")
    }

    fn folder(&self) -> PathBuf {
        self.outer.path().join("notes")
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.folder(), path, text);
    }

    fn remove(&self, path: &str) {
        fs::remove_file(self.folder().join(path)).expect("it was there");
    }

    fn rename(&self, from: &str, to: &str) {
        fs::rename(self.folder().join(from), self.folder().join(to)).expect("it was there");
    }

    /// Runs a sync to its end.
    fn sync(&self, more: &[&str]) -> Output {
        sync_command(&self.folder(), &self.data()).args(more).output().expect("it starts")
    }

    /// Runs a sync that ends so, and reads its summary.
    fn summary(&self, code: i32, more: &[&str]) -> Value {
        let output = self.sync(&[&["--json"], more].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{told}");
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
    }

    async fn get(&self, path: &str) -> Value {
        let reply = client().get(format!("{}{path}", self.server.url)).send().await;
        reply.expect("it answers").json().await.expect("JSON")
    }

    /// The only source of the server.
    async fn source(&self) -> Value {
        let listed = self.get("/api/sources").await;
        assert_eq!(listed["sources"].as_array().map(Vec::len), Some(1), "{listed}");
        listed["sources"][0].clone()
    }

    async fn paths(&self) -> Vec<String> {
        let source = self.source().await;
        let id = source["id"].as_str().expect("an id");
        let listed = self.get(&format!("/api/sources/{id}/files?limit=10000&fields=path")).await;
        let files = listed["files"].as_array().expect("a list");
        files.iter().map(|file| file["path"].as_str().expect("a path").to_owned()).collect()
    }

    async fn found(&self, query: &str) -> Vec<String> {
        let body = json!({"query": query, "mode": "keyword"});
        let request = client().post(format!("{}/api/collections/notes/search", self.server.url));
        let reply = request.json(&body).send().await.expect("it answers");
        let found: Value = reply.json().await.expect("JSON");
        let hits = found["hits"].as_array().cloned().unwrap_or_default();
        let path = |hit: &Value| hit["document"]["path"].as_str().unwrap_or_default().to_owned();
        hits.iter().map(path).collect()
    }

    /// Waits for changes of the source after a sequence number.
    async fn changes(&self, since: u64) -> Value {
        let source = self.source().await;
        let id = source["id"].as_str().expect("an id");
        self.get(&format!("/api/sources/{id}/changes?since={since}&wait=30")).await
    }

    /// Waits until all files of the source are indexed, by the changes and events that it tells.
    async fn settle(&self) {
        let source = self.source().await;
        let id = source["id"].as_str().expect("an id");
        let events = client().get(format!("{}/api/sources/{id}/events", self.server.url)).send();
        let mut events = events.await.expect("it answers");
        let mut parser = SseParser::default();
        while let Some(piece) = events.chunk().await.expect("events") {
            let summaries = parser.push(&piece).into_iter();
            let mut summaries =
                summaries.filter_map(|event| serde_json::from_str::<Value>(&event.data).ok());
            let rests = |one: &Value| {
                one["index"]["queued"] == json!(0) && one["index"]["running"] == json!(0)
            };
            if summaries.any(|one| rests(&one)) {
                return;
            }
        }
        panic!("the events ended");
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
    fs::write(file, text).expect("a file");
}

fn sync_command(folder: &Path, data: &Path) -> std::process::Command {
    let mut command = quire();
    command.arg("sync").arg(folder).args(["-c", "notes", "--data"]).arg(data);
    command.stdin(Stdio::null()).env_remove("QUIRE_KEY");
    command
}
