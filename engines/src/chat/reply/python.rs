//! Calls as Python: `print(name(key="value", other=[1, True]))`, one a line or in a list.
//!
//! Only values that are written out are read; what has to be computed is no call.

use serde_json::{Map, Number, Value};

use crate::chat::tool::Tool;

/// The deepest nesting of values.
const DEEPEST: usize = 32;

/// Reads code that does nothing but call tools: names, and arguments as JSON text.
pub fn read_calls(code: &str, tools: &[Tool]) -> Option<Vec<(String, String)>> {
    let mut reader = Reader { rest: code.trim(), tools };
    let is_list = reader.takes("[");
    let mut calls = Vec::new();
    loop {
        reader.skip_blanks();
        if reader.rest.is_empty() || (is_list && reader.rest == "]") {
            return Some(calls);
        }
        calls.push(reader.statement()?);
        reader.skip_blanks();
        // Statements end with their lines, or a mark.
        if !reader.takes(",") {
            reader.takes(";");
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    tools: &'a [Tool],
}

impl<'a> Reader<'a> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Passes over `text`, if it comes next.
    fn takes(&mut self, text: &str) -> bool {
        self.skip_blanks();
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> &'a str {
        self.skip_blanks();
        let is_letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let length = self.rest.find(|c| !is_letter(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        word
    }

    fn statement(&mut self) -> Option<(String, String)> {
        let name = self.word();
        if name == "print" && !self.tools.iter().any(|tool| tool.name == name) {
            self.takes("(").then_some(())?;
            let call = self.statement()?;
            return self.takes(")").then_some(call);
        }
        let tool = self.tools.iter().find(|tool| tool.name == name)?;
        let arguments = self.arguments(tool)?;
        Some((name.to_owned(), Value::Object(arguments).to_string()))
    }

    /// Reads `(..)`; what has no name is taken in the order of the tool's arguments.
    fn arguments(&mut self, tool: &Tool) -> Option<Map<String, Value>> {
        self.takes("(").then_some(())?;
        let mut arguments = Map::new();
        let mut names = tool.argument_names();
        while !self.takes(")") {
            let before = self.rest;
            let key = self.word();
            let is_named = !key.is_empty() && self.takes("=");
            if is_named {
                arguments.insert(key.to_owned(), self.value(0)?);
            } else {
                self.rest = before;
                arguments.insert(names.next()?.to_owned(), self.value(0)?);
            }
            if !self.takes(",") {
                return self.takes(")").then_some(arguments);
            }
        }
        Some(arguments)
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        self.skip_blanks();
        match self.rest.chars().next()? {
            '"' | '\'' => self.string().map(Value::String),
            '[' => self.items("[", "]", depth).map(Value::Array),
            '(' => self.items("(", ")", depth).map(Value::Array),
            '{' => self.object(depth).map(Value::Object),
            '-' | '0'..='9' => self.number().map(Value::Number),
            _ => match self.word() {
                "True" | "true" => Some(Value::Bool(true)),
                "False" | "false" => Some(Value::Bool(false)),
                "None" | "null" => Some(Value::Null),
                _ => None,
            },
        }
    }

    fn items(&mut self, open: &str, close: &str, depth: usize) -> Option<Vec<Value>> {
        self.takes(open).then_some(())?;
        let mut items = Vec::new();
        while !self.takes(close) {
            items.push(self.value(depth + 1)?);
            if !self.takes(",") {
                return self.takes(close).then_some(items);
            }
        }
        Some(items)
    }

    fn object(&mut self, depth: usize) -> Option<Map<String, Value>> {
        self.takes("{").then_some(())?;
        let mut object = Map::new();
        while !self.takes("}") {
            self.skip_blanks();
            let key = self.string()?;
            self.takes(":").then_some(())?;
            object.insert(key, self.value(depth + 1)?);
            if !self.takes(",") {
                return self.takes("}").then_some(object);
            }
        }
        Some(object)
    }

    fn number(&mut self) -> Option<Number> {
        let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let length = self.rest.find(|c| !is_digit(c)).unwrap_or(self.rest.len());
        let (number, rest) = self.rest.split_at(length);
        self.rest = rest;
        serde_json::from_str(number).ok()
    }

    fn string(&mut self) -> Option<String> {
        let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| self.takes(quote))?;
        let mut text = String::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                self.rest = rest;
                return Some(text);
            }
            let mut rest = self.rest.chars();
            match rest.next()? {
                '\\' => {
                    let c = rest.next()?;
                    let escaped = match c {
                        'n' => Some('\n'),
                        't' => Some('\t'),
                        'r' => Some('\r'),
                        '\\' | '\'' | '"' => Some(c),
                        _ => None,
                    };
                    // Python leaves a backslash that means nothing where it is.
                    if escaped.is_none() {
                        text.push('\\');
                    }
                    text.push(escaped.unwrap_or(c));
                }
                c => text.push(c),
            }
            self.rest = rest.as_str();
        }
    }
}
