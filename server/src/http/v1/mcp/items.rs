//! What is done with the tools of servers, as items of the OpenAI API: in `responses` among the output, in chats beside the
//! message.

use serde::Serialize;
use uuid::Uuid;

use crate::http::turn::hosted::told::{HostedCall, HostedStep, ListedTools, ToldTool};

/// An item.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type")]
pub enum McpItem {
    /// The tools of a server were listed.
    #[serde(rename = "mcp_list_tools")]
    ListTools {
        /// Its identifier.
        id: String,
        /// The server.
        server_label: String,
        /// Its tools.
        tools: Vec<ToldTool>,
        /// Why there are none.
        error: Option<String>,
    },
    /// A call.
    #[serde(rename = "mcp_call")]
    Call {
        /// Its identifier.
        id: String,
        /// The server.
        server_label: String,
        /// The tool.
        name: String,
        /// The arguments: JSON text.
        arguments: String,
        /// What it gave back.
        output: Option<String>,
        /// What went wrong.
        error: Option<String>,
        /// The request for it that somebody approved.
        approval_request_id: Option<String>,
        /// How far it is.
        status: &'static str,
    },
    /// A call that waits for somebody's word.
    #[serde(rename = "mcp_approval_request")]
    ApprovalRequest {
        /// Its identifier, which the word names.
        id: String,
        /// The server.
        server_label: String,
        /// The tool.
        name: String,
        /// The arguments: JSON text.
        arguments: String,
    },
}

impl McpItem {
    /// Tells that tools were listed.
    pub fn listed(listed: &ListedTools) -> Self {
        Self::ListTools {
            id: format!("mcpl_{}", Uuid::new_v4().simple()),
            server_label: listed.label.clone(),
            tools: listed.tools.clone(),
            error: listed.error.clone(),
        }
    }

    /// Tells of a call as far as it is.
    pub fn call(call: &HostedCall) -> Self {
        let status = match &call.outcome {
            None => "in_progress",
            Some(Ok(_)) => "completed",
            Some(Err(_)) => "failed",
        };
        Self::Call {
            id: format!("mcp_{}", call.call.id),
            server_label: call.label.clone(),
            name: call.tool.clone(),
            arguments: call.call.arguments.clone(),
            output: call.output(),
            error: call.error(),
            approval_request_id: call.approval.clone(),
            status,
        }
    }

    /// Tells of a call that waits.
    pub fn wanted(call: &HostedCall) -> Self {
        Self::ApprovalRequest {
            id: call.wanted_id(),
            server_label: call.label.clone(),
            name: call.tool.clone(),
            arguments: call.call.arguments.clone(),
        }
    }

    /// Tells of what a chat is told of: what was called, what waits, and what could not be listed.
    pub fn of_chat(step: &HostedStep) -> Option<Self> {
        match step {
            HostedStep::Listed(listed) if listed.error.is_some() => Some(Self::listed(listed)),
            HostedStep::Listed(_) | HostedStep::Began(_) => None,
            HostedStep::Ended(call) => Some(Self::call(call)),
            HostedStep::Wanted(call) => Some(Self::wanted(call)),
        }
    }

    /// Gives its identifier.
    pub fn id(&self) -> &str {
        match self {
            Self::ListTools { id, .. }
            | Self::Call { id, .. }
            | Self::ApprovalRequest { id, .. } => id,
        }
    }
}
