//! A reply of `/api/v1/chat` as events: it begins, the prompt is read, thoughts and words begin, grow and end, and the whole
//! reply ends it.

use axum::response::sse::Event;
use serde::Serialize;

use super::chat::Reply;
use super::error::ErrorDetail;
use crate::http::stream as sse;
use crate::http::turn::finished::Finished;
use crate::http::turn::marked::Marked;
use crate::http::turn::step::Step;
use crate::http::turn::timing::Timing;

/// An event of a streamed reply.
#[derive(Debug, Serialize)]
#[serde(tag = "type")]
pub enum StreamEvent {
    /// The reply begins.
    #[serde(rename = "chat.start")]
    ChatStart {
        /// Who replies.
        model_instance_id: String,
    },
    /// The prompt is read.
    #[serde(rename = "prompt_processing.start")]
    PromptStart,
    /// The prompt was read.
    #[serde(rename = "prompt_processing.end")]
    PromptEnd,
    /// Thoughts begin.
    #[serde(rename = "reasoning.start")]
    ReasoningStart,
    /// More of a thought.
    #[serde(rename = "reasoning.delta")]
    ReasoningDelta {
        /// It.
        content: String,
    },
    /// Thoughts end.
    #[serde(rename = "reasoning.end")]
    ReasoningEnd,
    /// Words begin.
    #[serde(rename = "message.start")]
    MessageStart,
    /// More words.
    #[serde(rename = "message.delta")]
    MessageDelta {
        /// They.
        content: String,
    },
    /// Words end.
    #[serde(rename = "message.end")]
    MessageEnd,
    /// It failed.
    #[serde(rename = "error")]
    Error {
        /// Why.
        error: ErrorDetail,
    },
    /// The whole reply.
    #[serde(rename = "chat.end")]
    ChatEnd {
        /// As it would be if it were not streamed.
        result: Reply,
    },
}

impl StreamEvent {
    /// Writes the event, which is named by its type.
    pub fn sse(&self) -> Event {
        let name = match self {
            Self::ChatStart { .. } => "chat.start",
            Self::PromptStart => "prompt_processing.start",
            Self::PromptEnd => "prompt_processing.end",
            Self::ReasoningStart => "reasoning.start",
            Self::ReasoningDelta { .. } => "reasoning.delta",
            Self::ReasoningEnd => "reasoning.end",
            Self::MessageStart => "message.start",
            Self::MessageDelta { .. } => "message.delta",
            Self::MessageEnd => "message.end",
            Self::Error { .. } => "error",
            Self::ChatEnd { .. } => "chat.end",
        };
        sse::named(name, self)
    }
}

/// What has begun and not ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Open {
    Prompt,
    Thoughts,
    Words,
}

/// Writes the steps of a reply as events.
pub struct Encoder {
    model: String,
    open: Option<Open>,
    marked: Marked,
    done: Finished,
    response_id: Option<String>,
}

impl Encoder {
    /// Begins a reply.
    pub fn new(model: String, timing: Timing, response_id: Option<String>) -> Self {
        let done = Finished { timing, ..Finished::default() };
        Self { model, open: None, marked: Marked::default(), done, response_id }
    }

    /// Gives the reply so far.
    pub fn done(&self) -> &Finished {
        &self.done
    }

    /// Writes the first event.
    pub fn begin(&self) -> Event {
        StreamEvent::ChatStart { model_instance_id: self.model.clone() }.sse()
    }

    /// Writes a step.
    pub fn write(&mut self, step: Step) -> Vec<StreamEvent> {
        let mut events = Vec::new();
        if self.open.is_none() && self.done.parts.is_empty() {
            self.enter(Open::Prompt, &mut events);
        }
        match &step {
            Step::Started(_)
            | Step::Searched(_)
            | Step::Hosted(_)
            | Step::Evidence(_)
            | Step::Call(_)
            | Step::Arguments(_) => {}
            Step::Thought(text) => {
                self.enter(Open::Thoughts, &mut events);
                events.push(StreamEvent::ReasoningDelta { content: text.clone() });
            }
            Step::Text(text, _) => {
                self.marked.text(text);
                self.enter(Open::Words, &mut events);
                events.push(StreamEvent::MessageDelta { content: text.clone() });
            }
            Step::Sentence(cited) => {
                self.enter(Open::Words, &mut events);
                events.push(StreamEvent::MessageDelta { content: self.marked.sentence(cited) });
            }
            Step::End(_) | Step::Failed(_) => self.close(&mut events),
        }
        let is_end = matches!(step, Step::End(_) | Step::Failed(_));
        let response_id = match self.done.take(step) {
            Ok(()) => self.response_id.take_if(|_| is_end),
            Err(error) => {
                events.push(StreamEvent::Error { error: error.into() });
                None
            }
        };
        if is_end {
            let result = Reply::of(self.model.clone(), &self.done, response_id);
            events.push(StreamEvent::ChatEnd { result });
        }
        events
    }

    /// Begins something unless it has begun.
    fn enter(&mut self, next: Open, events: &mut Vec<StreamEvent>) {
        if self.open == Some(next) {
            return;
        }
        self.close(events);
        self.open = Some(next);
        events.push(match next {
            Open::Prompt => StreamEvent::PromptStart,
            Open::Thoughts => StreamEvent::ReasoningStart,
            Open::Words => StreamEvent::MessageStart,
        });
    }

    fn close(&mut self, events: &mut Vec<StreamEvent>) {
        events.extend(self.open.take().map(|open| match open {
            Open::Prompt => StreamEvent::PromptEnd,
            Open::Thoughts => StreamEvent::ReasoningEnd,
            Open::Words => StreamEvent::MessageEnd,
        }));
    }
}
