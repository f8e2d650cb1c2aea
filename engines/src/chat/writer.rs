//! A reply while it is written: from the bytes of each token to the events that whoever asked hears.

use tokio::sync::mpsc;

use super::constraint::Guard;
use super::reply::{ReplyParser, ReplyPart};
use super::stream::TextStream;
use crate::{EngineError, FinishReason, GenerateEvent};

/// What is written, and how much of it.
pub struct Writer {
    stream: TextStream,
    reply: ReplyParser,
    completion_tokens: usize,
    max_tokens: usize,
    events: mpsc::Sender<GenerateEvent>,
}

/// Why a reply is over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ending {
    /// It has said all that it says.
    Finished(FinishReason),
    /// It cannot go on.
    Failed(String),
    /// Nobody listens any more.
    Cancelled,
}

/// The text of a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Piece<'a> {
    /// Its bytes, which need not be whole characters.
    pub bytes: &'a [u8],
    /// Whether it is a special token: no text, but some begin or end a call.
    pub is_special: bool,
}

impl Writer {
    /// Begins a reply of so many tokens at most, which ends before any of the `stops`. The channel has room for all events.
    pub fn new(
        reply: ReplyParser,
        stops: &[String],
        max_tokens: usize,
        events: mpsc::Sender<GenerateEvent>,
    ) -> Self {
        let stream = TextStream::new(stops);
        Self { stream, reply, completion_tokens: 0, max_tokens, events }
    }

    /// Returns whether nobody listens any more.
    pub fn is_abandoned(&self) -> bool {
        self.events.is_closed()
    }

    /// Returns whether what comes is a thought that the prompt has begun.
    pub fn is_thinking(&self) -> bool {
        self.reply.is_thinking()
    }

    /// Tells an event; whoever is gone is noticed at the text.
    pub fn tell(&self, event: GenerateEvent) {
        let _ = self.events.try_send(event);
    }

    /// Returns the end if no more tokens are wanted.
    pub fn limit(&self) -> Option<Ending> {
        (self.tokens_left() == 0).then_some(Ending::Finished(FinishReason::Length))
    }

    /// Says how many more tokens are wanted.
    pub fn tokens_left(&self) -> usize {
        self.max_tokens.saturating_sub(self.completion_tokens)
    }

    /// Takes a token that was chosen, which may be the last one of a form, and shows what it completes.
    pub fn take(&mut self, piece: Piece<'_>, form: Option<&Guard>) -> Option<Ending> {
        self.completion_tokens += 1;
        let is_text = !piece.is_special
            || std::str::from_utf8(piece.bytes).is_ok_and(|mark| self.reply.reads_token(mark));
        let step = self.stream.push(if is_text { piece.bytes } else { &[] });
        if !self.show(&step.text) {
            return Some(Ending::Cancelled);
        }
        if step.stopped || self.reply.is_over() || form.is_some_and(Guard::is_over) {
            return Some(Ending::Finished(FinishReason::Stop));
        }
        self.limit()
    }

    /// Says how it ended, and before that what was held back.
    pub fn end(mut self, ending: Ending, failed: impl FnOnce(String) -> EngineError) {
        let reason = match ending {
            Ending::Cancelled => return,
            Ending::Failed(reason) => return self.tell(GenerateEvent::Failed(failed(reason))),
            Ending::Finished(reason) => reason,
        };
        let rest = std::mem::replace(&mut self.stream, TextStream::new(&[])).finish();
        if !rest.is_empty() {
            self.show(&rest);
        }
        for held in self.reply.finish() {
            self.tell(held.into());
        }
        let (reason, completion_tokens) = (self.reply.reason(reason), self.completion_tokens);
        self.tell(GenerateEvent::Finished { reason, completion_tokens });
    }

    /// Shows text, thought and calls apart from the answer; false when nobody listens any more.
    fn show(&mut self, text: &str) -> bool {
        let parts = if text.is_empty() { Vec::new() } else { self.reply.push(text) };
        let is_heard = |part: ReplyPart| self.events.try_send(part.into()).is_ok();
        if parts.is_empty() { !self.events.is_closed() } else { parts.into_iter().all(is_heard) }
    }
}
