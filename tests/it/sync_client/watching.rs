//! `--watch`: changes are brought over as they are made.

use std::fs;
use std::process::{Child, Stdio};

use super::{Notes, sync_command};

/// A sync that goes on; killed when it is dropped.
pub(super) struct Watching(Child);

impl Watching {
    pub(super) fn start(notes: &Notes, more: &[&str]) -> Self {
        let mut command = sync_command(&notes.folder(), &notes.data());
        command.arg("--watch").args(more).stdout(Stdio::null()).stderr(Stdio::null());
        Self(command.spawn().expect("it starts"))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It may have ended, and then the test says why.
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// Waits until the source is there and has so many files.
pub(super) async fn first_round(notes: &Notes, files: usize) -> u64 {
    let mut seq = 0;
    loop {
        let listed = notes.get("/api/sources").await;
        if let Some(source) = listed["sources"].get(0) {
            seq = source["seq"].as_u64().expect("a number").max(seq);
            if source["files"] == files {
                return seq;
            }
            notes.changes(seq).await;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_renames_and_deletions_are_brought_over_as_they_are_made() {
    let notes = Notes::new();
    notes.write("garden.md", "The apple tree was planted in 1987.");
    notes.write("house.md", "The roof is red.");
    notes.write("plans.md", "A pond.");
    let _watching = Watching::start(&notes, &[]);
    let seq = first_round(&notes, 3).await;

    notes.write("garden.md", "The pear tree was planted in 1990.");
    let changes = notes.changes(seq).await;
    assert_eq!(changes["changes"][0]["path"], "garden.md", "{changes}");
    notes.settle().await;
    assert_eq!(notes.found("pear").await, ["garden.md"]);

    let document = changes["changes"][0]["document_id"].clone();
    notes.rename("garden.md", "orchard.md");
    let changes = notes.changes(changes["seq"].as_u64().expect("a number")).await;
    let put = changes["changes"].as_array().expect("a list").iter().find(|one| one["op"] == "put");
    assert_eq!(put.expect("a put")["document_id"], document, "{changes}");
    assert_eq!(notes.found("pear").await, ["orchard.md"]);

    notes.remove("orchard.md");
    let changes = notes.changes(changes["seq"].as_u64().expect("a number")).await;
    assert_eq!(changes["changes"][0]["op"], "delete", "{changes}");
    assert!(notes.found("pear").await.is_empty());

    notes.write("deep/new/folder/note.md", "A walnut.");
    let changes = notes.changes(changes["seq"].as_u64().expect("a number")).await;
    assert_eq!(changes["changes"][0]["path"], "deep/new/folder/note.md", "{changes}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_vanishes_deletes_nothing_and_is_taken_up_when_it_is_back() {
    let notes = Notes::new();
    notes.write("a.md", "alpha");
    notes.write("b.md", "beta");
    let _watching = Watching::start(&notes, &[]);
    let seq = first_round(&notes, 2).await;
    let away = notes.outer.path().join("away");
    fs::rename(notes.folder(), &away).expect("it moves");
    super::write(&away, "c.md", "gamma");
    fs::rename(&away, notes.folder()).expect("it moves back");
    let changes = notes.changes(seq).await;
    let paths: Vec<_> = changes["changes"].as_array().expect("a list").iter().collect();
    assert_eq!((paths.len(), &paths[0]["path"]), (1, &"c.md".into()), "{changes}");
    assert_eq!(notes.paths().await, ["a.md", "b.md", "c.md"]);
}
