//! Who is logged in: the first thing that the plugin asks, to learn whether there is a server.

use axum::Json;
use axum::extract::State;
use quire_service::Services;
use serde_json::{Value, json};

use super::place::Place;
use crate::http::error::ApiError;

/// The user of a Khoj server without accounts, by which the plugin knows one.
const NOBODY: &str = "default@example.com";

/// `GET /api/v1/user`: the one user there is. `is_active` lifts the limit on the size of a vault
/// that the plugin shows.
pub async fn show(State(services): State<Services>, place: Place) -> Result<Json<Value>, ApiError> {
    let source = place.find(&services).await?;
    let has_documents = match source {
        Some(source) => !services.sources.list_files(&source, "", None, 1).await?.files.is_empty(),
        None => false,
    };
    Ok(Json(json!({
        "email": NOBODY,
        "username": "default",
        "photo": null,
        "is_active": true,
        "has_documents": has_documents,
        "khoj_version": null,
    })))
}
