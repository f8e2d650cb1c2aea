//! Calls the tools of a server as Quire calls them for models: for the protocol's conformance suite, which has it speak to its
//! own servers.
//!
//! ```text
//! cargo run --release -p quire-tests --example mcp_client -- URL
//! ```
//!
//! Which calls it makes stands in `MCP_CONFORMANCE_CONTEXT`, as the suite says it; else it calls each tool once, with arguments that fit.

#![expect(clippy::print_stdout, reason = "this is a tool whose output is the point")]

use std::error::Error;

use quire_server::{HostSettings, McpHost};
use serde_json::{Map, Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("name the address of a server")?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("mcp.json");
    std::fs::write(&file, json!({"mcpServers": {"it": {"url": url}}}).to_string())?;
    let host = McpHost::open(HostSettings { file, guard: None });
    let server = host.find("it").ok_or("the file has no server")?;
    let listing = server.list_tools().await?;
    let wanted = std::env::var("MCP_CONFORMANCE_CONTEXT").unwrap_or_default();
    let wanted: Value = serde_json::from_str(&wanted).unwrap_or_default();
    let calls: Vec<(String, Map<String, Value>)> =
        if let Some(calls) = wanted["toolCalls"].as_array() {
            calls.iter().filter_map(read_call).collect()
        } else {
            listing.tools.iter().map(|tool| (tool.name.clone(), fitting(&tool.schema))).collect()
        };
    for (tool, arguments) in calls {
        match server.call(&tool, arguments).await {
            Ok(Ok(said)) => println!("{tool} says: {said}"),
            Ok(Err(said)) => println!("{tool} fails: {said}"),
            Err(error) => println!("{tool}: {error}"),
        }
    }
    host.shut_down().await;
    Ok(())
}

fn read_call(call: &Value) -> Option<(String, Map<String, Value>)> {
    let arguments = call["arguments"].as_object().cloned().unwrap_or_default();
    Some((call["name"].as_str()?.to_owned(), arguments))
}

/// Makes up arguments that fit a schema.
fn fitting(schema: &Map<String, Value>) -> Map<String, Value> {
    let fields = schema.get("properties").and_then(Value::as_object);
    let value = |field: &Value| match field["type"].as_str() {
        Some("number" | "integer") => json!(5),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        Some("object") => json!({}),
        _ => json!("text"),
    };
    fields.into_iter().flatten().map(|(name, field)| (name.clone(), value(field))).collect()
}
