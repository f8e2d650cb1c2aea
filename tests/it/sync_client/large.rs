//! A vault of 20,000 files.

use serde_json::json;

use super::Notes;

const FILES: usize = 20_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_of_20_000_files_is_mirrored_and_then_costs_one_digest() {
    let notes = Notes::new();
    for number in 0..FILES {
        let path = format!("{:03}/{number}.md", number % 200);
        notes.write(&path, &format!("Note {number}."));
    }
    let first = notes.summary(0, &["--no-wait"]);
    assert_eq!((&first["uploaded"], &first["failed"]), (&json!(FILES), &json!([])));
    notes.write("000/0.md", "Note zero, edited.");
    notes.rename("001/1.md", "001/one.md");
    notes.remove("002/2.md");
    let second = notes.summary(0, &["--no-wait"]);
    let counts = (&second["uploaded"], &second["moved"], &second["deleted"]);
    assert_eq!(counts, (&json!(1), &json!(1), &json!(1)), "{second}");
    let third = notes.summary(0, &["--no-wait"]);
    assert_eq!(third["changed"], false);
    assert_eq!(notes.source().await["files"], FILES - 1);
}
