//! The servers of tools that the owner has set up in `mcp.json`: how each is, and what it offers. Only the owner sees it, for
//! what a server last said may hold what it was given.

use axum::Json;
use axum::extract::State;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::ErrorBody;
use crate::http::state::AppState;
use crate::mcp_host::{HostedServer, HostedTool, McpHost, ServerState, show_way};

/// All servers of tools.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct McpServers {
    /// The file that they are set up in, if the server was given one.
    pub file: Option<String>,
    /// Why it cannot be read.
    pub problem: Option<String>,
    /// In the order of the file.
    pub servers: Vec<McpServer>,
}

/// A server of tools.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct McpServer {
    /// Its name in the file, which requests name it by.
    pub label: String,
    /// How it is.
    pub state: ServerState,
    /// How it is spoken with: `stdio` or `http`.
    pub transport: Option<String>,
    /// The program, or the host it runs on.
    pub target: Option<String>,
    /// Its tools, when they were last listed; none before it was needed.
    pub tools: Vec<McpServerTool>,
    /// The tools that are not offered: there are too many, or their schemas are too large.
    pub left_out: Vec<String>,
    /// What last went wrong.
    pub last_error: Option<String>,
    /// The end of what it wrote to standard error before it failed.
    pub complaint: String,
    /// How often it was started or connected.
    pub starts: u32,
}

/// A tool of a server.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct McpServerTool {
    /// Its name.
    pub name: String,
    /// What it does, in the server's words.
    pub description: String,
    /// Whether the file lets it be called without somebody's word.
    pub allowed: bool,
}

impl McpServers {
    fn of(host: &McpHost) -> Self {
        Self {
            file: host.file().map(|file| file.display().to_string()),
            problem: host.problem().map(str::to_owned),
            servers: host.servers().iter().map(|server| McpServer::of(server)).collect(),
        }
    }
}

impl McpServer {
    fn of(server: &HostedServer) -> Self {
        let report = server.report();
        let way = server.settings().ok().map(|settings| show_way(&settings.way));
        let (transport, target) = way.unzip();
        let tool = |tool: &HostedTool| McpServerTool {
            name: tool.name.clone(),
            description: tool.description.clone(),
            allowed: server.allows(&tool.name),
        };
        Self {
            label: server.label().to_owned(),
            state: report.state,
            transport: transport.map(str::to_owned),
            target,
            tools: report.listing.tools.iter().map(tool).collect(),
            left_out: report.listing.left_out,
            last_error: report.last_error,
            complaint: report.complaint,
            starts: report.starts,
        }
    }
}

/// Tells how the servers of tools are; none is started for it.
#[utoipa::path(get, path = "/api/mcp/servers", tag = "mcp",
    responses((status = 200, body = McpServers), (status = 403, body = ErrorBody)))]
pub async fn list(State(state): State<AppState>) -> Json<McpServers> {
    Json(McpServers::of(&state.options.mcp_host))
}

/// Starts all servers of tools that can be used and lists their tools, and tells how they are then.
#[utoipa::path(post, path = "/api/mcp/servers/connect", tag = "mcp",
    responses((status = 200, body = McpServers), (status = 403, body = ErrorBody)))]
pub async fn connect(State(state): State<AppState>) -> Json<McpServers> {
    let host = &state.options.mcp_host;
    // What fails is in the report.
    drop(join_all(host.servers().iter().map(|server| server.list_tools())).await);
    Json(McpServers::of(host))
}
