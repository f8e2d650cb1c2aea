//! A reply: a message of blocks.

use quire_domain::Citation;
use quire_engines::FinishReason;
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::http::turn::finished::{Finished, Part};
use crate::http::turn::step::{self, Call, Cited};
use crate::http::v1::content::{link, title};

/// What stays the same over a reply.
#[derive(Clone, Debug)]
pub struct Frame {
    id: String,
    model: String,
    /// Where links lead.
    pub base_url: String,
}

impl Frame {
    /// Begins a reply.
    pub fn new(model: String, base_url: String) -> Self {
        Self { id: format!("msg_{}", Uuid::new_v4().simple()), model, base_url }
    }
}

/// A message of the assistant.
#[derive(Debug, Serialize)]
pub struct Message {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    role: &'static str,
    model: String,
    content: Vec<OutputBlock>,
    stop_reason: Option<StopReason>,
    stop_sequence: Option<String>,
    usage: Usage,
}

/// A block of a reply.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutputBlock {
    /// Words.
    Text {
        /// The words.
        text: String,
        /// The quotes they rest on.
        #[serde(skip_serializing_if = "Option::is_none")]
        citations: Option<Vec<SearchResultLocation>>,
    },
    /// What the model thought. Nothing is signed here.
    Thinking {
        /// The thought.
        thinking: String,
        /// Always empty.
        signature: &'static str,
    },
    /// A call of a tool.
    ToolUse {
        /// What its result is to name it by.
        id: String,
        /// The tool.
        name: String,
        /// The arguments.
        input: Map<String, Value>,
    },
}

/// A quote: of Anthropic's kinds of citations the one that has a link.
#[derive(Clone, Debug, Serialize)]
pub struct SearchResultLocation {
    #[serde(rename = "type")]
    kind: &'static str,
    cited_text: String,
    source: String,
    title: String,
    search_result_index: u32,
    start_block_index: u32,
    end_block_index: u32,
}

impl SearchResultLocation {
    /// Shows a quote. Its number, less one, tells it from others of the reply.
    pub fn of(citation: &Citation, base_url: &str) -> Self {
        Self {
            kind: "search_result_location",
            cited_text: citation.quote.clone(),
            source: link(citation, base_url),
            title: title(citation),
            search_result_index: citation.index.saturating_sub(1),
            start_block_index: 0,
            end_block_index: 1,
        }
    }

    /// Shows the quotes of a sentence.
    pub fn of_sentence(cited: &Cited, base_url: &str) -> Vec<Self> {
        cited.citations.iter().map(|citation| Self::of(citation, base_url)).collect()
    }
}

/// Why a reply ended. The engines do not tell a stop sequence from the model's own end, so that it is `end_turn` too.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model had said all.
    EndTurn,
    /// There was no room for more.
    MaxTokens,
    /// The model waits for tools.
    ToolUse,
}

impl From<FinishReason> for StopReason {
    fn from(reason: FinishReason) -> Self {
        match reason {
            FinishReason::Stop => Self::EndTurn,
            FinishReason::Length => Self::MaxTokens,
            FinishReason::ToolCalls => Self::ToolUse,
        }
    }
}

/// The tokens of a reply. Those that were in the cache are counted apart.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Usage {
    #[serde(rename = "input_tokens")]
    input: usize,
    #[serde(rename = "cache_creation_input_tokens")]
    cache_creation_input: usize,
    #[serde(rename = "cache_read_input_tokens")]
    cache_read_input: usize,
    #[serde(rename = "output_tokens")]
    output: usize,
}

impl From<step::Usage> for Usage {
    fn from(usage: step::Usage) -> Self {
        Self {
            input: usage.prompt.saturating_sub(usage.cached),
            cache_creation_input: 0,
            cache_read_input: usage.cached,
            output: usage.completion,
        }
    }
}

/// Gives a call's identifier as Anthropic's clients know it.
pub fn call_id(call: &Call) -> String {
    format!("toolu_{}", call.id)
}

impl Message {
    /// Begins a message that has no content yet.
    pub fn begin(frame: &Frame, usage: step::Usage) -> Self {
        Self {
            id: frame.id.clone(),
            kind: "message",
            role: "assistant",
            model: frame.model.clone(),
            content: Vec::new(),
            stop_reason: None,
            stop_sequence: None,
            usage: usage.into(),
        }
    }

    /// Makes the message of a whole reply.
    pub fn of(frame: &Frame, done: Finished) -> Self {
        let mut message = Self::begin(frame, done.usage);
        for part in done.parts {
            message.add(part, &frame.base_url);
        }
        message.stop_reason = done.reason.map(StopReason::from);
        message
    }

    /// Adds a part. Words without citations go on in the block before; a cited sentence has one of its own.
    fn add(&mut self, part: Part, base_url: &str) {
        let (text, citations) = match part {
            Part::Thought(thinking) => {
                self.content.push(OutputBlock::Thinking { thinking, signature: "" });
                return;
            }
            Part::Call(call) => {
                self.content.push(OutputBlock::call(&call));
                return;
            }
            Part::Text(text) => (text, None),
            Part::Sentence(cited) if cited.citations.is_empty() => (cited.text, None),
            Part::Sentence(cited) => {
                let citations = SearchResultLocation::of_sentence(&cited, base_url);
                (cited.text, Some(citations))
            }
        };
        match (self.content.last_mut(), &citations) {
            (Some(OutputBlock::Text { text: before, citations: None }), None) => {
                before.push_str(&text);
            }
            _ => self.content.push(OutputBlock::Text { text, citations }),
        }
    }
}

impl OutputBlock {
    fn call(call: &Call) -> Self {
        let input = call.read_arguments();
        Self::ToolUse { id: call_id(call), name: call.name.clone(), input }
    }
}
