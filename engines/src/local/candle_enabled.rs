//! Loading embedding, reranking, entailment and chat models, with the candle back end.

use std::sync::Arc;

use crate::candle::{
    CandleEmbedder, CandleGenerator, CandleJudge, CandleReranker, ChatOptions, JudgeOptions,
    RerankerOptions, USES_CARDS, open_token_count,
};
use crate::store::{CatalogModel, StoredModel};
use crate::{
    Embedder, EmbedderOptions, EngineError, EntailmentJudge, Generator, GpuLayers, KvType,
    Reranker, TokenCount,
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
    check(stored, options)?;
    let usual = ChatOptions::default();
    let options = ChatOptions {
        context_tokens: options.load.context_tokens() as usize,
        threads: options.threads,
        batch_tokens: usual.batch_tokens.min(options.batch_tokens as usize),
        ..usual
    };
    Ok(Arc::new(CandleGenerator::load(&stored.path, stored.model.id.clone(), &options)?))
}

/// Refuses what candle cannot do: nothing that was settled is passed over.
fn check(stored: &StoredModel, options: &RuntimeOptions) -> Result<(), EngineError> {
    let refuse = |what: &str| {
        let reason = format!("candle {what}; leave that out, or have llama.cpp run a GGUF file");
        Err(EngineError::CannotLoadSo { model: stored.model.id.clone(), reason })
    };
    if options.load.kv_type() != KvType::F16 {
        return refuse("keeps keys and values in 32 bits on the processor, not quantised");
    }
    if options.load.lora.is_some() {
        return refuse("lays no adapter over weights");
    }
    match options.load.gpu_layers() {
        GpuLayers::Count(_) | GpuLayers::Share(_) => refuse("computes all layers in one place"),
        GpuLayers::Off if USES_CARDS => refuse("takes the graphics card that it was built for"),
        GpuLayers::Auto | GpuLayers::Max | GpuLayers::Off => Ok(()),
    }
}

/// Reads an embedding model's tokenizer.
pub fn open_tokenizer(stored: &StoredModel) -> Result<TokenCount, EngineError> {
    open_token_count(&stored.path, &stored.model.id)
}
