//! A response as it is told: every key is there, since clients of either specification ask for all.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::request::{ReasoningWish, ResponseBody};
use crate::http::state::now_seconds;
use crate::http::turn::file_search::FoundPassage;
use crate::http::turn::step;
use crate::http::v1::content::{FileCitation, UrlCitation};
use crate::http::v1::mcp::items::McpItem;
use crate::http::v1::reply::ToldToken;

/// A response.
#[derive(Clone, Debug, Serialize)]
pub struct Resource {
    /// Its identifier.
    pub id: String,
    object: &'static str,
    created_at: u64,
    /// When it was complete.
    pub completed_at: Option<u64>,
    /// How far it is.
    pub status: Status,
    /// Why it is not whole.
    pub incomplete_details: Option<Incomplete>,
    /// Who answers.
    pub model: String,
    /// What it says and does.
    pub output: Vec<Item>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// The tokens it took.
    pub usage: Option<Usage>,
    #[serde(flatten)]
    settings: Settings,
}

/// How far a response or an item of it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It is being made.
    InProgress,
    /// It is whole.
    Completed,
    /// It ended before its time.
    Incomplete,
    /// It failed.
    Failed,
}

/// Why a response is not whole.
#[derive(Clone, Debug, Serialize)]
pub struct Incomplete {
    /// The reason.
    pub reason: &'static str,
}

/// Why a response failed.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub message: String,
}

/// What was asked for, as far as it is told again.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    previous_response_id: Option<String>,
    instructions: Option<String>,
    tools: Vec<Value>,
    tool_choice: Value,
    truncation: String,
    parallel_tool_calls: bool,
    text: TextFormat,
    top_p: f32,
    presence_penalty: f32,
    frequency_penalty: f32,
    top_logprobs: usize,
    temperature: f32,
    reasoning: Option<ReasoningWish>,
    max_output_tokens: Option<i64>,
    max_tool_calls: Option<u32>,
    store: bool,
    background: bool,
    service_tier: &'static str,
    metadata: Map<String, Value>,
    safety_identifier: Option<String>,
    prompt_cache_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation: Option<ConversationRef>,
}

/// The conversation that a response belongs to.
#[derive(Clone, Debug, Serialize)]
struct ConversationRef {
    id: String,
}

#[derive(Clone, Debug, Serialize)]
struct TextFormat {
    format: Value,
}

/// An item of the output.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item {
    /// Words.
    Message {
        /// Its identifier.
        id: String,
        /// How far it is.
        status: Status,
        /// Always the assistant.
        role: &'static str,
        /// One part, or none at first.
        content: Vec<Part>,
    },
    /// A call of a tool.
    FunctionCall {
        /// Its identifier as an item.
        id: String,
        /// What its result is to name it by.
        call_id: String,
        /// The tool.
        name: String,
        /// The arguments: JSON text.
        arguments: String,
        /// How far it is.
        status: Status,
    },
    /// A search of files.
    FileSearchCall {
        /// Its identifier.
        id: String,
        /// How far it is.
        status: Status,
        /// What was searched for.
        queries: Vec<String>,
        /// What was found, if it is asked for.
        results: Option<Vec<FoundPassage>>,
    },
    /// What the model thought.
    Reasoning {
        /// Its identifier.
        id: String,
        /// One part, or none at first: clients show nothing else.
        summary: Vec<Part>,
    },
    /// Something that is done with the tools of servers.
    #[serde(untagged)]
    Mcp(McpItem),
}

/// A part of an item.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    /// Words.
    OutputText {
        /// The words.
        text: String,
        /// Links to the quotes they rest on.
        annotations: Vec<Annotation>,
        /// Its tokens, if their probabilities were asked for.
        logprobs: Vec<ToldToken>,
    },
    /// A thought.
    SummaryText {
        /// The thought.
        text: String,
    },
}

/// A link to a quote.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Annotation {
    /// A quote of a collection.
    UrlCitation(UrlCitation),
    /// A quote of a file that was searched.
    FileCitation(FileCitation),
}

/// The tokens of a response.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Usage {
    input_tokens: usize,
    input_tokens_details: InputDetails,
    output_tokens: usize,
    output_tokens_details: OutputDetails,
    total_tokens: usize,
    /// Those of the conversation that were forgotten to make room; Quire's own.
    #[serde(skip_serializing_if = "is_none")]
    dropped_tokens: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

#[derive(Clone, Copy, Debug, Serialize)]
struct InputDetails {
    cached_tokens: usize,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct OutputDetails {
    reasoning_tokens: usize,
}

impl From<step::Usage> for Usage {
    fn from(usage: step::Usage) -> Self {
        Self {
            input_tokens: usage.prompt,
            input_tokens_details: InputDetails { cached_tokens: usage.cached },
            output_tokens: usage.completion,
            output_tokens_details: OutputDetails { reasoning_tokens: usage.reasoning },
            total_tokens: usage.prompt + usage.completion,
            dropped_tokens: usage.dropped,
        }
    }
}

impl Settings {
    /// Reads what is told again. A tool is told with all its keys.
    pub fn of(body: &ResponseBody) -> Self {
        let tool = |tool: &Value| {
            let mut tool = tool.clone();
            if tool.get("type").is_some_and(|kind| kind != "function") {
                return tool;
            }
            for key in ["description", "parameters", "strict"] {
                if let Some(fields) = tool.as_object_mut() {
                    fields.entry(key).or_insert(Value::Null);
                }
            }
            tool
        };
        let format = body.text.as_ref().and_then(|text| text.format.clone());
        Self {
            previous_response_id: body.previous_response_id.clone(),
            instructions: body.instructions.clone(),
            tools: body.tools.iter().flatten().map(tool).collect(),
            tool_choice: body.tool_choice.clone().unwrap_or_else(|| json!("auto")),
            truncation: body.truncation.clone().unwrap_or_else(|| "disabled".to_owned()),
            parallel_tool_calls: body.parallel_tool_calls.unwrap_or(true),
            text: TextFormat { format: format.unwrap_or_else(|| json!({"type": "text"})) },
            top_p: body.top_p.unwrap_or(1.0),
            presence_penalty: 0.0,
            frequency_penalty: 0.0,
            top_logprobs: body.top_logprobs.unwrap_or(0),
            temperature: body.temperature.unwrap_or(1.0),
            reasoning: body.reasoning.clone(),
            max_output_tokens: body.max_output_tokens,
            max_tool_calls: body.max_tool_calls,
            store: body.is_kept(),
            background: body.is_background(),
            service_tier: "default",
            metadata: body.metadata.clone().unwrap_or_default(),
            safety_identifier: body.safety_identifier.clone(),
            prompt_cache_key: body.prompt_cache_key.clone(),
            conversation: body.conversation_id().map(|id| ConversationRef { id: id.to_owned() }),
        }
    }
}

impl Resource {
    /// Begins a response.
    pub fn begin(id: String, model: String, settings: Settings) -> Self {
        Self {
            id,
            object: "response",
            created_at: now_seconds(),
            completed_at: None,
            status: Status::InProgress,
            incomplete_details: None,
            model,
            output: Vec::new(),
            error: None,
            usage: None,
            settings,
        }
    }
}
