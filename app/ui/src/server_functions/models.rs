//! Models, for the page.

use leptos::prelude::*;
use quire_domain::{InstalledModel, ModelId, ModelKind};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::service::services;
use crate::UiError;

/// A task that no model on disk can do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct MissingModel {
    /// The task.
    pub kind: ModelKind,
    /// The model that would do it by default.
    pub model: ModelId,
}

/// Lists the models on disk.
#[server(prefix = "/ui", endpoint = "list_models")]
pub async fn list_models() -> Result<Vec<InstalledModel>, UiError> {
    Ok(services()?.models.list().await?)
}

/// Lists the tasks for which there is no model yet.
#[server(prefix = "/ui", endpoint = "list_missing_models")]
pub async fn list_missing_models() -> Result<Vec<MissingModel>, UiError> {
    let services = services()?;
    let installed = services.models.list().await?;
    let config = services.config();
    let defaults =
        [(ModelKind::Embedding, &config.embedding_model), (ModelKind::Chat, &config.chat_model)];
    let is_missing = |kind| installed.iter().all(|model| model.kind != kind);
    let missing = defaults.into_iter().filter(|(kind, _)| is_missing(*kind));
    Ok(missing.map(|(kind, model)| MissingModel { kind, model: model.clone() }).collect())
}
