//! The servers of tools, for the page. All of it is under `/ui/local`, which only the machine that the server runs on may call.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use quire_domain::McpServers;

#[cfg(feature = "ssr")]
use super::tool_host::tool_host;
use crate::UiError;

/// Tells how they are; none is started for it.
#[server(prefix = "/ui/local", endpoint = "list_tool_servers")]
#[allow(
    clippy::unused_async,
    reason = "the page waits for it; the macro copies an `expect`, which then fails"
)]
pub async fn list_tool_servers() -> Result<McpServers, UiError> {
    Ok(tool_host()?.report())
}

/// Starts all that can be used and lists their tools.
#[server(prefix = "/ui/local", endpoint = "connect_tool_servers")]
pub async fn connect_tool_servers() -> Result<McpServers, UiError> {
    Ok(tool_host()?.connect().await)
}

/// Lets a tool be called without somebody's word, or has each call wait for it again.
#[server(prefix = "/ui/local", endpoint = "change_tool", input = Json)]
pub async fn change_tool(
    /// The server, by its name in `mcp.json`.
    server: String,
    /// The tool.
    tool: String,
    /// Whether it may be called.
    allowed: bool,
) -> Result<(), UiError> {
    tool_host()?.change_tool(server, tool, allowed).await
}
