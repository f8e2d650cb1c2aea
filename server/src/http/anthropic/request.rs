//! A request to `/v1/messages`, read into what a model or a collection is asked.

use quire_engines::{ChatMessage, ChatRole, Constraint};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::{self, InputBlock, InputMessage};
use crate::http::error::ApiError;
use crate::http::text_or::TextOr;
use crate::http::turn::Asked;
use crate::http::v1::constraint::Form;
use crate::http::v1::error::unsupported;
use crate::http::v1::messages::settle;
use crate::http::v1::options::{CommonOptions, Stop};
use crate::http::v1::tools::{ToolFields, ToolUse};

/// What the first block of system begins with in which Claude Code tells Anthropic whom to bill. It changes with each
/// request and says nothing to a model, but would keep the prompt after it from being reused.
const BILLING_MARK: &str = "x-anthropic-billing-header";

/// The request.
#[derive(Debug, Deserialize)]
pub struct MessagesBody {
    model: Option<String>,
    messages: Vec<InputMessage>,
    system: Option<TextOr<InputBlock>>,
    max_tokens: Option<i64>,
    stop_sequences: Option<Vec<String>>,
    stream: Option<bool>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    top_k: Option<i64>,
    tools: Option<Vec<InputTool>>,
    tool_choice: Option<InputChoice>,
    thinking: Option<InputThinking>,
    output_config: Option<OutputConfig>,
    output_format: Option<OutputFormat>,
    /// How long the model stays in memory from now on, in seconds; Quire's own.
    ttl: Option<i64>,
}

/// A tool that may be called.
#[derive(Debug, Deserialize)]
struct InputTool {
    #[serde(rename = "type")]
    kind: Option<String>,
    name: String,
    description: Option<String>,
    input_schema: Option<Map<String, Value>>,
}

/// Whether a tool may, must or must not be called.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum InputChoice {
    Auto { disable_parallel_tool_use: Option<bool> },
    Any { disable_parallel_tool_use: Option<bool> },
    Tool { name: String, disable_parallel_tool_use: Option<bool> },
    None,
}

/// Whether the model may think first. The size of its budget is left to it.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum InputThinking {
    Enabled,
    Adaptive,
    Disabled,
}

#[derive(Debug, Deserialize)]
struct OutputConfig {
    format: Option<OutputFormat>,
}

/// What the text must be like.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OutputFormat {
    JsonSchema { schema: Value },
}

impl MessagesBody {
    /// Returns whether to stream.
    pub fn is_stream(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    /// Reads the request.
    pub fn read(self) -> Result<Asked, ApiError> {
        let tools = read_tools(self.tools.unwrap_or_default(), self.tool_choice)?;
        let (format, param) = match self.output_config.and_then(|config| config.format) {
            Some(format) => (Some(format), "output_config"),
            None => (self.output_format, "output_format"),
        };
        let form = format.map(|OutputFormat::JsonSchema { schema }| Form {
            constraint: Constraint::JsonSchema(schema),
            param,
        });
        let mut messages: Vec<ChatMessage> = read_system(self.system)?.into_iter().collect();
        for (at, message) in self.messages.into_iter().enumerate() {
            messages.extend(input::read(message, &format!("messages[{at}]"))?);
        }
        let is_thinking =
            matches!(self.thinking, Some(InputThinking::Enabled | InputThinking::Adaptive));
        let options = CommonOptions {
            model: self.model,
            max_tokens: self.max_tokens,
            stop: self.stop_sequences.map(Stop::Many),
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            reasoning_effort: (!is_thinking).then(|| "none".to_owned()),
            ttl: self.ttl,
            ..CommonOptions::default()
        };
        Ok(Asked { messages: settle(messages)?, tools, form, options })
    }
}

fn read_system(system: Option<TextOr<InputBlock>>) -> Result<Option<ChatMessage>, ApiError> {
    let blocks = match system {
        None => return Ok(None),
        Some(TextOr::Text(text)) => vec![InputBlock::Text { text }],
        Some(TextOr::Parts(blocks)) => blocks,
    };
    let mut message = ChatMessage::new(ChatRole::System, "");
    for (at, block) in blocks.into_iter().enumerate() {
        let InputBlock::Text { text } = block else {
            let param = format!("system[{at}]");
            return Err(unsupported(&param, "A block of `system` that is not text"));
        };
        if at > 0 || !text.starts_with(BILLING_MARK) {
            message.add_paragraph(&text);
        }
    }
    Ok((!message.text().is_empty()).then_some(message))
}

/// Reads tools by the rules of all protocols.
fn read_tools(tools: Vec<InputTool>, choice: Option<InputChoice>) -> Result<ToolUse, ApiError> {
    let mut listed = Vec::with_capacity(tools.len());
    for (at, tool) in tools.into_iter().enumerate() {
        if let Some(kind) = tool.kind.filter(|kind| kind != "custom") {
            return Err(unsupported(&format!("tools[{at}]"), &format!("A tool of type `{kind}`")));
        }
        let (name, parameters) = (tool.name, tool.input_schema);
        listed
            .push(json!({"name": name, "description": tool.description, "parameters": parameters}));
    }
    let (choice, is_alone) = match choice {
        None => (None, None),
        Some(InputChoice::Auto { disable_parallel_tool_use: alone }) => {
            (Some(json!("auto")), alone)
        }
        Some(InputChoice::Any { disable_parallel_tool_use: alone }) => {
            (Some(json!("required")), alone)
        }
        Some(InputChoice::Tool { name, disable_parallel_tool_use: alone }) => {
            (Some(json!({"type": "function", "name": name})), alone)
        }
        Some(InputChoice::None) => (Some(json!("none")), None),
    };
    let fields = ToolFields {
        tools: Some(listed.into()),
        tool_choice: choice,
        parallel_tool_calls: is_alone.map(|is_alone| !is_alone),
        ..ToolFields::default()
    };
    fields.read()
}
