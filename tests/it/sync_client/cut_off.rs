//! `kill -9` of the client in the middle: the same command again ends in the same state.

use std::time::Duration;

use serde_json::json;

use super::{Notes, sync_command};

const FILES: usize = 400;

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_was_killed_is_finished_by_the_next_one() {
    let notes = Notes::new();
    for number in 0..FILES {
        let text = format!("The inventory mark of item {number} is zq{number}xv.");
        notes.write(&format!("part{}/item{number}.md", number % 7), &text);
    }
    for after_ms in [10, 60, 120, 250] {
        let mut command = sync_command(&notes.folder(), &notes.data());
        let mut child = command.spawn().expect("it starts");
        // Where it is by then is chance, and every place must be good.
        tokio::time::sleep(Duration::from_millis(after_ms)).await;
        child.kill().expect("it is ours");
        child.wait().expect("it ends");
    }
    let done = notes.summary(0, &[]);
    assert_eq!(done["files"], FILES, "{done}");
    notes.settle().await;
    let source = notes.source().await;
    assert_eq!((&source["files"], &source["index"]["done"]), (&json!(FILES), &json!(FILES)));
    assert_eq!(notes.found("zq7xv").await.first().map(String::as_str), Some("part0/item7.md"));
    assert_eq!(notes.summary(0, &[])["changed"], false);
}
