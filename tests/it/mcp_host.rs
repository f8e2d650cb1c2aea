//! Tools of servers: a real one, written with the official Python package, and models that say what they are told to.

mod allow;
mod approval;
mod chat;
mod failures;
mod process;
mod routes;

use std::path::{Path, PathBuf};

use quire_server::{HostSettings, HttpOptions, McpHost};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{App, Reply, test_python};

/// The server's program.
const SERVER: &str = include_str!("mcp_host/server.py");

/// A model's call of a tool of the server `test`.
fn call(tool: &str, arguments: &Value) -> String {
    let call = json!({"name": format!("test__{tool}"), "arguments": arguments});
    format!("<tool_call>\n{call}\n</tool_call>")
}

/// An app with servers of tools.
struct Host {
    app: App,
    folder: TempDir,
}

/// Gives what the file has of the server `test`, started in a folder, with further fields.
fn entry(folder: &Path, more: &Value) -> Value {
    let program = folder.join("server.py");
    std::fs::write(&program, SERVER).expect("a program");
    let mut entry = json!({
        "command": test_python(),
        "args": [program, folder.join("calls"), "stdio"],
        "env": {"GIVEN": "value"},
    });
    for (name, value) in more.as_object().expect("fields") {
        entry[name] = value.clone();
    }
    entry
}

impl Host {
    /// Opens an app whose model will say `replies` in turn, and whose server has these fields, too.
    async fn new(replies: &[&str], more: Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let servers = json!({"test": entry(folder.path(), &more)});
        Self::with_servers(replies, servers, folder).await
    }

    async fn with_servers(replies: &[&str], servers: Value, folder: TempDir) -> Self {
        let file = folder.path().join("mcp.json");
        let text = json!({ "mcpServers": servers }).to_string();
        std::fs::write(&file, text).expect("a file");
        let mcp_host = McpHost::open(HostSettings { file, guard: None });
        let options = HttpOptions { mcp_host, ..HttpOptions::default() };
        Self { app: App::with_options(replies, options).await, folder }
    }

    /// Gives the tools that were called, in order.
    fn called(&self) -> Vec<String> {
        let calls: PathBuf = self.folder.path().join("calls");
        let text = std::fs::read_to_string(calls).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    async fn respond(&self, body: &Value) -> Value {
        let reply = self.send(body).await;
        assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
        reply.json()
    }

    async fn send(&self, body: &Value) -> Reply {
        self.app.post("/v1/responses", body).await
    }
}

/// The server as a request names it.
fn tools(require_approval: &str) -> Value {
    json!([{"type": "mcp", "server_label": "test", "require_approval": require_approval}])
}

/// Gives the types of the items of a response.
fn kinds(response: &Value) -> Vec<&str> {
    let items = response["output"].as_array().expect("items");
    items.iter().filter_map(|item| item["type"].as_str()).collect()
}

/// Gives the item of a type.
fn item<'a>(response: &'a Value, kind: &str) -> &'a Value {
    let mut items = response["output"].as_array().expect("items").iter();
    items.find(|item| item["type"] == kind).unwrap_or_else(|| panic!("no {kind}: {response}"))
}

/// Gives the words of the messages that the model was last shown.
fn shown(app: &App) -> Vec<String> {
    let Some(quire_engines::Prompt::Chat(chat)) = app.models.generator.prompts().pop() else {
        panic!("a chat is expected")
    };
    chat.messages.iter().map(|message| message.text().into_owned()).collect()
}
