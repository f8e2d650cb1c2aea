//! Errors that `/v1` names otherwise than the native API does: as OpenAI's clients expect them.

use axum::http::StatusCode;
use quire_domain::ErrorKind;
use quire_engines::{EngineError, Feature};
use quire_service::ServiceError;

use crate::http::error::ApiError;

const INVALID: &str = "invalid_request_error";

/// Makes an error for a caller that speaks OpenAI's API.
pub fn from_service(error: ServiceError) -> ApiError {
    match &error {
        ServiceError::QuestionTooLong { tokens, limit, .. } => {
            context_exceeded(&error.to_string(), *tokens, *limit)
        }
        ServiceError::Engine(EngineError::ContextExceeded {
            prompt_tokens,
            context_tokens,
            ..
        }) => context_exceeded(&error.to_string(), *prompt_tokens, *context_tokens),
        ServiceError::Engine(EngineError::InputTooLong { index, .. }) => {
            ApiError::invalid(error.to_string())
                .param(format!("input[{index}]"))
                .code("context_length_exceeded")
        }
        ServiceError::Engine(EngineError::Unsupported { feature, .. }) => {
            ApiError::invalid(error.to_string()).param(param(*feature)).code("unsupported_value")
        }
        ServiceError::Engine(EngineError::InvalidImage { .. }) => {
            ApiError::invalid(error.to_string()).param(param(Feature::Images)).code("invalid_image")
        }
        ServiceError::Engine(EngineError::InvalidConstraint { feature, .. }) => {
            let code = match feature {
                Feature::Json => "invalid_json_schema",
                _ => "invalid_value",
            };
            ApiError::invalid(error.to_string()).param(param(*feature)).code(code)
        }
        ServiceError::Engine(EngineError::NotInstalled { .. }) => {
            model_not_found(error.to_string())
        }
        _ => match error.kind() {
            ErrorKind::NotFound => model_not_found(error.to_string()),
            _ => error.into(),
        },
    }
}

/// Names the field that asks for a feature.
fn param(feature: Feature) -> &'static str {
    match feature {
        Feature::Images => "messages",
        Feature::RequiredCalls => "tool_choice",
        Feature::Json => "response_format",
        Feature::Grammar => "grammar",
        Feature::LogitBias => "logit_bias",
        Feature::ContextShift => "when_full",
    }
}

/// Says that a model is not there.
pub fn model_not_found(message: String) -> ApiError {
    ApiError::new(ErrorKind::NotFound, message)
        .status(StatusCode::NOT_FOUND, INVALID)
        .param("model")
        .code("model_not_found")
}

/// Says that a parameter asks for something that is not done here.
pub fn unsupported(param: &str, what: &str) -> ApiError {
    ApiError::invalid(format!("{what} is not supported by this server."))
        .param(param)
        .code("unsupported_value")
}

/// Clients know this error by its words.
fn context_exceeded(message: &str, tokens: usize, limit: usize) -> ApiError {
    ApiError::invalid(format!("{message}; it exceeds the available context size"))
        .code("context_length_exceeded")
        .number("n_prompt_tokens", tokens)
        .number("n_ctx", limit)
}
