//! The register and its documents, on a real file.

use quire_domain::sync::{Device, FileHash, Rules, SourceId, SourceKind, SourcePath, WriteResult};
use quire_domain::{CollectionName, DocumentStatus, Language};

use super::super::SqliteCatalog;
use crate::{
    AppliedWrites, CatalogError, Change, CollectionRecords, CommittedDocument, DocumentLedger,
    DocumentsOfSource, NewCollectionRecord, NewIndexRecord, NewPairingCode, NewSource,
    NewSourceKey, NewVersion, Outcome, Precondition, SourceKeys, SourceLedger, TextKey, Write,
};

const SUPERSEDED: WriteResult = WriteResult::Superseded;

struct Fixture {
    catalog: SqliteCatalog,
    collection: CollectionName,
    source: SourceId,
    _folder: tempfile::TempDir,
}

fn source_id(digit: char) -> SourceId {
    let group = |length: usize| digit.to_string().repeat(length);
    let groups = [8, 4, 4, 4, 12].map(group);
    groups.join("-").parse().expect("a UUID")
}

async fn fixture(platform: &str) -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let catalog = SqliteCatalog::open(&folder.path().join("catalog.sqlite")).await.expect("opens");
    let collection: CollectionName = "notes".parse().expect("a valid name");
    let index = NewIndexRecord {
        id: "c_1".to_owned(),
        embedding_model: "a/b".parse().expect("a model"),
        language: Language::English,
        analyzer_version: 2,
    };
    let new = NewCollectionRecord { name: collection.clone(), index };
    catalog.create_collection(new).await.expect("is made");
    let source = source_id('1');
    let fixture = Fixture { catalog, collection, source, _folder: folder };
    fixture.make_source(&fixture.source, platform).await;
    fixture
}

impl Fixture {
    async fn make_source(&self, id: &SourceId, platform: &str) {
        let device = Device {
            id: "d1".parse().expect("an id"),
            name: "desk".to_owned(),
            platform: platform.to_owned(),
            seen_at: None,
        };
        let source = NewSource {
            id: id.clone(),
            kind: SourceKind::Client,
            collection: self.collection.clone(),
            name: format!("vault {id}"),
            folder: String::new(),
            vault: None,
            device: Some(device),
            rules: None,
            default_rules: (Rules::all(), "r1".to_owned()),
        };
        self.catalog.put_source(source).await.expect("is made");
    }

    async fn apply(&self, writes: Vec<Write>) -> AppliedWrites {
        self.catalog.apply_writes(&self.source, None, writes).await.expect("applies")
    }

    /// Writes the document's chunks off as indexed.
    async fn index(&self, applied: &AppliedWrites) {
        for document in &applied.changed {
            let committed = CommittedDocument {
                id: document.id.clone(),
                sha256: document.sha256.clone(),
                text_key: TextKey::new(&document.sha256, &document.path),
                chunk_count: 2,
            };
            self.catalog.set_indexed("c_1", vec![committed]).await.expect("is indexed");
        }
    }

    async fn paths(&self) -> Vec<String> {
        let found = self.catalog.list_documents(
            &self.collection,
            crate::DocumentFilter { limit: 100, ..Default::default() },
        );
        found.await.expect("lists").into_iter().map(|one| one.path.to_string()).collect()
    }
}

fn path(text: &str) -> SourcePath {
    text.parse().expect("a path")
}

fn hash(byte: u8) -> FileHash {
    FileHash::from_digest([byte; 32])
}

fn put(to: &str, byte: u8, ts_ms: i64) -> Write {
    let change =
        Change::Put { hash: hash(byte), size_bytes: 7, mtime_ms: ts_ms, ctime_ms: None, ts_ms };
    Write { path: path(to), precondition: Precondition::None, change }
}

fn delete(at: &str, ts_ms: i64) -> Write {
    Write { path: path(at), precondition: Precondition::None, change: Change::Delete { ts_ms } }
}

fn rename(from: &str, to: &str, byte: u8, ts_ms: i64) -> Write {
    let change = Change::Move { from: path(from), hash: hash(byte), mtime_ms: None, ts_ms };
    Write { path: path(to), precondition: Precondition::None, change }
}

fn results(applied: &AppliedWrites) -> Vec<WriteResult> {
    let result = |write: &crate::AppliedWrite| match write.outcome {
        Outcome::Done(result) => result,
        ref other => panic!("refused: {other:?}"),
    };
    applied.writes.iter().map(result).collect()
}

#[tokio::test]
async fn the_greater_stamp_wins_whenever_it_comes() {
    let fixture = fixture("linux").await;
    let first = fixture.apply(vec![put("a.md", 2, 10)]).await;
    assert_eq!((results(&first), first.seq), (vec![WriteResult::Queued], 1));
    let writes =
        vec![put("a.md", 3, 9), put("a.md", 1, 10), delete("a.md", 10), put("a.md", 2, 12)];
    let later = fixture.apply(writes).await;
    assert_eq!(results(&later), [SUPERSEDED, SUPERSEDED, SUPERSEDED, WriteResult::Unchanged]);
    assert_eq!(later.seq, 1, "nothing changed but a time");
    let gone =
        fixture.apply(vec![delete("a.md", 13), delete("a.md", 14), put("a.md", 2, 13)]).await;
    assert_eq!(results(&gone), [WriteResult::Deleted, WriteResult::Deleted, SUPERSEDED]);
    assert_eq!(gone.removed.len(), 1);
    assert!(fixture.paths().await.is_empty());
    let entry = gone.writes[0].entry.clone().expect("a trace");
    assert_eq!((entry.ts_ms, entry.hash), (14, Some(hash(2))));
}

#[tokio::test]
async fn a_rename_keeps_the_document_however_it_is_told() {
    let cases: [(&str, Vec<Write>); 3] = [
        ("move", vec![rename("a.md", "b/c.md", 1, 20)]),
        ("delete first", vec![delete("a.md", 20), put("b/c.md", 1, 10)]),
        ("put first", vec![put("b/c.md", 1, 10), delete("a.md", 20)]),
    ];
    for (name, writes) in cases {
        let fixture = fixture("linux").await;
        let first = fixture.apply(vec![put("a.md", 1, 10)]).await;
        fixture.index(&first).await;
        let moved = fixture.apply(writes.clone()).await;
        assert!(results(&moved).contains(&WriteResult::Moved), "{name}: {moved:?}");
        assert!(moved.removed.is_empty(), "{name}");
        assert_eq!(fixture.paths().await, ["b/c.md"], "{name}");
        assert_eq!(moved.changed[0].id, first.changed[0].id, "{name}");
        assert_eq!(moved.changed[0].status, DocumentStatus::Indexed, "{name}");
        assert_eq!(moved.changed[0].title, "c.md", "{name}");
        assert!(fixture.catalog.list_removals(100).await.expect("lists").is_empty(), "{name}");
        let again = fixture.apply(writes).await;
        assert!(again.removed.is_empty() && again.changed.is_empty(), "{name}: {again:?}");
    }
}

#[tokio::test]
async fn a_path_written_anew_in_the_batch_that_deletes_it_is_no_rename() {
    let fixture = fixture("linux").await;
    fixture.apply(vec![put("a.md", 1, 10)]).await;
    let writes = vec![delete("a.md", 20), put("a.md", 2, 30), put("b.md", 1, 10)];
    fixture.apply(writes).await;
    assert_eq!(fixture.paths().await, ["a.md", "b.md"]);
    let hashes = fixture.catalog.list_hashes(&fixture.source).await.expect("lists");
    assert_eq!(hashes, [(path("a.md"), hash(2)), (path("b.md"), hash(1))]);
}

#[tokio::test]
async fn preconditions_stand_over_time_and_can_be_repeated() {
    let fixture = fixture("linux").await;
    fixture.apply(vec![put("a.md", 1, 100)]).await;
    let matching = |byte, expected| Write {
        precondition: Precondition::Matches(hash(expected)),
        ..put("a.md", byte, 5)
    };
    let refused = fixture.apply(vec![matching(2, 9)]).await;
    assert_eq!(refused.writes[0].outcome, Outcome::PreconditionFailed);
    assert_eq!(refused.writes[0].entry.as_ref().and_then(|e| e.hash.clone()), Some(hash(1)));
    let done = fixture.apply(vec![matching(2, 1), matching(2, 1)]).await;
    assert_eq!(results(&done), [WriteResult::Queued, WriteResult::Unchanged]);
    let absent = Write { precondition: Precondition::Absent, ..put("a.md", 3, 500) };
    let refused = fixture.apply(vec![absent.clone()]).await;
    assert_eq!(refused.writes[0].outcome, Outcome::PreconditionFailed);
    fixture.apply(vec![delete("a.md", 900)]).await;
    assert_eq!(results(&fixture.apply(vec![absent]).await), [WriteResult::Queued]);
}

#[tokio::test]
async fn a_move_of_bytes_that_are_not_there_changes_nothing() {
    let fixture = fixture("linux").await;
    fixture.apply(vec![put("a.md", 1, 10)]).await;
    let refused = fixture.apply(vec![rename("a.md", "b.md", 2, 20)]).await;
    assert_eq!(refused.writes[0].outcome, Outcome::UnknownHash);
    assert_eq!(fixture.paths().await, ["a.md"]);
}

#[tokio::test]
async fn names_that_differ_in_case_collide_only_where_a_device_tells_no_case() {
    for (platform, collides) in [("linux", false), ("macos", true)] {
        let fixture = fixture(platform).await;
        fixture.apply(vec![put("Note.md", 1, 10)]).await;
        let second = fixture.apply(vec![put("note.md", 2, 11)]).await;
        let other = Outcome::CaseCollision { path: path("Note.md") };
        assert_eq!(second.writes[0].outcome == other, collides, "{platform}");
    }
    let fixture = fixture("macos").await;
    fixture.apply(vec![put("Note.md", 1, 10)]).await;
    let renamed = fixture.apply(vec![rename("Note.md", "note.md", 1, 20)]).await;
    assert_eq!(results(&renamed), [WriteResult::Moved]);
    assert_eq!(fixture.paths().await, ["note.md"]);
}

#[tokio::test]
async fn paths_of_other_sources_are_taken_and_those_of_nobody_are_taken_over() {
    let fixture = fixture("linux").await;
    let version = NewVersion {
        collection: fixture.collection.clone(),
        path: "by/hand.md".parse().expect("a path"),
        sha256: hash(1).content().clone(),
        size_bytes: 7,
    };
    let by_hand = fixture.catalog.accept(version).await.expect("is accepted").document;
    fixture.apply(vec![put("by/hand.md", 2, 10)]).await;
    let entry = fixture.catalog.find_entry(&fixture.source, &path("by/hand.md")).await;
    assert_eq!(entry.expect("finds").expect("is there").document_id, Some(by_hand.id));

    let other = source_id('2');
    fixture.make_source(&other, "linux").await;
    let writes = vec![put("by/hand.md", 3, 99), put("own.md", 3, 99)];
    let applied = fixture.catalog.apply_writes(&other, None, writes).await.expect("applies");
    assert!(matches!(applied.writes[0].outcome, Outcome::PathTaken { .. }));
    assert_eq!(applied.writes[1].outcome, Outcome::Done(WriteResult::Queued));
    let gone = fixture.catalog.delete_source(&other, DocumentsOfSource::Removed).await;
    assert_eq!(gone.expect("is removed").len(), 1);
    assert_eq!(fixture.paths().await, ["by/hand.md"]);
}

#[tokio::test]
async fn a_document_deleted_by_hand_leaves_the_digest_and_comes_back() {
    let fixture = fixture("linux").await;
    let first = fixture.apply(vec![put("a.md", 1, 10)]).await;
    fixture.catalog.delete_document(&first.changed[0].id).await.expect("is deleted");
    assert!(fixture.catalog.list_hashes(&fixture.source).await.expect("lists").is_empty());
    let again = fixture.apply(vec![put("a.md", 1, 10)]).await;
    assert_eq!(results(&again), [WriteResult::Queued]);
    assert_eq!(fixture.paths().await, ["a.md"]);
}

#[tokio::test]
async fn deletions_are_forgotten_after_the_horizon() {
    let fixture = fixture("linux").await;
    fixture.apply(vec![put("a.md", 1, 10), put("b.md", 2, 10)]).await;
    fixture.apply(vec![delete("a.md", 50)]).await;
    fixture.catalog.forget_tombstones(1000).await.expect("forgets");
    let kept = fixture.catalog.list_changes(&fixture.source, 0, 10).await.expect("lists");
    assert_eq!(kept.len(), 2);
    fixture.catalog.forget_tombstones(i64::MAX).await.expect("forgets");
    let left = fixture.catalog.list_changes(&fixture.source, 0, 10).await.expect("lists");
    assert_eq!(left.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["b.md"]);
    let source = fixture.catalog.get_source(&fixture.source).await.expect("is there");
    assert_eq!((source.seq, source.horizon_seq), (3, 3));
}

#[tokio::test]
async fn a_code_pairs_once_and_wrong_ones_use_it_up() {
    let fixture = fixture("linux").await;
    let code = |byte| NewPairingCode {
        code_hash: [byte; 32],
        collection: fixture.collection.clone(),
        source: None,
        tries: 2,
        expires_at_ms: i64::MAX,
    };
    let key = |byte| NewSourceKey {
        key_hash: [byte; 32],
        source: fixture.source.clone(),
        device: "d2".parse().expect("an id"),
    };
    let catalog = &fixture.catalog;
    catalog.add_pairing_code(code(1)).await.expect("is added");
    let wrong = catalog.redeem_pairing_code([9; 32], key(7)).await;
    assert!(matches!(wrong, Err(CatalogError::WrongCode)));
    let paired = catalog.redeem_pairing_code([1; 32], key(7)).await.expect("pairs");
    assert_eq!(paired.source, fixture.source);
    assert_eq!(catalog.find_key([7; 32]).await.expect("looks"), Some(paired));
    assert!(catalog.redeem_pairing_code([1; 32], key(8)).await.is_err(), "only once");
    catalog.add_pairing_code(code(2)).await.expect("is added");
    for _ in 0..2 {
        assert!(catalog.redeem_pairing_code([9; 32], key(8)).await.is_err());
    }
    assert!(catalog.redeem_pairing_code([2; 32], key(8)).await.is_err(), "its tries are used up");
    catalog.delete_source(&fixture.source, DocumentsOfSource::Kept).await.expect("is removed");
    assert_eq!(catalog.find_key([7; 32]).await.expect("looks"), None);
}
