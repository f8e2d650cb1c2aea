//! The servers of tools that the owner has set up, as the owner sees them.

use serde::{Deserialize, Serialize};

/// All servers of tools.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct McpServers {
    /// The file that they are set up in, if the server was given one.
    pub file: Option<String>,
    /// Why it cannot be read.
    pub problem: Option<String>,
    /// In the order of the file.
    pub servers: Vec<McpServer>,
}

/// A server of tools.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct McpServer {
    /// Its name in the file, which requests name it by.
    pub label: String,
    /// How it is.
    pub state: McpServerState,
    /// How it is spoken with: `stdio` or `http`.
    pub transport: Option<String>,
    /// The program, or the host it runs on.
    pub target: Option<String>,
    /// Its tools, when they were last listed; none before it was needed.
    pub tools: Vec<McpServerTool>,
    /// The tools that are not offered: there are too many, or their schemas are too large.
    pub left_out: Vec<String>,
    /// The tools that may be called without somebody's word, as the file has them; `*` stands for all.
    pub allow: Vec<String>,
    /// What last went wrong.
    pub last_error: Option<String>,
    /// The end of what it wrote to standard error before it failed.
    pub complaint: String,
    /// How often it was started or connected.
    pub starts: u32,
}

/// How a server of tools is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum McpServerState {
    /// It is not connected: nobody has needed it yet.
    Idle,
    /// It is being started.
    Starting,
    /// It is connected.
    Connected,
    /// It failed, and is started again when it is needed and some time has passed.
    Failed,
    /// What the file says of it cannot be used.
    Misconfigured,
    /// The file says that it is not to be used.
    Disabled,
}

/// A tool of a server.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct McpServerTool {
    /// Its name.
    pub name: String,
    /// What it does, in the server's words.
    pub description: String,
    /// Whether the file lets it be called without somebody's word.
    pub allowed: bool,
}

/// Whether a tool may be called without somebody's word.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct McpToolChange {
    /// `true` allows it, `false` has each call wait for somebody's word.
    pub allowed: bool,
}
