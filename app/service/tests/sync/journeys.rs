//! What an owner of a vault notices.

use std::time::Duration;

use quire_domain::DocumentStatus;
use quire_domain::sync::BlobState;
use quire_domain::sync::{
    CommitRequest, FileStage, FileStatus, PlanRequest, Rules, Scope, SkipReason, SourceEvent,
    SourceKind, SourceRequest, UploadReason,
};
use quire_service::sync::SyncError;
use quire_service::{DocumentQuery, ServiceError};
use serde_json::json;

use super::{Fixture, delete, fixture, hash, put, results, row, source_id};

const GARDEN: &str = "The apple tree was planted in 1987.";
const HOUSE: &str = "The house has a red roof.";

fn word(status: u16, what: &str) -> (u16, String) {
    (status, what.to_owned())
}

impl Fixture {
    async fn commit(
        &self,
        plan: &quire_domain::sync::PlanReply,
        expected_deletes: Option<u64>,
    ) -> Result<quire_domain::sync::CommitReply, ServiceError> {
        let request = CommitRequest {
            plan_id: plan.plan_id.clone(),
            scope: Scope::default(),
            delete_missing: true,
            expected_deletes,
        };
        self.services.sources.commit(&self.source, Some(&self.device), request).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_is_planned_uploaded_and_committed_and_then_unchanged() {
    let fixture = fixture().await;
    let files = || vec![row("a/garden.md", GARDEN, 10), row("house.md", HOUSE, 10)];
    let plan = fixture.plan(files()).await.expect("plans");
    let wanted: Vec<_> = plan.upload.iter().map(|one| (one.path.as_str(), one.why)).collect();
    assert_eq!(wanted, [("a/garden.md", UploadReason::New), ("house.md", UploadReason::New)]);
    let done =
        fixture.batch(vec![put("a/garden.md", GARDEN, 10), put("house.md", HOUSE, 10)]).await;
    assert_eq!(results(&done), [word(200, "queued"), word(200, "queued")]);
    let committed = fixture.commit(&plan, None).await.expect("commits");
    assert_eq!((committed.moved, committed.deleted), (0, 0));
    fixture.settle().await;
    assert_eq!(fixture.search("apple").await, ["a/garden.md"]);

    let again = fixture.plan(files()).await.expect("plans");
    assert_eq!((again.unchanged, again.upload.len(), again.missing.len()), (2, 0, 0));
    let digest = fixture.services.sources.get_digest(&fixture.source, 1).await.expect("is made");
    assert_eq!(digest.digest, committed.digest);
    assert_eq!(digest.folders.keys().collect::<Vec<_>>(), ["a/"]);
    let status = fixture.services.sources.get(&fixture.source).await.expect("is there");
    assert_eq!((status.files, status.index.done, status.index.failed), (2, 2, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rename_embeds_nothing_however_it_is_told() {
    let fixture = fixture().await;
    fixture.batch(vec![put("tree.md", GARDEN, 10), put("house.md", HOUSE, 10)]).await;
    fixture.settle().await;
    let embedded = fixture.engines.embedder.embedded_count();
    let path = "tree.md".parse().expect("a path");
    let old = fixture.services.documents.find(&fixture.collection, &path);
    let id = old.await.expect("finds").expect("is there").id;

    let moved =
        json!({"op": "move", "from": "tree.md", "to": "b/one.md", "hash": hash(GARDEN), "ts": 20});
    assert_eq!(results(&fixture.batch(vec![moved]).await), [word(200, "moved")]);
    assert_eq!(fixture.search("apple").await, ["b/one.md"]);
    let told = fixture.batch(vec![put("b/two.md", GARDEN, 10), delete("b/one.md", 30)]).await;
    assert_eq!(results(&told), [word(200, "moved"), word(200, "deleted")]);
    assert_eq!(fixture.search("apple").await, ["b/two.md"]);
    let plan = fixture.plan(vec![row("three.md", GARDEN, 10), row("house.md", HOUSE, 10)]).await;
    let plan = plan.expect("plans");
    assert_eq!((plan.upload.len(), plan.moves.len(), plan.missing.len()), (0, 1, 0));
    let committed = fixture.commit(&plan, None).await.expect("commits");
    assert_eq!((committed.moved, committed.deleted), (1, 0));
    fixture.settle().await;

    assert_eq!(fixture.search("apple").await, ["three.md"]);
    let document = fixture.services.documents.get(&id).await.expect("it is the same document");
    assert_eq!((document.path.as_str(), document.title.as_str()), ("three.md", "three.md"));
    assert_eq!(document.status, DocumentStatus::Indexed);
    assert_eq!(fixture.engines.embedder.embedded_count(), embedded);
    let health = fixture.services.index_health().await.expect("compares");
    assert_eq!((health.orphan_chunks, health.documents_without_chunks), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_note_stops_answering_at_once() {
    let fixture = fixture().await;
    fixture.batch(vec![put("garden.md", GARDEN, 10), put("house.md", HOUSE, 10)]).await;
    fixture.settle().await;
    let gone = fixture.batch(vec![delete("garden.md", 20), delete("never.md", 20)]).await;
    assert_eq!(results(&gone), [word(200, "deleted"), word(200, "deleted")]);
    assert!(fixture.search("apple").await.is_empty());
    assert_eq!(fixture.originals(), 1);
    let late = fixture.batch(vec![put("garden.md", GARDEN, 10)]).await;
    assert_eq!(results(&late), [word(200, "superseded")]);
    assert_eq!(fixture.originals(), 1, "bytes that lost are not kept");
    let changes = fixture.services.sources.list_changes(&fixture.source, 0, Duration::ZERO, 10);
    let changes = changes.await.expect("lists");
    assert_eq!(changes.changes.len(), 3, "two traces and a file");
    assert_eq!(changes.seq, gone.seq);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_notes_are_documents_and_foreign_files_are_kept_and_told() {
    let fixture = fixture().await;
    // The first bytes of any PNG.
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAA=";
    let done = fixture
        .batch(vec![
            put("empty.md", "", 10),
            put("blank.md", " \n\n", 10),
            json!({"op": "put", "path": "img/a.png", "b64": png, "mtime": 10}),
            json!({"op": "put", "path": "bad.pdf", "text": "%PDF-1.7 nothing more", "mtime": 10}),
        ])
        .await;
    let expected =
        [word(200, "queued"), word(200, "queued"), word(415, "stored"), word(202, "queued")];
    assert_eq!(results(&done), expected);
    fixture.settle().await;
    let status = |path: &str, status: &str| (path.to_owned(), status.to_owned());
    let expected = [
        status("bad.pdf", "failed"),
        status("blank.md", "indexed"),
        status("empty.md", "indexed"),
        status("img/a.png", "skipped"),
    ];
    assert_eq!(fixture.files().await, expected);
    let failures = fixture.services.sources.list_failures(&fixture.source).await.expect("lists");
    let told: Vec<_> = failures.iter().map(|one| one.path.as_str()).collect();
    assert_eq!(told, ["bad.pdf", "img/a.png"]);
    let health = fixture.services.index_health().await.expect("compares");
    assert_eq!((health.documents, health.documents_without_chunks), (4, 0));
    let request = quire_domain::sync::ReindexRequest { failed_only: true, ..Default::default() };
    let again = fixture.services.sources.reindex(&fixture.source, request).await.expect("queues");
    assert_eq!(again.queued, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_that_is_half_there_deletes_nothing_unasked() {
    let fixture = fixture().await;
    let name = |number: usize| format!("n{number}.md");
    let text = |number: usize| format!("Note number {number}.");
    for part in (0..60).collect::<Vec<_>>().chunks(30) {
        fixture.batch(part.iter().map(|&n| put(&name(n), &text(n), 10)).collect()).await;
    }
    let half = || (0..30).map(|n| row(&name(n), &text(n), 10)).collect::<Vec<_>>();
    let plan = fixture.plan(half()).await.expect("plans");
    assert!(plan.delete_guard.needs_confirm);
    assert_eq!((plan.delete_guard.would_delete, plan.delete_guard.of), (30, 60));
    for expected in [None, Some(29)] {
        let refused = fixture.commit(&plan, expected).await.expect_err("it is not confirmed");
        assert!(matches!(refused, ServiceError::Sync(SyncError::MassDelete { .. })), "{refused}");
    }
    assert_eq!(fixture.files().await.len(), 60);
    let committed = fixture.commit(&plan, Some(30)).await.expect("it is confirmed");
    assert_eq!(committed.deleted, 30);
    assert_eq!(fixture.files().await.len(), 30);
    let again = fixture.commit(&plan, Some(30)).await.expect("it may be repeated");
    assert_eq!((again.deleted, again.digest), (0, committed.digest));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_comes_in_pages_and_ends_with_the_last() {
    let fixture = fixture().await;
    let rules_hash = fixture.make_source(&fixture.source, "notes", None).await;
    let page = |plan_id, page, files| PlanRequest {
        plan_id,
        rules_hash: rules_hash.clone(),
        scope: Scope::default(),
        complete: true,
        device_time: None,
        page: Some(page),
        of: Some(2),
        files,
    };
    let first = page(None, 1, vec![row("a.md", GARDEN, 10)]);
    let first = fixture.services.sources.plan(&fixture.source, None, first).await.expect("begins");
    assert_eq!((first.awaiting_pages.as_slice(), first.upload.len()), (&[2][..], 0));
    let early = fixture.commit(&first, None).await.expect_err("a page has not come");
    assert!(matches!(early, ServiceError::Sync(SyncError::PlanUnfinished { .. })), "{early}");
    let last = page(Some(first.plan_id.clone()), 2, vec![row("b.md", HOUSE, 10)]);
    let last = fixture.services.sources.plan(&fixture.source, None, last).await.expect("ends");
    assert_eq!((last.plan_id, last.upload.len()), (first.plan_id, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn new_rules_are_told_and_leave_files_out() {
    let fixture = fixture().await;
    fixture.batch(vec![put("a.md", GARDEN, 10), put("private/b.md", HOUSE, 10)]).await;
    let old = fixture.make_source(&fixture.source, "notes", None).await;
    let rules = Rules { exclude: vec!["private/**".to_owned()], ..Rules::all() };
    let new = fixture.make_source(&fixture.source, "notes", Some(rules.clone())).await;
    assert_ne!(old, new);
    let files = vec![row("a.md", GARDEN, 10), row("private/b.md", HOUSE, 10)];
    let request = PlanRequest {
        plan_id: None,
        rules_hash: old,
        scope: Scope::default(),
        complete: true,
        device_time: None,
        page: None,
        of: None,
        files: files.clone(),
    };
    let refused = fixture.services.sources.plan(&fixture.source, None, request).await;
    match refused {
        Err(ServiceError::Sync(SyncError::RulesChanged { rules: told, rules_hash })) => {
            assert_eq!((*told, rules_hash), (rules, new));
        }
        other => panic!("{other:?}"),
    }
    let plan = fixture.plan(files).await.expect("plans");
    assert_eq!(plan.skipped[0].why, SkipReason::Excluded);
    assert_eq!(plan.missing.len(), 1, "what the rules leave out leaves the mirror");
    let put = fixture.batch(vec![put("private/c.md", HOUSE, 10)]).await;
    assert_eq!(results(&put), [word(422, "excluded")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_from_the_bin_comes_back_although_it_is_older_than_its_deletion() {
    let fixture = fixture().await;
    fixture.batch(vec![put("a.md", GARDEN, 10)]).await;
    fixture.batch(vec![delete("a.md", 1000)]).await;
    let plan = fixture.plan(vec![row("a.md", GARDEN, 10)]).await.expect("plans");
    assert_eq!(plan.upload[0].why, UploadReason::Restored);
    let mut back = put("a.md", GARDEN, 10);
    back["if_none_match"] = plan.upload[0].if_none_match.clone().into();
    let done = fixture.batch(vec![back.clone(), back]).await;
    assert_eq!(results(&done), [word(200, "queued"), word(200, "unchanged")]);
    let again = fixture.plan(vec![row("a.md", GARDEN, 10)]).await.expect("plans");
    assert_eq!((again.unchanged, again.upload.len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_op_has_a_result_of_its_own() {
    let fixture = fixture().await;
    fixture.batch(vec![put("a.md", GARDEN, 10)]).await;
    let wrong_hash =
        json!({"op": "put", "path": "b.md", "text": "x", "hash": hash("y"), "mtime": 1});
    let stale =
        json!({"op": "put", "path": "a.md", "text": "x", "mtime": 99, "if_match": hash("y")});
    let done = fixture
        .batch(vec![
            json!({"op": "put", "path": "../b.md", "text": "x", "mtime": 1}),
            json!({"op": "leap"}),
            wrong_hash,
            json!({"op": "put", "path": "b.md", "hash": hash("unknown"), "mtime": 1}),
            json!({"op": "put", "path": "b.md", "blob": hash("unknown"), "mtime": 1}),
            stale,
            json!({"op": "move", "from": "a.md", "to": "b.md", "hash": hash("unknown"), "ts": 1}),
            json!({"op": "put", "path": "copy.md", "hash": hash(GARDEN), "mtime": 1, "meta": {}}),
            put("b.md", HOUSE, 1),
        ])
        .await;
    let expected = [
        word(422, "invalid_op"),
        word(422, "invalid_op"),
        word(422, "digest_mismatch"),
        word(404, "unknown_hash"),
        word(404, "unknown_hash"),
        word(412, "precondition_failed"),
        word(404, "unknown_hash"),
        word(200, "reused"),
        word(200, "queued"),
    ];
    assert_eq!(results(&done), expected);
    let current = done.results[5].error.as_ref().and_then(|error| error.current.clone());
    assert_eq!(current.and_then(|entry| entry.hash), Some(hash(GARDEN)));
    assert_eq!(fixture.originals(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_comes_in_pieces_and_goes_on_where_it_was() {
    let fixture = fixture().await;
    let text = "A long report about the apple tree. ".repeat(1000);
    let (bytes, whole) = (text.as_bytes(), hash(&text));
    let length = bytes.len() as u64;
    let services = &fixture.services;
    let (first, rest) = bytes.split_at(20_000);
    let after = services.sources.append_blob(&whole, 0, length, first).await.expect("is taken");
    assert_eq!(after, BlobState::Partial(20_000));
    let again =
        services.sources.append_blob(&whole, 0, length, first).await.expect_err("it is there");
    assert!(matches!(again, ServiceError::Sync(SyncError::OffsetMismatch { offset: 20_000 })));
    assert_eq!(services.sources.get_blob(&whole).await.expect("looks"), BlobState::Partial(20_000));
    let done = services.sources.append_blob(&whole, 20_000, length, rest).await.expect("is taken");
    assert_eq!(done, BlobState::Whole);
    let put = json!({"op": "put", "path": "report.txt", "blob": whole, "mtime": 1});
    assert_eq!(results(&fixture.batch(vec![put]).await), [word(200, "queued")]);
    fixture.settle().await;
    assert_eq!(fixture.search("apple").await[0], "report.txt");

    let lie = hash("something else");
    let refused = services.sources.append_blob(&lie, 0, 3, b"abc").await.expect_err("it is a lie");
    assert!(matches!(refused, ServiceError::Sync(SyncError::DigestMismatch { .. })), "{refused}");
    assert_eq!(services.sources.get_blob(&lie).await.expect("looks"), BlobState::Partial(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_deleted_by_hand_is_asked_for_again() {
    let fixture = fixture().await;
    fixture.batch(vec![put("a.md", GARDEN, 10)]).await;
    fixture.settle().await;
    let before = fixture.services.sources.get_digest(&fixture.source, 0).await.expect("is made");
    let path = "a.md".parse().expect("a path");
    let document = fixture.services.documents.find(&fixture.collection, &path).await;
    let id = document.expect("finds").expect("is there").id;
    fixture.services.documents.delete(&id).await.expect("is deleted");
    let after = fixture.services.sources.get_digest(&fixture.source, 0).await.expect("is made");
    assert_ne!(before.digest, after.digest, "else no client would look");
    let page = fixture.services.sources.list_files(&fixture.source, "", None, 10).await;
    assert_eq!(page.expect("lists").files[0].status, Some(FileStatus::Lost));
    let plan = fixture.plan(vec![row("a.md", GARDEN, 10)]).await.expect("plans");
    assert_eq!(plan.upload[0].why, UploadReason::Lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_source_takes_its_documents_along_and_no_others() {
    let fixture = fixture().await;
    let other = source_id(2);
    fixture.make_source(&other, "notes", None).await;
    fixture.batch(vec![put("a.md", GARDEN, 10)]).await;
    let theirs = fixture.batch_of(&other, vec![put("a.md", HOUSE, 99), put("b.md", HOUSE, 99)]);
    assert_eq!(results(&theirs.await), [word(409, "path_taken"), word(200, "queued")]);
    fixture.settle().await;
    let fate = quire_service::DocumentsOfSource::Removed;
    fixture.services.sources.delete(&fixture.source, fate).await.expect("is removed");
    assert!(fixture.search("apple").await.is_empty());
    let left = fixture.services.documents.list(&fixture.collection, DocumentQuery::default()).await;
    let left: Vec<_> = left.expect("lists").documents.into_iter().map(|one| one.path).collect();
    assert_eq!(left, ["b.md".parse().expect("a path")]);
    assert_eq!(fixture.originals(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_source_takes_nothing() {
    let fixture = fixture().await;
    fixture.services.sources.pause(&fixture.source, true).await.expect("is paused");
    let ops = vec![put("a.md", GARDEN, 10)];
    let refused = fixture.services.sources.write_batch(&fixture.source, None, ops.clone()).await;
    assert!(matches!(refused, Err(ServiceError::Sync(SyncError::Paused { .. }))));
    fixture.services.sources.pause(&fixture.source, false).await.expect("is resumed");
    assert_eq!(results(&fixture.batch(ops).await), [word(200, "queued")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_by_the_paths_of_the_source() {
    let fixture = fixture().await;
    let mut events = fixture.services.subscribe();
    fixture.batch(vec![put("a/garden.md", GARDEN, 10), put("bad.pdf", "%PDF-1.7", 10)]).await;
    fixture.settle().await;
    let path = |path: &str| path.to_owned();
    let wanted = [
        (path("a/garden.md"), FileStage::Parse, false),
        (path("a/garden.md"), FileStage::Done, false),
        (path("bad.pdf"), FileStage::Failed, true),
    ];
    let mut told = Vec::new();
    // A document is settled in the catalog a moment before that is told.
    while !wanted.iter().all(|one| told.contains(one)) {
        let event = tokio::time::timeout(Duration::from_mins(1), events.recv()).await;
        let event = event.unwrap_or_else(|_| panic!("no more is told: {told:?}")).expect("events");
        let ours = fixture.services.sources.event(&fixture.source, &event).await.expect("looks");
        let theirs = fixture.services.sources.event(&source_id(9), &event).await.expect("looks");
        assert_eq!(theirs, None);
        if let Some(SourceEvent::File { path, stage, error }) = ours {
            told.push((path.to_string(), stage, error.is_some()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_may_have_a_folder_of_its_own() {
    let fixture = fixture().await;
    let other = source_id(2);
    let request = |folder: &str| SourceRequest {
        kind: SourceKind::Client,
        collection: fixture.collection.clone(),
        name: "Work".to_owned(),
        folder: folder.to_owned(),
        vault: None,
        device: None,
        rules: None,
    };
    fixture.services.sources.put(&other, request("Work/notes/"), None).await.expect("is made");
    fixture.batch(vec![put("a.md", HOUSE, 10)]).await;
    fixture.batch_of(&other, vec![put("a.md", GARDEN, 10)]).await;
    fixture.settle().await;
    assert_eq!(fixture.search("apple").await, ["Work/notes/a.md"]);
    let moved = fixture.services.sources.put(&other, request("Else"), None).await;
    assert!(moved.expect_err("it has files").to_string().contains("stays in its collection"));
    assert!(fixture.services.sources.put(&other, request("a/../b"), None).await.is_err());
}
