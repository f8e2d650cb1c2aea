//! Loading embedding, reranking, entailment and chat models, in a build without the candle back end: it
//! cannot be done.

use std::sync::Arc;

use crate::store::{CatalogModel, StoredModel};
use crate::{
    Embedder, EmbedderOptions, EngineError, EntailmentJudge, Generator, Reranker, TokenCount,
};

use super::RuntimeOptions;

/// Says that this build cannot.
pub fn load_embedder(
    stored: &StoredModel,
    _options: EmbedderOptions,
) -> Result<Arc<dyn Embedder>, EngineError> {
    Err(missing(stored))
}

/// Says that this build cannot.
pub fn load_reranker(
    stored: &StoredModel,
    _known: Option<&CatalogModel>,
    _options: &RuntimeOptions,
) -> Result<Arc<dyn Reranker>, EngineError> {
    Err(missing(stored))
}

/// Says that this build cannot.
pub fn load_judge(
    stored: &StoredModel,
    _known: Option<&CatalogModel>,
    _options: &RuntimeOptions,
) -> Result<Arc<dyn EntailmentJudge>, EngineError> {
    Err(missing(stored))
}

/// Says that this build cannot.
pub fn load_generator(
    stored: &StoredModel,
    _options: &RuntimeOptions,
) -> Result<Arc<dyn Generator>, EngineError> {
    Err(missing(stored))
}

/// Says that this build cannot.
pub fn open_tokenizer(stored: &StoredModel) -> Result<TokenCount, EngineError> {
    Err(missing(stored))
}

fn missing(stored: &StoredModel) -> EngineError {
    let reason = "this build has no candle back end".to_owned();
    EngineError::Load { model: stored.model.id.clone(), reason }
}
