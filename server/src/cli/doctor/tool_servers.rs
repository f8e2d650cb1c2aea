//! Whether the servers of tools can be used. None is started for it: if Quire runs, it is asked how they are.

use std::env;
use std::path::Path;

use quire_domain::{McpServer, McpServerState, McpServers};

use super::check::Check;
use crate::cli::connection::find_running;
use crate::config::{Folders, ToolServers};
use crate::mcp_host::{HostedServer, Way};

const NAME: &str = "tools";

/// Checks each server; nothing if none is set up.
pub async fn check(folders: &Folders) -> Vec<Check> {
    if let Some(client) = find_running(folders).await
        && let Ok(told) = client.get::<McpServers>(&["api", "mcp", "servers"]).await
    {
        return match &told.problem {
            Some(problem) => vec![wrong_file(problem)],
            None => told.servers.iter().map(as_told).collect(),
        };
    }
    let host = ToolServers::from_environment().open(folders);
    match host.problem() {
        Some(problem) => vec![wrong_file(problem)],
        None => host.servers().iter().map(|server| as_set_up(server)).collect(),
    }
}

fn wrong_file(problem: &str) -> Check {
    Check::warning(NAME, problem, "mend the file; without it no tools of servers can be called")
}

fn as_told(server: &McpServer) -> Check {
    let label = &server.label;
    match server.state {
        McpServerState::Failed | McpServerState::Misconfigured => {
            let error = server.last_error.as_deref().unwrap_or("it failed");
            let fix = "`quire mcp servers --connect` tries again and shows what it wrote";
            Check::warning(NAME, format!("the server `{label}`: {error}"), fix)
        }
        McpServerState::Connected => Check::ok(
            NAME,
            format!("the server `{label}` is connected, {} tools", server.tools.len()),
        ),
        McpServerState::Idle | McpServerState::Starting => {
            Check::ok(NAME, format!("the server `{label}` starts when it is needed"))
        }
        McpServerState::Disabled => Check::ok(NAME, format!("the server `{label}` is disabled")),
    }
}

fn as_set_up(server: &HostedServer) -> Check {
    let label = server.label();
    let settings = match server.settings() {
        Ok(settings) => settings,
        Err(problem) => {
            let fix = "mend its entry in `mcp.json`";
            return Check::warning(NAME, format!("the server `{label}`: {problem}"), fix);
        }
    };
    match &settings.way {
        Way::Program(program) if settings.is_enabled && !is_found(&program.command) => {
            Check::warning(
                NAME,
                format!("the server `{label}`: `{}` is not found", program.command),
                "install the program, or give its full path in `mcp.json`",
            )
        }
        _ => {
            Check::ok(NAME, format!("the server `{label}` is set up, and starts when it is needed"))
        }
    }
}

/// Returns whether a program can be found: by its path, or in one of the folders of `PATH`.
fn is_found(command: &str) -> bool {
    let path = Path::new(command);
    if path.components().count() > 1 {
        return path.is_file();
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&folders).any(|folder| {
        ["", ".exe", ".cmd", ".bat"]
            .iter()
            .any(|end| folder.join(format!("{command}{end}")).is_file())
    })
}
