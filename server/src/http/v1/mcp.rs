//! The tool `mcp`: a server whose tools a model may call. Requests name servers that the owner has set up; an address in a
//! request is refused, for it would have this machine call whatever anybody names.

pub mod items;

use serde::Deserialize;
use serde_json::Value;

use crate::http::error::ApiError;
use crate::mcp_host::HostedTool;

/// The type of the tool.
pub const MCP: &str = "mcp";

/// What a model reads of an approved call until its result is there, and if that was lost.
pub const OUTCOME_UNKNOWN: &str = "The call was approved. What came of it is not known.";

/// What a model reads of a call that nobody has approved.
pub const NOT_APPROVED: &str = "Nobody has approved this call, and it was not made.";

/// What a model reads of a call that was refused.
pub fn refused_words(reason: Option<&str>) -> String {
    match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("The user refused this call, and it was not made: {reason}"),
        None => "The user refused this call, and it was not made.".to_owned(),
    }
}

/// The most servers of one request.
const MOST_SERVERS: usize = 8;

/// A server as a request names it.
#[derive(Clone, Debug, PartialEq)]
pub struct McpTool {
    /// The server's name in `mcp.json`.
    pub label: String,
    /// The tools that are offered; all of them if absent.
    allowed: Option<ToolFilter>,
    /// The calls that wait for somebody's word.
    approval: Approval,
}

/// Some of the tools of a server.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
pub struct ToolFilter {
    tool_names: Option<Vec<String>>,
    read_only: Option<bool>,
}

/// Which calls wait for somebody's word, as far as the request is concerned.
#[derive(Clone, Debug, PartialEq)]
enum Approval {
    Always,
    Never,
    ByTool { always: Option<ToolFilter>, never: Option<ToolFilter> },
}

/// The tool as it is sent.
#[derive(Deserialize)]
struct Sent {
    server_label: Option<String>,
    server_url: Option<Value>,
    connector_id: Option<Value>,
    headers: Option<Value>,
    authorization: Option<Value>,
    allowed_tools: Option<SentFilter>,
    require_approval: Option<SentApproval>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SentFilter {
    Names(Vec<String>),
    Filter(ToolFilter),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SentApproval {
    Word(String),
    ByTool { always: Option<ToolFilter>, never: Option<ToolFilter> },
}

impl ToolFilter {
    fn fits(&self, tool: &HostedTool) -> bool {
        let is_named = self.tool_names.as_ref().is_none_or(|names| names.contains(&tool.name));
        is_named && self.read_only.is_none_or(|wanted| wanted == tool.is_read_only())
    }
}

impl McpTool {
    /// Reads the tool.
    pub fn read(tool: &Value, place: &str) -> Result<Self, ApiError> {
        let refuse = |message: String| Err(ApiError::invalid(message).param(place));
        let sent = match Sent::deserialize(tool) {
            Ok(sent) => sent,
            Err(error) => return refuse(format!("{place}: {error}")),
        };
        for (name, field) in
            [("server_url", &sent.server_url), ("connector_id", &sent.connector_id)]
        {
            if field.is_some() {
                return refuse(format!(
                    "`{name}` is not taken: this server calls no address that a request names. Set the server up in `mcp.json` on the machine that Quire runs on, and name it by `server_label`."
                ));
            }
        }
        for (name, field) in [("headers", &sent.headers), ("authorization", &sent.authorization)] {
            if field.is_some() {
                return refuse(format!(
                    "`{name}` is not taken: what a server is sent beside the calls stands in `mcp.json`."
                ));
            }
        }
        let Some(label) = sent.server_label.filter(|label| !label.is_empty()) else {
            return refuse("`server_label` must name a server of `mcp.json`.".to_owned());
        };
        let allowed = sent.allowed_tools.map(|filter| match filter {
            SentFilter::Names(names) => ToolFilter { tool_names: Some(names), read_only: None },
            SentFilter::Filter(filter) => filter,
        });
        let approval = match sent.require_approval {
            None => Approval::Always,
            Some(SentApproval::Word(word)) if word == "always" => Approval::Always,
            Some(SentApproval::Word(word)) if word == "never" => Approval::Never,
            Some(SentApproval::Word(word)) => {
                return refuse(format!(
                    "`require_approval` is `{word}`; it must be `always`, `never`, or an object of both with tools."
                ));
            }
            Some(SentApproval::ByTool { always, never }) => Approval::ByTool { always, never },
        };
        Ok(Self { label, allowed, approval })
    }

    /// Reads all, which name different servers.
    pub fn check_all(tools: &[Self]) -> Result<(), ApiError> {
        let refuse = |message: String| Err(ApiError::invalid(message).param("tools"));
        if tools.len() > MOST_SERVERS {
            return refuse(format!(
                "{} servers are named; the most are {MOST_SERVERS}.",
                tools.len()
            ));
        }
        for (at, tool) in tools.iter().enumerate() {
            if tools[..at].iter().any(|other| other.label == tool.label) {
                return refuse(format!("The server `{}` is named twice.", tool.label));
            }
        }
        Ok(())
    }

    /// Returns whether a tool is offered to the model.
    pub fn offers(&self, tool: &HostedTool) -> bool {
        self.allowed.as_ref().is_none_or(|filter| filter.fits(tool))
    }

    /// Returns whether the request wants somebody's word before this tool is called, as it does unless it says otherwise.
    pub fn wants_approval(&self, tool: &HostedTool) -> bool {
        let fits = |filter: &Option<ToolFilter>| filter.as_ref().is_some_and(|one| one.fits(tool));
        match &self.approval {
            Approval::Always => true,
            Approval::Never => false,
            Approval::ByTool { always, never } => fits(always) || !fits(never),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

    fn tool(name: &str, is_read_only: bool) -> HostedTool {
        HostedTool {
            name: name.to_owned(),
            description: String::new(),
            schema: Map::new(),
            annotations: json!({"readOnlyHint": is_read_only}),
        }
    }

    fn read(fields: &Value) -> Result<McpTool, ApiError> {
        let mut sent = json!({"type": "mcp", "server_label": "files"});
        for (name, value) in fields.as_object().expect("fields") {
            sent[name] = value.clone();
        }
        McpTool::read(&sent, "tools[0]")
    }

    #[test]
    fn approval_is_wanted_unless_the_request_says_otherwise() {
        let (look, drop) = (tool("look", true), tool("drop", false));
        let never = json!({"never": {"tool_names": ["look"]}});
        let both = json!({"always": {"tool_names": ["drop"]}, "never": {"read_only": true}});
        for (approval, expected) in [
            (json!(null), [true, true]),
            (json!("always"), [true, true]),
            (json!("never"), [false, false]),
            (never, [false, true]),
            (both, [false, true]),
            (json!({}), [true, true]),
        ] {
            let read = read(&json!({ "require_approval": approval })).expect("a tool");
            let wanted = [&look, &drop].map(|tool| read.wants_approval(tool));
            assert_eq!(wanted, expected, "{approval}");
        }
    }

    #[test]
    fn only_some_tools_are_offered_if_the_request_says_so() {
        let (look, drop) = (tool("look", true), tool("drop", false));
        for (allowed, expected) in [
            (json!(null), [true, true]),
            (json!(["drop"]), [false, true]),
            (json!({"read_only": true}), [true, false]),
            (json!([]), [false, false]),
        ] {
            let read = read(&json!({ "allowed_tools": allowed })).expect("a tool");
            assert_eq!([&look, &drop].map(|tool| read.offers(tool)), expected, "{allowed}");
        }
    }

    #[test]
    fn an_address_in_a_request_is_refused() {
        for (fields, part) in [
            (json!({"server_url": "http://evil.example"}), "mcp.json"),
            (json!({"connector_id": "connector_gmail"}), "mcp.json"),
            (json!({"headers": {"a": "b"}}), "mcp.json"),
            (json!({"authorization": "k"}), "mcp.json"),
            (json!({"server_label": null}), "server_label"),
            (json!({"require_approval": "sometimes"}), "`sometimes`"),
            (json!({"allowed_tools": 5}), "tools[0]"),
        ] {
            let error = read(&fields).expect_err("it is refused");
            assert!(error.detail.message.contains(part), "{fields}: {}", error.detail.message);
            assert_eq!(error.detail.param.as_deref(), Some("tools[0]"));
        }
    }
}
