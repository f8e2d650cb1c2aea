//! The channels over which models are loaded. Models load by themselves when they are asked, so that nobody must.

use std::time::Duration;

use quire_domain::{InstalledModel, TimeToLive};
use serde::{Deserialize, Serialize};

use super::error::Refusal;
use super::info::{InstanceInfo, ModelInfo};
use super::kv::KvStack;
use super::load_config::LoadWish;
use super::models::describe;
use super::session::{Channel, Session};
use super::specifier::{Domain, Found, ModelQuery, Specifier, find};
use crate::http::error::ApiError;
use crate::http::guard::access::policy::Need;

/// A model that is wanted, in memory or not.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetOrLoad {
    identifier: String,
    device_identifier: Option<String>,
    load_ttl_ms: Option<u64>,
    #[serde(default)]
    load_config_stack: KvStack,
}

/// A model that is to be loaded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoadModel {
    model_key: String,
    identifier: Option<String>,
    device_identifier: Option<String>,
    ttl_ms: Option<u64>,
    #[serde(default)]
    load_config_stack: KvStack,
}

/// What is told of it. How far loading has come is not known in between.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
enum LoadPacket {
    /// It is in memory.
    AlreadyLoaded { info: InstanceInfo },
    /// It is about to be loaded.
    StartLoading { identifier: String, info: ModelInfo },
    /// How far that is, 0 to 1.
    LoadProgress { progress: f32 },
    /// It is in memory now.
    LoadSuccess { info: InstanceInfo },
    /// The model was found.
    Resolved { info: ModelInfo },
    /// How far loading is, 0 to 1.
    Progress { progress: f32 },
    /// It is in memory now.
    Success { info: InstanceInfo },
}

/// Gives a model that is in memory, or loads it.
pub async fn get_or_load(
    session: &Session,
    domain: Domain,
    (asked, channel): (GetOrLoad, &Channel),
) -> Result<(), Refusal> {
    let state = session.state();
    let wish = LoadWish::read(asked.load_config_stack, domain)?;
    let specifier = named(asked.identifier, asked.device_identifier);
    let found = find(state, domain, specifier).await?;
    let is_loaded = match &found {
        Found::Model { model, .. } => state.services.models.find_capacity(&model.id).is_some(),
        // Its documents are there, and its model comes when it is asked.
        Found::Collection { .. } => true,
    };
    let model = match &found {
        Found::Model { model, .. } if !is_loaded => model,
        _ => {
            let info = describe(state, &found).await?;
            wish.check(&info.identifier, info.context_length)?;
            note(session, &found)?;
            return channel.send(&LoadPacket::AlreadyLoaded { info }).await;
        }
    };
    let identifier = found.identifier().to_owned();
    let info = model_info(session, model)?;
    channel.send(&LoadPacket::StartLoading { identifier, info }).await?;
    channel.send(&LoadPacket::LoadProgress { progress: 0.0 }).await?;
    if !load(session, (model, &wish), (asked.load_ttl_ms, channel)).await? {
        return Ok(());
    }
    channel.send(&LoadPacket::LoadProgress { progress: 1.0 }).await?;
    let info = describe(state, &found).await?;
    wish.check(&info.identifier, info.context_length)?;
    note(session, &found)?;
    channel.send(&LoadPacket::LoadSuccess { info }).await
}

/// Loads a model, and gives its instance the name that is wanted.
pub async fn load_model(
    session: &Session,
    domain: Domain,
    (asked, channel): (LoadModel, &Channel),
) -> Result<(), Refusal> {
    let state = session.state();
    let wish = LoadWish::read(asked.load_config_stack, domain)?;
    let specifier = named(asked.model_key, asked.device_identifier);
    let model = find(state, domain, specifier).await?.model("Loading a collection")?;
    if let Some(Ok(other)) = asked.identifier.as_deref().map(str::parse)
        && let Ok(other) = state.services.models.find(&other).await
        && other.id != model.id
    {
        let message = format!("`identifier` is the name of another model, `{}`.", other.id);
        return Err(ApiError::invalid(message).param("identifier").into());
    }
    channel.send(&LoadPacket::Resolved { info: model_info(session, &model)? }).await?;
    channel.send(&LoadPacket::Progress { progress: 0.0 }).await?;
    if !load(session, (&model, &wish), (asked.ttl_ms, channel)).await? {
        return Ok(());
    }
    channel.send(&LoadPacket::Progress { progress: 1.0 }).await?;
    let identifier = asked.identifier.unwrap_or_else(|| model.id.to_string());
    let found = Found::Model { model, identifier };
    let info = describe(state, &found).await?;
    wish.check(&info.identifier, info.context_length)?;
    note(session, &found)?;
    channel.send(&LoadPacket::Success { info }).await
}

/// Notes under which name a model is in memory.
fn note(session: &Session, found: &Found) -> Result<(), ApiError> {
    match found {
        Found::Model { model, identifier } => session.state().instances.add(identifier, &model.id),
        Found::Collection { .. } => Ok(()),
    }
}

fn named(identifier: String, device_identifier: Option<String>) -> Specifier {
    let identifier = Some(identifier);
    Specifier::Query {
        query: ModelQuery { device_identifier, identifier, ..ModelQuery::default() },
    }
}

fn model_info(session: &Session, model: &InstalledModel) -> Result<ModelInfo, ApiError> {
    let info = ModelInfo::of(session.state(), model);
    info.ok_or_else(|| ApiError::internal(&"a model of a sort that the SDKs do not know"))
}

/// Loads a model, and tells whether the client waited for it. Loading goes on without it, so that the next one finds it.
async fn load(
    session: &Session,
    (model, wish): (&InstalledModel, &LoadWish),
    (ttl_ms, channel): (Option<u64>, &Channel),
) -> Result<bool, Refusal> {
    let ttl = ttl_ms.map(|ttl_ms| TimeToLive::After(Duration::from_millis(ttl_ms)));
    let state = session.state();
    let models = &state.services.models;
    wish.check_most(model)?;
    if !wish.options.is_empty() {
        // It holds for whoever asks the model afterwards.
        session.caller.require(Need::Models)?;
    }
    if models.find_capacity(&model.id).is_none() {
        // It has left, and its names with it.
        state.instances.remove_all(&model.id);
    }
    tokio::select! {
        loaded = models.load(&model.id, ttl, wish.options.clone()) => {
            loaded?;
            Ok(true)
        }
        () = channel.cancelled.cancelled() => Ok(false),
    }
}
