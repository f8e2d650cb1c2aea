//! The reply of a model, taken apart as it comes: what it thinks, what it says, and the tools that it calls.
//!
//! Models that reason write their thoughts first, between marks of their family; marks of thought further on are
//! part of the answer. Calls of tools are looked for only if tools were offered, in the ways that [`ReplyFormat`]
//! found in the model's template. A call is told with its name as soon as it is certain to be one, and then its
//! arguments as they come.
//!
//! The parser goes a character at a time, so that a reply comes to the same however it is cut, and holds back only what
//! may begin a mark, with the blanks before it. What looks like a call and is none becomes text. Arguments that break
//! their JSON after they have begun to be told are told as they are, up to the mark that ends them. So no words are
//! lost; only marks, the blanks around them and a call's other fields are left out.

mod format;

mod arguments;
mod envelope;
mod json;

mod deepseek;
mod fence;
mod listed;
mod parameters;
mod python;
mod recipient;
mod tags;

mod required;

use std::collections::VecDeque;
use std::sync::Arc;

pub use format::ReplyFormat;
pub(super) use format::thought_marks_in;
pub use required::compact;

use super::mark::unfinished_mark;
use super::message::Chat;
use super::tool::Tool;
use crate::FinishReason;
use format::{Opener, THOUGHTS, thought_opened_by};

/// A part of a reply. Parts of a kind that follow each other are pieces of the same, but for calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ReplyPart {
    /// More of the thought.
    Thought(String),
    /// More of the answer.
    Text(String),
    /// The model calls the tool of this name.
    Call(String),
    /// More of the arguments of the last call: a piece of JSON text.
    Arguments(String),
}

/// Takes a reply apart as it comes.
#[derive(Clone, Debug)]
pub struct ReplyParser {
    state: State,
    /// What may yet turn out to begin a mark.
    held: String,
    /// What begins a call.
    openers: Vec<Opener>,
    tools: Arc<[Tool]>,
    has_called: bool,
    /// Whether the reply ends with its first call.
    is_single: bool,
}

#[derive(Clone, Debug)]
enum State {
    /// Before the first letter.
    Beginning,
    /// In a thought that ends so.
    Thinking(&'static str),
    /// Behind a thought or a call, before the first letter that follows.
    Between(Place),
    /// In the answer.
    Answering(Place),
    /// In what may be a call.
    Calling(Box<Calling>),
    /// Behind the only call; nothing is read any more.
    Over,
}

/// Whether anything of the answer has been told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Place {
    First,
    Later,
}

#[derive(Clone, Debug)]
struct Calling {
    reader: Reader,
    /// What stands before what was read, if nothing of it has been told.
    opener: String,
    /// What was read and not told.
    untold: String,
}

impl State {
    fn calling(reader: Reader, opener: String) -> Self {
        Self::Calling(Box::new(Calling { reader, opener, untold: String::new() }))
    }
}

/// What reads calls in one of the ways in which models write them.
#[derive(Clone, Debug)]
enum Reader {
    Tags(tags::Tags),
    Listed(listed::Listed),
    DeepSeek(deepseek::DeepSeek),
    Fence(fence::Fence),
    Recipient(recipient::Recipient),
}

/// What came of one more character of what may be a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Progress {
    /// It is not certain yet.
    More,
    /// All that was read has been told, or needs no telling.
    Told,
    /// The calls are over, and the character was the last of them.
    Over,
    /// What was read since something was told is no call.
    NoCall,
}

/// Parts in the making: neighbours of a kind become one.
#[derive(Debug, Default)]
struct Parts {
    parts: Vec<ReplyPart>,
    /// Calls whose arguments are complete.
    ended_calls: usize,
}

impl Parts {
    fn thought(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(ReplyPart::Thought(last)) => last.push_str(text),
            _ => self.parts.push(ReplyPart::Thought(text.to_owned())),
        }
    }

    fn text(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(ReplyPart::Text(last)) => last.push_str(text),
            _ => self.parts.push(ReplyPart::Text(text.to_owned())),
        }
    }

    fn call(&mut self, name: &str) {
        self.parts.push(ReplyPart::Call(name.to_owned()));
    }

    fn arguments(&mut self, text: &str) {
        match self.parts.last_mut() {
            _ if text.is_empty() => {}
            Some(ReplyPart::Arguments(last)) => last.push_str(text),
            _ => self.parts.push(ReplyPart::Arguments(text.to_owned())),
        }
    }

    fn end_call(&mut self) {
        self.ended_calls += 1;
    }

    /// Gives the name and arguments of the only call.
    fn into_call(self) -> Option<(String, String)> {
        let mut parts = self.parts.into_iter();
        match (parts.next(), parts.next(), parts.next()) {
            (Some(ReplyPart::Call(name)), Some(ReplyPart::Arguments(text)), None) => {
                Some((name, text))
            }
            _ => None,
        }
    }

    /// Tells a call that is known as a whole.
    fn whole_call(&mut self, name: &str, arguments: &str) {
        self.call(name);
        self.arguments(arguments);
        self.end_call();
    }
}

impl ReplyParser {
    /// Begins a reply to a chat; `prompt` is the chat as the model's template wrote it, which may have begun a
    /// thought or named what the reply goes to.
    pub fn new(format: &ReplyFormat, chat: &Chat, prompt: &str) -> Self {
        let tools: Arc<[Tool]> = chat.offered_tools().into();
        let mut state = thought_opened_by(prompt).map_or(State::Beginning, State::Thinking);
        if format.opens_recipient(prompt) {
            let reader = Opener::Recipient.reader(&tools);
            state = State::calling(reader, String::new());
        }
        let openers = format.openers(!tools.is_empty());
        let is_single = !chat.parallel_calls;
        Self { state, held: String::new(), openers, tools, has_called: false, is_single }
    }

    /// Begins a text that is no reply in a chat: everything is answer, whatever it begins with.
    pub fn of_text() -> Self {
        Self {
            state: State::Answering(Place::First),
            held: String::new(),
            openers: Vec::new(),
            tools: Arc::new([]),
            has_called: false,
            is_single: false,
        }
    }

    /// Takes more of the reply.
    pub fn push(&mut self, text: &str) -> Vec<ReplyPart> {
        let mut parts = Parts::default();
        self.feed(text, &mut parts);
        self.note(&parts);
        parts.parts
    }

    /// Gives what was held back, when no more comes.
    pub fn finish(&mut self) -> Vec<ReplyPart> {
        let mut parts = Parts::default();
        // What turns out to be no call may hold another that is one.
        while let Some(rest) = self.end(&mut parts) {
            self.feed(&rest, &mut parts);
        }
        self.note(&parts);
        parts.parts
    }

    /// Returns whether the model thinks, and has not begun to answer.
    pub fn is_thinking(&self) -> bool {
        matches!(self.state, State::Thinking(_))
    }

    /// Returns whether nothing that the model writes from here on is part of the reply.
    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Over)
    }

    /// Tells why the reply ended: a model that has called tools waits for them.
    pub fn reason(&self, reason: FinishReason) -> FinishReason {
        match reason {
            FinishReason::Stop if self.has_called => FinishReason::ToolCalls,
            reason => reason,
        }
    }

    /// Returns whether a special token of the vocabulary, which is no part of any text, is a mark that is looked for.
    pub fn reads_token(&self, token: &str) -> bool {
        self.openers.iter().any(|opener| opener.special_tokens().contains(&token))
    }

    fn note(&mut self, parts: &Parts) {
        self.has_called |= parts.parts.iter().any(|part| matches!(part, ReplyPart::Call(_)));
    }

    fn feed(&mut self, text: &str, parts: &mut Parts) {
        let mut queue: VecDeque<char> = text.chars().collect();
        while let Some(c) = queue.pop_front() {
            let again = self.step(c, parts);
            for c in again.chars().rev() {
                queue.push_front(c);
            }
        }
    }

    /// Takes one character; gives what has to be read once more, in the state that is reached.
    fn step(&mut self, c: char, parts: &mut Parts) -> String {
        match &mut self.state {
            State::Beginning => {
                self.held.push(c);
                let begun = self.held.trim_start();
                if let Some((_, close)) = THOUGHTS.iter().find(|(open, _)| begun == *open) {
                    self.held.clear();
                    self.state = State::Thinking(close);
                } else if !THOUGHTS.iter().any(|(open, _)| open.starts_with(begun)) {
                    self.state = State::Answering(Place::First);
                    return std::mem::take(&mut self.held);
                }
            }
            State::Thinking(close) => {
                self.held.push(c);
                if self.held.ends_with(*close) {
                    self.held.truncate(self.held.len() - close.len());
                    parts.thought(&std::mem::take(&mut self.held));
                    self.state = State::Between(Place::First);
                } else {
                    let certain = self.held.len() - unfinished_mark(&self.held, close);
                    parts.thought(&take_front(&mut self.held, certain));
                }
            }
            State::Between(_) if c.is_whitespace() => {}
            State::Between(place) => {
                self.state = State::Answering(*place);
                return c.to_string();
            }
            State::Answering(place) => {
                let place = *place;
                self.answer(c, place, parts);
            }
            State::Calling(_) => return self.call(c, parts),
            State::Over => {}
        }
        String::new()
    }

    fn answer(&mut self, c: char, place: Place, parts: &mut Parts) {
        self.held.push(c);
        // Small models leave the marks out and begin with the object.
        let is_bare =
            place == Place::First && !self.tools.is_empty() && self.held.trim_start() == "{";
        let found = self.openers.iter().find(|opener| self.held.ends_with(opener.text())).copied();
        let found = found.or_else(|| is_bare.then_some(Opener::Bare));
        if let Some(opener) = found {
            let before = self.held.len() - opener.text().len();
            let said = self.held[..before].trim_end().len();
            parts.text(&take_front(&mut self.held, said));
            let mut reader = opener.reader(&self.tools);
            if opener == Opener::Bare {
                reader.push(c, parts);
            }
            self.state = State::calling(reader, std::mem::take(&mut self.held));
            return;
        }
        let marks = self.openers.iter().map(|opener| unfinished_mark(&self.held, opener.text()));
        let certain = self.held.len() - marks.max().unwrap_or(0);
        // Blanks before a mark belong to it.
        let has_marks = !self.tools.is_empty() || !self.openers.is_empty();
        let certain = if has_marks { self.held[..certain].trim_end().len() } else { certain };
        if certain > 0 {
            parts.text(&take_front(&mut self.held, certain));
            self.state = State::Answering(Place::Later);
        }
    }

    fn call(&mut self, c: char, parts: &mut Parts) -> String {
        let State::Calling(calling) = &mut self.state else { return String::new() };
        let ended = parts.ended_calls;
        calling.untold.push(c);
        match calling.reader.push(c, parts) {
            Progress::More => {}
            Progress::Told => {
                calling.opener.clear();
                calling.untold.clear();
            }
            Progress::Over => self.state = State::Between(Place::Later),
            Progress::NoCall => return self.give_up(parts),
        }
        if self.is_single && parts.ended_calls > ended {
            self.state = State::Over;
        }
        String::new()
    }

    /// Tells what opened a call that is none, and gives the rest to be read once more.
    fn give_up(&mut self, parts: &mut Parts) -> String {
        let State::Calling(calling) = &mut self.state else { return String::new() };
        let (opener, rest) =
            (std::mem::take(&mut calling.opener), std::mem::take(&mut calling.untold));
        parts.text(&opener);
        self.state = State::Answering(Place::Later);
        rest
    }

    /// Ends the state that the reply is in; gives what has to be read once more.
    fn end(&mut self, parts: &mut Parts) -> Option<String> {
        if let State::Calling(calling) = &mut self.state {
            if calling.reader.finish(parts) {
                calling.opener.clear();
                calling.untold.clear();
            }
            let rest = self.give_up(parts);
            return Some(rest).filter(|rest| !rest.is_empty()).or_else(|| self.end(parts));
        }
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Thinking(_) => parts.thought(&held),
            _ => parts.text(&held),
        }
        None
    }
}

impl Reader {
    fn push(&mut self, c: char, parts: &mut Parts) -> Progress {
        match self {
            Self::Tags(reader) => reader.push(c, parts),
            Self::Listed(reader) => reader.push(c, parts),
            Self::DeepSeek(reader) => reader.push(c, parts),
            Self::Fence(reader) => reader.push(c, parts),
            Self::Recipient(reader) => reader.push(c, parts),
        }
    }

    /// Tells what is held back, when no more comes; returns whether all that was read has been told.
    fn finish(&mut self, parts: &mut Parts) -> bool {
        match self {
            Self::Tags(reader) => reader.finish(parts),
            Self::Listed(reader) => reader.finish(parts),
            Self::DeepSeek(reader) => reader.finish(parts),
            Self::Fence(reader) => reader.finish(parts),
            Self::Recipient(reader) => reader.finish(parts),
        }
    }
}

/// Takes this many bytes from the front.
fn take_front(text: &mut String, length: usize) -> String {
    let rest = text.split_off(length);
    std::mem::replace(text, rest)
}

/// Returns whether this may be the name of a tool.
fn is_name(name: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':' | '/');
    !name.is_empty() && name.len() <= 128 && name.chars().all(is_letter)
}

#[cfg(test)]
mod tests;
