//! Plans and commits.

use axum::Json;
use axum::extract::State;
use quire_domain::sync::{CommitReply, CommitRequest, PlanReply, PlanRequest};
use quire_service::Services;

use super::access::OpenSource;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;

/// Says what the server lacks of what the vault holds.
#[utoipa::path(post, path = "/api/sources/{sid}/plan", tag = "sources",
    params(("sid" = String, Path, description = "The source")), request_body = PlanRequest,
    responses((status = 200, body = PlanReply), (status = 404, body = ErrorBody),
        (status = 409, description = "`rules_changed`, with the new rules in `details`; or `source_paused`", body = ErrorBody),
        (status = 410, description = "`plan_gone`", body = ErrorBody)))]
pub async fn plan(
    State(services): State<Services>,
    source: OpenSource,
    JsonBody(request): JsonBody<PlanRequest>,
) -> Result<Json<PlanReply>, ApiError> {
    Ok(Json(services.sources.plan(&source.id, source.device.as_ref(), request).await?))
}

/// Ends a plan: does its renames and deletes what the vault does not hold.
#[utoipa::path(post, path = "/api/sources/{sid}/commit", tag = "sources",
    params(("sid" = String, Path, description = "The source")), request_body = CommitRequest,
    responses((status = 200, body = CommitReply), (status = 404, body = ErrorBody),
        (status = 409, description = "`mass_delete_guard`, `plan_incomplete`, `plan_unfinished`, `rules_changed` or `source_paused`", body = ErrorBody),
        (status = 410, description = "`plan_gone`", body = ErrorBody)))]
pub async fn commit(
    State(services): State<Services>,
    source: OpenSource,
    JsonBody(request): JsonBody<CommitRequest>,
) -> Result<Json<CommitReply>, ApiError> {
    Ok(Json(services.sources.commit(&source.id, source.device.as_ref(), request).await?))
}
