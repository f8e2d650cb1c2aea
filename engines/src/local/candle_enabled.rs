//! Loading embedding and reranking models, with the candle back end.

use std::sync::Arc;

use crate::candle::{CandleEmbedder, CandleReranker, RerankerOptions};
use crate::store::{CatalogModel, StoredModel};
use crate::{Embedder, EmbedderOptions, EngineError, Reranker};

use super::RuntimeOptions;

/// Loads an embedding model.
pub fn load_embedder(
    stored: &StoredModel,
    options: EmbedderOptions,
) -> Result<Arc<dyn Embedder>, EngineError> {
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
