//! Arguments as Qwen3-Coder writes them: `<parameter=key>` and the value in lines of their own, and `</parameter>`.
//!
//! What the tool takes as a string is told as it comes. Other values are JSON, or words if they are none.

use serde_json::Value;

use super::json::escape;
use super::{Parts, Progress, is_name, take_front};
use crate::chat::mark::unfinished_mark;
use crate::chat::tool::Tool;

const PARAMETER: &str = "<parameter=";
const PARAMETER_END: &str = "</parameter>";
/// The end with the line end before it, which is no part of the value.
const LINE_END: &str = "\n</parameter>";
const FUNCTION_END: &str = "</function>";

/// Reads the parameters of one call.
#[derive(Clone, Debug)]
pub struct Parameters {
    tool: Option<Tool>,
    at: At,
    held: String,
    count: usize,
}

#[derive(Clone, Debug)]
enum At {
    /// Behind `<parameter=`.
    Name,
    /// In a value; the line end that may begin it has not been passed yet.
    Begin {
        is_string: bool,
    },
    Value {
        is_string: bool,
    },
    /// Behind a value.
    Next,
}

impl Parameters {
    /// Begins behind the first `<parameter=`.
    pub fn begun(tool: Option<Tool>) -> Self {
        Self { tool, at: At::Name, held: String::new(), count: 0 }
    }

    /// Takes one more character; the call is over with its `</function>`.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> Progress {
        match self.at {
            At::Name => return self.name(c, parts),
            At::Begin { is_string } => {
                self.at = At::Value { is_string };
                if c != '\n' {
                    return self.push(c, parts);
                }
            }
            At::Value { is_string } => self.value(c, is_string, parts),
            At::Next => return self.next(c, parts),
        }
        Progress::Told
    }

    fn name(&mut self, c: char, parts: &mut Parts) -> Progress {
        if c != '>' {
            self.held.push(c);
            // The call was told; what is no name here is one of some length, or none at all.
            if is_name(&self.held) {
                return Progress::More;
            }
            return self.end(parts, Progress::NoCall);
        }
        let key = std::mem::take(&mut self.held);
        let is_string = self.tool.as_ref().is_some_and(|tool| tool.takes_string(&key));
        let before = if self.count == 0 { "{" } else { ", " };
        let quote = if is_string { "\"" } else { "" };
        parts.arguments(&format!("{before}{}: {quote}", Value::from(key)));
        self.count += 1;
        self.at = At::Begin { is_string };
        Progress::Told
    }

    fn value(&mut self, c: char, is_string: bool, parts: &mut Parts) {
        self.held.push(c);
        if self.held.ends_with(PARAMETER_END) {
            let end = if self.held.ends_with(LINE_END) { LINE_END } else { PARAMETER_END };
            self.held.truncate(self.held.len() - end.len());
            self.tell_value(is_string, parts);
            if is_string {
                parts.arguments("\"");
            }
            self.at = At::Next;
        } else if is_string {
            let open = [PARAMETER_END, LINE_END].map(|mark| unfinished_mark(&self.held, mark));
            let certain = self.held.len() - open.into_iter().max().unwrap_or(0);
            parts.arguments(&escaped(&take_front(&mut self.held, certain)));
        }
    }

    fn tell_value(&mut self, is_string: bool, parts: &mut Parts) {
        let value = std::mem::take(&mut self.held);
        parts.arguments(&if is_string { escaped(&value) } else { json(&value) });
    }

    fn next(&mut self, c: char, parts: &mut Parts) -> Progress {
        if self.held.is_empty() && c.is_whitespace() {
            return Progress::Told;
        }
        self.held.push(c);
        match self.held.as_str() {
            PARAMETER => {
                self.held.clear();
                self.at = At::Name;
                Progress::Told
            }
            FUNCTION_END => self.end(parts, Progress::Over),
            held if PARAMETER.starts_with(held) || FUNCTION_END.starts_with(held) => Progress::More,
            _ => self.end(parts, Progress::NoCall),
        }
    }

    /// Closes the object of the arguments.
    fn end(&mut self, parts: &mut Parts, progress: Progress) -> Progress {
        parts.arguments(if self.count == 0 { "{}" } else { "}" });
        parts.end_call();
        progress
    }

    /// Tells what is held back, when no more comes: a value that is cut stays cut.
    pub fn finish(&mut self, parts: &mut Parts) {
        match self.at {
            At::Value { is_string } if !self.held.is_empty() => self.tell_value(is_string, parts),
            At::Next => parts.arguments("}"),
            At::Name | At::Begin { .. } | At::Value { .. } => {}
        }
    }
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        escape(c, &mut escaped);
    }
    escaped
}

/// Writes a value that need not be a string as JSON.
fn json(text: &str) -> String {
    match text.trim() {
        "True" => "true".to_owned(),
        "False" => "false".to_owned(),
        "None" => "null".to_owned(),
        trimmed if serde_json::from_str::<Value>(trimmed).is_ok() => trimmed.to_owned(),
        _ => Value::from(text).to_string(),
    }
}
