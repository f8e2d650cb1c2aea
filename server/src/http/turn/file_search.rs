//! A turn that searches vector stores: the passages of all of them are ranked together and told, and the answer rests on
//! the collections that they are. Where functions may be called beside it, or were, the model reads the passages in its own
//! chat: see `with_tools`.

mod stores;
mod with_tools;

use async_stream::stream;
use futures::StreamExt;
use quire_domain::{Attributes, FileId, Hit, VectorStoreId};
use serde::Serialize;

use super::collection::{self, Grounds};
use super::step::Step;
use super::{Asked, Delivery, Steps};
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::http::v1::error::unsupported;
use crate::http::v1::file_search::FileSearchTool;
use crate::http::v1::messages::conversation::{is_foreign, last_asked};
use crate::http::v1::resolve::Target;
use crate::http::v1::vector_stores::search::{self, Wanted};
use stores::Stores;

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
    /// The store in which it was found; Quire's own, and so is what follows.
    vector_store_id: Option<VectorStoreId>,
    /// Where it stands.
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
    let last = last_asked(&asked.messages)?;
    let wanted = Wanted {
        queries: vec![last.question.clone()],
        filters: tool.filters,
        max_num_results: tool.max_num_results,
        ranking: tool.ranking_options.unwrap_or_default(),
    };
    let services = &state.services;
    let mut stores = Stores::find(services, &tool.vector_store_ids).await?;
    let mut places = search::places(services, stores.records(), wanted.filters.as_ref()).await?;
    let hits = search::find(services, &places, &wanted).await?;
    let mut results = Vec::with_capacity(hits.len());
    for hit in hits {
        let found = stores.place(services, &hit.document.id).await;
        if results.is_empty()
            && let Some(best) = &found
        {
            // The collection with the best passage is the first: the answer is checked in its language.
            places.sort_by_key(|place| place.collection != best.collection);
        }
        let attributes = stores.attributes(services, &hit.document.id, found.as_ref()).await?;
        results.push(FoundPassage::of(hit, attributes, found.map(|found| found.store)));
    }
    let mut places = places.into_iter();
    let Some(home) = places.next() else {
        let message = "`vector_store_ids` of the tool `file_search` names no vector store.";
        return Err(ApiError::invalid(message).param("tools"));
    };
    let grounds =
        Grounds { collection: home.collection, model, scope: home.scope, beside: places.collect() };
    let mut answer = if asked.tools.is_wanted() || asked.messages.iter().any(is_foreign) {
        with_tools::ask(state, (grounds, last), asked).await?
    } else {
        // Told as it comes, since the search is told before.
        collection::ask(state, grounds, asked, Delivery::Streamed).await?
    };
    let searched = FileSearched { queries: wanted.queries, results };
    let services = services.clone();
    let steps = stream! {
        yield Step::Searched(searched);
        while let Some(mut step) = answer.next().await {
            if let Step::Sentence(cited) = &mut step {
                stores.name(&services, cited).await;
            }
            yield step;
        }
    };
    Ok((shown.to_string(), Box::pin(steps)))
}

impl FoundPassage {
    fn of(hit: Hit, attributes: Attributes, store: Option<VectorStoreId>) -> Self {
        Self {
            file_id: FileId::of_document(&hit.document.id),
            filename: hit.document.path.into(),
            score: hit.score,
            text: hit.text,
            attributes,
            vector_store_id: store,
            page: hit.page,
            heading: hit.heading,
        }
    }
}
