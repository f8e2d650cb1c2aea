//! Calls that follow each other behind one mark, or at the beginning of an answer: Mistral's, Llama's, and JSON in a fence.

use std::sync::Arc;

use super::arguments::{Broken, CallTook, NamedCall};
use super::envelope::{Calls, Envelope};
use super::{Parts, Progress, is_name};
use crate::chat::tool::Tool;

const ARGUMENTS: &str = "[ARGS]";
const CALL_ID: &str = "[CALL_ID]";
const FENCE: &str = "```";

/// Where the calls stand.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Listing {
    /// Behind `[TOOL_CALLS]`: an array of calls, or a name and its arguments.
    Mistral,
    /// Behind `<|python_tag|>`: calls, with `;` between them.
    PythonTag,
    /// At the beginning of the answer, without a mark.
    Bare,
    /// Behind the opening of a fence of JSON: one call, or an array of calls.
    Fence,
}

/// Reads calls that follow each other.
#[derive(Clone, Debug)]
pub struct Listed {
    listing: Listing,
    calls: Calls,
    is_array: bool,
    at: At,
    held: String,
}

#[derive(Clone, Debug)]
enum At {
    Open,
    Object(Envelope),
    /// In the name before arguments.
    Name,
    /// Behind a name: in a mark.
    Mark(String),
    /// In the identifier of a call.
    Id(String),
    /// Behind `[ARGS]`.
    Arguments(String),
    Named(NamedCall),
    /// Behind a call.
    Next,
    /// Behind an array in a fence.
    FenceEnd,
    Broken(Broken),
}

impl Listed {
    /// Begins behind the mark, or before the first brace if there is none.
    pub fn new(listing: Listing, tools: Arc<[Tool]>) -> Self {
        let calls = match listing {
            Listing::Mistral | Listing::PythonTag => Calls::Marked,
            Listing::Bare | Listing::Fence => Calls::Of(tools),
        };
        Self { listing, calls, is_array: false, at: At::Open, held: String::new() }
    }

    /// Takes one more character.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> Progress {
        match &mut self.at {
            At::Open | At::Arguments(_) if c.is_whitespace() => Progress::More,
            At::Open => self.open(c, parts),
            At::Object(call) => {
                let took = call.push(c, parts);
                self.after(took, c, parts)
            }
            At::Named(call) => {
                let took = call.push(c, parts);
                self.after(took, c, parts)
            }
            At::Name | At::Mark(_) | At::Id(_) => self.name(c),
            At::Arguments(name) if c == '{' => {
                self.at = At::Named(NamedCall::begun(std::mem::take(name)));
                Progress::More
            }
            At::Arguments(_) => Progress::NoCall,
            At::Next => self.next(c, parts),
            At::FenceEnd => self.fence_end(c),
            At::Broken(broken) => broken.push(c, parts),
        }
    }

    fn open(&mut self, c: char, parts: &mut Parts) -> Progress {
        match (self.listing, c) {
            (_, '{') => self.begin_object(parts),
            (Listing::Mistral | Listing::PythonTag | Listing::Fence, '[') if !self.is_array => {
                self.is_array = true;
                Progress::More
            }
            (Listing::Mistral, c) if !self.is_array => {
                self.at = At::Name;
                self.name(c)
            }
            _ => Progress::NoCall,
        }
    }

    fn begin_object(&mut self, parts: &mut Parts) -> Progress {
        let mut call = Envelope::new(self.calls.clone());
        call.push('{', parts);
        self.at = At::Object(call);
        Progress::More
    }

    /// Reads `name{`, `name[ARGS]{` or `name[CALL_ID]id[ARGS]{`, up to the brace.
    fn name(&mut self, c: char) -> Progress {
        match &mut self.at {
            At::Mark(name) => {
                self.held.push(c);
                match self.held.as_str() {
                    ARGUMENTS => self.at = At::Arguments(std::mem::take(name)),
                    CALL_ID => self.at = At::Id(std::mem::take(name)),
                    held if ARGUMENTS.starts_with(held) || CALL_ID.starts_with(held) => {
                        return Progress::More;
                    }
                    _ => return Progress::NoCall,
                }
                self.held.clear();
            }
            At::Id(name) => {
                self.held.push(c);
                if self.held.ends_with(ARGUMENTS) {
                    self.at = At::Arguments(std::mem::take(name));
                    self.held.clear();
                } else if self.held.len() > 128 {
                    return Progress::NoCall;
                }
            }
            _ if c == '{' || c == '[' => {
                let name = std::mem::take(&mut self.held);
                let name = name.trim_end().to_owned();
                if !is_name(&name) {
                    return Progress::NoCall;
                }
                if c == '[' {
                    self.held.push(c);
                    self.at = At::Mark(name);
                } else {
                    self.at = At::Named(NamedCall::begun(name));
                }
            }
            _ => {
                self.held.push(c);
                if !is_name(self.held.trim_end()) {
                    return Progress::NoCall;
                }
            }
        }
        Progress::More
    }

    fn after(&mut self, took: CallTook, c: char, parts: &mut Parts) -> Progress {
        let close = if self.listing == Listing::Fence { FENCE } else { "" };
        let progress = took.go_on(&mut self.at, At::Next, At::Broken(Broken::until(close)));
        if took == CallTook::WholeBefore { self.push(c, parts) } else { progress }
    }

    /// Reads what stands behind a call: another, or the end of them.
    fn next(&mut self, c: char, parts: &mut Parts) -> Progress {
        let separator = if self.is_array { ',' } else { ';' };
        match c {
            c if c.is_whitespace() => Progress::Told,
            // What stands between is told with the next call, or as text.
            c if c == separator && self.held.is_empty() => {
                self.held.push(c);
                Progress::More
            }
            '{' => {
                self.held.clear();
                self.begin_object(parts)
            }
            ']' if self.is_array && self.listing == Listing::Fence => {
                self.at = At::FenceEnd;
                Progress::Told
            }
            ']' if self.is_array => Progress::Over,
            '`' if self.listing == Listing::Fence => self.fence_end(c),
            _ => Progress::NoCall,
        }
    }

    fn fence_end(&mut self, c: char) -> Progress {
        if c.is_whitespace() && self.held.is_empty() {
            return Progress::Told;
        }
        self.at = At::FenceEnd;
        self.held.push(c);
        match self.held.as_str() {
            FENCE => Progress::Over,
            held if FENCE.starts_with(held) => Progress::More,
            _ => Progress::NoCall,
        }
    }

    /// Tells what is held back, when no more comes; returns whether all that was read has been told.
    pub fn finish(&mut self, parts: &mut Parts) -> bool {
        let At::Broken(broken) = &mut self.at else { return false };
        broken.finish(parts);
        true
    }
}
