//! Indexes beside each other, and catalogs from before there were any.

use quire_domain::{CollectionName, ContentHash, IndexState, IndexSwitch, Language};
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::{
    CatalogError, CollectionRecords, CommittedDocument, DocumentLedger, IndexRecords, IndexRole,
    NewCollectionRecord, NewIndexRecord, NewVersion, Outgoing, SqliteCatalog, TextKey,
};

struct Fixture {
    catalog: SqliteCatalog,
    name: CollectionName,
    _folder: tempfile::TempDir,
}

fn index(id: &str) -> NewIndexRecord {
    let embedding_model = "a/b".parse().expect("a valid model");
    let language = Language::English;
    NewIndexRecord { id: id.to_owned(), embedding_model, language, analyzer_version: 2 }
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let catalog = SqliteCatalog::open(&folder.path().join("catalog.sqlite")).await.expect("opens");
    let name: CollectionName = "Reports".parse().expect("a valid name");
    let new = NewCollectionRecord { name: name.clone(), index: index("c_1") };
    catalog.create_collection(new).await.expect("is made");
    Fixture { catalog, name, _folder: folder }
}

fn hash(digit: char) -> ContentHash {
    digit.to_string().repeat(64).parse().expect("64 digits")
}

impl Fixture {
    async fn commit(&self, path: &str, digit: char) -> CommittedDocument {
        let path = path.parse().expect("a valid path");
        let text_key = TextKey::new(&hash(digit), &path);
        let collection = self.name.clone();
        let version = NewVersion { collection, path, sha256: hash(digit), size_bytes: 7 };
        let id = self.catalog.accept(version).await.expect("accepted").document.id;
        let sha256 = hash(digit);
        let committed = CommittedDocument { id, sha256, text_key, chunk_count: 3 };
        let active = self.catalog.get_collection(&self.name).await.expect("is there").index_id;
        self.catalog.set_indexed(&active, vec![committed.clone()]).await.expect("indexed");
        committed
    }

    async fn unbuilt(&self, index: &str) -> usize {
        self.catalog.list_unbuilt(index, None, 100).await.expect("reads").len()
    }

    async fn removals(&self) -> Vec<(String, bool)> {
        let removals = self.catalog.list_removals(100).await.expect("reads");
        removals.into_iter().map(|one| (one.index_id, one.document_id.is_some())).collect()
    }
}

#[tokio::test]
async fn a_next_index_switches_only_when_it_lacks_nothing() {
    let fixture = fixture().await;
    let (catalog, name) = (&fixture.catalog, &fixture.name);
    let a = fixture.commit("a.txt", '1').await;
    let b = fixture.commit("b.txt", '2').await;
    let wanted = IndexSwitch::OnRequest;
    catalog.begin_next_index(name, index("c_2"), wanted).await.expect("begins");
    assert_eq!(fixture.unbuilt("c_2").await, 2);
    let built = CommittedDocument { chunk_count: 5, ..a };
    catalog.set_built("c_2", vec![built.clone(), b.clone()]).await.expect("written");
    fixture.commit("b.txt", '3').await;
    let kept = || catalog.switch_index("c_2", Outgoing::Kept);
    assert_eq!(kept().await.expect("runs"), None, "b.txt has another version");
    let next = catalog.get_collection(name).await.expect("is there").next_index.expect("is built");
    assert_eq!((next.state, next.done, next.total), (IndexState::Building, 1, 2));

    catalog.delete_document(&b.id).await.expect("deleted");
    let both = [("c_1".to_owned(), true), ("c_2".to_owned(), true)];
    assert_eq!(fixture.removals().await, both, "it must go from both");
    catalog.set_index_failed("c_2", "why").await.expect("written");
    assert_eq!(kept().await.expect("runs"), None, "a failed one is not switched to");
    catalog.resume_next_index(name, IndexSwitch::WhenReady).await.expect("goes on");
    let switched = kept().await.expect("runs").expect("it lacks nothing");
    assert_eq!((switched.index_id.as_str(), switched.next_index), ("c_2", None));
    assert_eq!(switched.previous_index.expect("is kept").index_id, "c_1");
    let held = catalog.find_indexed(&built.id).await.expect("reads").expect("is indexed");
    assert_eq!((held.chunk_count, held.document.chunk_count), (5, 5));

    catalog.restore_previous_index(name).await.expect("begins");
    let back = catalog.switch_index("c_1", Outgoing::Removed).await.expect("runs");
    assert_eq!(back.expect("nothing changed").previous_index, None);
    assert!(fixture.removals().await.contains(&("c_2".to_owned(), false)));
    let none = catalog.restore_previous_index(name).await.expect_err("there is none");
    assert!(matches!(none, CatalogError::NoPreviousIndex { .. }), "{none}");
}

#[tokio::test]
async fn what_is_given_up_or_deleted_is_written_down_as_a_removal() {
    let fixture = fixture().await;
    let (catalog, name) = (&fixture.catalog, &fixture.name);
    fixture.commit("a.txt", '1').await;
    let wanted = IndexSwitch::WhenReady;
    catalog.begin_next_index(name, index("c_2"), wanted).await.expect("begins");
    catalog.begin_next_index(name, index("c_3"), wanted).await.expect("begins anew");
    assert_eq!(fixture.removals().await, [("c_2".to_owned(), false)]);
    catalog.drop_next_index(name).await.expect("is given up");
    let none = catalog.drop_next_index(name).await.expect_err("there is none");
    assert!(matches!(none, CatalogError::NoNextIndex { .. }), "{none}");
    catalog.begin_next_index(name, index("c_4"), wanted).await.expect("begins");
    catalog.delete_collection(name).await.expect("is deleted");
    let all: Vec<String> = fixture.removals().await.into_iter().map(|(index, _)| index).collect();
    assert_eq!(all, ["c_1", "c_2", "c_3", "c_4"]);
    assert!(catalog.list_indexes().await.expect("lists").is_empty());
}

#[tokio::test]
async fn a_catalog_from_before_keeps_what_was_indexed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("catalog.sqlite");
    let mut old = Connection::open(&file).expect("opens");
    let steps = vec![
        M::up(include_str!("../../../migrations/1_catalog.sql")),
        M::up(include_str!("../../../migrations/2_evaluations.sql")),
    ];
    Migrations::new(steps).to_latest(&mut old).expect("is made");
    let sha256 = hash('1');
    old.execute_batch(&format!(
        "INSERT INTO collections VALUES (1, 'Reports', 'reports', 'c_1', 'a/b', 'de', 5);
        INSERT INTO documents (id, collection_id, path, title, status, sha256, size_bytes, text_key,
            chunk_count, indexed_text_key, indexed_chunk_count, created_at_ms, updated_at_ms)
        VALUES ('0199b0a0-0000-7000-8000-000000000001', 1, 'a.txt', 'a', 'indexed', '{sha256}', 7,
            '{sha256}.txt', 3, '{sha256}.txt', 3, 5, 5);"
    ))
    .expect("is filled");
    drop(old);

    let catalog = SqliteCatalog::open(&file).await.expect("opens");
    let name: CollectionName = "reports".parse().expect("a valid name");
    let collection = catalog.get_collection(&name).await.expect("is there");
    assert_eq!((collection.index_id.as_str(), collection.language), ("c_1", Language::German));
    assert_eq!((collection.counts.indexed, collection.counts.chunks), (1, 3));
    let indexes = catalog.list_indexes().await.expect("lists");
    assert_eq!((indexes[0].role, indexes[0].index.analyzer_version), (IndexRole::Active, 1));
    assert_eq!(catalog.list_indexed("c_1").await.expect("lists")[0].1, 3);
    assert!(catalog.is_content_used(&sha256).await.expect("reads"));
}
