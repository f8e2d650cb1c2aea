//! A reply as lines: each has more of it, the last says why it ended and how long it took. A reply that is not streamed
//! is one line.

use std::time::Duration;

use futures::StreamExt;
use quire_engines::FinishReason;
use quire_folder_sync::now_ms;
use serde::Serialize;
use serde_json::{Map, Value};

use super::error::ErrorBody;
use crate::http::error::ApiError;
use crate::http::moment::moment;
use crate::http::turn::Steps;
use crate::http::turn::marked::Marked;
use crate::http::turn::step::{Call, Ending, Step, Usage};
use crate::http::turn::timing::Timing;

/// Which of the two shapes a reply has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Face {
    /// That of `/api/chat`.
    Chat,
    /// That of `/api/generate`.
    Generate,
}

/// A line.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Line {
    /// More of a chat.
    Chat(Framed<ChatPiece>),
    /// More of a text.
    Generate(Framed<TextPiece>),
    /// It failed.
    Failed(ErrorBody),
}

/// What every line has around its piece.
#[derive(Debug, Serialize)]
pub struct Framed<T> {
    model: String,
    created_at: String,
    #[serde(flatten)]
    piece: T,
    done: bool,
    #[serde(flatten)]
    end: Option<End>,
}

#[derive(Debug, Serialize)]
pub struct ChatPiece {
    message: ReplyMessage,
}

#[derive(Debug, Serialize)]
pub struct TextPiece {
    response: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    thinking: String,
}

#[derive(Debug, Serialize)]
struct ReplyMessage {
    role: &'static str,
    content: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    thinking: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ReplyCall>,
}

/// A call of a tool, whole.
#[derive(Debug, Serialize)]
struct ReplyCall {
    id: String,
    function: ReplyFunction,
}

#[derive(Debug, Serialize)]
struct ReplyFunction {
    index: usize,
    name: String,
    arguments: Map<String, Value>,
}

/// Why and how a reply ended; durations are nanoseconds.
#[derive(Debug, Serialize)]
struct End {
    done_reason: &'static str,
    #[serde(flatten)]
    account: Option<Account>,
}

#[derive(Debug, Serialize)]
struct Account {
    total_duration: u64,
    load_duration: u64,
    prompt_eval_count: usize,
    prompt_eval_duration: u64,
    eval_count: usize,
    eval_duration: u64,
    /// Tokens of the conversation that were forgotten to make room; Quire's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped_tokens: Option<usize>,
}

/// What a line adds.
#[derive(Debug, Default)]
struct Piece {
    content: String,
    thinking: String,
    calls: Vec<ReplyCall>,
    end: Option<End>,
}

/// Writes the steps of a reply as lines.
pub struct Encoder {
    face: Face,
    model: String,
    timing: Timing,
    marked: Marked,
    call_count: usize,
    /// The call whose arguments are on their way: a line tells a whole one.
    call: Option<Call>,
}

impl Encoder {
    /// Begins a reply of a model.
    pub fn new(face: Face, model: String, timing: Timing) -> Self {
        let marked = Marked::default();
        Self { face, model, timing, marked, call_count: 0, call: None }
    }

    /// Writes a step.
    pub fn write(&mut self, step: Step) -> Option<Line> {
        match self.take(step) {
            Ok(piece) => piece.map(|piece| self.line(piece)),
            Err(error) => Some(Line::Failed(error.into())),
        }
    }

    /// Writes all steps as one line.
    pub async fn collect(mut self, mut steps: Steps) -> Result<Line, ApiError> {
        let mut whole = Piece::default();
        while let Some(step) = steps.next().await {
            if let Some(piece) = self.take(step)? {
                whole.content += &piece.content;
                whole.thinking += &piece.thinking;
                whole.calls.extend(piece.calls);
                whole.end = piece.end.or(whole.end);
            }
        }
        Ok(self.line(whole))
    }

    /// Writes a line that says no more than why nothing is said.
    pub fn nothing(&self, done_reason: &'static str) -> Line {
        let end = Some(End { done_reason, account: None });
        self.line(Piece { end, ..Piece::default() })
    }

    /// Takes a step; a call that was on its way is over when something else comes.
    fn take(&mut self, step: Step) -> Result<Option<Piece>, ApiError> {
        self.timing.hear(&step);
        if let (Step::Arguments(more), Some(call)) = (&step, &mut self.call) {
            call.arguments.push_str(more);
            return Ok(None);
        }
        let calls: Vec<ReplyCall> = self.finish_call().into_iter().collect();
        let piece = match step {
            Step::Started(_)
            | Step::Searched(_)
            | Step::Evidence(_)
            | Step::Hosted(_)
            | Step::Arguments(_) => Piece::default(),
            Step::Thought(thinking) => Piece { thinking, ..Piece::default() },
            Step::Text(content, _) => {
                self.marked.text(&content);
                Piece { content, ..Piece::default() }
            }
            Step::Sentence(cited) => {
                Piece { content: self.marked.sentence(&cited), ..Piece::default() }
            }
            Step::Call(call) => {
                self.call = Some(call);
                Piece::default()
            }
            Step::End(Ending { reason, usage, .. }) => {
                Piece { end: Some(self.end(reason, usage)), ..Piece::default() }
            }
            Step::Failed(error) => return Err(error),
        };
        let piece = Piece { calls, ..piece };
        let is_empty = piece.content.is_empty()
            && piece.thinking.is_empty()
            && piece.calls.is_empty()
            && piece.end.is_none();
        Ok((!is_empty).then_some(piece))
    }

    fn finish_call(&mut self) -> Option<ReplyCall> {
        let call = self.call.take()?;
        let index = self.call_count;
        self.call_count += 1;
        let arguments = call.read_arguments();
        let id = format!("call_{}", call.id);
        Some(ReplyCall { id, function: ReplyFunction { index, name: call.name, arguments } })
    }

    fn end(&self, reason: FinishReason, usage: Usage) -> End {
        let done_reason = match reason {
            FinishReason::Stop | FinishReason::ToolCalls => "stop",
            FinishReason::Length => "length",
        };
        let account = Account {
            total_duration: nanoseconds(self.timing.total()),
            load_duration: nanoseconds(self.timing.waiting()),
            prompt_eval_count: usage.prompt,
            prompt_eval_duration: nanoseconds(self.timing.reading()),
            eval_count: usage.completion,
            eval_duration: nanoseconds(self.timing.writing()),
            dropped_tokens: Some(usage.dropped).filter(|dropped| *dropped > 0),
        };
        End { done_reason, account: Some(account) }
    }

    fn line(&self, piece: Piece) -> Line {
        let Piece { content, thinking, calls: tool_calls, end } = piece;
        match self.face {
            Face::Chat => {
                let message = ReplyMessage { role: "assistant", content, thinking, tool_calls };
                Line::Chat(self.framed(ChatPiece { message }, end))
            }
            Face::Generate => {
                Line::Generate(self.framed(TextPiece { response: content, thinking }, end))
            }
        }
    }

    fn framed<T>(&self, piece: T, end: Option<End>) -> Framed<T> {
        let (model, created_at) = (self.model.clone(), moment(now_ms()));
        Framed { model, created_at, piece, done: end.is_some(), end }
    }
}

/// Gives nanoseconds, in which Ollama counts.
pub fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
