//! Calls about models that both namespaces of models have.

use quire_domain::ResidentState;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::Refusal;
use super::info::InstanceInfo;
use super::kv::KvConfig;
use super::load_config::told;
use super::session::wire;
use super::specifier::{Domain, Found, Specifier, find, loaded_of};
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::http::v1::error::unsupported;

/// Which model is meant.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelOf {
    specifier: Specifier,
    /// Whether it is an error if there is none.
    #[serde(default)]
    throw_if_not_found: bool,
}

/// Which instance leaves.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unloading {
    identifier: String,
    device_identifier: Option<String>,
}

/// What a model is doing.
#[derive(Debug, Serialize)]
pub struct ProcessingState {
    status: &'static str,
    queued: u32,
}

/// Lists the instances in memory.
pub async fn list_loaded(state: &AppState, domain: Domain) -> Result<Vec<InstanceInfo>, Refusal> {
    let mut instances = Vec::new();
    for id in loaded_of(state, domain) {
        let model = state.services.models.find(&id).await?;
        let mut names = state.instances.list(&id);
        if names.is_empty() {
            // It was loaded by a client of another protocol.
            names.push(id.to_string());
        }
        let described = names.into_iter().filter_map(|name| InstanceInfo::of(state, &model, name));
        instances.extend(described);
    }
    Ok(instances)
}

/// Describes an instance; nothing if there is none and that is no error.
pub async fn get_model_info(
    state: &AppState,
    domain: Domain,
    asked: ModelOf,
) -> Result<Option<Value>, Refusal> {
    let is_needed = asked.throw_if_not_found;
    match find(state, domain, asked.specifier).await {
        Ok(found) => Ok(Some(wire(&describe(state, &found).await?)?)),
        Err(refusal) if !is_needed && refusal.is_missing_model() => Ok(None),
        Err(refusal) => Err(refusal),
    }
}

/// Describes who was found.
pub async fn describe(state: &AppState, found: &Found) -> Result<InstanceInfo, ApiError> {
    let described = InstanceInfo::of_found(state, found).await;
    described.ok_or_else(|| ApiError::internal(&"a model of a sort that the SDKs do not know"))
}

/// Tells how a model was loaded.
pub async fn get_load_config(
    state: &AppState,
    domain: Domain,
    asked: ModelOf,
) -> Result<KvConfig, Refusal> {
    let found = find(state, domain, asked.specifier).await?;
    let info = describe(state, &found).await?;
    Ok(told(domain, info.context_length))
}

/// Tells how a model predicts if a request does not say otherwise.
pub async fn get_base_prediction_config(
    state: &AppState,
    domain: Domain,
    asked: ModelOf,
) -> Result<KvConfig, Refusal> {
    let found = find(state, domain, asked.specifier).await?;
    let mut config = KvConfig::default();
    let Found::Model { model, .. } = found else { return Ok(config) };
    let preset = model.preset.unwrap_or_default();
    let sampling = preset.sampling();
    let mut set = |name: &str, value: Value| config.set(&format!("llm.prediction.{name}"), value);
    let checked = |value: f32| serde_json::json!({"checked": true, "value": value});
    set("temperature", sampling.temperature.into());
    set("topKSampling", sampling.top_k.into());
    set("topPSampling", checked(sampling.top_p));
    set("minPSampling", checked(sampling.min_p));
    set("repeatPenalty", checked(sampling.repeat_penalty));
    if let Some(system) = preset.system {
        set("systemPrompt", system.into());
    }
    Ok(config)
}

/// Takes an instance out of memory, at once or when its work is done. A model that has other names as well stays for those.
pub async fn unload(state: &AppState, domain: Domain, asked: Unloading) -> Result<(), Refusal> {
    if asked.device_identifier.is_some() {
        let what = "Taking models out of the memory of other machines";
        return Err(unsupported("deviceIdentifier", what).into());
    }
    let specifier = Specifier::named(asked.identifier.clone());
    let what = "Taking a collection out of memory";
    let model = find(state, domain, specifier).await?.model(what)?;
    // A model may be named without its publisher.
    let name =
        state.instances.find(&asked.identifier).map_or(model.id.to_string(), |_| asked.identifier);
    if !state.instances.remove(&name, &model.id) {
        state.services.models.unload(&model.id).await?;
    }
    Ok(())
}

/// Tells what a model is doing.
pub async fn get_processing_state(
    state: &AppState,
    domain: Domain,
    asked: ModelOf,
) -> Result<ProcessingState, Refusal> {
    let model = find(state, domain, asked.specifier).await?;
    let model = model.model("Telling what a collection is doing")?;
    let resident = state.services.models.list_loaded().into_iter().find(|one| one.id == model.id);
    let is_working = resident.as_ref().is_some_and(|one| one.state == ResidentState::Working);
    let status = match domain {
        _ if !is_working => "idle",
        Domain::Llm => "generating",
        Domain::Embedding => "computingEmbedding",
    };
    Ok(ProcessingState { status, queued: resident.map_or(0, |one| one.waiting_requests) })
}
