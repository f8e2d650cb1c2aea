//! A reply as events: the message begins, each block begins, grows and ends, and the message ends.

use axum::response::sse::Event;
use serde::Serialize;
use serde_json::Map;

use super::error::ErrorBody;
use super::message::{
    Frame, Message, OutputBlock, SearchResultLocation, StopReason, Usage, call_id,
};
use crate::http::stream as sse;
use crate::http::turn::step::{self, Ending, Step};

/// An event of a streamed reply.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamEvent {
    /// The message begins.
    MessageStart {
        /// It, without content.
        message: Message,
    },
    /// A block begins.
    ContentBlockStart {
        /// Its number.
        index: usize,
        /// It, empty.
        content_block: OutputBlock,
    },
    /// A block grows.
    ContentBlockDelta {
        /// Its number.
        index: usize,
        /// By what.
        delta: BlockDelta,
    },
    /// A block ends.
    ContentBlockStop {
        /// Its number.
        index: usize,
    },
    /// The message is complete.
    MessageDelta {
        /// Why it ended.
        delta: MessageEnd,
        /// The tokens of all of it.
        usage: Usage,
    },
    /// The message ends.
    MessageStop,
    /// It failed.
    #[serde(untagged)]
    Error(ErrorBody),
}

/// By what a block grows.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum BlockDelta {
    /// Words.
    #[serde(rename = "text_delta")]
    Text {
        /// The words.
        text: String,
    },
    /// A thought.
    #[serde(rename = "thinking_delta")]
    Thinking {
        /// The thought.
        thinking: String,
    },
    /// Arguments of a call.
    #[serde(rename = "input_json_delta")]
    InputJson {
        /// A piece of JSON text.
        partial_json: String,
    },
    /// A quote.
    #[serde(rename = "citations_delta")]
    Citation {
        /// The quote.
        citation: SearchResultLocation,
    },
}

/// Why a message ended.
#[derive(Debug, Serialize)]
pub struct MessageEnd {
    stop_reason: StopReason,
    stop_sequence: Option<String>,
}

impl StreamEvent {
    /// Writes the event, which is named by its type.
    pub fn sse(&self) -> Event {
        let name = match self {
            Self::MessageStart { .. } => "message_start",
            Self::ContentBlockStart { .. } => "content_block_start",
            Self::ContentBlockDelta { .. } => "content_block_delta",
            Self::ContentBlockStop { .. } => "content_block_stop",
            Self::MessageDelta { .. } => "message_delta",
            Self::MessageStop => "message_stop",
            Self::Error(_) => "error",
        };
        sse::named(name, self)
    }
}

/// What kind of block is open.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Open {
    Text,
    Thinking,
    Call,
}

/// Writes the steps of a reply as events.
pub struct Encoder {
    frame: Frame,
    is_begun: bool,
    open: Option<Open>,
    /// The number of the block that is open, or comes next.
    index: usize,
}

impl Encoder {
    /// Begins a reply.
    pub fn new(frame: Frame) -> Self {
        Self { frame, is_begun: false, open: None, index: 0 }
    }

    /// Writes a step.
    pub fn write(&mut self, step: Step) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        let usage = match &step {
            Step::Started(usage) => *usage,
            _ => step::Usage::default(),
        };
        if !std::mem::replace(&mut self.is_begun, true) && !matches!(step, Step::Failed(_)) {
            events.push(StreamEvent::MessageStart { message: Message::begin(&self.frame, usage) });
        }
        match step {
            // Anthropic has no place for quotes that no words rest on.
            Step::Started(_) | Step::Searched(_) | Step::Evidence(_) | Step::Hosted(_) => {}
            Step::Thought(thinking) => {
                let block = || OutputBlock::Thinking { thinking: String::new(), signature: "" };
                self.enter(Open::Thinking, block, &mut events);
                events.push(self.delta(BlockDelta::Thinking { thinking }));
            }
            Step::Text(text, _) => self.text(text, &mut events),
            Step::Sentence(cited) if cited.citations.is_empty() => {
                self.text(cited.text, &mut events);
            }
            Step::Sentence(cited) => {
                self.close(&mut events);
                let citations = SearchResultLocation::of_sentence(&cited, &self.frame.base_url);
                let block =
                    || OutputBlock::Text { text: String::new(), citations: Some(Vec::new()) };
                self.enter(Open::Text, block, &mut events);
                events.push(self.delta(BlockDelta::Text { text: cited.text }));
                for citation in citations {
                    events.push(self.delta(BlockDelta::Citation { citation }));
                }
                self.close(&mut events);
            }
            Step::Call(call) => {
                self.close(&mut events);
                let (id, name) = (call_id(&call), call.name);
                let block = || OutputBlock::ToolUse { id, name, input: Map::new() };
                self.enter(Open::Call, block, &mut events);
            }
            Step::Arguments(partial_json) => {
                events.push(self.delta(BlockDelta::InputJson { partial_json }));
            }
            Step::End(Ending { reason, usage, .. }) => {
                self.close(&mut events);
                let delta = MessageEnd { stop_reason: reason.into(), stop_sequence: None };
                events.push(StreamEvent::MessageDelta { delta, usage: usage.into() });
                events.push(StreamEvent::MessageStop);
            }
            Step::Failed(error) => events.push(StreamEvent::Error(error.into())),
        }
        events
    }

    fn text(&mut self, text: String, events: &mut Vec<StreamEvent>) {
        let block = || OutputBlock::Text { text: String::new(), citations: None };
        self.enter(Open::Text, block, events);
        events.push(self.delta(BlockDelta::Text { text }));
    }

    /// Begins a block unless one of its kind is open.
    fn enter(
        &mut self,
        kind: Open,
        block: impl FnOnce() -> OutputBlock,
        events: &mut Vec<StreamEvent>,
    ) {
        if self.open == Some(kind) {
            return;
        }
        self.close(events);
        let (index, content_block) = (self.index, block());
        events.push(StreamEvent::ContentBlockStart { index, content_block });
        self.open = Some(kind);
    }

    /// Ends the block that is open.
    fn close(&mut self, events: &mut Vec<StreamEvent>) {
        if self.open.take().is_some() {
            events.push(StreamEvent::ContentBlockStop { index: self.index });
            self.index += 1;
        }
    }

    fn delta(&self, delta: BlockDelta) -> StreamEvent {
        StreamEvent::ContentBlockDelta { index: self.index, delta }
    }
}
