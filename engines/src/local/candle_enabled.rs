//! Loading embedding, reranking, entailment and chat models, with the candle back end.

use std::sync::Arc;

use crate::candle::{
    CandleEmbedder, CandleGenerator, CandleJudge, CandleReranker, ChatOptions, JudgeOptions,
    RerankerOptions, open_token_count,
};
use crate::store::{CatalogModel, StoredModel};
use crate::{
    Embedder, EmbedderOptions, EngineError, EntailmentJudge, Generator, Reranker, TokenCount,
};

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

/// Loads a chat model.
pub fn load_generator(
    stored: &StoredModel,
    options: &RuntimeOptions,
) -> Result<Arc<dyn Generator>, EngineError> {
    if let Some(lora) = &options.lora {
        let reason = format!(
            "candle lays no adapter over a model, and `{}` is to be laid over this one",
            lora.path.display()
        );
        return Err(EngineError::Load { model: stored.model.id.clone(), reason });
    }
    let options = ChatOptions {
        context_tokens: options.context_tokens as usize,
        threads: options.threads,
        batch_tokens: options.batch_tokens as usize,
        ..ChatOptions::default()
    };
    Ok(Arc::new(CandleGenerator::load(&stored.path, stored.model.id.clone(), &options)?))
}

/// Reads an embedding model's tokenizer.
pub fn open_tokenizer(stored: &StoredModel) -> Result<TokenCount, EngineError> {
    open_token_count(&stored.path, &stored.model.id)
}
