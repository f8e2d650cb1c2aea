//! Searching, with hits in Khoj's shape.

use axum::Json;
use axum::extract::State;
use quire_domain::{DocumentId, Hit, Scope};
use quire_service::{SearchRequest, ServiceError, Services};
use serde::{Deserialize, Serialize};

use super::file_type::FileType;
use super::place::Place;
use crate::http::error::ApiError;
use crate::http::extract::QueryOf;

/// How many hits there are if nothing is said.
const DEFAULT_HITS: usize = 5;
/// The most hits.
const MAX_HITS: usize = 100;
/// How many hits of any type are looked at for one of the type that most files are of.
const LOOKED_AT_FOR_ONE: usize = 4;

/// The query string; `r` (rerank), `max_distance`, `dedupe` and `client` are accepted and not used.
#[derive(Deserialize)]
pub struct SearchQuery {
    /// The words.
    #[serde(default)]
    q: String,
    /// How many hits at most.
    n: Option<usize>,
    /// The type of files; all if absent.
    t: Option<String>,
}

/// A hit.
#[derive(Serialize)]
pub struct Found {
    /// The passage; in a note with its heading before it, which the plugin opens the note at.
    entry: String,
    /// The score; hits are sorted by it, the highest first.
    score: f32,
    #[serde(rename = "cross-score")]
    cross_score: Option<f32>,
    additional: Additional,
    /// Names the passage.
    #[serde(rename = "corpus-id")]
    corpus_id: String,
}

/// Where a hit stands.
#[derive(Serialize)]
struct Additional {
    source: &'static str,
    file: String,
    compiled: String,
    heading: String,
}

/// `GET /api/search?q=..&n=..&t=..`: the best passages; none before there is anything to search.
pub async fn search(
    State(services): State<Services>,
    place: Place,
    QueryOf(query): QueryOf<SearchQuery>,
) -> Result<Json<Vec<Found>>, ApiError> {
    let wanted: FileType = query.t.as_deref().unwrap_or("all").parse()?;
    let limit = query.n.unwrap_or(DEFAULT_HITS).clamp(1, MAX_HITS);
    if query.q.trim().is_empty() {
        return Ok(Json(Vec::new()));
    }
    let Some(scope) = scope(&services, &place, wanted).await? else {
        return Ok(Json(Vec::new()));
    };
    let looks_at_all = scope.is_everything() && wanted != FileType::All;
    let k = if looks_at_all { (limit * LOOKED_AT_FOR_ONE).min(MAX_HITS) } else { limit };
    let request = SearchRequest { query: query.q, k, scope, ..SearchRequest::default() };
    let found = services.search(&place.collection, request).await?;
    let hits = found.hits.into_iter().filter(|hit| wanted.holds(hit.document.path.as_str()));
    Ok(Json(hits.take(limit).map(show).collect()))
}

/// Limits a search for a type to its documents if they are the lesser part of all: if they
/// are most of them, they are picked out of what is found. `None` if there are none.
async fn scope(
    services: &Services,
    place: &Place,
    wanted: FileType,
) -> Result<Option<Scope>, ServiceError> {
    let Some(source) = place.find(services).await? else { return Ok(None) };
    if wanted == FileType::All {
        return Ok(Some(Scope::default()));
    }
    let files = services.sources.list_peer_files(&source).await?;
    let of_type = files.iter().filter(|entry| wanted.holds(entry.path.as_str()));
    let ids: Vec<DocumentId> = of_type.filter_map(|entry| entry.document_id.clone()).collect();
    if ids.is_empty() {
        return Ok(None);
    }
    let documents = (ids.len() * 2 < files.len()).then_some(ids);
    Ok(Some(Scope { documents, ..Scope::default() }))
}

fn show(hit: Hit) -> Found {
    let file = hit.document.path.to_string();
    let heading = hit.heading.last().cloned().unwrap_or_default();
    let entry = if FileType::Markdown.holds(&file) && !heading.is_empty() {
        let level = hit.heading.len().min(6);
        format!("{} {heading}\n{}", "#".repeat(level), without_headings(&hit.text))
    } else {
        hit.text.clone()
    };
    Found {
        entry,
        score: hit.score,
        cross_score: hit.scores.rerank,
        additional: Additional { source: "computer", file, compiled: hit.text, heading },
        corpus_id: hit.chunk_id.to_string(),
    }
}

/// Leaves out the headings that a passage begins with; the last of them goes before it anyway.
fn without_headings(text: &str) -> &str {
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n') {
        if !line.trim().is_empty() && !line.starts_with('#') {
            break;
        }
        rest = after;
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::without_headings;

    #[test]
    fn a_passage_begins_with_its_text() {
        assert_eq!(without_headings("# A\n\n## B\n\nText.\n# C"), "Text.\n# C");
        assert_eq!(without_headings("Text."), "Text.");
        assert_eq!(without_headings("# A"), "# A");
    }
}
