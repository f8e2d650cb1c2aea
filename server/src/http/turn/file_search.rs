//! A turn that searches vector stores: the passages that match are told, and the answer rests on the collection that has
//! the best of them, as that of a collection does.

use async_stream::stream;
use futures::StreamExt;
use quire_domain::{Attributes, DocumentId, FileId, Hit};
use quire_service::VectorStoreRecord;
use serde::Serialize;

use super::collection::{self, Grounds};
use super::step::Step;
use super::{Asked, Delivery, Steps};
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::http::v1::error::unsupported;
use crate::http::v1::file_search::FileSearchTool;
use crate::http::v1::messages::conversation::as_question;
use crate::http::v1::resolve::Target;
use crate::http::v1::vector_stores::search::{self, Wanted};

/// What a search of files found.
#[derive(Clone, Debug)]
pub struct FileSearched {
    /// What was searched for.
    pub queries: Vec<String>,
    /// The passages, best first.
    pub results: Vec<FoundPassage>,
}

/// A passage of a file.
#[derive(Clone, Debug, Serialize)]
pub struct FoundPassage {
    file_id: FileId,
    filename: String,
    score: f32,
    text: String,
    attributes: Attributes,
    /// Where it stands; Quire's own.
    page: Option<u32>,
    heading: Vec<String>,
}

/// Searches, and answers from what was found.
pub async fn ask(
    state: &AppState,
    target: Target,
    (tool, asked): (FileSearchTool, Asked),
) -> Result<(String, Steps), ApiError> {
    let model = match target {
        Target::Model(model) => Some(model),
        Target::Default => None,
        Target::Collection { .. } => {
            let what = "Searching other files for an answer from a collection";
            return Err(unsupported("tools", what));
        }
    };
    let shown = model.clone().unwrap_or_else(|| state.services.config().chat_model.clone());
    let question = as_question(&asked.messages)?.question;
    let wanted = Wanted {
        queries: vec![question],
        filters: tool.filters,
        max_num_results: tool.max_num_results,
        ranking: tool.ranking_options.unwrap_or_default(),
    };
    let mut best: Option<(f32, VectorStoreRecord)> = None;
    let mut results = Vec::new();
    for key in &tool.vector_store_ids {
        let store = state.services.vector_stores.get(key).await;
        let store = store.map_err(|error| ApiError::from(error).param("tools"))?;
        let hits = search::find(&state.services, &store, &wanted).await?;
        let attributes = state.services.files.list_attributes(&store.collection.name).await?;
        let best_hit = hits.first().map_or(f32::MIN, |hit| hit.score);
        let told = |document: &DocumentId| attributes.get(document).cloned().unwrap_or_default();
        results.extend(hits.into_iter().map(|hit| {
            let attributes = told(&hit.document.id);
            FoundPassage::of(hit, attributes)
        }));
        if best.as_ref().is_none_or(|(known, _)| *known < best_hit) {
            best = Some((best_hit, store));
        }
    }
    let Some((_, store)) = best else {
        let message = "`vector_store_ids` of the tool `file_search` names no vector store.";
        return Err(ApiError::invalid(message).param("tools"));
    };
    results.sort_by(|one, other| other.score.total_cmp(&one.score));
    let scope = search::scope(&state.services, &store, wanted.filters.as_ref()).await?;
    let grounds = Grounds { collection: store.collection.name, model, scope };
    // Told as it comes, since the search is told before.
    let mut answer = collection::ask(state, grounds, asked, Delivery::Streamed).await?;
    let searched = FileSearched { queries: wanted.queries, results };
    let steps = stream! {
        yield Step::Searched(searched);
        while let Some(step) = answer.next().await {
            yield step;
        }
    };
    Ok((shown.to_string(), Box::pin(steps)))
}

impl FoundPassage {
    fn of(hit: Hit, attributes: Attributes) -> Self {
        Self {
            file_id: FileId::of_document(&hit.document.id),
            filename: hit.document.path.into(),
            score: hit.score,
            text: hit.text,
            attributes,
            page: hit.page,
            heading: hit.heading,
        }
    }
}
