//! A call as one JSON object: `{"name": .., "arguments": {..}}`, as most models write it.
//!
//! The fields come in any order, and the arguments as an object or as the text of one. They may be called `parameters`
//! (Llama), and name and arguments may stand inside of `function` (as in OpenAI's API). Other fields are passed over.

use std::sync::Arc;

use serde_json::Value;

use super::arguments::{Arguments, CallTook};
use super::json::{JsonReader, Took, escape_control, is_scalar};
use super::{Parts, is_name};
use crate::chat::tool::Tool;

/// Which objects are calls.
#[derive(Clone, Debug)]
pub enum Calls {
    /// All that have a name: a mark says that they are calls.
    Marked,
    /// Those that have nothing but the fields of a call, and name one of these tools.
    Of(Arc<[Tool]>),
}

/// A call that is being read.
#[derive(Clone, Debug)]
pub struct Envelope {
    calls: Calls,
    at: At,
    /// Whether it is inside of `function`.
    is_inside: bool,
    key: String,
    /// The raw text of the string or scalar that is being read.
    text: String,
    name: Option<String>,
    arguments: Given,
    has_told: bool,
}

#[derive(Clone, Debug)]
enum At {
    Open,
    FirstKey,
    Key,
    KeyText { is_escaped: bool },
    Colon,
    Value,
    Text { is_escaped: bool },
    Scalar,
    Arguments,
    Other(JsonReader),
    Next,
}

/// The arguments so far.
#[derive(Clone, Debug)]
enum Given {
    None,
    Object(Arguments),
    Whole(String),
    Told,
}

impl Envelope {
    /// Begins before the first brace.
    pub fn new(calls: Calls) -> Self {
        Self {
            calls,
            at: At::Open,
            is_inside: false,
            key: String::new(),
            text: String::new(),
            name: None,
            arguments: Given::None,
            has_told: false,
        }
    }

    /// Takes one more character, and tells what is certain.
    pub fn push(&mut self, c: char, parts: &mut Parts) -> CallTook {
        match self.take(c) {
            Some(is_over) => {
                if self.name.as_deref().is_some_and(|name| !self.is_call(name)) {
                    return CallTook::NoCall;
                }
                let has_more = self.tell(parts);
                if is_over {
                    parts.end_call();
                    return CallTook::Whole;
                }
                if has_more { CallTook::Told } else { CallTook::More }
            }
            None if matches!(self.arguments, Given::Told) => {
                parts.end_call();
                CallTook::WholeBefore
            }
            None if self.has_told => {
                parts.arguments(&c.to_string());
                CallTook::Broken
            }
            None => CallTook::NoCall,
        }
    }

    fn is_call(&self, name: &str) -> bool {
        match &self.calls {
            Calls::Marked => is_name(name),
            Calls::Of(tools) => tools.iter().any(|tool| tool.name == name),
        }
    }

    /// Tells the name and what there is of the arguments; returns whether anything was told.
    fn tell(&mut self, parts: &mut Parts) -> bool {
        let Some(name) = &self.name else { return false };
        let (text, is_whole) = match &mut self.arguments {
            Given::Object(arguments) if arguments.is_certain() => {
                (arguments.take(), !matches!(self.at, At::Arguments))
            }
            Given::Whole(text) => (std::mem::take(text), true),
            Given::None | Given::Object(_) | Given::Told => return false,
        };
        if !self.has_told {
            parts.call(name);
            self.has_told = true;
        }
        parts.arguments(&text);
        if is_whole {
            self.arguments = Given::Told;
        }
        true
    }

    /// Moves on by a character; gives whether the object is over, or nothing if it is no call.
    fn take(&mut self, c: char) -> Option<bool> {
        let is_blank = matches!(c, ' ' | '\t' | '\n' | '\r');
        match &mut self.at {
            At::Open | At::FirstKey | At::Key | At::Colon | At::Value | At::Next if is_blank => {}
            At::Open if c == '{' => self.at = At::FirstKey,
            At::FirstKey | At::Key if c == '"' => {
                self.text = c.to_string();
                self.at = At::KeyText { is_escaped: false };
            }
            // A comma before the end is a small mistake.
            At::FirstKey | At::Key | At::Next if c == '}' => {
                if !self.is_inside {
                    return self.close();
                }
                self.is_inside = false;
                self.at = At::Next;
            }
            At::Next if c == ',' => self.at = At::Key,
            At::Colon if c == ':' => self.at = At::Value,
            At::KeyText { is_escaped } => {
                let is_over = c == '"' && !*is_escaped;
                *is_escaped = c == '\\' && !*is_escaped;
                escape_control(c, &mut self.text);
                if is_over {
                    self.key = serde_json::from_str(&self.text).ok()?;
                    self.check_key()?;
                    self.at = At::Colon;
                }
            }
            At::Text { is_escaped } => {
                let is_over = c == '"' && !*is_escaped;
                *is_escaped = c == '\\' && !*is_escaped;
                escape_control(c, &mut self.text);
                if is_over {
                    self.take_text()?;
                    self.at = At::Next;
                }
            }
            At::Value => self.begin_value(c)?,
            At::Scalar if is_blank || matches!(c, ',' | '}') => {
                if !is_scalar(&self.text) || (self.is_arguments() && self.text != "null") {
                    return None;
                }
                self.at = At::Next;
                return self.take(c);
            }
            At::Scalar => {
                self.text.push(c);
                if self.text.len() > 64 {
                    return None;
                }
            }
            At::Arguments => {
                let Given::Object(arguments) = &mut self.arguments else { return None };
                match arguments.push(c) {
                    Took::More => {}
                    Took::Whole => self.at = At::Next,
                    Took::Invalid => return None,
                }
            }
            At::Other(reader) => match reader.push(c) {
                Took::More => {}
                Took::Whole => self.at = At::Next,
                Took::Invalid => return None,
            },
            At::Open | At::FirstKey | At::Key | At::Colon | At::Next => return None,
        }
        Some(false)
    }

    fn close(&mut self) -> Option<bool> {
        self.name.as_ref()?;
        if matches!(self.arguments, Given::None) {
            self.arguments = Given::Whole("{}".to_owned());
        }
        self.at = At::Next;
        Some(true)
    }

    /// Returns nothing if the field makes an object that has no mark no call.
    fn check_key(&self) -> Option<()> {
        let fields = ["name", "function", "type", "id", "arguments", "parameters"];
        match self.calls {
            Calls::Of(_) if !self.has_told && !fields.contains(&self.key.as_str()) => None,
            Calls::Of(_) | Calls::Marked => Some(()),
        }
    }

    fn is_arguments(&self) -> bool {
        matches!(self.key.as_str(), "arguments" | "parameters")
    }

    fn begin_value(&mut self, c: char) -> Option<()> {
        match c {
            '"' => {
                self.text = c.to_string();
                self.at = At::Text { is_escaped: false };
            }
            '{' if self.key == "function" && !self.is_inside => {
                self.is_inside = true;
                self.at = At::FirstKey;
            }
            '{' if self.is_arguments() && matches!(self.arguments, Given::None) => {
                self.arguments = Given::Object(Arguments::begun());
                self.at = At::Arguments;
            }
            '{' | '[' if !self.is_arguments() => {
                let mut reader = JsonReader::default();
                reader.push(c);
                self.at = At::Other(reader);
            }
            '-' | '0'..='9' | 't' | 'f' | 'n' => {
                self.text = c.to_string();
                self.at = At::Scalar;
            }
            _ => return None,
        }
        Some(())
    }

    /// Keeps a string that was read.
    fn take_text(&mut self) -> Option<()> {
        let text: String = serde_json::from_str(&self.text).ok()?;
        if self.name.is_none() && matches!(self.key.as_str(), "name" | "function") {
            self.name = Some(text);
        } else if self.is_arguments() {
            if !matches!(self.arguments, Given::None) {
                return None;
            }
            let is_object = || serde_json::from_str::<Value>(&text).is_ok_and(|it| it.is_object());
            self.arguments = Given::Whole(match text.trim() {
                "" => "{}".to_owned(),
                _ if is_object() => text,
                _ => return None,
            });
        }
        Some(())
    }
}
