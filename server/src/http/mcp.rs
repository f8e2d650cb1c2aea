//! The Model Context Protocol over HTTP, at `/mcp`: both of its generations, without sessions. `Host`, `Origin` and keys
//! are checked by the guards as everywhere, and each tool once more for what it asks of the API.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Extensions, Request, header};
use quire_domain::url_part;
use quire_service::Services;
use rmcp::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::Value;
use tower::ServiceExt;
use uuid::Uuid;

use super::error::ApiError;
use super::faces;
use super::guard;
use super::guard::access::policy::need_of;
use super::guard::access::{Identity, allow};
use super::guard::streams::{Caller, Length};
use super::state::AppState;
use crate::HttpOptions;
use crate::mcp::NotesServer;
use crate::mcp::backend::{Backend, Call, CallBody, Refusal};

/// The most bytes of a reply of the API.
const MOST_BYTES: usize = 64 << 20;

/// Adds the route.
pub fn add_route(routes: Router<AppState>, state: &AppState) -> Router<AppState> {
    let server =
        NotesServer::new(Arc::new(InProcess { state: state.clone(), routes: OnceLock::new() }));
    serve(routes, server, state)
}

/// Makes a router that has another server at `/mcp`, on the transport and behind the guards of this one, and nothing else: for
/// tests of both that ask for tools which Quire does not have.
pub fn router_of<S: ServerHandler + Clone>(
    server: S,
    services: Services,
    options: HttpOptions,
) -> Router {
    let state = AppState::new(services, options);
    let routes = serve(Router::new(), server, &state).with_state(state.clone());
    guard::protect(routes, state)
}

/// Adds a server of the protocol.
fn serve<S: ServerHandler + Clone>(
    routes: Router<AppState>,
    server: S,
    state: &AppState,
) -> Router<AppState> {
    // The guards check hosts and origins, and know which ones were allowed.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_cancellation_token(state.options.shutdown.clone());
    let service = StreamableHttpService::new(
        move || Ok(server.clone()),
        Arc::<NeverSessionManager>::default(),
        config,
    );
    routes.route_service("/mcp", service)
}

/// The API in this process.
struct InProcess {
    state: AppState,
    /// Made when the first tool is called.
    routes: OnceLock<Router>,
}

#[async_trait]
impl Backend for InProcess {
    async fn call(&self, call: Call, caller: Option<&Extensions>) -> Result<Value, Refusal> {
        let nobody = Extensions::new();
        let caller = caller.unwrap_or(&nobody);
        let identity = caller.get::<Identity>().cloned();
        // A request that passed no guard is nobody's.
        let identity = identity.unwrap_or(Identity::Stranger);
        let mut request = request(call)?;
        let need = need_of(request.method(), request.uri().path());
        allow(&identity, need).map_err(refusal)?;
        // A tool that has an answer made takes a place among the caller's, as the route itself does.
        let place = self.state.streams.take(Caller::of(&identity, caller), need, Length::Long);
        let place = place.map_err(refusal)?;
        request.extensions_mut().insert(identity);
        request.extensions_mut().insert(place.clone());
        let routes = self.routes.get_or_init(|| faces(&self.state)).clone();
        let response = match routes.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (status, body) = (response.status(), response.into_body());
        let bytes = to_bytes(body, MOST_BYTES).await.map_err(|error| Refusal {
            status: 500,
            message: format!("the reply could not be read: {error}"),
        })?;
        drop(place);
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status.is_success() {
            return Ok(value);
        }
        let message = value.pointer("/error/message").and_then(Value::as_str);
        let message = message.unwrap_or("The request was refused.").to_owned();
        Err(Refusal { status: status.as_u16(), message })
    }
}

fn refusal(error: ApiError) -> Refusal {
    Refusal { status: error.status.as_u16(), message: error.detail.message }
}

fn request(call: Call) -> Result<Request<Body>, Refusal> {
    let path: Vec<String> = call.path.iter().map(|part| url_part(part)).collect();
    let query: Vec<String> =
        call.query.iter().map(|(name, value)| format!("{name}={}", url_part(value))).collect();
    let uri = format!("/{}?{}", path.join("/"), query.join("&"));
    let request = Request::builder().method(call.method).uri(uri);
    let (kind, body) = match call.body {
        CallBody::Nothing => (None, Body::empty()),
        CallBody::Json(value) => {
            (Some("application/json".to_owned()), Body::from(value.to_string()))
        }
        CallBody::File { path, text } => {
            let cut = Uuid::new_v4().simple().to_string();
            let name = path.replace(['"', '\r', '\n'], "_");
            let body = format!(
                "--{cut}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n{text}\r\n--{cut}--\r\n"
            );
            (Some(format!("multipart/form-data; boundary={cut}")), Body::from(body))
        }
    };
    let request = match kind {
        Some(kind) => request.header(header::CONTENT_TYPE, kind),
        None => request,
    };
    request.body(body).map_err(|error| Refusal { status: 400, message: error.to_string() })
}
