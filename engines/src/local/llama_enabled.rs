//! Loading chat and embedding models from GGUF files, with the llama.cpp back end.

use std::sync::Arc;

use crate::llama::{LlamaEmbedder, LlamaGenerator, LlamaOptions, load_kernels, open_token_count};
use crate::store::StoredModel;
use crate::{Embedder, EmbedderOptions, EngineError, Generator, SelfTest, TokenCount};

use super::RuntimeOptions;

/// Whether this build can run chat models so.
pub const IS_BUILT: bool = true;

/// Loads a chat model.
pub fn load_generator(
    stored: &StoredModel,
    options: &RuntimeOptions,
) -> Result<Arc<dyn Generator>, EngineError> {
    prepare(stored, options.self_test.as_ref())?;
    let options = LlamaOptions {
        context_tokens: options.context_tokens,
        kv_type: options.kv_type,
        gpu_layers: options.gpu_layers,
        lora: options.lora.clone(),
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
    self_test: Option<&SelfTest>,
) -> Result<Arc<dyn Embedder>, EngineError> {
    prepare(stored, self_test)?;
    Ok(Arc::new(LlamaEmbedder::load(&stored.path, stored.model.id.clone(), options)?))
}

/// Reads an embedding model's tokenizer.
pub fn open_tokenizer(stored: &StoredModel) -> Result<TokenCount, EngineError> {
    open_token_count(&stored.path, &stored.model.id)
}

/// Chooses what llama.cpp computes with, if this is its first model.
fn prepare(stored: &StoredModel, self_test: Option<&SelfTest>) -> Result<(), EngineError> {
    let failed = |reason| EngineError::Load { model: stored.model.id.clone(), reason };
    load_kernels(self_test).map(drop).map_err(failed)
}
