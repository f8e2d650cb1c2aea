//! Names and files that are easily got wrong.

use std::fs;
use std::process::Command;

use serde_json::json;

use super::{Notes, sync_command};

#[tokio::test(flavor = "multi_thread")]
async fn names_and_sizes_of_all_sorts_are_mirrored_once() {
    let notes = Notes::new();
    notes.write("u\u{308}bung.md", "Decomposed, as macOS writes it.");
    notes.write("🌱🌳/日本語 notes.md", "A forest.");
    notes.write("empty.md", "");
    notes.write("zero.bin", "");
    notes.write("white.md", "  \n");
    fs::write(notes.folder().join("image.png"), [0x89, b'P', b'N', b'G', 0, 1, 2]).expect("a file");
    notes.write("control.md", "form\u{c}feed\u{0}and nothing");
    let done = notes.summary(2, &[]);
    assert_eq!(done["uploaded"], 7, "{done}");
    let failed = done["failed"].as_array().expect("a list");
    let failed: Vec<_> = failed.iter().map(|one| (&one["path"], &one["code"])).collect();
    assert_eq!(failed, [(&json!("zero.bin"), &json!("empty"))], "an empty note is none of them");
    let paths = notes.paths().await;
    assert!(paths.contains(&"\u{fc}bung.md".to_owned()), "{paths:?}");
    assert!(paths.contains(&"🌱🌳/日本語 notes.md".to_owned()), "{paths:?}");
    let again = notes.summary(0, &[]);
    assert_eq!(again["changed"], false, "{again}");
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn names_that_cannot_live_side_by_side_are_told() {
    let notes = Notes::new();
    notes.write("Plan.md", "Upper.");
    notes.write("plan.md", "Lower.");
    notes.write("\u{fc}.md", "Composed.");
    notes.write("u\u{308}.md", "Decomposed.");
    let done = notes.summary(2, &[]);
    assert_eq!(done["collisions"][0]["path"], "plan.md", "{done}");
    assert_eq!(done["failed"][0]["code"], "invalid_path", "{done}");
    assert_eq!(notes.paths().await, ["Plan.md", "plan.md", "\u{fc}.md"]);
}

#[tokio::test(flavor = "multi_thread")]
#[cfg(target_os = "linux")]
async fn a_file_that_cannot_be_read_is_named_and_the_rest_goes_on() {
    use std::os::unix::fs::PermissionsExt;
    let notes = Notes::new();
    notes.write("locked.md", "The first version.");
    notes.summary(0, &[]);
    notes.write("locked.md", "Another version.");
    notes.write("open.md", "A meadow.");
    let nobody = fs::Permissions::from_mode(0o000);
    fs::set_permissions(notes.folder().join("locked.md"), nobody).expect("it is ours");
    let command = sync_command(&notes.folder(), &notes.data());
    let output = without_privileges(&command).arg("--json").output().expect("it starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{told}");
    let done: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(done["failed"][0]["path"], "locked.md", "{done}");
    assert!(done["failed"][0]["hint"].is_string(), "{done}");
    assert_eq!((&done["uploaded"], &done["deleted"]), (&json!(1), &json!(0)), "{done}");
    assert_eq!(notes.found("meadow").await, ["open.md"]);
    assert_eq!(notes.found("first").await, ["locked.md"], "its mirror stays as it was");
}

/// Runs a command so that permissions count, also if the tests run as root.
fn without_privileges(command: &Command) -> Command {
    let user = Command::new("id").arg("-u").output().expect("id runs").stdout;
    let mut wrapped = if user.trim_ascii() == b"0" {
        let mut wrapped = Command::new("setpriv");
        wrapped.arg("--bounding-set=-dac_override,-dac_read_search").arg(command.get_program());
        wrapped
    } else {
        Command::new(command.get_program())
    };
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped.args(command.get_args());
    wrapped
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_in_pieces_and_only_once() {
    let notes = Notes::new();
    let large = "One more entry of the log.\n".repeat(200_000);
    assert!(large.len() > 5 << 20);
    fs::write(notes.folder().join("log.md"), &large).expect("a file");
    fs::write(notes.folder().join("copy.md"), &large).expect("a file");
    let done = notes.summary(0, &["--no-wait"]);
    assert_eq!(done["uploaded"], 2, "{done}");
    let again = notes.summary(0, &["--no-wait"]);
    assert_eq!(again["changed"], false, "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_folders_of_one_collection_need_a_place_each() {
    let notes = Notes::new();
    notes.write("a.md", "alpha");
    notes.summary(0, &[]);
    let other = notes.outer.path().join("other");
    super::write(&other, "a.md", "another alpha");
    let sync =
        |more: &[&str]| sync_command(&other, &notes.data()).args(more).output().expect("it starts");
    let refused = sync(&[]);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("a.md") && told.contains("`notes`"), "{told}");
    let third = notes.outer.path().join("third");
    super::write(&third, "a.md", "a third alpha");
    let placed = sync_command(&third, &notes.data()).args(["--into", "Third"]).output();
    assert_eq!(placed.expect("it starts").status.code(), Some(0));
    let found = notes.found("third").await;
    assert_eq!(found, ["Third/a.md"]);
}
