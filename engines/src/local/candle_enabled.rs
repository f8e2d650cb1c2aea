//! Loading embedding and reranking models, with the candle back end.

use std::sync::Arc;

use crate::candle::{CandleEmbedder, CandleOptions, CandleReranker, Cut, RerankerOptions};
use crate::store::{CatalogModel, StoredModel};
use crate::{Embedder, EngineError, Reranker};

use super::RuntimeOptions;

/// Loads an embedding model; `known` says what it wants before its texts, and more.
pub fn load_embedder(
    stored: &StoredModel,
    known: Option<&CatalogModel>,
    options: &RuntimeOptions,
) -> Result<Arc<dyn Embedder>, EngineError> {
    let prefix = |choose: fn(&CatalogModel) -> &String| {
        known.map(choose).filter(|prefix| !prefix.is_empty()).cloned()
    };
    let options = CandleOptions {
        threads: options.threads,
        query_prefix: prefix(|known| &known.query_prefix),
        passage_prefix: prefix(|known| &known.passage_prefix),
        cut: cut(stored, known, options)?,
        languages: known.and_then(CatalogModel::languages),
    };
    let embedder = CandleEmbedder::load(&stored.path, stored.model.id.clone(), options)?;
    Ok(Arc::new(embedder))
}

/// Chooses how a model's vectors are cut, or says that they must not be.
fn cut(
    stored: &StoredModel,
    known: Option<&CatalogModel>,
    options: &RuntimeOptions,
) -> Result<Option<Cut>, EngineError> {
    let model = &stored.model.id;
    let Some(&dimensions) = options.dimensions.get(model) else { return Ok(None) };
    let possible = known.map(|known| known.dimensions.as_slice()).unwrap_or_default();
    if !possible.contains(&dimensions) {
        let possible: Vec<String> = possible.iter().map(ToString::to_string).collect();
        let reason = match possible.as_slice() {
            [] => "the catalog does not say that its vectors may be cut".to_owned(),
            _ => format!("its vectors may be cut to {}, not {dimensions}", possible.join(", ")),
        };
        return Err(EngineError::Load { model: model.clone(), reason });
    }
    let centred = known.is_some_and(|known| known.centred_before_cut);
    Ok(Some(Cut { dimensions, centred }))
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
