//! Loading chat models, with the llama.cpp back end.

use std::sync::Arc;

use crate::llama::{LlamaGenerator, LlamaOptions};
use crate::store::StoredModel;
use crate::{EngineError, Generator};

use super::RuntimeOptions;

/// Loads a model.
pub fn load(
    stored: &StoredModel,
    options: &RuntimeOptions,
) -> Result<Arc<dyn Generator>, EngineError> {
    let options = LlamaOptions {
        context_tokens: options.context_tokens,
        threads: options.threads,
        batch_tokens: options.batch_tokens,
        ..LlamaOptions::default()
    };
    Ok(Arc::new(LlamaGenerator::load(&stored.path, stored.model.id.clone(), &options)?))
}
