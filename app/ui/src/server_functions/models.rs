//! Models, for the page.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use quire_domain::{InstalledModel, ModelId, ModelKind, ResidentModel, Unloading};
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

/// Lists the models in memory and on their way there.
#[server(prefix = "/ui", endpoint = "list_loaded_models")]
#[allow(
    clippy::unused_async,
    reason = "the page waits for it; the macro copies an `expect`, which then fails"
)]
pub async fn list_loaded_models() -> Result<Vec<ResidentModel>, UiError> {
    Ok(services()?.models.list_loaded())
}

/// Takes a model out of memory, at once or when its work is done.
#[server(prefix = "/ui", endpoint = "unload_model", input = Json)]
pub async fn unload_model(
    /// The model's full name.
    model: ModelId,
) -> Result<Unloading, UiError> {
    Ok(services()?.models.unload(&model).await?)
}

/// Lists the tasks for which there is no model yet.
#[server(prefix = "/ui", endpoint = "list_missing_models")]
pub async fn list_missing_models() -> Result<Vec<MissingModel>, UiError> {
    let services = services()?;
    let installed = services.models.list_local().await?;
    let config = services.config();
    let defaults =
        [(ModelKind::Embedding, &config.embedding_model), (ModelKind::Chat, &config.chat_model)];
    let is_missing = |kind| installed.iter().all(|model| model.kind != kind);
    let missing = defaults.into_iter().filter(|(kind, _)| is_missing(*kind));
    Ok(missing.map(|(kind, model)| MissingModel { kind, model: model.clone() }).collect())
}
