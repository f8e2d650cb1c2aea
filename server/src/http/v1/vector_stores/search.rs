//! Searching a vector store: the passages that match, each with its file.

use axum::Json;
use axum::extract::{Path, State};
use quire_domain::{Attributes, DocumentId, FileId, Hit, Scope, SearchMode};
use quire_service::{AttributeFilter, SearchRequest, Services, VectorStoreRecord};
use serde::{Deserialize, Serialize};

use super::files::TextPart;
use super::object::check_time;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::text_or::TextOr;

/// How many results there are unless it is said, and at most.
const USUAL_RESULTS: usize = 10;
const MOST_RESULTS: usize = 50;

/// The most queries of one request.
const MOST_QUERIES: usize = 16;

/// What to search for.
#[derive(Debug, Deserialize)]
pub struct SearchBody {
    query: Option<TextOr<String>>,
    filters: Option<AttributeFilter>,
    max_num_results: Option<usize>,
    ranking_options: Option<RankingOptions>,
    /// Passed over: both halves of the search read questions as they are.
    #[expect(dead_code, reason = "it is read so that another type is refused")]
    rewrite_query: Option<bool>,
}

/// How results are ordered and which are shown.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct RankingOptions {
    ranker: Option<String>,
    score_threshold: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hybrid_search: Option<HybridWeights>,
}

/// What each half of the search counts. Only whether a half counts at all is heeded.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct HybridWeights {
    #[serde(alias = "rrf_embedding_weight")]
    embedding_weight: Option<f32>,
    #[serde(alias = "rrf_text_weight")]
    text_weight: Option<f32>,
}

/// A search of one store.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The queries.
    pub queries: Vec<String>,
    /// Which files count.
    pub filters: Option<AttributeFilter>,
    /// How many results there are at most.
    pub max_num_results: Option<usize>,
    /// How they are ordered.
    pub ranking: RankingOptions,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct ResultPage {
    object: &'static str,
    search_query: Vec<String>,
    data: Vec<SearchResult>,
    has_more: bool,
    next_page: Option<String>,
}

/// A passage that was found.
#[derive(Debug, Serialize)]
pub struct SearchResult {
    file_id: FileId,
    filename: String,
    score: f32,
    attributes: Attributes,
    content: Vec<TextPart>,
    /// Where it stands; Quire's own.
    page: Option<u32>,
    heading: Vec<String>,
    url: String,
}

/// Searches a store.
pub async fn search(
    State(services): State<Services>,
    Path(store): Path<String>,
    JsonBody(body): JsonBody<SearchBody>,
) -> Result<Json<ResultPage>, ApiError> {
    let store = services.vector_stores.get(&store).await?;
    let queries = match body.query {
        Some(TextOr::Text(query)) => vec![query],
        Some(TextOr::Parts(queries)) if (1..=MOST_QUERIES).contains(&queries.len()) => queries,
        Some(TextOr::Parts(_)) => {
            let message = format!("`query` must be a text or 1 to {MOST_QUERIES} texts.");
            return Err(ApiError::invalid(message).param("query"));
        }
        None => return Err(ApiError::invalid("`query` is missing.").param("query")),
    };
    let wanted = Wanted {
        queries,
        filters: body.filters,
        max_num_results: body.max_num_results,
        ranking: body.ranking_options.unwrap_or_default(),
    };
    let hits = find(&services, &store, &wanted).await?;
    let attributes = services.files.list_attributes(&store.collection.name).await?;
    let data = hits.into_iter().map(|hit| SearchResult {
        file_id: FileId::of_document(&hit.document.id),
        score: hit.score,
        attributes: attributes.get(&hit.document.id).cloned().unwrap_or_default(),
        page: hit.page,
        heading: hit.heading.clone(),
        url: hit.target().url(),
        filename: hit.document.path.into(),
        content: vec![TextPart::new(hit.text)],
    });
    Ok(Json(ResultPage {
        object: "vector_store.search_results.page",
        data: data.collect(),
        search_query: wanted.queries,
        has_more: false,
        next_page: None,
    }))
}

/// Finds passages of a store, the best of all queries first, each once.
pub async fn find(
    services: &Services,
    store: &VectorStoreRecord,
    wanted: &Wanted,
) -> Result<Vec<Hit>, ApiError> {
    check_time(store)?;
    let most = wanted.max_num_results.unwrap_or(USUAL_RESULTS);
    if !(1..=MOST_RESULTS).contains(&most) {
        let message = format!("`max_num_results` is {most}; it must be 1 to {MOST_RESULTS}.");
        return Err(ApiError::invalid(message).param("max_num_results"));
    }
    let scope = scope(services, store, wanted.filters.as_ref()).await?;
    let mut hits: Vec<Hit> = Vec::new();
    for query in &wanted.queries {
        let request = SearchRequest {
            query: query.clone(),
            k: most,
            mode: wanted.ranking.mode(),
            rerank: wanted.ranking.ranker.as_deref() != Some("none"),
            scope: scope.clone(),
        };
        let found = services.search(&store.collection.name, request).await?;
        for hit in found.hits {
            match hits.iter_mut().find(|known| known.chunk_id == hit.chunk_id) {
                Some(known) if known.score < hit.score => *known = hit,
                Some(_) => {}
                None => hits.push(hit),
            }
        }
    }
    services.vector_stores.touch(&store.collection.name).await?;
    let least = wanted.ranking.score_threshold.unwrap_or(0.0);
    hits.retain(|hit| hit.score >= least);
    hits.sort_by(|one, other| other.score.total_cmp(&one.score));
    hits.truncate(most);
    Ok(hits)
}

/// Gives the documents that a filter lets through; all without one.
pub async fn scope(
    services: &Services,
    store: &VectorStoreRecord,
    filters: Option<&AttributeFilter>,
) -> Result<Scope, ApiError> {
    let documents: Option<Vec<DocumentId>> = match filters {
        Some(filters) => Some(services.files.select(&store.collection.name, filters).await?),
        None => None,
    };
    Ok(Scope { documents, ..Scope::default() })
}

impl RankingOptions {
    /// Gives the halves of the search that count.
    fn mode(&self) -> SearchMode {
        let is_off = |weight: Option<f32>| weight.is_some_and(|weight| weight <= 0.0);
        match self.hybrid_search {
            Some(weights) if is_off(weights.text_weight) => SearchMode::Dense,
            Some(weights) if is_off(weights.embedding_weight) => SearchMode::Keyword,
            _ => SearchMode::Hybrid,
        }
    }
}
