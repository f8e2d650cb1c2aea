//! One error envelope for every face: `{"error":{"message","type","param","code"}}`.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use quire_domain::{ErrorKind, InvalidName};
use quire_service::ServiceError;
use quire_service::sync::SyncError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracing::Instrument;
use utoipa::ToSchema;

tokio::task_local! {
    /// The identifier of the request that the task is working on.
    pub static REQUEST_ID: String;
}

/// The body of every reply that is an error.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize, ToSchema)]
pub struct ErrorDetail {
    /// A sentence for people.
    pub message: String,
    /// The sort of error, in OpenAI's words.
    #[serde(rename = "type")]
    pub kind: String,
    /// The parameter it is about.
    pub param: Option<String>,
    /// A stable word for programs.
    pub code: Option<String>,
    /// Numbers that belong to some errors, such as `n_prompt_tokens`.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// An error on its way out.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body's content.
    pub detail: Box<ErrorDetail>,
}

/// How a kind of error looks outside: status, type, code.
fn face_of(kind: ErrorKind) -> (StatusCode, &'static str, &'static str) {
    let (word, code) = match kind {
        ErrorKind::InvalidInput => ("invalid_request_error", "invalid_input"),
        ErrorKind::NotFound => ("not_found_error", "not_found"),
        ErrorKind::Conflict => ("conflict_error", "conflict"),
        ErrorKind::TooLarge => ("invalid_request_error", "too_large"),
        ErrorKind::Unsupported => ("invalid_request_error", "unsupported"),
        ErrorKind::Busy => ("rate_limit_error", "queue_full"),
        ErrorKind::Cancelled => ("server_error", "cancelled"),
        ErrorKind::Unavailable => ("server_error", "unavailable"),
        ErrorKind::OutOfSpace => ("server_error", "disk_full"),
        ErrorKind::Internal => ("server_error", "internal_error"),
    };
    (StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), word, code)
}

impl ApiError {
    /// Makes an error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let (status, word, code) = face_of(kind);
        let detail = Box::new(ErrorDetail {
            message: message.into(),
            kind: word.to_owned(),
            param: None,
            code: Some(code.to_owned()),
            extra: Map::new(),
        });
        Self { status, detail }
    }

    /// Makes an error about what the caller sent.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// Makes an error of this kind; the cause of an internal one is logged and not shown.
    pub fn shown(kind: ErrorKind, message: String) -> Self {
        match kind {
            ErrorKind::Internal => Self::internal(&message),
            _ => Self::new(kind, message),
        }
    }

    /// Logs the cause and makes an error that only names the request.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        let id = request_id();
        tracing::error!("a request failed inside: {cause}");
        let message = format!(
            "Something went wrong inside Quire. The log has the details under request {id}."
        );
        Self::new(ErrorKind::Internal, message)
    }

    /// Names the parameter that the error is about.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.detail.param = Some(param.into());
        self
    }

    /// Replaces the stable word.
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.detail.code = Some(code.to_owned());
        self
    }

    /// Replaces status and type.
    #[must_use]
    pub fn status(mut self, status: StatusCode, kind: &str) -> Self {
        self.status = status;
        kind.clone_into(&mut self.detail.kind);
        self
    }

    /// Adds a number to the error.
    #[must_use]
    pub fn number(mut self, name: &str, value: usize) -> Self {
        self.detail.extra.insert(name.to_owned(), value.into());
        self
    }

    /// Gives the body.
    pub fn body(self) -> ErrorBody {
        ErrorBody { error: *self.detail }
    }
}

/// Names the request that the task is working on.
pub fn request_id() -> String {
    REQUEST_ID.try_with(Clone::clone).unwrap_or_else(|_| "unknown".to_owned())
}

/// Has work that goes on beside the reply belong to the request that began it, in the log and in messages.
pub fn of_request<F: Future>(work: F) -> impl Future<Output = F::Output> {
    REQUEST_ID.scope(request_id(), work).in_current_span()
}

impl From<ServiceError> for ApiError {
    fn from(error: ServiceError) -> Self {
        if let ServiceError::Sync(error) = &error {
            return Self::from(error);
        }
        match error.kind() {
            _ if error.is_out_of_reach() => Self::invalid(error.to_string())
                .status(StatusCode::FORBIDDEN, "permission_error")
                .code("insufficient_permissions"),
            ErrorKind::Internal => Self::internal(&chain(&error)),
            kind => Self::new(kind, error.to_string()),
        }
    }
}

impl From<&SyncError> for ApiError {
    fn from(error: &SyncError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
        let word = match error.status() {
            401 => "authentication_error",
            403 => "permission_error",
            404 | 410 => "not_found_error",
            409 | 412 => "conflict_error",
            _ => "invalid_request_error",
        };
        let face = Self::new(error.kind(), error.to_string());
        let mut face = face.status(status, word).code(error.code());
        if let Some(details) = error.details() {
            face.detail.extra.insert("details".to_owned(), details);
        }
        face
    }
}

/// Shows an error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl From<InvalidName> for ApiError {
    fn from(error: InvalidName) -> Self {
        Self::invalid(error.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status;
        let mut response = (status, Json(self.clone().body())).into_response();
        mark_retry(status, response.headers_mut());
        // For protocols whose errors have another shape.
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a reply that is an error anew, as another protocol has it; the rest of the reply stays.
pub fn reshape<T: Serialize>(response: Response, shape: impl FnOnce(ApiError) -> T) -> Response {
    let (mut parts, body) = response.into_parts();
    match parts.extensions.remove::<ApiError>() {
        Some(error) => {
            parts.headers.remove(header::CONTENT_LENGTH);
            let body = Json(shape(error)).into_response().into_body();
            Response::from_parts(parts, body)
        }
        None => Response::from_parts(parts, body),
    }
}

/// Tells clients that repeat failed requests which ones are worth it.
pub fn mark_retry(status: StatusCode, headers: &mut axum::http::HeaderMap) {
    let again = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    if again {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    } else {
        let name = HeaderName::from_static("x-should-retry");
        headers.insert(name, HeaderValue::from_static("false"));
    }
}

/// Answers for a path that has no route.
pub fn unknown_route(method: &Method, uri: &Uri) -> ApiError {
    let message = format!("There is no {method} {}.", uri.path());
    ApiError::new(ErrorKind::NotFound, message).code("unknown_route")
}

/// Answers for a route that does not take the method; the router adds `Allow`, which is all that `OPTIONS` asks for.
pub async fn method_not_allowed(method: Method, uri: Uri) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let message = format!("{} does not take {method}.", uri.path());
    ApiError::invalid(message)
        .status(StatusCode::METHOD_NOT_ALLOWED, "invalid_request_error")
        .code("method_not_allowed")
        .into_response()
}
