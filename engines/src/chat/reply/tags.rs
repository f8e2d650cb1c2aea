//! Calls between tags: `<tool_call>` with an object or a `<function=name>` inside, and `<function=name>` alone.

use std::sync::Arc;

use super::arguments::{Broken, CallTook, NamedCall};
use super::envelope::{Calls, Envelope};
use super::parameters::Parameters;
use super::{Parts, Progress, is_name};
use crate::chat::tool::Tool;

const FUNCTION: &str = "<function=";
const FUNCTION_END: &str = "</function>";
const PARAMETER: &str = "<parameter=";
const TOOL_CALL_END: &str = "</tool_call>";

/// Reads calls between tags.
#[derive(Clone, Debug)]
pub struct Tags {
    at: At,
    tools: Arc<[Tool]>,
    /// Whether it is inside of `<tool_call>`.
    is_wrapped: bool,
    /// What may be a tag.
    held: String,
}

#[derive(Clone, Debug)]
enum At {
    /// Behind `<tool_call>`.
    Open,
    Object(Envelope),
    /// Behind `<function=`.
    Name,
    /// Behind the name of a function.
    Body(String),
    Named(NamedCall),
    Parameters(Parameters),
    /// Behind the arguments of a function.
    FunctionEnd,
    /// Behind a call.
    Close,
    Broken(Broken),
}

impl Tags {
    /// Begins behind `<tool_call>`.
    pub fn in_tool_call(tools: Arc<[Tool]>) -> Self {
        Self { at: At::Open, tools, is_wrapped: true, held: String::new() }
    }

    /// Begins behind `<function=`.
    pub fn in_function(tools: Arc<[Tool]>) -> Self {
        Self { at: At::Name, tools, is_wrapped: false, held: String::new() }
    }

    /// Takes one more character.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> Progress {
        match &mut self.at {
            At::Open => self.open(c, parts),
            At::Object(call) => {
                let took = call.push(c, parts);
                self.after(took, c, parts, At::Close)
            }
            At::Named(call) => {
                let took = call.push(c, parts);
                self.after(took, c, parts, At::FunctionEnd)
            }
            At::Name if c == '>' => {
                let name = std::mem::take(&mut self.held);
                self.at = At::Body(name);
                Progress::More
            }
            At::Name => {
                self.held.push(c);
                if is_name(&self.held) { Progress::More } else { Progress::NoCall }
            }
            At::Body(name) => {
                let name = name.clone();
                self.body(name, c, parts)
            }
            At::Parameters(parameters) => match parameters.push(c, parts) {
                Progress::Over => self.function_over(),
                progress => progress,
            },
            At::FunctionEnd => self.function_end(c),
            At::Close => self.close(c, parts),
            At::Broken(broken) => broken.push(c, parts),
        }
    }

    /// Tells what is held back, when no more comes; returns whether all that was read has been told.
    pub fn finish(&mut self, parts: &mut Parts) -> bool {
        match &mut self.at {
            At::Parameters(parameters) => {
                parameters.finish(parts);
                true
            }
            At::Broken(broken) => {
                broken.finish(parts);
                true
            }
            _ => false,
        }
    }

    fn open(&mut self, c: char, parts: &mut Parts) -> Progress {
        if self.held.is_empty() && c.is_whitespace() {
            return Progress::More;
        }
        if self.held.is_empty() && c == '{' {
            return self.begin_object(parts);
        }
        self.held.push(c);
        if self.held == FUNCTION {
            self.held.clear();
            self.at = At::Name;
        } else if !FUNCTION.starts_with(&self.held) {
            return Progress::NoCall;
        }
        Progress::More
    }

    fn begin_object(&mut self, parts: &mut Parts) -> Progress {
        let mut call = Envelope::new(Calls::Marked);
        call.push('{', parts);
        self.at = At::Object(call);
        Progress::More
    }

    fn after(&mut self, took: CallTook, c: char, parts: &mut Parts, next: At) -> Progress {
        let close = if self.is_wrapped { TOOL_CALL_END } else { FUNCTION_END };
        let progress = took.go_on(&mut self.at, next, At::Broken(Broken::until(close)));
        if took == CallTook::WholeBefore { self.push(c, parts) } else { progress }
    }

    /// Reads what stands behind `<function=name>`: an object, parameters, or the end.
    fn body(&mut self, name: String, c: char, parts: &mut Parts) -> Progress {
        if self.held.is_empty() && c.is_whitespace() {
            return Progress::More;
        }
        if self.held.is_empty() && c == '{' {
            self.at = At::Named(NamedCall::begun(name));
            return Progress::More;
        }
        self.held.push(c);
        match self.held.as_str() {
            PARAMETER => {
                parts.call(&name);
                self.held.clear();
                let tool = self.tools.iter().find(|tool| tool.name == name).cloned();
                self.at = At::Parameters(Parameters::begun(tool));
                Progress::Told
            }
            FUNCTION_END => {
                parts.whole_call(&name, "{}");
                self.held.clear();
                self.function_over()
            }
            held if PARAMETER.starts_with(held) || FUNCTION_END.starts_with(held) => Progress::More,
            _ => Progress::NoCall,
        }
    }

    fn function_end(&mut self, c: char) -> Progress {
        if self.held.is_empty() && is_stray(c) {
            return Progress::Told;
        }
        self.held.push(c);
        match self.held.as_str() {
            FUNCTION_END => {
                self.held.clear();
                self.function_over()
            }
            TOOL_CALL_END => Progress::Over,
            held if FUNCTION_END.starts_with(held) || TOOL_CALL_END.starts_with(held) => {
                Progress::More
            }
            _ => Progress::NoCall,
        }
    }

    fn function_over(&mut self) -> Progress {
        if !self.is_wrapped {
            return Progress::Over;
        }
        self.at = At::Close;
        Progress::Told
    }

    /// Reads what stands behind a call in `<tool_call>`: the end, or another call.
    fn close(&mut self, c: char, parts: &mut Parts) -> Progress {
        if self.held.is_empty() && is_stray(c) {
            return Progress::Told;
        }
        if self.held.is_empty() && c == '{' {
            return self.begin_object(parts);
        }
        self.held.push(c);
        match self.held.as_str() {
            TOOL_CALL_END => Progress::Over,
            FUNCTION => {
                self.held.clear();
                self.at = At::Name;
                Progress::More
            }
            held if TOOL_CALL_END.starts_with(held) || FUNCTION.starts_with(held) => Progress::More,
            _ => Progress::NoCall,
        }
    }
}

/// Returns whether a character may stand behind a call that is whole: blanks, and a brace too many.
fn is_stray(c: char) -> bool {
    c.is_whitespace() || c == '}'
}
