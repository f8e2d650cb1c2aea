//! Loading embedding models, with the candle back end.

use std::sync::Arc;

use crate::candle::{CandleEmbedder, CandleOptions};
use crate::store::{CatalogModel, StoredModel};
use crate::{Embedder, EngineError};

use super::RuntimeOptions;

/// Loads a model; `known` says what it wants before its texts.
pub fn load(
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
