//! The servers of tools that the owner has set up.

use std::env;
use std::path::PathBuf;

use clap::Args;

use super::Folders;
use crate::mcp_host::{HostSettings, McpHost};

/// The file in the data folder.
const FILE: &str = "mcp.json";
/// The variable that names another.
const VARIABLE: &str = "QUIRE_MCP_CONFIG";

/// Where servers of tools are set up.
#[derive(Args, Clone, Debug, Default)]
pub struct ToolServers {
    /// The file with the servers whose tools models may call, as Claude Desktop, Cursor and LM Studio have it
    /// [default: `mcp.json` in the data folder]
    #[arg(long = "mcp-config", value_name = "FILE", env = VARIABLE)]
    file: Option<PathBuf>,
}

impl ToolServers {
    /// Reads the variable, for commands that do not take the option.
    pub fn from_environment() -> Self {
        Self { file: env::var_os(VARIABLE).map(PathBuf::from) }
    }

    /// Reads the file; no server is started. They are started by this same program, so that they end with it.
    pub fn open(&self, folders: &Folders) -> McpHost {
        let file = self.file.clone().unwrap_or_else(|| folders.data.join(FILE));
        McpHost::open(HostSettings { file, guard: env::current_exe().ok() })
    }
}
