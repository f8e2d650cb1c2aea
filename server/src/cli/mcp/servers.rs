//! `quire mcp servers`: the servers whose tools models may call, as the owner has set them up.

use clap::Args;
use quire_domain::{McpServer, McpServerState, McpServers};

use crate::cli::connection::{ConnectArguments, Connection, Purpose};
use crate::cli::{Ending, output};

/// The longest reason that stands in the table.
const LONGEST_REASON: usize = 100;

/// What to tell of them.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Start them all and list their tools; without it only what is known is told
    #[arg(long)]
    connect: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: ConnectArguments,
}

/// Tells how they are.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let connection = Connection::open(&arguments.place, Purpose::Use).await?;
    let client = &connection.client;
    let told: anyhow::Result<McpServers> = if arguments.connect {
        client.post(&["api", "mcp", "servers", "connect"], &serde_json::json!({})).await
    } else {
        client.get(&["api", "mcp", "servers"]).await
    };
    connection.close().await;
    let told = told?;
    let is_wrong = told.problem.is_some()
        || told
            .servers
            .iter()
            .any(|one| matches!(one.state, McpServerState::Failed | McpServerState::Misconfigured));
    if arguments.json {
        output::json(&told)?;
    } else {
        show(&told);
    }
    Ok(if is_wrong { Ending::Wrong } else { Ending::Done })
}

fn show(told: &McpServers) {
    let file = told.file.as_deref().unwrap_or("mcp.json");
    if let Some(problem) = &told.problem {
        output::note(problem);
        return;
    }
    if told.servers.is_empty() {
        output::note(&format!("There are no servers of tools in `{file}`."));
        return;
    }
    let rows: Vec<Vec<String>> = told.servers.iter().map(row).collect();
    output::table(&["SERVER", "STATE", "BY", "TOOLS", "LAST ERROR"], &rows);
    for server in &told.servers {
        for tool in &server.tools {
            let note = if tool.allowed { "  (may be called unasked)" } else { "" };
            output::line(&format!("  {}: {}{note}", server.label, tool.name));
        }
        for name in &server.left_out {
            output::line(&format!("  {}: {name}  (left out: too many or too large)", server.label));
        }
    }
}

fn row(server: &McpServer) -> Vec<String> {
    let by = [&server.transport, &server.target];
    let by: Vec<&str> = by.into_iter().filter_map(|part| part.as_deref()).collect();
    let complaint = server.complaint.lines().last().unwrap_or_default();
    let reason = match &server.last_error {
        Some(error) if complaint.is_empty() => error.clone(),
        Some(error) => format!("{error}; it wrote: {complaint}"),
        None => String::new(),
    };
    vec![
        server.label.clone(),
        serde_json::to_value(server.state)
            .ok()
            .and_then(|word| word.as_str().map(str::to_owned))
            .unwrap_or_default(),
        by.join(" "),
        server.tools.len().to_string(),
        reason.chars().take(LONGEST_REASON).collect(),
    ]
}
