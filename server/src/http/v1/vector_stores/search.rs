//! Searching a vector store: the passages that match, each with its file.

use axum::Json;
use axum::extract::{Path, State};
use quire_domain::{Attributes, DocumentId, FileId, Hit, Scope, SearchMode};
use quire_service::{AttributeFilter, Beside, SearchRequest, Services, VectorStoreRecord};
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

/// A search of stores.
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
    let places = places(&services, std::slice::from_ref(&store), wanted.filters.as_ref()).await?;
    let hits = find(&services, &places, &wanted).await?;
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

/// Gives the collections of stores, each with the documents that a filter lets through. A store whose time is over is
/// refused.
pub async fn places(
    services: &Services,
    stores: &[VectorStoreRecord],
    filters: Option<&AttributeFilter>,
) -> Result<Vec<Beside>, ApiError> {
    let mut places = Vec::with_capacity(stores.len());
    for store in stores {
        check_time(store)?;
        let collection = store.collection.name.clone();
        let documents: Option<Vec<DocumentId>> = match filters {
            Some(filters) => Some(services.files.select(&collection, filters).await?),
            None => None,
        };
        places.push(Beside { collection, scope: Scope { documents, ..Scope::default() } });
    }
    Ok(places)
}

/// Finds passages of collections, ranked together, the best of all queries first and each once: a file that is in several
/// has its passages in each.
pub async fn find(
    services: &Services,
    places: &[Beside],
    wanted: &Wanted,
) -> Result<Vec<Hit>, ApiError> {
    let most = wanted.max_num_results.unwrap_or(USUAL_RESULTS);
    if !(1..=MOST_RESULTS).contains(&most) {
        let message = format!("`max_num_results` is {most}; it must be 1 to {MOST_RESULTS}.");
        return Err(ApiError::invalid(message).param("max_num_results"));
    }
    let Some((first, beside)) = places.split_first() else { return Ok(Vec::new()) };
    let mut hits: Vec<Hit> = Vec::new();
    for query in &wanted.queries {
        let request = SearchRequest {
            query: query.clone(),
            k: most,
            mode: wanted.ranking.mode(),
            rerank: wanted.ranking.ranker.as_deref() != Some("none"),
            scope: first.scope.clone(),
            beside: beside.to_vec(),
        };
        let found = services.search(&first.collection, request).await?;
        for hit in found.hits {
            match hits.iter_mut().find(|known| is_same(known, &hit)) {
                Some(known) if known.score < hit.score => *known = hit,
                Some(_) => {}
                None => hits.push(hit),
            }
        }
    }
    for place in places {
        services.vector_stores.touch(&place.collection).await?;
    }
    let least = wanted.ranking.score_threshold.unwrap_or(0.0);
    hits.retain(|hit| hit.score >= least);
    hits.sort_by(|one, other| other.score.total_cmp(&one.score));
    hits.truncate(most);
    Ok(hits)
}

/// Returns whether two passages are the same one of a file.
fn is_same(one: &Hit, other: &Hit) -> bool {
    let place = |hit: &Hit| (FileId::of_document(&hit.document.id), hit.page, hit.start, hit.end);
    one.chunk_id == other.chunk_id || place(one) == place(other) && one.text == other.text
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
