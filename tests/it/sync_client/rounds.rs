//! One sync after the other: what goes over, and what is found afterwards.

use serde_json::json;

use super::Notes;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_mirrored_and_a_second_sync_transfers_nothing() {
    let notes = Notes::new();
    notes.write("garden.md", "The apple tree was planted in 1987.");
    notes.write("House 🌱/roof.md", "The roof is red.");
    notes.write(".obsidian/workspace.json", "{}");
    let first = notes.summary(0, &[]);
    assert_eq!((&first["uploaded"], &first["files"]), (&json!(2), &json!(2)), "{first}");
    assert_eq!(notes.found("apple").await, ["garden.md"]);
    let source = notes.source().await;
    assert_eq!((&source["kind"], &source["vault"]["name"]), (&json!("obsidian"), &json!("notes")));
    let second = notes.summary(0, &[]);
    assert_eq!((&second["uploaded"], &second["changed"]), (&json!(0), &json!(false)), "{second}");
    let after = notes.source().await;
    assert_eq!(after["seq"], source["seq"]);
    let text = String::from_utf8(notes.sync(&[]).stdout).expect("text");
    assert!(text.contains("2 files in `notes`: nothing to do"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_renames_and_deletions_follow() {
    let notes = Notes::new();
    notes.write("garden.md", "The apple tree was planted in 1987.");
    notes.write("house.md", "The roof is red.");
    notes.write("old.md", "An inventory of pumps.");
    notes.summary(0, &[]);
    let documents = notes.get("/api/collections/notes/documents").await;
    notes.write("garden.md", "The pear tree was planted in 1990.");
    notes.rename("house.md", "home.md");
    notes.remove("old.md");
    let done = notes.summary(0, &[]);
    let counts = (&done["uploaded"], &done["moved"], &done["deleted"]);
    assert_eq!(counts, (&json!(1), &json!(1), &json!(1)), "{done}");
    assert_eq!(notes.paths().await, ["garden.md", "home.md"]);
    assert_eq!(notes.found("pear").await, ["garden.md"]);
    assert_eq!(notes.found("roof").await, ["home.md"]);
    assert!(notes.found("pumps").await.is_empty());
    let after = notes.get("/api/collections/notes/documents").await;
    let id = |listed: &serde_json::Value, path: &str| {
        let documents = listed["documents"].as_array().expect("a list");
        documents.iter().find(|one| one["path"] == path).map(|one| one["id"].clone())
    };
    assert_eq!(id(&after, "home.md"), id(&documents, "house.md"), "a rename keeps the document");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_and_changes_nothing() {
    let notes = Notes::new();
    notes.write("a.md", "alpha");
    let preview = notes.summary(0, &["--dry-run"]);
    assert_eq!(preview["upload"], json!([{"path": "a.md", "why": "new", "size": 5}]));
    assert_eq!(notes.get("/api/sources").await["sources"], json!([]));
    assert_eq!(notes.get("/api/collections").await["collections"], json!([]));
    notes.write("b.md", "beta");
    notes.write("c.md", "gamma");
    notes.summary(0, &[]);
    let before = notes.source().await;
    notes.write("a.md", "alpha two");
    notes.rename("b.md", "d.md");
    notes.remove("c.md");
    let preview = notes.summary(0, &["--dry-run"]);
    assert_eq!(preview["upload"][0]["why"], "changed", "{preview}");
    assert_eq!(preview["move"], json!([{"from": "b.md", "to": "d.md"}]));
    assert_eq!(preview["delete"], json!(["c.md"]));
    let after = notes.source().await;
    assert_eq!((&after["seq"], &after["digest"]), (&before["seq"], &before["digest"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_folder_deletes_nothing_until_it_is_confirmed() {
    let notes = Notes::new();
    for number in 0..3 {
        notes.write(&format!("{number}.md"), "A note.");
    }
    notes.summary(0, &[]);
    for number in 0..3 {
        notes.remove(&format!("{number}.md"));
    }
    let output = notes.sync(&[]);
    assert_eq!(output.status.code(), Some(3));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("3 of 3 files") && told.contains("--delete-limit 100%"), "{told}");
    assert_eq!(notes.paths().await.len(), 3);
    let done = notes.summary(0, &["--delete-limit", "100%"]);
    assert_eq!(done["deleted"], 3, "{done}");
    assert!(notes.paths().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_deletions_are_held_back_while_the_rest_goes_on() {
    let notes = Notes::new();
    for number in 0..40 {
        notes.write(&format!("{number}.md"), &format!("Note {number}."));
    }
    notes.summary(0, &[]);
    for number in 0..30 {
        notes.remove(&format!("{number}.md"));
    }
    notes.write("new.md", "A raspberry.");
    notes.rename("39.md", "renamed.md");
    let done = notes.summary(3, &[]);
    assert_eq!(done["held_back"]["would_delete"], 30, "{done}");
    assert_eq!((&done["uploaded"], &done["moved"]), (&json!(1), &json!(1)), "{done}");
    assert_eq!(notes.found("raspberry").await, ["new.md"]);
    let done = notes.summary(0, &["--delete-limit", "30"]);
    assert_eq!(done["deleted"], 30, "{done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_not_there_is_an_error() {
    let notes = Notes::new();
    notes.write("a.md", "alpha");
    notes.summary(0, &[]);
    std::fs::rename(notes.folder(), notes.outer.path().join("away")).expect("it moves");
    let output = notes.sync(&[]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(notes.paths().await, ["a.md"]);
}

#[test]
fn without_a_server_the_command_opens_the_data_folder_itself() {
    let outer = tempfile::tempdir().expect("a folder");
    let (folder, data) = (outer.path().join("notes"), outer.path().join("data"));
    super::write(&folder, "a.md", "alpha");
    let output = super::sync_command(&folder, &data).output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 sent"));
}
