//! Loading embedding models, in a build without the candle back end: it cannot be done.

use std::sync::Arc;

use crate::store::{CatalogModel, StoredModel};
use crate::{Embedder, EngineError};

use super::RuntimeOptions;

/// Says that this build cannot.
pub fn load(
    stored: &StoredModel,
    _known: Option<&CatalogModel>,
    _options: &RuntimeOptions,
) -> Result<Arc<dyn Embedder>, EngineError> {
    let reason = "this build has no candle back end".to_owned();
    Err(EngineError::Load { model: stored.model.id.clone(), reason })
}
