//! Stored texts in SQLite: one row a document, one row a page.

use async_trait::async_trait;
use quire_domain::{ContentHash, Format, LeftOut, PageText, ParsedDocument};
use rusqlite::{OptionalExtension, Transaction, params};

use super::database::SqliteCatalog;
use super::metadata;
use super::rows::{self, from_json, to_json};
use crate::{CatalogError, TextKey, TextRecords};

fn put_text(
    transaction: &Transaction<'_>,
    key: &TextKey,
    parsed: &ParsedDocument,
) -> Result<(), CatalogError> {
    let sha256 = key.as_str().split('.').next().unwrap_or_default();
    let page_count = parsed.pages.iter().filter_map(|page| page.number).max();
    transaction.execute("DELETE FROM texts WHERE key = ?1", [key.as_str()])?;
    let sql = "INSERT INTO texts (key, sha256, format, title, language, page_count, blocks,
        warnings, left_out) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let values = params![
        key.as_str(),
        sha256,
        to_json(&parsed.format, "format")?,
        parsed.title,
        parsed.language.code(),
        page_count,
        to_json(&parsed.blocks, "blocks")?,
        to_json(&parsed.warnings, "warnings")?,
        to_json(&parsed.left_out, "left_out")?
    ];
    transaction.execute(sql, values)?;
    let sql = "INSERT INTO text_pages (key, page_index, page) VALUES (?1, ?2, ?3)";
    let mut statement = transaction.prepare_cached(sql)?;
    for (index, page) in parsed.pages.iter().enumerate() {
        statement.execute(params![key.as_str(), index as i64, to_json(page, "page")?])?;
    }
    metadata::put(transaction, key, &parsed.metadata)
}

fn find_text(
    transaction: &Transaction<'_>,
    key: &TextKey,
) -> Result<Option<ParsedDocument>, CatalogError> {
    let sql =
        "SELECT format, title, language, blocks, warnings, left_out FROM texts WHERE key = ?1";
    let mut statement = transaction.prepare_cached(sql)?;
    let mut found = statement.query([key.as_str()])?;
    let Some(row) = found.next()? else { return Ok(None) };
    let sql = "SELECT page FROM text_pages WHERE key = ?1 ORDER BY page_index";
    let mut statement = transaction.prepare_cached(sql)?;
    let pages = statement.query_and_then([key.as_str()], |row| from_json(row, "page"))?;
    Ok(Some(ParsedDocument {
        format: from_json::<Format>(row, "format")?,
        title: row.get("title")?,
        language: rows::parse(row, "language")?,
        pages: pages.collect::<Result<Vec<PageText>, CatalogError>>()?,
        blocks: from_json(row, "blocks")?,
        warnings: from_json(row, "warnings")?,
        left_out: rows::parse_json(row, "left_out")?.unwrap_or_default(),
        metadata: metadata::read(transaction, key)?,
    }))
}

#[async_trait]
impl TextRecords for SqliteCatalog {
    async fn put_text(&self, key: &TextKey, parsed: ParsedDocument) -> Result<(), CatalogError> {
        let key = key.clone();
        self.database.transact(move |transaction| put_text(transaction, &key, &parsed)).await
    }

    async fn find_text(&self, key: &TextKey) -> Result<Option<ParsedDocument>, CatalogError> {
        let key = key.clone();
        self.database.transact(move |transaction| find_text(transaction, &key)).await
    }

    async fn find_page(
        &self,
        key: &TextKey,
        page_index: usize,
    ) -> Result<Option<PageText>, CatalogError> {
        let key = key.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT page FROM text_pages WHERE key = ?1 AND page_index = ?2";
            let values = params![key.as_str(), page_index as i64];
            let json: Option<String> =
                transaction.query_row(sql, values, |row| row.get(0)).optional()?;
            json.map(|json| {
                serde_json::from_str(&json).map_err(|_| CatalogError::Corrupt { column: "page" })
            })
            .transpose()
        };
        self.database.transact(work).await
    }

    async fn find_left_out(&self, key: &TextKey) -> Result<Vec<LeftOut>, CatalogError> {
        let key = key.clone();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT left_out FROM texts WHERE key = ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let mut found = statement.query([key.as_str()])?;
            let Some(row) = found.next()? else { return Ok(Vec::new()) };
            Ok(rows::parse_json(row, "left_out")?.unwrap_or_default())
        };
        self.database.transact(work).await
    }

    async fn delete_texts(&self, sha256: &ContentHash) -> Result<(), CatalogError> {
        let sha256 = sha256.clone();
        let work = move |transaction: &Transaction<'_>| {
            transaction.execute("DELETE FROM texts WHERE sha256 = ?1", [sha256.as_str()])?;
            Ok(())
        };
        self.database.transact(work).await
    }
}
