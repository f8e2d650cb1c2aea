//! Claims: the citation check measured on claims with their passages, without a collection.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use quire_domain::{ClaimLine, ClaimReport, ErrorKind, ModelId};
use quire_service::evaluation::claims;
use quire_service::{ServiceError, Services};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::QueryOf;

/// Claims to be judged.
#[derive(Deserialize, ToSchema)]
pub struct ClaimsBody {
    /// In order; an error names the place of a claim in this list as its line.
    #[schema(value_type = Vec<ClaimLine>)]
    claims: Vec<Value>,
}

/// How claims are judged.
#[derive(Deserialize)]
pub struct ClaimsQuery {
    /// The model that judges as well; the check judges alone if absent.
    #[serde(default)]
    judge: Option<ModelId>,
}

/// Judges claims with their passages; keeps nothing. The body is one JSON object, or JSON lines of a claim each.
#[utoipa::path(post, path = "/api/evaluations/claims", tag = "evaluations",
    params(("judge" = Option<String>, Query, description = "A model that judges as well; the check judges alone if absent")),
    request_body(content((ClaimsBody = "application/json"), (String = "application/x-ndjson"))),
    responses(
        (status = 200, description = "Each claim, and how the check did in all and by kind", body = ClaimReport),
        (status = 400, description = "A line is not a claim; the message names it", body = ErrorBody),
        (status = 404, description = "The judge is not installed", body = ErrorBody),
        (status = 413, body = ErrorBody)))]
pub async fn judge(
    State(services): State<Services>,
    QueryOf(query): QueryOf<ClaimsQuery>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ClaimReport>, ApiError> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(ErrorKind::TooLarge, "The request body is over the size limit.")
        }
        _ => ApiError::invalid(rejection.body_text()),
    })?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    let lines: Result<Vec<ClaimLine>, ServiceError> = match media_type.trim() {
        "application/json" => {
            let ClaimsBody { claims } = serde_json::from_slice(&body)
                .map_err(|error| ApiError::invalid(error.to_string()).code("invalid_json"))?;
            claims::read_lines(claims.iter().map(|claim| Ok(claim.to_string()))).collect()
        }
        "application/x-ndjson" | "application/jsonl" | "text/plain" => {
            let text = std::str::from_utf8(&body)
                .map_err(|_| ApiError::invalid("The body is not UTF-8.").code("invalid_json"))?;
            claims::read_lines(text.lines().map(|line| Ok(line.to_owned()))).collect()
        }
        _ => {
            let problem = "Send `application/json`, or JSON lines as `application/x-ndjson`.";
            return Err(ApiError::new(ErrorKind::Unsupported, problem));
        }
    };
    Ok(Json(services.evaluations.judge_claims(lines?, query.judge).await?))
}
