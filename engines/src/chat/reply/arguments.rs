//! The arguments of a call that is being read: told as soon as they are certain to be an object.

use super::json::{JsonReader, Took, escape_control};
use super::{Parts, Progress};
use crate::chat::mark::unfinished_mark;

/// An object as text, with what is not told of it yet.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    reader: JsonReader,
    untold: String,
    is_whole: bool,
}

impl Arguments {
    /// Begins with the first brace.
    pub fn begun() -> Self {
        let mut arguments = Self::default();
        arguments.push('{');
        arguments
    }

    /// Takes one more character. One that is wrong is not kept.
    pub fn push(&mut self, c: char) -> Took {
        let is_in_string = self.reader.is_in_string();
        let took = self.reader.push(c);
        if took != Took::Invalid {
            if is_in_string { escape_control(c, &mut self.untold) } else { self.untold.push(c) }
        }
        self.is_whole = took == Took::Whole;
        took
    }

    /// Returns whether this is certain to be an object: it has a key, or is empty and whole.
    pub fn is_certain(&self) -> bool {
        self.reader.has_key() || self.is_whole
    }

    /// Takes what is to be told.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.untold)
    }
}

/// The arguments of a call whose name stands before them.
#[derive(Clone, Debug)]
pub struct NamedCall {
    name: String,
    arguments: Arguments,
    has_told: bool,
}

impl NamedCall {
    /// Begins behind the first brace.
    pub fn begun(name: String) -> Self {
        Self { name, arguments: Arguments::begun(), has_told: false }
    }

    /// Takes one more character, and tells what is certain.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> CallTook {
        let took = self.arguments.push(c);
        if took == Took::Invalid {
            if self.has_told {
                parts.arguments(&c.to_string());
                return CallTook::Broken;
            }
            return CallTook::NoCall;
        }
        if self.arguments.is_certain() {
            if !self.has_told {
                parts.call(&self.name);
                self.has_told = true;
            }
            parts.arguments(&self.arguments.take());
        }
        match (took, self.has_told) {
            (Took::Whole, _) => {
                parts.end_call();
                CallTook::Whole
            }
            (_, true) => CallTook::Told,
            (_, false) => CallTook::More,
        }
    }
}

/// What came of one more character of a call.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallTook {
    /// It is not certain yet.
    More,
    /// It is certain, and all that was read is told.
    Told,
    /// It is whole and told.
    Whole,
    /// It was whole and told before this character, which is no part of it.
    WholeBefore,
    /// It is told, and with this character its arguments are no JSON any more.
    Broken,
    /// It is no call.
    NoCall,
}

impl CallTook {
    /// Goes on from a call: to `next` behind it, or to `broken` if its arguments are no JSON any more.
    pub fn go_on<At>(self, at: &mut At, next: At, broken: At) -> Progress {
        match self {
            Self::More => Progress::More,
            Self::NoCall => Progress::NoCall,
            Self::Told => Progress::Told,
            Self::Whole | Self::WholeBefore => {
                *at = next;
                Progress::Told
            }
            Self::Broken => {
                *at = broken;
                Progress::Told
            }
        }
    }
}

/// Arguments that are no JSON any more: told as they are, up to the mark that ends them or to the end.
#[derive(Clone, Debug)]
pub struct Broken {
    close: &'static str,
    held: String,
}

impl Broken {
    /// Reads up to `close`; an empty one never comes.
    pub fn until(close: &'static str) -> Self {
        Self { close, held: String::new() }
    }

    /// Takes one more character.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> Progress {
        self.held.push(c);
        if !self.close.is_empty() && self.held.ends_with(self.close) {
            self.held.truncate(self.held.len() - self.close.len());
            self.finish(parts);
            parts.end_call();
            return Progress::Over;
        }
        let certain = self.held.len() - unfinished_mark(&self.held, self.close);
        parts.arguments(&super::take_front(&mut self.held, certain));
        Progress::Told
    }

    /// Tells what is held back, when no more comes.
    pub fn finish(&mut self, parts: &mut Parts) {
        parts.arguments(&std::mem::take(&mut self.held));
    }
}
