//! Metadata in SQLite.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use quire_domain::link::link_key;
use quire_domain::{
    CollectionName, ContentHash, DocumentId, DocumentPath, DocumentRef, Link, LinkPaths, Metadata,
    PageKind, TagCount,
};
use rusqlite::{Row, ToSql, Transaction, params};

use super::database::SqliteCatalog;
use super::rows;
use super::rows::collections::collection_row;
use crate::{CatalogError, LinkFrom, MetadataRecords, Selector, TextKey};

/// Links to a document that are looked at for the words they call it by.
const MOST_LINKS: usize = 64;

/// Documents `d` with the key of the text that searches quote, or else of their latest text.
const SEEN: &str = "
    FROM documents d JOIN collections c ON c.id = d.collection_id
    LEFT JOIN index_documents i ON i.index_id = c.index_id AND i.document_id = d.id
    LEFT JOIN texts t ON t.key = COALESCE(i.text_key, d.text_key)";

/// Stores what a text states, in place of nothing.
pub(super) fn put(
    transaction: &Transaction<'_>,
    key: &TextKey,
    metadata: &Metadata,
) -> Result<(), CatalogError> {
    let sql = "UPDATE texts SET aliases = ?2, properties = ?3, stated_created_at_ms = ?4,
        stated_modified_at_ms = ?5 WHERE key = ?1";
    let values = params![
        key.as_str(),
        rows::to_json(&metadata.aliases, "aliases")?,
        rows::to_json(&metadata.properties, "properties")?,
        metadata.created_at_ms,
        metadata.modified_at_ms
    ];
    transaction.execute(sql, values)?;
    let sql = "INSERT INTO text_tags (key, position, tag, tag_key) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = transaction.prepare_cached(sql)?;
    for (position, tag) in metadata.tags.iter().enumerate() {
        statement.execute(params![key.as_str(), position as i64, tag, tag.to_lowercase()])?;
    }
    let sql = "INSERT INTO text_links (key, position, target_key, link) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = transaction.prepare_cached(sql)?;
    for (position, link) in metadata.links.iter().enumerate() {
        let json = rows::to_json(link, "link")?;
        let values = params![key.as_str(), position as i64, link_key(&link.target), json];
        statement.execute(values)?;
    }
    Ok(())
}

/// Collects what a document is called: by itself, and by those that link to it.
fn names_of(
    transaction: &Transaction<'_>,
    index_id: &str,
    id: &DocumentId,
) -> Result<Vec<String>, CatalogError> {
    let sql = "SELECT t.key, t.aliases, d.path FROM index_documents i
        JOIN texts t ON t.key = i.text_key JOIN documents d ON d.id = i.document_id
        WHERE i.index_id = ?1 AND i.document_id = ?2";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query([index_id, id.as_str()])?;
    let Some(row) = found.next()? else { return Ok(Vec::new()) };
    let aliases: Option<Vec<String>> = rows::parse_json(row, "aliases")?;
    let mut names = aliases.unwrap_or_default();
    names.extend(tags(transaction, &TextKey::from_stored(row.get("key")?))?);
    let path: String = row.get("path")?;
    let only = LinkPaths::new([path.as_str()]);
    let sql = format!(
        "SELECT l.link, d.path FROM text_links l
        JOIN index_documents i ON i.text_key = l.key AND i.index_id = ?1
        JOIN documents d ON d.id = i.document_id
        WHERE l.target_key = ?2 AND i.document_id <> ?3
            AND json_extract(l.link, '$.text') IS NOT NULL LIMIT {MOST_LINKS}"
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let mut found = statement.query(params![index_id, link_key(&path), id.as_str()])?;
    while let Some(row) = found.next()? {
        let (link, from): (Link, String) = (rows::from_json(row, "link")?, row.get("path")?);
        // If several documents have the name, a link may mean any of them here.
        let leads_here = only.resolve(&link.target, &from).is_some();
        names.extend(link.text.filter(|text| leads_here && !names.contains(text)));
    }
    Ok(names)
}

/// Reads what a text states.
pub(super) fn read(transaction: &Transaction<'_>, key: &TextKey) -> Result<Metadata, CatalogError> {
    let sql = "SELECT aliases, properties, stated_created_at_ms, stated_modified_at_ms
        FROM texts WHERE key = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query([key.as_str()])?;
    let Some(row) = found.next()? else { return Ok(Metadata::default()) };
    Ok(Metadata {
        tags: tags(transaction, key)?,
        aliases: rows::parse_json(row, "aliases")?.unwrap_or_default(),
        links: links(transaction, key)?,
        created_at_ms: row.get("stated_created_at_ms")?,
        modified_at_ms: row.get("stated_modified_at_ms")?,
        properties: rows::parse_json(row, "properties")?.unwrap_or_default(),
    })
}

fn tags(transaction: &Transaction<'_>, key: &TextKey) -> Result<Vec<String>, CatalogError> {
    let sql = "SELECT tag FROM text_tags WHERE key = ?1 ORDER BY position";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_and_then([key.as_str()], |row| Ok(row.get(0)?))?;
    found.collect()
}

fn links(transaction: &Transaction<'_>, key: &TextKey) -> Result<Vec<Link>, CatalogError> {
    let sql = "SELECT link FROM text_links WHERE key = ?1 ORDER BY position";
    let mut statement = transaction.prepare_cached(sql)?;
    let found = statement.query_and_then([key.as_str()], |row| rows::from_json(row, "link"))?;
    found.collect()
}

fn read_ref(row: &Row<'_>) -> Result<DocumentRef, CatalogError> {
    Ok(DocumentRef {
        id: rows::parse(row, "id")?,
        path: rows::parse(row, "path")?,
        title: row.get("title")?,
        // Whoever lists names and links speaks of no page.
        page_kind: PageKind::default(),
    })
}

fn select(
    transaction: &Transaction<'_>,
    collection: i64,
    selector: &Selector,
) -> Result<Vec<DocumentId>, CatalogError> {
    let read = |condition: &str, values: &[&dyn ToSql]| {
        let sql = format!("SELECT d.id {SEEN} WHERE d.collection_id = ?1 AND {condition}");
        let mut statement = transaction.prepare_cached(&sql)?;
        let found = statement.query_and_then(values, |row| rows::parse(row, "id"))?;
        found.collect()
    };
    match selector {
        Selector::Path(path) => {
            let condition = "(?2 = '' OR d.path = ?2 OR
                substr(d.path, 1, length(?2) + 1) = ?2 || '/') ORDER BY d.id";
            read(condition, &[&collection, path])
        }
        Selector::Tag(tag) => {
            let condition = "EXISTS (SELECT 1 FROM text_tags g WHERE g.key = t.key
                AND (g.tag_key = ?2 OR substr(g.tag_key, 1, length(?2) + 1) = ?2 || '/'))
                ORDER BY d.id";
            read(condition, &[&collection, &tag.to_lowercase()])
        }
        Selector::Dated { from_ms, until_ms } => {
            let date = rows::documents::DATE;
            let condition = format!("{date} >= ?2 AND {date} < ?3 ORDER BY d.id");
            read(&condition, &[&collection, from_ms, until_ms])
        }
    }
}

/// Counts tags with those above them: `a/b` is one of `a`, too.
fn count_tags(rows: Vec<(String, String)>) -> Vec<TagCount> {
    // By key: how people write it first, and the documents; rows come document by document.
    let mut counts: BTreeMap<String, (TagCount, String)> = BTreeMap::new();
    for (document, tag) in rows {
        let ends = tag.match_indices('/').map(|(at, _)| at).chain([tag.len()]);
        for name in ends.map(|end| &tag[..end]).filter(|name| !name.is_empty()) {
            let first = || (TagCount { tag: name.to_owned(), documents: 0 }, String::new());
            let (count, last) = counts.entry(name.to_lowercase()).or_insert_with(first);
            if *last != document {
                count.documents += 1;
                last.clone_from(&document);
            }
        }
    }
    counts.into_values().map(|(count, _)| count).collect()
}

fn renew_texts(transaction: &Transaction<'_>) -> Result<usize, CatalogError> {
    let sql = "SELECT id, path, sha256, text_key FROM documents";
    let mut statement = transaction.prepare(sql)?;
    let read = |row: &Row<'_>| -> Result<_, CatalogError> {
        let sha256: ContentHash = rows::parse(row, "sha256")?;
        let path: DocumentPath = rows::parse(row, "path")?;
        let (id, text_key): (String, String) = (row.get("id")?, row.get("text_key")?);
        let key = TextKey::new(&sha256, &path);
        Ok((!key.is_reading_of(&TextKey::from_stored(text_key))).then_some((id, key)))
    };
    let found = statement.query_and_then([], read)?;
    let outdated: Vec<(String, TextKey)> =
        found.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let sql = "UPDATE documents SET text_key = ?2, status = 'accepted', error = NULL,
        attempts = 0 WHERE id = ?1";
    let mut statement = transaction.prepare(sql)?;
    for (id, key) in &outdated {
        statement.execute(params![id, key.as_str()])?;
    }
    // Texts of earlier versions go once no document and no index has them.
    let sql = "DELETE FROM texts WHERE key NOT IN (SELECT text_key FROM documents)
        AND key NOT IN (SELECT text_key FROM index_documents)";
    transaction.execute(sql, [])?;
    Ok(outdated.len())
}

#[async_trait]
impl MetadataRecords for SqliteCatalog {
    async fn select_documents(
        &self,
        collection: &CollectionName,
        selector: &Selector,
    ) -> Result<Vec<DocumentId>, CatalogError> {
        let (collection, selector) = (collection.clone(), selector.clone());
        let work = move |transaction: &Transaction<'_>| {
            let collection = collection_row(transaction, &collection)?;
            select(transaction, collection, &selector)
        };
        self.database.transact(work).await
    }

    async fn list_tags(&self, collection: &CollectionName) -> Result<Vec<TagCount>, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let collection = collection_row(transaction, &collection)?;
            let sql = format!(
                "SELECT d.id, g.tag {SEEN} JOIN text_tags g ON g.key = t.key
                WHERE d.collection_id = ?1 ORDER BY d.sequence, g.position"
            );
            let mut statement = transaction.prepare_cached(&sql)?;
            let read =
                |row: &Row<'_>| -> Result<_, CatalogError> { Ok((row.get(0)?, row.get(1)?)) };
            let found = statement.query_and_then([collection], read)?;
            Ok(count_tags(found.collect::<Result<_, _>>()?))
        };
        self.database.transact(work).await
    }

    async fn list_links(&self, id: &DocumentId) -> Result<Vec<Link>, CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = format!(
                "SELECT l.link {SEEN} JOIN text_links l ON l.key = t.key
                WHERE d.id = ?1 ORDER BY l.position"
            );
            let mut statement = transaction.prepare_cached(&sql)?;
            let read = |row: &Row<'_>| rows::from_json(row, "link");
            let found = statement.query_and_then([id.as_str()], read)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn list_links_to(
        &self,
        collection: &CollectionName,
        target_key: &str,
    ) -> Result<Vec<LinkFrom>, CatalogError> {
        let (collection, target_key) = (collection.clone(), target_key.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            let collection = collection_row(transaction, &collection)?;
            let sql = format!(
                "SELECT d.id, d.path, d.title, l.link {SEEN} JOIN text_links l ON l.key = t.key
                WHERE d.collection_id = ?1 AND l.target_key = ?2 ORDER BY d.path, l.position"
            );
            let mut statement = transaction.prepare_cached(&sql)?;
            let read = |row: &Row<'_>| -> Result<_, CatalogError> {
                Ok(LinkFrom { document: read_ref(row)?, link: rows::from_json(row, "link")? })
            };
            let found = statement.query_and_then(params![collection, target_key], read)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn list_document_refs(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<DocumentRef>, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let collection = collection_row(transaction, &collection)?;
            let sql =
                "SELECT id, path, title FROM documents WHERE collection_id = ?1 ORDER BY path";
            let mut statement = transaction.prepare_cached(sql)?;
            let found = statement.query_and_then([collection], read_ref)?;
            found.collect()
        };
        self.database.transact(work).await
    }

    async fn find_names(
        &self,
        index_id: &str,
        ids: &[DocumentId],
    ) -> Result<HashMap<DocumentId, Vec<String>>, CatalogError> {
        let (index_id, ids) = (index_id.to_owned(), ids.to_vec());
        let work = move |transaction: &Transaction<'_>| {
            let mut names = HashMap::new();
            for id in ids {
                let known = names_of(transaction, &index_id, &id)?;
                if !known.is_empty() {
                    names.insert(id, known);
                }
            }
            Ok(names)
        };
        self.database.transact(work).await
    }

    async fn renew_texts(&self) -> Result<usize, CatalogError> {
        self.database.transact(renew_texts).await
    }
}

#[cfg(test)]
mod tests;
