//! Documents found by what they state, on a real file.

use std::slice;

use quire_domain::{
    DocumentStatus, Format, Language, Metadata, PageText, ParsedDocument, TEXT_VERSION,
};

use super::*;
use crate::{
    CollectionRecords, CommittedDocument, DocumentLedger, NewCollectionRecord, NewIndexRecord,
    NewVersion, TextRecords,
};

struct Fixture {
    catalog: SqliteCatalog,
    collection: CollectionName,
    _folder: tempfile::TempDir,
}

async fn fixture() -> Fixture {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let catalog = SqliteCatalog::open(&folder.path().join("catalog.sqlite")).await.expect("opens");
    let collection: CollectionName = "Vault".parse().expect("a valid name");
    let embedding_model = "a/b".parse().expect("a valid model");
    let language = Language::English;
    let index =
        NewIndexRecord { id: "c_1".to_owned(), embedding_model, language, analyzer_version: 2 };
    let new = NewCollectionRecord { name: collection.clone(), index };
    catalog.create_collection(new).await.expect("is made");
    Fixture { catalog, collection, _folder: folder }
}

fn stating(tags: &[&str], links: &[&str], created_at_ms: Option<i64>) -> Metadata {
    Metadata {
        tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        links: links.iter().map(|link| Link::parse(link)).collect(),
        aliases: vec!["alias".to_owned()],
        created_at_ms,
        ..Metadata::default()
    }
}

impl Fixture {
    /// Takes a document into the index.
    async fn add(&self, path: &str, digit: char, metadata: Metadata) -> DocumentId {
        let path: DocumentPath = path.parse().expect("a valid path");
        let sha256: ContentHash = digit.to_string().repeat(64).parse().expect("64 digits");
        let version = NewVersion {
            collection: self.collection.clone(),
            path: path.clone(),
            sha256: sha256.clone(),
            size_bytes: 1,
        };
        let document = self.catalog.accept(version).await.expect("is accepted").document;
        let text_key = TextKey::new(&sha256, &path);
        let parsed = ParsedDocument {
            format: Format::Markdown,
            title: None,
            language: Language::English,
            pages: vec![PageText { text: "text".to_owned(), ..PageText::default() }],
            blocks: Vec::new(),
            warnings: Vec::new(),
            left_out: Vec::new(),
            metadata,
        };
        self.catalog.put_text(&text_key, parsed).await.expect("is stored");
        let id = document.id;
        let committed = CommittedDocument { id: id.clone(), sha256, text_key, chunk_count: 1 };
        self.catalog.set_indexed("c_1", vec![committed]).await.expect("is indexed");
        id
    }

    async fn select(&self, selector: Selector) -> Vec<DocumentId> {
        self.catalog.select_documents(&self.collection, &selector).await.expect("selects")
    }

    async fn tagged(&self, tag: &str) -> Vec<DocumentId> {
        self.select(Selector::Tag(tag.to_owned())).await
    }

    async fn tags(&self) -> Vec<(String, u64)> {
        let found = self.catalog.list_tags(&self.collection).await.expect("lists");
        found.into_iter().map(|count| (count.tag, count.documents)).collect()
    }
}

#[tokio::test]
async fn documents_are_selected_by_tag_date_and_folder() {
    let fixture = fixture().await;
    let a = fixture.add("work/a.md", '1', stating(&["Work/Plan", "idea"], &[], Some(1_000))).await;
    let b = fixture.add("work/b.md", '2', stating(&["work"], &[], None)).await;
    let c = fixture.add("workshop.md", '3', stating(&["Workshop"], &[], Some(2_000))).await;
    assert_eq!(fixture.tagged("work").await, [a.clone(), b.clone()]);
    assert_eq!(fixture.tagged("WORK/plan").await, slice::from_ref(&a));
    assert!(fixture.tagged("pla").await.is_empty());
    let dated = |from_ms, until_ms| fixture.select(Selector::Dated { from_ms, until_ms });
    assert_eq!(dated(1_000, 2_000).await, slice::from_ref(&a));
    assert_eq!(dated(0, 10_000).await, [a.clone(), c.clone()]);
    assert_eq!(
        dated(10_000, i64::MAX).await,
        slice::from_ref(&b),
        "one without a date is of its arrival"
    );
    let path = |path: &str| fixture.select(Selector::Path(path.to_owned()));
    assert_eq!(path("work").await, [a.clone(), b]);
    assert_eq!(path("workshop.md").await, slice::from_ref(&c));
    assert_eq!(path("").await.len(), 3);

    let tags = ["idea", "Work", "Work/Plan", "Workshop"].map(str::to_owned);
    assert_eq!(fixture.tags().await, tags.into_iter().zip([1, 2, 1, 1]).collect::<Vec<_>>());
    let document = fixture.catalog.get_document(&a).await.expect("is there");
    assert_eq!(
        (document.tags, document.dated_at_ms),
        (vec!["Work/Plan".into(), "idea".into()], 1_000)
    );
    let names = fixture.catalog.find_names("c_1", slice::from_ref(&c)).await.expect("reads");
    assert_eq!(names[&c], ["alias", "Workshop"]);
}

#[tokio::test]
async fn a_document_is_called_what_others_call_it() {
    let fixture = fixture().await;
    let link = |target: &str, text: &str| Link { text: Some(text.into()), ..Link::parse(target) };
    let plan = fixture.add("work/Plan.md", '1', Metadata::default()).await;
    let links = vec![
        link("Plan", "the scheme"),
        link("work/plan#Costs", "what it costs"),
        link("Plan", "the scheme"),
        link("other/Plan", "another one"),
        Link::parse("Plan"),
    ];
    let linking = fixture.add("a.md", '2', Metadata { links, ..Metadata::default() }).await;
    let own = vec![link("Plan", "myself")];
    fixture.add("work/Plan.md", '3', Metadata { links: own, ..Metadata::default() }).await;
    let names = || fixture.catalog.find_names("c_1", slice::from_ref(&plan));
    assert_eq!(names().await.expect("reads")[&plan], ["the scheme", "what it costs"]);
    fixture.catalog.delete_document(&linking).await.expect("is deleted");
    assert!(names().await.expect("reads").is_empty());
}

#[tokio::test]
async fn metadata_goes_with_its_version_and_its_document() {
    let fixture = fixture().await;
    let id = fixture.add("a.md", '1', stating(&["old"], &["B", "c/B.md#x"], None)).await;
    let to_b = || fixture.catalog.list_links_to(&fixture.collection, "b");
    assert_eq!(to_b().await.expect("lists").len(), 2);
    assert_eq!(fixture.catalog.list_links(&id).await.expect("lists")[0].target, "B");
    fixture.add("a.md", '2', stating(&["new"], &[], None)).await;
    assert_eq!(fixture.tags().await, [("new".to_owned(), 1)]);
    assert!(to_b().await.expect("lists").is_empty());
    fixture.catalog.delete_document(&id).await.expect("is deleted");
    assert!(fixture.tags().await.is_empty());
}

#[tokio::test]
async fn a_document_that_is_read_again_gets_a_text_of_its_own_while_the_old_one_answers() {
    let fixture = fixture().await;
    let id = fixture.add("a.md", '1', stating(&["tag"], &[], None)).await;
    let catalog = &fixture.catalog;
    let old = catalog.find_indexed(&id).await.expect("reads").expect("is indexed").text_key;
    let document = catalog.read_again(&id).await.expect("is read again");
    assert_eq!(document.status, DocumentStatus::Accepted);
    // Asked for once more while it waits, it waits for the same.
    catalog.read_again(&id).await.expect("waits");
    let work = catalog.list_work(9).await.expect("lists");
    assert_eq!(work.len(), 1);
    assert_ne!(work[0].text_key, old, "what is stored is not taken for what is read now");
    assert_eq!(work[0].text_key.text_version(), TEXT_VERSION);
    assert!(catalog.find_text(&work[0].text_key).await.expect("reads").is_none());
    let indexed = catalog.find_indexed(&id).await.expect("reads").expect("is indexed");
    assert_eq!(indexed.text_key, old);
    assert_eq!(fixture.tagged("tag").await, slice::from_ref(&id), "and found meanwhile");
    assert_eq!(catalog.renew_texts().await.expect("looks"), 0, "a restart leaves it waiting");
    let work = catalog.list_work(9).await.expect("lists");
    assert_ne!(work[0].text_key, old);
}

#[tokio::test]
async fn texts_of_an_earlier_parser_are_made_anew_while_they_answer() {
    let fixture = fixture().await;
    let id = fixture.add("a.md", '1', stating(&["tag"], &[], None)).await;
    assert_eq!(fixture.catalog.renew_texts().await.expect("looks"), 0);
    let age = |transaction: &Transaction<'_>| {
        let version = format!("@{TEXT_VERSION}");
        transaction.execute("PRAGMA defer_foreign_keys = ON", [])?;
        for (table, column) in [
            ("texts", "key"),
            ("text_pages", "key"),
            ("text_tags", "key"),
            ("documents", "text_key"),
            ("index_documents", "text_key"),
        ] {
            let sql = format!("UPDATE {table} SET {column} = replace({column}, ?1, '')");
            transaction.execute(&sql, [&version])?;
        }
        Ok(())
    };
    fixture.catalog.database.transact(age).await.expect("is made old");
    assert_eq!(fixture.catalog.renew_texts().await.expect("renews"), 1);
    let work = fixture.catalog.list_work(9).await.expect("lists");
    assert_eq!(work.len(), 1, "it is read anew");
    assert_eq!(fixture.tagged("tag").await, slice::from_ref(&id), "and found meanwhile");
    let old = fixture.catalog.find_indexed(&id).await.expect("reads").expect("is indexed").text_key;
    assert!(fixture.catalog.find_text(&old).await.expect("reads").is_some());

    fixture.add("a.md", '1', stating(&["tag"], &[], None)).await;
    assert_eq!(fixture.catalog.renew_texts().await.expect("looks"), 0);
    assert!(fixture.catalog.find_text(&old).await.expect("reads").is_none(), "it is not needed");
}
