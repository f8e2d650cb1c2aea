//! Folders that the server watches itself.

use serde_json::{Value, json};

use super::{Notes, client};
use crate::harness::Server;

async fn registered(notes: &Notes) -> String {
    let output = notes.sync(&["--on-server"]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let source = notes.source().await;
    assert_eq!(source["kind"], "folder", "{source}");
    source["id"].as_str().expect("an id").to_owned()
}

/// Waits for the next changes, from the first one on.
async fn next(notes: &Notes, since: &mut u64) -> Vec<Value> {
    let changes = notes.changes(*since).await;
    *since = changes["seq"].as_u64().expect("a number");
    changes["changes"].as_array().expect("a list").clone()
}

async fn post(notes: &Notes, path: &str) {
    let reply = client().post(format!("{}{path}", notes.server.url)).send().await;
    assert!(reply.expect("it answers").status().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_mirrors_a_folder_and_goes_on_after_a_restart() {
    let mut notes = Notes::new();
    notes.write("garden.md", "The apple tree was planted in 1987.");
    let id = registered(&notes).await;
    let mut seq = 0;
    assert_eq!(next(&notes, &mut seq).await[0]["path"], "garden.md");
    notes.settle().await;
    assert_eq!(notes.found("apple").await, ["garden.md"]);

    notes.write("house.md", "The roof is red.");
    assert_eq!(next(&notes, &mut seq).await[0]["path"], "house.md");

    post(&notes, &format!("/api/sources/{id}/pause")).await;
    notes.write("pond.md", "A pond.");
    notes.remove("house.md");
    post(&notes, &format!("/api/sources/{id}/resume")).await;
    let mut changed: Vec<Value> = Vec::new();
    while changed.len() < 2 {
        changed.extend(next(&notes, &mut seq).await);
    }
    let mut paths: Vec<_> = changed.iter().map(|one| one["path"].clone()).collect();
    paths.sort_by_key(ToString::to_string);
    assert_eq!(paths, ["house.md", "pond.md"]);

    let data = notes.data();
    let stopped =
        std::mem::replace(&mut notes.server, Server::start(&notes.outer.path().join("x")));
    assert_eq!(stopped.stop(), Some(0));
    notes.write("after.md", "A walnut.");
    notes.server = Server::start(&data);
    assert_eq!(next(&notes, &mut seq).await[0]["path"], "after.md");

    let url = format!("{}/api/sources/{id}", notes.server.url);
    assert_eq!(client().delete(url).send().await.expect("it answers").status(), 204);
    let listed = notes.get("/api/collections/notes/documents").await;
    assert_eq!(listed["documents"], json!([]), "its documents go with it");
    assert!(notes.folder().join("garden.md").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_folder_is_told_and_keeps_its_mirror() {
    let notes = Notes::new();
    notes.write("a.md", "alpha");
    let id = registered(&notes).await;
    let mut seq = 0;
    next(&notes, &mut seq).await;
    notes.remove("a.md");
    // The problem shows once the folder was looked at; nothing else is to be heard of it.
    let problem = loop {
        let source = notes.get(&format!("/api/sources/{id}")).await;
        if let Some(problem) = source["problem"].as_str() {
            break problem.to_owned();
        }
        tokio::task::yield_now().await;
    };
    assert!(problem.contains("1 of 1 files"), "{problem}");
    assert_eq!(notes.paths().await, ["a.md"]);
    let done = notes.summary(0, &["--on-server", "--delete-limit", "100%"]);
    assert_eq!((&done["deleted"], &done["source_id"]), (&json!(1), &json!(id)), "{done}");
    assert_eq!(next(&notes, &mut seq).await[0]["op"], "delete");
    notes.write("b.md", "beta");
    assert_eq!(next(&notes, &mut seq).await[0]["path"], "b.md");
}
