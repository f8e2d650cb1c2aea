//! Where a call of the shim leads: the collection, and who calls.

use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use quire_domain::CollectionName;
use quire_domain::sync::SourceId;
use quire_service::sync::AccessKey;
use quire_service::{ServiceError, Services};
use serde::Deserialize;

use super::SOURCE_NAME;
use crate::http::api::sources::access::Caller;
use crate::http::error::ApiError;
use crate::http::guard::access::Identity;
use crate::http::state::AppState;

/// The collection if a call names none.
const DEFAULT_COLLECTION: &str = "khoj";

/// A collection, and the key that was sent, which opens its own collection alone.
pub struct Place {
    /// The collection.
    pub collection: CollectionName,
    key: Option<AccessKey>,
}

#[derive(Deserialize)]
struct PlaceQuery {
    collection: Option<String>,
}

impl FromRequestParts<AppState> for Place {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        // A key of the server's own was looked at before; it opens what its routes have.
        let key = match parts.extensions.get::<Identity>() {
            Some(Identity::Key(_)) => None,
            _ => Caller::from_request_parts(parts, state).await?.key,
        };
        if let Some(key) = key {
            return Ok(Self { collection: key.collection.clone(), key: Some(key) });
        }
        let path = RawPathParams::from_request_parts(parts, state).await;
        let path = path.map_err(|error| ApiError::invalid(error.body_text()))?;
        let in_path = path.iter().find(|(name, _)| *name == "collection");
        let in_path = in_path.map(|(_, value)| value.to_owned());
        let query = Query::<PlaceQuery>::from_request_parts(parts, state).await;
        let in_query = query.ok().and_then(|Query(query)| query.collection);
        let name = in_path.or(in_query);
        let collection = name.as_deref().unwrap_or(DEFAULT_COLLECTION).parse()?;
        Ok(Self { collection, key: None })
    }
}

impl Place {
    /// Gets the source of the plugin; makes it and the collection if they are missing.
    pub async fn open(&self, services: &Services) -> Result<SourceId, ServiceError> {
        services.sources.open_for_peer(&self.collection, SOURCE_NAME, self.key.as_ref()).await
    }

    /// Finds the source of the plugin.
    pub async fn find(&self, services: &Services) -> Result<Option<SourceId>, ServiceError> {
        services.sources.find_for_peer(&self.collection, SOURCE_NAME, self.key.as_ref()).await
    }
}
