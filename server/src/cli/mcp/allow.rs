//! `quire mcp allow` and `quire mcp forget`: which tools of servers may be called without somebody's word.

use clap::Args;
use quire_domain::{McpServer, McpToolChange};
use reqwest::Method;

use crate::cli::connection::{ConnectArguments, Connection, Purpose};
use crate::cli::{Ending, output};
use crate::client::ApiClient;

/// The tools that are meant.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The server, by its name in `mcp.json`
    // `server` is the option that says where Quire is.
    #[arg(value_name = "SERVER")]
    label: String,
    /// Its tools; `*` stands for all
    #[arg(required = true)]
    tools: Vec<String>,
    #[command(flatten)]
    connect: ConnectArguments,
}

/// Allows them, or has each of their calls wait for somebody's word again.
pub async fn run(arguments: Arguments, allowed: bool) -> anyhow::Result<Ending> {
    let connection = Connection::open(&arguments.connect, Purpose::Use).await?;
    let changed = change(&connection.client, &arguments, allowed).await;
    connection.close().await;
    let allow = changed?;
    let label = arguments.label;
    output::note(&if allow.is_empty() {
        format!("Each call of a tool of `{label}` waits for somebody's word.")
    } else {
        format!("May be called unasked of `{label}`: {}", allow.join(", "))
    });
    Ok(Ending::Done)
}

/// Gives what is allowed of the server in the end.
async fn change(
    client: &ApiClient,
    Arguments { label, tools, .. }: &Arguments,
    allowed: bool,
) -> anyhow::Result<Vec<String>> {
    let mut allow = Vec::new();
    for tool in tools {
        let path = ["api", "mcp", "servers", label.as_str(), "tools", tool.as_str()];
        let request = client.request(Method::PUT, &path).json(&McpToolChange { allowed });
        let changed: McpServer = client.read(request).await?;
        allow = changed.allow;
    }
    Ok(allow)
}
