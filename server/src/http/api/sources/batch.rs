//! Batches of writes.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode, header};
use quire_domain::ErrorKind;
use quire_domain::sync::{BatchReply, BatchRequest};
use quire_service::Services;
use serde_json::Value;

use super::access::OpenSource;
use crate::http::error::{ApiError, ErrorBody};

/// Does several writes; each op has a result of its own. The ops come as `{"ops":[..]}`, as an
/// array, or one a line as `application/x-ndjson`.
#[utoipa::path(post, path = "/api/sources/{sid}/batch", tag = "sources",
    params(("sid" = String, Path, description = "The source")), request_body = BatchRequest,
    responses((status = 200, body = BatchReply), (status = 404, body = ErrorBody),
        (status = 409, description = "`source_paused`", body = ErrorBody),
        (status = 413, description = "More ops or bytes than the source's limits say", body = ErrorBody)))]
pub async fn write(
    State(services): State<Services>,
    source: OpenSource,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<BatchReply>, ApiError> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(ErrorKind::TooLarge, "The batch is over the size limit; send several.")
        }
        _ => ApiError::invalid(rejection.body_text()),
    })?;
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let ops = read_ops(content_type.unwrap_or_default(), &body)?;
    Ok(Json(services.sources.write_batch(&source.id, source.device.as_ref(), ops).await?))
}

fn read_ops(content_type: &str, body: &[u8]) -> Result<Vec<Value>, ApiError> {
    let refuse =
        |error: serde_json::Error| ApiError::invalid(error.to_string()).code("invalid_json");
    if content_type.starts_with("application/x-ndjson") {
        let lines = body.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.trim_ascii().is_empty());
        // A line that is no JSON is an op that cannot be understood, not the end of the others.
        return Ok(lines.map(|line| serde_json::from_slice(line).unwrap_or_default()).collect());
    }
    let ops = match serde_json::from_slice(body).map_err(refuse)? {
        Value::Object(mut batch) => batch.remove("ops").unwrap_or_default(),
        other => other,
    };
    match ops {
        Value::Array(ops) => Ok(ops),
        _ => Err(ApiError::invalid("`ops` must be an array.").param("ops")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_come_in_three_shapes() {
        for (content_type, body, count) in [
            ("application/json", r#"{"ops":[{"op":"delete"},{}]}"#, Some(2)),
            ("application/json", r#"[{"op":"delete"}]"#, Some(1)),
            ("application/x-ndjson; charset=utf-8", "{}\nnot json\n\n{}\n", Some(3)),
            ("application/json", "{}", None),
            ("application/json", "not json", None),
        ] {
            let ops = read_ops(content_type, body.as_bytes()).ok();
            assert_eq!(ops.map(|ops| ops.len()), count, "{body}");
        }
    }
}
