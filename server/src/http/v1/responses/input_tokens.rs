//! `/v1/responses/input_tokens`: how many tokens a request has before it is answered.

use axum::extract::State;
use axum::{Extension, Json};
use serde::Serialize;

use super::request::{Purpose, ResponseBody};
use super::telling::find_earlier;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::guard::access::Identity;
use crate::http::state::AppState;
use crate::http::turn::model;

/// A count.
#[derive(Debug, Serialize)]
pub struct InputTokens {
    object: &'static str,
    input_tokens: usize,
}

/// Counts the tokens of a request as the model would read it. What a search of files would find is not among them.
pub async fn count(
    State(state): State<AppState>,
    identity: Option<Extension<Identity>>,
    JsonBody(body): JsonBody<ResponseBody>,
) -> Result<Json<InputTokens>, ApiError> {
    body.check_fields()?;
    let earlier = find_earlier(&state.services, &body).await?;
    let (asked, _) = body.read(Purpose::Answer, &earlier, identity.as_deref())?;
    let input_tokens = model::count_tokens(&state, asked).await?;
    Ok(Json(InputTokens { object: "response.input_tokens", input_tokens }))
}
