//! Loading chat models, in a build without the llama.cpp back end: it cannot be done.

use std::sync::Arc;

use crate::store::StoredModel;
use crate::{EngineError, Generator};

use super::RuntimeOptions;

/// Says that this build cannot.
pub fn load(
    stored: &StoredModel,
    _options: &RuntimeOptions,
) -> Result<Arc<dyn Generator>, EngineError> {
    let reason = "this build has no llama.cpp back end".to_owned();
    Err(EngineError::Load { model: stored.model.id.clone(), reason })
}
