//! Calls about what is installed, and about the server.

use serde::{Deserialize, Serialize};

use super::error::Refusal;
use super::info::ModelInfo;
use crate::http::state::AppState;

/// Which model's variants are meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VariantsOf {
    model_key: String,
}

/// The version of the server.
#[derive(Debug, Serialize)]
pub struct Version {
    version: &'static str,
    build: u32,
}

/// The process.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Process {
    pid: u32,
    is_daemon: bool,
    version: &'static str,
}

/// Lists the models that chat or embed.
pub async fn list_downloaded_models(state: &AppState) -> Result<Vec<ModelInfo>, Refusal> {
    let models = state.services.models.list().await?;
    Ok(models.iter().filter_map(|model| ModelInfo::of(state, model)).collect())
}

/// Lists the files of a model: each is a model of its own here.
pub async fn list_variants(state: &AppState, asked: VariantsOf) -> Result<Vec<ModelInfo>, Refusal> {
    let models = list_downloaded_models(state).await?;
    Ok(models.into_iter().filter(|model| model.model_key == asked.model_key).collect())
}

/// Tells the version. Builds have no numbers.
pub fn version() -> Version {
    Version { version: env!("CARGO_PKG_VERSION"), build: 0 }
}

/// Describes the process.
pub fn process() -> Process {
    Process { pid: std::process::id(), is_daemon: true, version: env!("CARGO_PKG_VERSION") }
}
