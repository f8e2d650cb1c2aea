//! The `Origin` check and CORS: which web pages may call.
//!
//! A page of this server may; so may the listed origins. Programs send no `Origin` and pass. A
//! page of any other site is refused, whatever it asks for, because a browser would carry out a
//! simple request even if it does not show the reply.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::HttpOptions;
use crate::http::error::ApiError;
use crate::http::state::AppState;

/// The origins of Obsidian on desktop and iOS. On Android it is `http://localhost`, as which any program on this machine
/// that serves pages on the usual port counts too, so that it must be set.
const OBSIDIAN: [&str; 2] = ["app://obsidian.md", "capacitor://localhost"];

const METHODS: HeaderValue =
    HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD");
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-request-id, etag, retry-after, location, upload-offset");
const VARY: HeaderValue = HeaderValue::from_static(
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, Access-Control-Request-Private-Network",
);

/// Refuses foreign pages, answers preflights, and lets allowed pages read the reply.
pub async fn check(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let Some(origin) = headers.get(header::ORIGIN).cloned() else {
        if is_cross_site(headers) && !is_reading(request.method()) {
            return refuse("another site");
        }
        return next.run(request).await;
    };
    let text = origin.to_str().unwrap_or("null");
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_same_origin(text, host) {
        return next.run(request).await;
    }
    if !is_allowed(text, &state.options) {
        return refuse(text);
    }
    let mut response =
        if is_preflight(&request) { preflight(headers) } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.append(header::VARY, VARY);
    response
}

fn refuse(origin: &str) -> Response {
    let message = format!(
        "Pages of `{origin}` may not call this server. Start it with `--allow-origin {origin}` if they should."
    );
    ApiError::invalid(message)
        .status(StatusCode::FORBIDDEN, "permission_error")
        .code("origin_not_allowed")
        .into_response()
}

fn is_cross_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site")
}

fn is_reading(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Returns whether the page came from the host that it calls; the host was checked before.
fn is_same_origin(origin: &str, host: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    !host.is_empty() && authority.is_some_and(|name| name.eq_ignore_ascii_case(host))
}

/// Compares exactly: origins of apps are plain strings, not addresses.
fn is_allowed(origin: &str, options: &HttpOptions) -> bool {
    let mut further = options.callers.origins.iter();
    OBSIDIAN.contains(&origin) || further.any(|allowed| allowed == "*" || allowed == origin)
}

fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(asked: &HeaderMap) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    // Echoed, because `*` does not cover `Authorization`.
    if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
    }
    if asked.get("access-control-request-private-network").is_some_and(|value| value == "true") {
        let name = HeaderName::from_static("access-control-allow-private-network");
        headers.insert(name, HeaderValue::from_static("true"));
    }
    response
}
