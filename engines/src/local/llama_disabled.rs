//! Loading chat and embedding models from GGUF files, in a build without the llama.cpp back end: it cannot be done.

use std::sync::Arc;

use crate::store::StoredModel;
use crate::{Embedder, EmbedderOptions, EngineError, Generator, TokenCount};

use super::RuntimeOptions;

/// Whether this build can run chat models so.
pub const IS_BUILT: bool = false;

/// Says that this build cannot.
pub fn load_generator(
    stored: &StoredModel,
    _options: &RuntimeOptions,
) -> Result<Arc<dyn Generator>, EngineError> {
    Err(missing(stored))
}

/// Says that this build cannot.
pub fn load_embedder(
    stored: &StoredModel,
    _options: EmbedderOptions,
    _runtime: &RuntimeOptions,
) -> Result<Arc<dyn Embedder>, EngineError> {
    Err(missing(stored))
}

/// Says that this build cannot.
pub fn open_tokenizer(stored: &StoredModel) -> Result<TokenCount, EngineError> {
    Err(missing(stored))
}

fn missing(stored: &StoredModel) -> EngineError {
    let reason = "this build has no llama.cpp back end".to_owned();
    EngineError::Load { model: stored.model.id.clone(), reason }
}
