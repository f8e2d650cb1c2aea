//! Loading chat and embedding models from GGUF files, with the llama.cpp back end.

use std::sync::Arc;

use crate::llama::{
    LlamaEmbedder, LlamaGenerator, LlamaOptions, check_file, load_kernels, open_token_count,
};
use crate::store::StoredModel;
use crate::{Embedder, EmbedderOptions, EngineError, Generator, LoraAdapter, TokenCount};

use super::RuntimeOptions;

/// Whether this build can run chat models so.
pub const IS_BUILT: bool = true;

/// Loads a chat model.
pub fn load_generator(
    stored: &StoredModel,
    options: &RuntimeOptions,
) -> Result<Arc<dyn Generator>, EngineError> {
    prepare(stored, options, options.load.lora.as_ref())?;
    let options = LlamaOptions {
        load: options.load.clone(),
        projector: stored.projector.clone(),
        threads: options.threads,
        batch_tokens: options.batch_tokens,
        prompt_cache: options.prompt_cache.clone(),
        ..LlamaOptions::default()
    };
    Ok(Arc::new(LlamaGenerator::load(&stored.path, stored.model.id.clone(), &options)?))
}

/// Loads an embedding model.
pub fn load_embedder(
    stored: &StoredModel,
    options: EmbedderOptions,
    runtime: &RuntimeOptions,
) -> Result<Arc<dyn Embedder>, EngineError> {
    prepare(stored, runtime, None)?;
    Ok(Arc::new(LlamaEmbedder::load(&stored.path, stored.model.id.clone(), options)?))
}

/// Reads an embedding model's tokenizer.
pub fn open_tokenizer(stored: &StoredModel) -> Result<TokenCount, EngineError> {
    open_token_count(&stored.path, &stored.model.id)
}

/// Has the files tried, unless they passed before, and chooses what llama.cpp computes with, if this is its first model.
fn prepare(
    stored: &StoredModel,
    options: &RuntimeOptions,
    lora: Option<&LoraAdapter>,
) -> Result<(), EngineError> {
    let (model, path) = (&stored.model.id, &stored.path);
    if let Some(trial) = &options.trial {
        let broken = |reason: String| EngineError::broken_file(model, path.clone(), &reason);
        check_file(trial, path, None).map_err(broken)?;
        if let Some(LoraAdapter { path: adapter, .. }) = lora {
            check_file(trial, path, Some(adapter)).map_err(|reason| {
                let reason = format!("the LoRA adapter `{}`: {reason}", adapter.display());
                EngineError::CannotLoadSo { model: model.clone(), reason }
            })?;
        }
    }
    let failed = |reason| EngineError::Load { model: model.clone(), reason };
    load_kernels(options.self_test.as_ref()).map(drop).map_err(failed)
}
