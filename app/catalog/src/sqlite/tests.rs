//! The catalog's promises, on a real file.

use quire_domain::{
    CollectionName, ContentHash, DocumentStatus, Failure, Format, Language, LeftOut, LeftOutReason,
    Link, Message, Metadata, PageText, ParsedDocument, Permission, Property, Role, Warning,
};

use super::{SqliteCatalog, SqliteVectors};
use crate::{
    AccessKeys, CatalogError, CollectionRecords, CommittedDocument, ConversationRecords,
    DocumentFilter, DocumentLedger, NewAccessKey, NewCollectionRecord, NewIndexRecord, NewVersion,
    TextKey, TextRecords, VectorCache, VectorKey,
};

struct Fixture {
    catalog: SqliteCatalog,
    collection: CollectionName,
    folder: tempfile::TempDir,
}

fn index(id: &str, language: Language) -> NewIndexRecord {
    let embedding_model = "a/b".parse().expect("a valid model");
    NewIndexRecord { id: id.to_owned(), embedding_model, language, analyzer_version: 2 }
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let catalog = SqliteCatalog::open(&folder.path().join("catalog.sqlite")).await.expect("opens");
    let collection: CollectionName = "Reports".parse().expect("a valid name");
    let new =
        NewCollectionRecord { name: collection.clone(), index: index("c_1", Language::English) };
    catalog.create_collection(new).await.expect("is made");
    Fixture { catalog, collection, folder }
}

fn hash(digit: char) -> ContentHash {
    digit.to_string().repeat(64).parse().expect("64 digits")
}

fn version(fixture: &Fixture, path: &str, digit: char) -> NewVersion {
    NewVersion {
        collection: fixture.collection.clone(),
        path: path.parse().expect("a valid path"),
        sha256: hash(digit),
        size_bytes: 7,
    }
}

fn parsed() -> ParsedDocument {
    let page = |number, text: &str| PageText {
        number: Some(number),
        text: text.to_owned(),
        ..PageText::default()
    };
    ParsedDocument {
        format: Format::Pdf,
        title: Some("A title".to_owned()),
        language: Language::German,
        pages: vec![page(1, "eins"), page(2, "zwei")],
        blocks: Vec::new(),
        warnings: vec![Warning::on_page(2, "page_without_text", "page 2 has no text")],
        left_out: vec![LeftOut {
            text: "Page 1".to_owned(),
            pages: vec![1, 2],
            reason: LeftOutReason::PageNumber,
        }],
        metadata: metadata(),
    }
}

fn metadata() -> Metadata {
    let link = Link { line: Some(3), ..Link::parse("Notes/Plan#Start") };
    Metadata {
        tags: vec!["Work/Plan".to_owned(), "idea".to_owned()],
        aliases: vec!["The plan".to_owned()],
        links: vec![link],
        created_at_ms: Some(1_000),
        modified_at_ms: None,
        properties: vec![Property { name: "rating".to_owned(), value: "5".to_owned() }],
    }
}

#[tokio::test]
async fn names_are_unique_without_regard_to_case() {
    let fixture = fixture().await;
    let lower: CollectionName = "reports".parse().expect("a valid name");
    let found = fixture.catalog.get_collection(&lower).await.expect("is found");
    assert_eq!(found.name.as_str(), "Reports");
    let new = NewCollectionRecord { name: lower, index: index("c_2", Language::Unknown) };
    let error = fixture.catalog.create_collection(new).await.expect_err("the name is taken");
    assert!(matches!(error, CatalogError::CollectionExists { .. }), "{error}");
}

#[tokio::test]
async fn the_same_bytes_again_change_nothing() {
    let fixture = fixture().await;
    let first = fixture.catalog.accept(version(&fixture, "a.txt", '1')).await.expect("accepted");
    let again = fixture.catalog.accept(version(&fixture, "a.txt", '1')).await.expect("accepted");
    assert!(first.changed && !again.changed);
    assert_eq!(first.document.id, again.document.id);
    let other = fixture.catalog.accept(version(&fixture, "a.txt", '2')).await.expect("accepted");
    assert!(other.changed);
    assert_eq!(other.replaced, Some(hash('1')));
    assert_eq!(other.document.id, first.document.id);
}

#[tokio::test]
async fn a_document_goes_through_its_life_and_keeps_its_old_version_until_the_new_one_is_in() {
    let fixture = fixture().await;
    let catalog = &fixture.catalog;
    let document =
        catalog.accept(version(&fixture, "a.pdf", '1')).await.expect("accepted").document;
    let key = TextKey::new(&document.sha256, &document.path);
    catalog.put_text(&key, parsed()).await.expect("stored");
    assert!(catalog.set_parsed(&document, "A title", 3).await.expect("parsed"));
    assert!(catalog.set_embedded(&document).await.expect("embedded"));
    let committed = CommittedDocument {
        id: document.id.clone(),
        sha256: document.sha256.clone(),
        text_key: key.clone(),
        chunk_count: 3,
    };
    catalog.set_indexed("c_1", vec![committed]).await.expect("indexed");
    let now = catalog.get_document(&document.id).await.expect("is there");
    assert_eq!(now.status, DocumentStatus::Indexed);
    assert_eq!((now.pages, now.language, now.warnings.len()), (Some(2), Language::German, 1));

    catalog.accept(version(&fixture, "a.pdf", '2')).await.expect("accepted");
    let ids = [document.id.clone()];
    let indexed = catalog.get_indexed("c_1", &ids).await.expect("reads");
    assert_eq!(indexed[0].text_key, key, "the old text answers until the new is indexed");
    assert!(!catalog.set_parsed(&document, "late", 9).await.expect("runs"), "a stale step");
    assert!(catalog.is_content_used(&hash('1')).await.expect("reads"));
}

#[tokio::test]
async fn failing_and_deleting_write_down_what_must_leave_the_store() {
    let fixture = fixture().await;
    let catalog = &fixture.catalog;
    let a = catalog.accept(version(&fixture, "a.txt", '1')).await.expect("accepted").document;
    let b = catalog.accept(version(&fixture, "b.txt", '2')).await.expect("accepted").document;
    let failure =
        Failure { code: "empty".to_owned(), message: "the file is empty".to_owned(), hint: None };
    let status = DocumentStatus::Failed;
    assert!(catalog.set_failed(&a, status, failure.clone()).await.expect("failed"));
    catalog.delete_document(&b.id).await.expect("deleted");
    let removals = catalog.list_removals(10).await.expect("reads");
    assert_eq!(removals.len(), 2);
    assert_eq!(catalog.get_document(&a.id).await.expect("is there").error, Some(failure));
    assert!(catalog.list_work(10).await.expect("reads").is_empty());
    catalog.finish_removals(removals).await.expect("finished");
    catalog.delete_collection(&fixture.collection).await.expect("deleted");
    let removals = catalog.list_removals(10).await.expect("reads");
    assert_eq!(removals.len(), 1);
    assert_eq!(removals[0].document_id, None);
}

#[tokio::test]
async fn listing_pages_by_path() {
    let fixture = fixture().await;
    for (path, digit) in [("b/2", '2'), ("a", '1'), ("b/1", '3')] {
        fixture.catalog.accept(version(&fixture, path, digit)).await.expect("accepted");
    }
    let list = |filter| fixture.catalog.list_documents(&fixture.collection, filter);
    let paths = |documents: Vec<quire_domain::Document>| -> Vec<String> {
        documents.into_iter().map(|document| document.path.to_string()).collect()
    };
    let all = DocumentFilter { limit: 2, ..DocumentFilter::default() };
    assert_eq!(paths(list(all.clone()).await.expect("lists")), ["a", "b/1"]);
    let next = DocumentFilter { after: Some("b/1".to_owned()), ..all.clone() };
    assert_eq!(paths(list(next).await.expect("lists")), ["b/2"]);
    let prefix = DocumentFilter { prefix: Some("b/".to_owned()), ..all };
    assert_eq!(paths(list(prefix).await.expect("lists")), ["b/1", "b/2"]);
}

#[tokio::test]
async fn texts_and_conversations_come_back_as_they_were() {
    let fixture = fixture().await;
    let catalog = &fixture.catalog;
    let key = TextKey::new(&hash('1'), &"a.pdf".parse().expect("a valid path"));
    catalog.put_text(&key, parsed()).await.expect("stored");
    assert_eq!(catalog.find_text(&key).await.expect("reads"), Some(parsed()));
    let page = catalog.find_page(&key, 1).await.expect("reads").expect("is there");
    assert_eq!(page.text, "zwei");
    assert_eq!(catalog.find_left_out(&key).await.expect("reads"), parsed().left_out);
    catalog.delete_texts(&hash('1')).await.expect("deleted");
    assert_eq!(catalog.find_text(&key).await.expect("reads"), None);

    let conversation =
        catalog.create_conversation(&fixture.collection, "Hello").await.expect("made");
    let message =
        Message { role: Role::User, text: "what?".to_owned(), answer: None, created_at_ms: 1 };
    let messages = vec![message.clone(), message];
    catalog.append_messages(&conversation.id, messages.clone()).await.expect("added");
    assert_eq!(catalog.list_messages(&conversation.id).await.expect("reads"), messages);
    let renamed = catalog.rename_conversation(&conversation.id, "Bye").await.expect("renamed");
    assert_eq!(renamed.title, "Bye");
    catalog.delete_conversation(&conversation.id).await.expect("deleted");
    assert!(catalog.get_conversation(&conversation.id).await.is_err());
}

#[tokio::test]
async fn the_cache_of_vectors_forgets_the_least_used() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cache = SqliteVectors::open(&folder.path().join("vectors.sqlite")).await.expect("opens");
    let key = |byte| VectorKey { text_hash: [byte; 32], fingerprint: "m".to_owned() };
    let vectors = vec![(key(1), vec![1.0, -0.5]), (key(2), vec![0.25, 0.0])];
    cache.put_vectors(vectors).await.expect("stored");
    let found = cache.find_vectors(vec![key(2), key(3), key(1)]).await.expect("reads");
    assert_eq!(found, [Some(vec![0.25, 0.0]), None, Some(vec![1.0, -0.5])]);
    cache.shrink_vectors(0).await.expect("shrunk");
    assert_eq!(cache.find_vectors(vec![key(1)]).await.expect("reads"), [None]);
}

#[tokio::test]
async fn a_document_that_is_retried_and_indexed_keeps_its_chunks_though_its_removal_was_late() {
    let fixture = fixture().await;
    let catalog = &fixture.catalog;
    let document =
        catalog.accept(version(&fixture, "a.txt", '1')).await.expect("accepted").document;
    let failure = Failure { code: "x".to_owned(), message: "x".to_owned(), hint: None };
    catalog.set_failed(&document, DocumentStatus::Failed, failure).await.expect("failed");
    assert_eq!(catalog.list_removals(10).await.expect("reads").len(), 1);
    catalog.set_accepted(&document.id).await.expect("accepted again");
    assert_eq!(catalog.list_removals(10).await.expect("reads").len(), 1, "its chunks may be there");
    index_it(catalog, "c_1", &document, 2).await;
    assert!(catalog.list_removals(10).await.expect("reads").is_empty());
}

#[tokio::test]
async fn attempts_are_counted_for_a_version_that_waits_and_begin_anew_with_the_next() {
    let fixture = fixture().await;
    let catalog = &fixture.catalog;
    let first = catalog.accept(version(&fixture, "a.txt", '1')).await.expect("accepted").document;
    catalog.set_parsed(&first, "a", 1).await.expect("parsed");
    for expected in [1, 2] {
        assert_eq!(catalog.note_attempt(&first).await.expect("counts"), Some(expected));
        let now = catalog.get_document(&first.id).await.expect("is there");
        assert_eq!(now.status, DocumentStatus::Accepted);
    }
    let second = catalog.accept(version(&fixture, "a.txt", '2')).await.expect("accepted").document;
    assert_eq!(catalog.note_attempt(&first).await.expect("asks"), None, "an old version");
    assert_eq!(catalog.note_attempt(&second).await.expect("counts"), Some(1));
    index_it(catalog, "c_1", &second, 1).await;
    assert_eq!(catalog.note_attempt(&second).await.expect("asks"), None, "it does not wait");
}

#[tokio::test]
async fn a_damaged_record_fails_alone() {
    let fixture = fixture().await;
    let catalog = &fixture.catalog;
    for (path, digit) in [("a.txt", '1'), ("b.txt", '2'), ("c.txt", '3')] {
        catalog.accept(version(&fixture, path, digit)).await.expect("accepted");
    }
    let damage = |transaction: &rusqlite::Transaction<'_>| {
        let sql = "UPDATE documents SET sha256 = 'no hash' WHERE path = 'a.txt'";
        Ok(transaction.execute(sql, [])?)
    };
    catalog.database.transact(damage).await.expect("is damaged");
    let paths = |work: Vec<crate::WorkItem>| -> Vec<String> {
        work.into_iter().map(|item| item.document.path.to_string()).collect()
    };
    assert_eq!(paths(catalog.list_work(2).await.expect("lists")), ["b.txt"]);
    assert_eq!(paths(catalog.list_work(2).await.expect("lists")), ["b.txt", "c.txt"]);
    let counts = catalog.count_documents(&fixture.collection).await.expect("counts");
    assert_eq!((counts.pending, counts.failed), (2, 1));
}

/// What the kept counts must be, counted.
fn counted(
    transaction: &rusqlite::Transaction<'_>,
) -> Result<quire_domain::CollectionCounts, CatalogError> {
    let sql = "SELECT COUNT(*), COALESCE(SUM(status = 'indexed'), 0),
        COALESCE(SUM(status IN ('accepted', 'parsed', 'embedded')), 0),
        COALESCE(SUM(status IN ('failed', 'unsupported')), 0), COALESCE(SUM(size_bytes), 0),
        (SELECT COALESCE(SUM(chunk_count), 0) FROM index_documents WHERE index_id = 'c_1')
        FROM documents";
    Ok(transaction.query_row(sql, [], |row| {
        Ok(quire_domain::CollectionCounts {
            documents: row.get(0)?,
            indexed: row.get(1)?,
            pending: row.get(2)?,
            failed: row.get(3)?,
            size_bytes: row.get(4)?,
            chunks: row.get(5)?,
        })
    })?)
}

async fn index_it(
    catalog: &SqliteCatalog,
    index: &str,
    document: &quire_domain::Document,
    chunk_count: u32,
) {
    let committed = CommittedDocument {
        id: document.id.clone(),
        sha256: document.sha256.clone(),
        text_key: TextKey::new(&document.sha256, &document.path),
        chunk_count,
    };
    catalog.set_indexed(index, vec![committed]).await.expect("indexed");
}

#[tokio::test]
async fn the_kept_counts_are_those_of_the_records_after_every_step() {
    let fixture = fixture().await;
    let catalog = &fixture.catalog;
    let failure = || Failure { code: "x".to_owned(), message: "x".to_owned(), hint: None };
    let mut random = 7_u64;
    for step in 0..300_u32 {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let number = (random >> 33) as usize;
        let path = format!("{}.txt", number % 9);
        let digit = char::from(b'1' + (number / 9 % 5) as u8);
        let size_bytes = u64::from(step);
        let version = NewVersion { size_bytes, ..version(&fixture, &path, digit) };
        let path = version.path.clone();
        let held = catalog.find_document(&fixture.collection, &path).await.expect("finds");
        match (number / 45 % 6, held) {
            (0, Some(document)) => index_it(catalog, "c_1", &document, step % 4).await,
            (1, Some(document)) => {
                let status = DocumentStatus::Unsupported;
                catalog.set_failed(&document, status, failure()).await.expect("fails");
            }
            (2, Some(document)) => {
                catalog.delete_document(&document.id).await.expect("goes");
            }
            (3, Some(document)) => {
                catalog.set_accepted(&document.id).await.expect("waits again");
            }
            (4, Some(document)) => {
                catalog.set_parsed(&document, "t", step).await.expect("is parsed");
                catalog.set_embedded(&document).await.expect("is embedded");
            }
            _ => {
                catalog.accept(version).await.expect("comes");
            }
        }
        let kept = catalog.count_documents(&fixture.collection).await.expect("counts");
        let actual = catalog.database.transact(counted).await;
        assert_eq!(kept, actual.expect("counts"), "after step {step}");
        let whole = catalog.get_collection(&fixture.collection).await.expect("is there");
        assert_eq!(whole.counts, kept);
    }
}

#[tokio::test]
async fn what_waits_is_found_without_sorting_or_reading_what_is_done() {
    let fixture = fixture().await;
    let plan = |transaction: &rusqlite::Transaction<'_>| {
        let sql = format!("EXPLAIN QUERY PLAN {}", super::documents::waiting());
        let mut statement = transaction.prepare(&sql)?;
        let steps = statement.query_map([1], |row| row.get::<_, String>("detail"))?;
        Ok(steps.collect::<Result<Vec<_>, _>>()?.join("; "))
    };
    let plan = fixture.catalog.database.transact(plan).await.expect("explains");
    assert!(plan.contains("SCAN d USING INDEX documents_waiting"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE FOR ORDER BY"), "{plan}");
}

#[tokio::test]
async fn requests_with_a_key_do_not_write_to_the_catalog_each() {
    let fixture = fixture().await;
    let key = NewAccessKey {
        key_hash: [7; 32],
        name: "phone".parse().expect("a name"),
        allow: vec![Permission::Read],
        collections: None,
        expires_at_ms: None,
    };
    fixture.catalog.add_access_key(key).await.expect("is added");
    let file = fixture.folder.path().join("catalog.sqlite");
    let other = rusqlite::Connection::open(file).expect("opens");
    // It changes when another connection has written.
    let version = || -> i64 {
        other.query_row("PRAGMA data_version", [], |row| row.get(0)).expect("is told")
    };
    let before = version();
    let first = fixture.catalog.find_access_key([7; 32]).await.expect("is read");
    let used_at = first.expect("is there").used_at;
    assert!(used_at.is_some());
    let noted = version();
    assert_ne!(noted, before);
    for _ in 0..3 {
        let again = fixture.catalog.find_access_key([7; 32]).await.expect("is read");
        assert_eq!(again.expect("is there").used_at, used_at);
    }
    assert_eq!(version(), noted);
}
