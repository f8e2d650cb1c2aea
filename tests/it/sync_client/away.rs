//! Servers that go away and come back, and servers on another machine.

use serde_json::json;

use super::watching::{Watching, first_round};
use super::{Notes, client, sync_command, write};
use crate::harness::{Server, free_port};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_waited_for() {
    let mut notes = Notes::on_port(free_port());
    notes.write("garden.md", "The apple tree was planted in 1987.");
    notes.write("house.md", "The roof is red.");
    let url = notes.server.url.clone();
    let _watching = Watching::start(&notes, &["--server", &url]);
    let seq = first_round(&notes, 2).await;

    notes.server.kill();
    notes.write("garden.md", "The pear tree was planted in 1990.");
    notes.rename("house.md", "home.md");
    // Long enough for it to have tried in vain.
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    notes.server = Server::start_at(&notes.data(), url.trim_start_matches("http://"));

    let mut changes = notes.changes(seq).await;
    while changes["changes"].as_array().map_or(0, Vec::len) < 3 {
        let seen = changes["seq"].as_u64().expect("a number");
        notes.changes(seen).await;
        changes = notes.changes(seq).await;
    }
    assert_eq!(notes.paths().await, ["garden.md", "home.md"]);
    notes.settle().await;
    assert_eq!(notes.found("pear").await, ["garden.md"]);
    assert!(notes.found("apple").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_with_a_key_syncs_its_own_source() {
    let notes = Notes::new();
    notes.write("own.md", "A note of the server's machine.");
    notes.summary(0, &[]);
    let post = async |path: &str, body: serde_json::Value| -> serde_json::Value {
        let request = client().post(format!("{}{path}", notes.server.url)).json(&body);
        request.send().await.expect("it answers").json().await.expect("JSON")
    };
    let code = post("/api/sources/pairing-codes", json!({"collection": "notes"})).await;
    let device = json!({"id": "laptop", "platform": "linux"});
    let paired = post("/api/pair", json!({"code": code["code"], "device": device})).await;
    let (key, source) = (paired["key"].as_str().expect("a key"), &paired["source_id"]);

    // A machine of its own: another data folder, another folder of notes, only address and key.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (folder, data) = (elsewhere.path().join("notes"), elsewhere.path().join("data"));
    write(&folder, "trip.md", "The ferry leaves at nine.");
    let sync = |key: &str| {
        let mut command = sync_command(&folder, &data);
        command.args(["--json", "--into", "laptop", "--server", &notes.server.url]);
        command.env("QUIRE_KEY", key).output().expect("it starts")
    };
    let done = sync(key);
    let told = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(0), "{told}");
    let done: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!((&done["source_id"], &done["uploaded"]), (source, &json!(1)), "{done}");
    assert_eq!(notes.found("ferry").await, ["laptop/trip.md"]);
    assert_eq!(notes.found("server's machine").await.first().map(String::as_str), Some("own.md"));

    let refused = sync("qs_no-such-key");
    let told = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("key"), "{told}");
}
