//! `/v1/rerank`: how well documents answer a question, in the shape of Jina and Cohere.

use axum::Json;
use axum::extract::State;
use quire_domain::{ModelId, ModelKind};
use quire_engines::Reranking;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{from_service, unsupported};
use super::resolve::{Target, resolve};
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;

/// The most documents of one request.
const MOST_DOCUMENTS: usize = 1000;

/// What is to be ranked.
#[derive(Debug, Deserialize)]
pub struct RerankBody {
    model: Option<String>,
    query: Option<String>,
    /// `texts` is the name of it in text-embeddings-inference.
    #[serde(alias = "texts")]
    documents: Option<Vec<DocumentInput>>,
    top_n: Option<usize>,
    return_documents: Option<bool>,
}

/// A document: its text, or an object that has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum DocumentInput {
    Text(String),
    Object { text: String },
}

/// The documents in their order.
#[derive(Debug, Serialize)]
pub struct Ranking {
    id: String,
    object: &'static str,
    model: ModelId,
    results: Vec<Ranked>,
    /// How many documents were too long and were read without their ends; Quire's own.
    cut_documents: usize,
}

/// A document in its place.
#[derive(Debug, Serialize)]
struct Ranked {
    index: usize,
    relevance_score: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<DocumentText>,
}

/// The text of a document.
#[derive(Debug, Serialize)]
struct DocumentText {
    text: String,
}

impl DocumentInput {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) | Self::Object { text } => text,
        }
    }
}

/// Ranks documents by a question.
pub async fn rerank(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<RerankBody>,
) -> Result<Json<Ranking>, ApiError> {
    let refuse = |field: &str, message: &str| ApiError::invalid(message).param(field);
    let query = body.query.filter(|query| !query.trim().is_empty());
    let query = query.ok_or_else(|| refuse("query", "`query` is missing."))?;
    let documents = body.documents.ok_or_else(|| refuse("documents", "`documents` is missing."))?;
    if documents.len() > MOST_DOCUMENTS {
        let message = format!("`documents` has more than {MOST_DOCUMENTS} entries.");
        return Err(refuse("documents", &message));
    }
    let texts: Vec<String> = documents.into_iter().map(DocumentInput::into_text).collect();
    let models = &state.services.models;
    let name = body.model.as_deref();
    let model = match resolve(&state.services, name, ModelKind::Reranker).await? {
        Target::Model(model) => Some(model),
        Target::Default => None,
        Target::Collection { .. } => return Err(unsupported("model", "Ranking by a collection")),
    };
    let reranker = models.get_reranker(model.as_ref()).await.map_err(from_service)?;
    let told = body.return_documents.unwrap_or(false).then(|| texts.clone());
    let made = reranker.rerank(query, texts).await;
    let Reranking { scores, cut_count } = made.map_err(|error| from_service(error.into()))?;
    let mut results: Vec<Ranked> = scores
        .into_iter()
        .enumerate()
        .map(|(index, relevance_score)| Ranked { index, relevance_score, document: None })
        .collect();
    results.sort_by(|one, other| other.relevance_score.total_cmp(&one.relevance_score));
    results.truncate(body.top_n.unwrap_or(usize::MAX));
    if let Some(mut texts) = told {
        for result in &mut results {
            let text = texts.get_mut(result.index).map(std::mem::take).unwrap_or_default();
            result.document = Some(DocumentText { text });
        }
    }
    Ok(Json(Ranking {
        id: format!("rerank-{}", Uuid::new_v4().simple()),
        object: "list",
        model: reranker.info().model.clone(),
        results,
        cut_documents: cut_count,
    }))
}
