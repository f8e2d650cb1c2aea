//! Searching a folder, and finding what is related to a file of it.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use quire_domain::sync::{FileEntry, Source};
use quire_domain::{Document, DocumentId, Scope, SearchMode};
use quire_service::{SearchRequest, Services};
use serde::Deserialize;
use serde_json::{Value, json};

use super::documents::{file_of, find_file, outside, passage};
use super::error::MiyoError;
use super::folder::find;
use super::local::LocalOnly;
use crate::http::extract::JsonBody;

/// How many hits there are if nothing is said.
const DEFAULT_HITS: usize = 10;
/// How many passages of a file are looked for again to find what is related to it.
const PASSAGES_RELATED: usize = 4;

/// What to search for.
#[derive(Deserialize)]
pub struct SearchBody {
    query: String,
    folder_name: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    filters: Vec<Filter>,
}

/// A file whose like is searched.
#[derive(Deserialize)]
pub struct RelatedBody {
    file_path: String,
    folder_name: Option<String>,
    limit: Option<usize>,
    #[serde(default)]
    filters: Vec<Filter>,
}

/// A condition on `mtime`, `tags`, `path`, `title` or `extension`.
#[derive(Deserialize)]
pub struct Filter {
    field: String,
    gte: Option<i64>,
    lte: Option<i64>,
    gt: Option<i64>,
    lt: Option<i64>,
    equals: Option<Value>,
    #[serde(rename = "containsAny")]
    contains_any: Option<Vec<String>>,
}

impl Filter {
    fn passes(
        &self,
        source: &Source,
        file: &FileEntry,
        document: &Document,
    ) -> Result<bool, MiyoError> {
        let texts = match self.field.as_str() {
            "mtime" => {
                let at = file.mtime_ms;
                return Ok(self.gte.is_none_or(|one| at >= one)
                    && self.lte.is_none_or(|one| at <= one)
                    && self.gt.is_none_or(|one| at > one)
                    && self.lt.is_none_or(|one| at < one));
            }
            "tags" => document.tags.clone(),
            "path" => vec![outside(source, file.path.as_str())],
            "title" => vec![document.title.clone()],
            "extension" => vec![document.path.extension()],
            other => {
                let fields = "mtime, tags, path, title and extension";
                return Err(MiyoError::invalid(format!(
                    "`{other}` cannot be filtered; {fields} can."
                )));
            }
        };
        let has = |word: &str| {
            let plain = word.trim_start_matches('#').to_lowercase();
            texts.iter().any(|text| text.to_lowercase() == plain)
        };
        Ok(self.equals.as_ref().is_none_or(|one| one.as_str().is_some_and(has))
            && self.contains_any.as_ref().is_none_or(|all| all.iter().any(|one| has(one))))
    }
}

/// `POST /v0/search`: the best passages of a folder; of all folders if none is named.
pub async fn search(
    _caller: LocalOnly,
    State(services): State<Services>,
    JsonBody(body): JsonBody<SearchBody>,
) -> Result<Json<Value>, MiyoError> {
    let sources = match &body.folder_name {
        Some(name) => vec![find(&services, name).await?],
        None => services.sources.list().await?.into_iter().map(|one| one.source).collect(),
    };
    let limit = body.limit.unwrap_or(DEFAULT_HITS);
    let mut rows: Vec<(f32, Value)> = Vec::new();
    for source in &sources {
        let files = services.sources.list_peer_files(&source.id).await?;
        let Some(scope) = scope(&services, source, &files, &body.filters).await? else { continue };
        let query = body.query.clone();
        let request = SearchRequest { query, k: limit, scope, ..SearchRequest::default() };
        for hit in services.search(&source.collection, request).await?.hits {
            // A document of the collection that is no file of the folder is not meant.
            let Some(file) = file_of(&files, &hit.document.id) else { continue };
            let document = services.documents.get(&hit.document.id).await?;
            let mut row = passage(source, file, &document, &hit);
            row["score"] = hit.score.into();
            rows.push((hit.score, row));
        }
    }
    rows.sort_by(|a, b| b.0.total_cmp(&a.0));
    let rows: Vec<Value> = rows.into_iter().take(limit).map(|(_, row)| row).collect();
    Ok(Json(json!({ "results": rows })))
}

/// `POST /v0/search/related`: the files whose passages come nearest to those that a file begins
/// with, each once; 404 if the file is not indexed.
pub async fn related(
    _caller: LocalOnly,
    State(services): State<Services>,
    JsonBody(body): JsonBody<RelatedBody>,
) -> Result<Json<Value>, MiyoError> {
    let first = body.file_path.split('/').next().unwrap_or_default();
    let source = find(&services, body.folder_name.as_deref().unwrap_or(first)).await?;
    let (_, own) = find_file(&services, &source, &body.file_path).await?;
    let files = services.sources.list_peer_files(&source.id).await?;
    let Some(scope) = scope(&services, &source, &files, &body.filters).await? else {
        return Ok(Json(json!({ "results": [] })));
    };
    let passages = services.list_passages(&own.id).await?;
    let mut best: HashMap<DocumentId, f32> = HashMap::new();
    for passage in passages.into_iter().take(PASSAGES_RELATED) {
        let (query, mode, scope) = (passage.text, SearchMode::Dense, scope.clone());
        let request = SearchRequest { query, k: 100, mode, scope, ..SearchRequest::default() };
        for hit in services.search(&source.collection, request).await?.hits {
            let highest = best.entry(hit.document.id).or_insert(hit.score);
            *highest = highest.max(hit.score);
        }
    }
    best.remove(&own.id);
    let mut rows: Vec<(f32, String)> = best
        .into_iter()
        .filter_map(|(id, score)| {
            Some((score, outside(&source, file_of(&files, &id)?.path.as_str())))
        })
        .collect();
    rows.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let rows = rows.into_iter().take(body.limit.unwrap_or(DEFAULT_HITS));
    let rows: Vec<Value> =
        rows.map(|(score, path)| json!({ "path": path, "score": score })).collect();
    Ok(Json(json!({ "results": rows })))
}

/// Limits a search to what the filters let through; `None` if that is nothing.
async fn scope(
    services: &Services,
    source: &Source,
    files: &[FileEntry],
    filters: &[Filter],
) -> Result<Option<Scope>, MiyoError> {
    if filters.is_empty() {
        return Ok(Some(Scope::default()));
    }
    let mut documents = Vec::new();
    for file in files {
        let Some(id) = &file.document_id else { continue };
        let document = services.documents.get(id).await?;
        let mut passes = true;
        for filter in filters {
            passes = passes && filter.passes(source, file, &document)?;
        }
        if passes {
            documents.push(id.clone());
        }
    }
    let documents = Some(documents).filter(|documents| !documents.is_empty());
    Ok(documents.map(|documents| Scope { documents: Some(documents), ..Scope::default() }))
}
