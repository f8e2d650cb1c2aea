//! The comparison, case by case.

use quire_catalog::NewPlan;
use quire_domain::sync::{
    Device, EntryOp, PlanId, Rules, Scope, SourceKind, SourcePath, UploadReason,
};

use super::*;

const NOW: i64 = 1_000_000;

fn hash(byte: u8) -> FileHash {
    FileHash::from_digest([byte; 32])
}

fn path(text: &str) -> SourcePath {
    text.parse().expect("a path")
}

fn source(platform: &str) -> SourceRecord {
    let device = Device {
        id: "desk".parse().expect("an id"),
        name: String::new(),
        platform: platform.to_owned(),
        seen_at: None,
    };
    SourceRecord {
        id: "11111111-1111-1111-1111-111111111111".parse().expect("a UUID"),
        kind: SourceKind::Obsidian,
        collection: "notes".parse().expect("a name"),
        name: "vault".to_owned(),
        folder: String::new(),
        vault: None,
        devices: vec![device],
        rules: Rules::all(),
        rules_hash: "r".to_owned(),
        paused: false,
        seq: 100,
        horizon_seq: 0,
        created_at_ms: 0,
        seen_at_ms: 0,
    }
}

fn entry(at: &str, byte: u8, ts_ms: i64) -> FileEntry {
    FileEntry {
        path: path(at),
        op: EntryOp::Put,
        hash: Some(hash(byte)),
        mtime_ms: ts_ms,
        ctime_ms: None,
        size_bytes: 7,
        ts_ms,
        device: Some("desk".parse().expect("an id")),
        seq: 5,
        document_id: None,
        status: Some(FileStatus::Indexed),
        reason: None,
    }
}

fn tombstone(at: &str, ts_ms: i64, device: &str) -> FileEntry {
    FileEntry {
        op: EntryOp::Delete,
        status: None,
        device: Some(device.parse().expect("an id")),
        ..entry(at, 1, ts_ms)
    }
}

fn file(at: &str, byte: impl Into<Option<u8>>, mtime_ms: i64) -> PlanFile {
    PlanFile { path: at.to_owned(), hash: byte.into().map(hash), mtime_ms, size_bytes: 7 }
}

fn plan(files: Vec<PlanFile>) -> PlanRecord {
    let source = source("linux");
    let id: PlanId = "pl_1".parse().expect("an id");
    let plan = NewPlan {
        source: source.id,
        device: Some("desk".parse().expect("an id")),
        rules_hash: source.rules_hash,
        scope: Scope::default(),
        is_complete: true,
        planned_at_ms: NOW,
        page_count: 1,
        expires_at_ms: i64::MAX,
    };
    PlanRecord { id, plan, seq: 50, awaiting_pages: Vec::new(), files }
}

fn run(plan: &PlanRecord, register: Vec<FileEntry>) -> Comparison {
    let rules = RuleSet::new(&Rules::all(), 1000).expect("the globs are fine");
    compare(&source("linux"), &rules, plan, register, NOW)
}

fn uploads(comparison: &Comparison) -> Vec<(&str, UploadReason)> {
    comparison.upload.iter().map(|(one, _)| (one.path.as_str(), one.why)).collect()
}

#[test]
fn each_file_is_sorted_by_what_the_server_has() {
    let lost = FileEntry { status: Some(FileStatus::Lost), ..entry("lost.md", 1, 10) };
    let register = vec![
        entry("same.md", 1, 10),
        entry("same-no-hash.md", 1, 10),
        entry("touched.md", 1, 10),
        entry("changed.md", 1, 10),
        entry("maybe.md", 1, 10),
        entry("gone.md", 9, 10),
        lost,
    ];
    let found = run(
        &plan(vec![
            file("same.md", 1, 10),
            file("same-no-hash.md", None, 10),
            file("touched.md", 1, 20),
            file("changed.md", 2, 20),
            file("maybe.md", None, 20),
            file("new.md", 3, 20),
            file("lost.md", 1, 10),
            file("a/../b.md", 1, 10),
            file(".obsidian/app.json", 1, 10),
        ]),
        register,
    );
    assert_eq!((found.unchanged, found.held), (2, 7));
    assert_eq!(found.hash_wanted, [path("maybe.md")]);
    assert_eq!(found.touch.len(), 1);
    let expected = [
        ("changed.md", UploadReason::Changed),
        ("lost.md", UploadReason::Lost),
        ("new.md", UploadReason::New),
    ];
    assert_eq!(uploads(&found), expected);
    assert_eq!(found.missing.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["gone.md"]);
    assert!(found.missing[0].indexed);
    assert_eq!(found.skipped.len(), 2);
}

#[test]
fn a_rename_is_seen_by_its_bytes() {
    let register = vec![entry("a.md", 1, 10), entry("old/b.md", 1, 10), entry("c.md", 2, 10)];
    let files = vec![file("new/b.md", 1, 10), file("d.txt", 2, 10), file("x/a2.md", 1, 10)];
    let found = run(&plan(files), register);
    let moves: Vec<_> =
        found.moves.iter().map(|(one, _)| (one.from.as_str(), one.to.as_str())).collect();
    assert_eq!(moves, [("old/b.md", "new/b.md"), ("a.md", "x/a2.md")]);
    assert_eq!(uploads(&found), [("d.txt", UploadReason::New)], "another ending is read otherwise");
    assert_eq!(found.missing.len(), 1);
}

#[test]
fn a_new_file_without_a_hash_may_be_a_rename() {
    let register = vec![entry("a.md", 1, 10)];
    let found = run(&plan(vec![file("b.md", None, 10)]), register);
    assert_eq!(found.hash_wanted, [path("b.md")]);
    assert_eq!(found.missing.len(), 1);
}

#[test]
fn an_older_file_is_superseded_by_others_and_restored_by_its_own_device() {
    let register = |device: &str| {
        let live =
            FileEntry { device: Some(device.parse().expect("an id")), ..entry("a.md", 2, 90) };
        vec![live, tombstone("b.md", 90, device)]
    };
    let files = || plan(vec![file("a.md", 1, 10), file("b.md", 1, 10)]);
    let behind = run(&files(), register("phone"));
    assert!(behind.upload.is_empty());
    let hashes: Vec<_> = behind.superseded.iter().map(|one| one.server.hash.clone()).collect();
    assert_eq!(hashes, [Some(hash(2)), None]);
    let restored = run(&files(), register("desk"));
    assert!(restored.superseded.is_empty());
    let expected = [("a.md", UploadReason::Restored), ("b.md", UploadReason::Restored)];
    assert_eq!(uploads(&restored), expected);
    assert_eq!(restored.upload[0].0.if_match, Some(hash(2)));
    assert_eq!(restored.upload[1].0.if_none_match.as_deref(), Some("*"));
}

#[test]
fn what_came_after_the_plan_or_lies_outside_its_scope_is_not_missing() {
    let later = FileEntry { seq: 51, ..entry("later.md", 1, 10) };
    let register = vec![later, entry("in/a.md", 1, 10), entry("out/a.md", 1, 10)];
    let mut plan = plan(vec![file("out/b.md", 1, 10)]);
    plan.plan.scope.prefixes = vec!["in/".to_owned()];
    let found = run(&plan, register.clone());
    assert_eq!(found.missing.len(), 1);
    assert_eq!(found.missing[0].path.as_str(), "in/a.md");
    assert_eq!(found.skipped[0].why, SkipReason::OutOfScope);
    plan.plan.is_complete = false;
    assert!(run(&plan, register).missing.is_empty(), "an incomplete plan never deletes");
}

#[test]
fn names_that_only_some_device_can_tell_apart_are_told() {
    let files = plan(vec![file("Note.md", 1, 10), file("note.md", 2, 10), file("u\u{308}", 3, 10)]);
    let rules = RuleSet::new(&Rules::all(), 1000).expect("the globs are fine");
    let register = || vec![entry("note.md", 2, 10)];
    let on_linux = compare(&source("linux"), &rules, &files, register(), NOW);
    assert!(on_linux.skipped.is_empty());
    let on_a_mac = compare(&source("macos"), &rules, &files, register(), NOW);
    assert_eq!(on_a_mac.skipped[0].why, SkipReason::CaseCollision);
    assert_eq!(on_a_mac.skipped[0].path, "Note.md", "the file that is held keeps its name");
    assert_eq!(uploads(&on_a_mac), [("\u{fc}", UploadReason::New)]);
}
