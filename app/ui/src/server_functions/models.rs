//! Models, for the page.

use leptos::prelude::*;
use quire_domain::InstalledModel;

#[cfg(feature = "ssr")]
use super::service::services;
use crate::UiError;

/// Lists the models on disk.
#[server(prefix = "/ui", endpoint = "list_models")]
pub async fn list_models() -> Result<Vec<InstalledModel>, UiError> {
    Ok(services()?.list_models().await?)
}
