//! What is told of the tools of servers: they were listed, one is called, a call waits for somebody's word.

use serde::Serialize;
use serde_json::Value;

use crate::http::turn::step::Call;
use crate::mcp_host::HostedTool;

/// What begins the identifier of a call that waits for somebody's word.
pub const WANTED_PREFIX: &str = "mcpr_";

/// Something that is done with the tools of servers.
#[derive(Clone, Debug)]
pub enum HostedStep {
    /// The tools of a server were listed.
    Listed(ListedTools),
    /// A call begins.
    Began(HostedCall),
    /// The call that began last has ended.
    Ended(HostedCall),
    /// A call waits for somebody's word.
    Wanted(HostedCall),
}

/// The tools of a server that are offered to the model, or why there are none.
#[derive(Clone, Debug)]
pub struct ListedTools {
    /// The server.
    pub label: String,
    /// Its tools.
    pub tools: Vec<ToldTool>,
    /// Why they could not be listed.
    pub error: Option<String>,
}

/// A tool as it is told.
#[derive(Clone, Debug, Serialize)]
pub struct ToldTool {
    name: String,
    description: String,
    input_schema: Value,
    annotations: Value,
}

impl From<&HostedTool> for ToldTool {
    fn from(tool: &HostedTool) -> Self {
        Self {
            name: tool.name.clone(),
            description: tool.description.clone(),
            input_schema: Value::Object(tool.schema.clone()),
            annotations: tool.annotations.clone(),
        }
    }
}

/// A call of a tool of a server.
#[derive(Clone, Debug)]
pub struct HostedCall {
    /// The call as the model made it, by the name that it was shown.
    pub call: Call,
    /// The server.
    pub label: String,
    /// What the server calls the tool.
    pub tool: String,
    /// The request that somebody approved, if it waited for one.
    pub approval: Option<String>,
    /// What the tool gave back, or what went wrong; absent before.
    pub outcome: Option<Result<String, String>>,
}

impl HostedCall {
    /// Gives the identifier by which somebody's word names the call.
    pub fn wanted_id(&self) -> String {
        format!("{WANTED_PREFIX}{}", self.call.id)
    }

    /// Gives what came of it, as the model reads it.
    pub fn words(&self) -> String {
        match &self.outcome {
            Some(Ok(output)) => output.clone(),
            Some(Err(error)) => format!("Error: {error}"),
            None => String::new(),
        }
    }

    /// Gives what the tool gave back.
    pub fn output(&self) -> Option<String> {
        self.outcome.as_ref().and_then(|outcome| outcome.clone().ok())
    }

    /// Gives what went wrong.
    pub fn error(&self) -> Option<String> {
        self.outcome.as_ref().and_then(|outcome| outcome.clone().err())
    }
}
