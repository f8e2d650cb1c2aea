//! Loading embedding and reranking models, with the candle back end.

use std::sync::Arc;

use crate::candle::{CandleEmbedder, CandleOptions, CandleReranker, RerankerOptions};
use crate::store::{CatalogModel, StoredModel};
use crate::{Embedder, EngineError, Reranker};

use super::RuntimeOptions;

/// Loads an embedding model; `known` says what it wants before its texts.
pub fn load_embedder(
    stored: &StoredModel,
    known: Option<&CatalogModel>,
    options: &RuntimeOptions,
) -> Result<Arc<dyn Embedder>, EngineError> {
    let (query_prefix, passage_prefix) = known
        .map(|model| (model.query_prefix.clone(), model.passage_prefix.clone()))
        .unwrap_or_default();
    let options = CandleOptions { threads: options.threads, query_prefix, passage_prefix };
    let embedder = CandleEmbedder::load(&stored.path, stored.model.id.clone(), options)?;
    Ok(Arc::new(embedder))
}

/// Loads a reranking model.
pub fn load_reranker(
    stored: &StoredModel,
    known: Option<&CatalogModel>,
    options: &RuntimeOptions,
) -> Result<Arc<dyn Reranker>, EngineError> {
    let languages = known.and_then(CatalogModel::languages);
    let options = RerankerOptions { threads: options.threads, languages };
    let reranker = CandleReranker::load(&stored.path, stored.model.id.clone(), options)?;
    Ok(Arc::new(reranker))
}
