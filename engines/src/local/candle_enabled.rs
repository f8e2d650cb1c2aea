//! Loading embedding, reranking and entailment models, with the candle back end.

use std::sync::Arc;

use crate::candle::{
    CandleEmbedder, CandleJudge, CandleReranker, JudgeOptions, RerankerOptions, open_token_count,
};
use crate::store::{CatalogModel, StoredModel};
use crate::{Embedder, EmbedderOptions, EngineError, EntailmentJudge, Reranker, TokenCount};

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

/// Loads an entailment model.
pub fn load_judge(
    stored: &StoredModel,
    known: Option<&CatalogModel>,
    options: &RuntimeOptions,
) -> Result<Arc<dyn EntailmentJudge>, EngineError> {
    let options = JudgeOptions {
        threads: options.threads,
        languages: known.and_then(CatalogModel::languages),
        labels: known.and_then(|known| known.labels.clone()),
        pair_template: known.map(|known| known.pair_template).unwrap_or_default(),
    };
    let judge = CandleJudge::load(&stored.path, stored.model.id.clone(), options)?;
    Ok(Arc::new(judge))
}

/// Reads an embedding model's tokenizer.
pub fn open_tokenizer(stored: &StoredModel) -> Result<TokenCount, EngineError> {
    open_token_count(&stored.path, &stored.model.id)
}
