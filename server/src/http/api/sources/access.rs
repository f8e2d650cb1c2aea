//! Who may call: this machine without a key, paired devices with one, and a key only for its source.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::header;
use axum::http::request::Parts;
use quire_domain::sync::{DeviceId, KeyId, SourceId, SourcePath};
use quire_service::sync::{AccessKey, SyncError};

use crate::http::error::ApiError;
use crate::http::guard::access::Identity;
use crate::http::guard::local::is_owner;
use crate::http::state::AppState;

/// A caller who may call: one on this machine, or one with a valid key, which every key that is
/// sent must be.
pub struct Caller {
    /// The key, if one was sent.
    pub key: Option<AccessKey>,
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let is_token = matches!(parts.extensions.get::<Identity>(), Some(Identity::Owner));
        if let Some(key) = bearer(parts).filter(|_| !is_token) {
            let key = state.services.sources.find_access(&key).await?;
            return Ok(Self { key: Some(key) });
        }
        if is_owner(&parts.extensions) {
            Ok(Self { key: None })
        } else {
            Err((&SyncError::KeyNeeded).into())
        }
    }
}

/// A caller on this machine without a key: whoever sits before it.
pub struct LocalCaller;

impl FromRequestParts<AppState> for LocalCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, state).await? {
            Caller { key: None } => Ok(Self),
            Caller { key: Some(_) } => Err((&SyncError::LocalOnly).into()),
        }
    }
}

/// The source that the path names, which the caller may use, and the device that calls.
pub struct OpenSource {
    /// The source.
    pub id: SourceId,
    /// The device, if it says.
    pub device: Option<DeviceId>,
    /// The key, if one was sent.
    pub key: Option<AccessKey>,
}

impl FromRequestParts<AppState> for OpenSource {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let Caller { key } = Caller::from_request_parts(parts, state).await?;
        let id: SourceId = parameter(parts, state, "sid").await?.parse()?;
        if let Some(key) = &key {
            state.services.sources.check_access(key, &id).await?;
        }
        let device = parts.headers.get("x-device-id").and_then(|value| value.to_str().ok());
        let device = device.map(str::parse).transpose();
        let device = device.map_err(|error| ApiError::from(error).param("X-Device-Id"))?;
        Ok(Self { id, device, key })
    }
}

/// The file that the rest of the path names.
pub struct NamedFile(pub SourcePath);

impl FromRequestParts<AppState> for NamedFile {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self(parameter(parts, state, "path").await?.parse()?))
    }
}

/// The key of a source that the path names.
pub struct NamedKey(pub KeyId);

impl FromRequestParts<AppState> for NamedKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self(parameter(parts, state, "id").await?.parse()?))
    }
}

async fn parameter(parts: &mut Parts, state: &AppState, name: &str) -> Result<String, ApiError> {
    let parameters = RawPathParams::from_request_parts(parts, state).await;
    let parameters = parameters.map_err(|error| ApiError::invalid(error.body_text()))?;
    let found = parameters.iter().find(|(key, _)| *key == name);
    found
        .map(|(_, value)| value.to_owned())
        .ok_or_else(|| ApiError::internal(&format!("a route without `{name}`")))
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim().to_owned())
}
