//! The servers of tools that the owner has set up in `mcp.json`: how each is, what it offers, and which of its tools may be
//! called unasked. Only the owner sees it, for what a server last said may hold what it was given.

use axum::Json;
use axum::extract::{Path, State};
use quire_domain::{McpServer, McpServers, McpToolChange};

use crate::http::blocking::compute;
use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::JsonBody;
use crate::http::state::AppState;
use crate::mcp_host::AllowError;

/// Tells how the servers of tools are; none is started for it.
#[utoipa::path(get, path = "/api/mcp/servers", tag = "mcp",
    responses((status = 200, body = McpServers), (status = 403, body = ErrorBody)))]
pub async fn list(State(state): State<AppState>) -> Json<McpServers> {
    Json(state.options.mcp_host.report())
}

/// Starts all servers of tools that can be used and lists their tools, and tells how they are then.
#[utoipa::path(post, path = "/api/mcp/servers/connect", tag = "mcp",
    responses((status = 200, body = McpServers), (status = 403, body = ErrorBody)))]
pub async fn connect(State(state): State<AppState>) -> Json<McpServers> {
    Json(state.options.mcp_host.connect_all().await)
}

/// Lets a tool be called without somebody's word, or has each call wait for it again. It is written into `mcp.json`, and counts at
/// once.
#[utoipa::path(put, path = "/api/mcp/servers/{server}/tools/{tool}", tag = "mcp",
    params(("server" = String, Path, description = "The server, by its name in `mcp.json`"),
        ("tool" = String, Path, description = "The tool; `*` stands for all")),
    request_body = McpToolChange,
    responses((status = 200, body = McpServer), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, description = "The server is known to have no such tool, or the file was changed in a way that forbids it", body = ErrorBody),
        (status = 503, description = "The file cannot be written", body = ErrorBody)))]
pub async fn change_tool(
    State(state): State<AppState>,
    Path((server, tool)): Path<(String, String)>,
    JsonBody(change): JsonBody<McpToolChange>,
) -> Result<Json<McpServer>, ApiError> {
    let host = state.options.mcp_host.clone();
    let change = move || host.set_allowed(&server, &tool, change.allowed).map_err(ApiError::from);
    compute(change).await.map(Json)
}

impl From<AllowError> for ApiError {
    fn from(error: AllowError) -> Self {
        Self::new(error.kind(), error.to_string())
    }
}
