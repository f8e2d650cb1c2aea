//! The form of a reply that must call a tool: a grammar of the model's own way of writing calls.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::format::Opener;
use super::{ReplyParser, State};
use crate::chat::constraint::Constraint;
use crate::chat::message::Chat;
use crate::chat::tool::{Tool, ToolChoice};

impl ReplyParser {
    /// Gives the form that a reply to the chat must have if it has to call tools: calls of those that may be called, with
    /// arguments that their schemas allow.
    pub fn required_calls(&self, chat: &Chat) -> Option<Constraint> {
        let tools: Vec<&Tool> = match &chat.tool_choice {
            ToolChoice::Required => chat.tools.iter().collect(),
            ToolChoice::Named(name) => chat.tools.iter().filter(|it| it.name == *name).collect(),
            ToolChoice::Auto | ToolChoice::None => return None,
        };
        let opener = self.openers.first().copied().unwrap_or(Opener::Bare);
        let is_opened = matches!(self.state, State::Calling(_));
        let may_repeat = matches!(opener, Opener::ToolCall | Opener::Function);
        let several = may_repeat && chat.parallel_calls && chat.tool_choice == ToolChoice::Required;
        let mut lark = format!("start: call{}\n", if several { "+" } else { "" });
        let calls: Vec<String> = (0..tools.len()).map(|number| format!("call_{number}")).collect();
        let _ = writeln!(lark, "call: {}", calls.join(" | "));
        for (number, tool) in tools.iter().enumerate() {
            let (before, after) = around(opener, is_opened, &tool.name);
            let _ = write!(lark, "call_{number}: {} arguments_{number}", Value::from(before));
            if !after.is_empty() {
                let _ = write!(lark, " {}", Value::from(after));
            }
            let _ = writeln!(
                lark,
                "\narguments_{number}: %json {}",
                compact(&closed(tool.parameters()))
            );
        }
        Some(Constraint::Lark(lark))
    }
}

/// Has JSON of a schema written without blanks: a small model may else write them without an end.
pub fn compact(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.entry("x-guidance").or_insert_with(|| json!({"whitespace_flexible": false}));
    }
    schema
}

/// Has arguments be those that the schema names, unless it says what others may be like: a small model makes up others without an
/// end, and no function takes them.
fn closed(schema: &Value) -> Value {
    const OPENING: [&str; 8] = [
        "additionalProperties",
        "patternProperties",
        "unevaluatedProperties",
        "allOf",
        "anyOf",
        "oneOf",
        "if",
        "$ref",
    ];
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        let names = fields.get("properties").and_then(Value::as_object);
        let names_some = names.is_some_and(|properties| !properties.is_empty());
        if names_some && !OPENING.iter().any(|word| fields.contains_key(*word)) {
            fields.insert("additionalProperties".to_owned(), Value::Bool(false));
        }
    }
    schema
}

/// Gives what stands before and behind the arguments of a call of `name`.
fn around(opener: Opener, is_opened: bool, name: &str) -> (String, &'static str) {
    let object = |arguments: &str| format!("{{\"name\": {}, \"{arguments}\": ", Value::from(name));
    match opener {
        Opener::ToolCall => (format!("<tool_call>\n{}", object("arguments")), "}\n</tool_call>"),
        Opener::Function => (format!("<function={name}>"), "</function>"),
        Opener::Mistral => (format!("[TOOL_CALLS][{}", object("arguments")), "}]"),
        Opener::DeepSeek => (super::deepseek::before(name), super::deepseek::AFTER),
        Opener::CodeFence | Opener::JsonFence => {
            (format!("```json\n{}", object("parameters")), "}\n```")
        }
        Opener::Recipient if is_opened => (format!("{name}\n"), ""),
        Opener::Recipient => (format!(">>>{name}\n"), ""),
        Opener::PythonTag | Opener::Bare => (object("parameters"), "}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::reply::{ReplyFormat, ReplyPart};

    fn tool(name: &str) -> Tool {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}});
        Tool::new(name.to_owned(), String::new(), schema.as_object().cloned())
    }

    fn chat(tool_choice: ToolChoice) -> Chat {
        Chat { tools: vec![tool("weather"), tool("time")], tool_choice, ..Chat::new(Vec::new()) }
    }

    fn grammar(format: &ReplyFormat, chat: &Chat, prompt: &str) -> Option<String> {
        match ReplyParser::new(format, chat, prompt).required_calls(chat)? {
            Constraint::Lark(lark) => Some(lark),
            other => panic!("{other:?} is no grammar of calls"),
        }
    }

    #[test]
    fn a_reply_has_to_call_what_is_asked_for() {
        let format = ReplyFormat::of("<tool_call>");
        let free = [ToolChoice::Auto, ToolChoice::None];
        assert!(free.map(|choice| grammar(&format, &chat(choice), "")).iter().all(Option::is_none));
        let any = grammar(&format, &chat(ToolChoice::Required), "").expect("a grammar");
        assert!(any.contains("start: call+") && any.contains("call: call_0 | call_1"), "{any}");
        let named = chat(ToolChoice::Named("time".to_owned()));
        let named = grammar(&format, &named, "").expect("a grammar");
        assert!(named.contains("time") && !named.contains("weather"), "{named}");
        assert!(named.starts_with("start: call\n"), "one call, and no more: {named}");
    }

    #[test]
    fn arguments_are_those_that_are_named_unless_the_schema_says_otherwise() {
        let city = json!({"city": {"type": "string"}});
        let named = json!({"type": "object", "properties": city});
        assert_eq!(closed(&named)["additionalProperties"], json!(false));
        for open in [
            json!({"type": "object", "properties": city, "additionalProperties": {"type": "string"}}),
            json!({"type": "object", "properties": city, "anyOf": [{"required": ["city"]}]}),
            json!({"type": "object", "properties": {}}),
        ] {
            assert_eq!(closed(&open), open);
        }
    }

    #[test]
    fn what_stands_around_the_arguments_is_read_as_a_call_in_every_family() {
        for (template, prompt) in [
            ("<tool_call>", ""),
            ("<function=", ""),
            ("<|start_header_id|>", ""),
            ("[TOOL_CALLS]", ""),
            ("<｜tool▁calls▁begin｜>", ""),
            ("<start_of_turn>", ""),
            (">>>", ""),
            (">>>", "user\n>>>"),
            ("nothing known", ""),
        ] {
            let chat = chat(ToolChoice::Named("weather".to_owned()));
            let mut parser = ReplyParser::new(&ReplyFormat::of(template), &chat, prompt);
            let opener = parser.openers.first().copied().unwrap_or(Opener::Bare);
            let is_opened = matches!(parser.state, State::Calling(_));
            let (before, after) = around(opener, is_opened, "weather");
            let reply = format!("{before}{{\"city\":\"Bonn\"}}{after}");
            let mut parts = parser.push(&reply);
            parts.extend(parser.finish());
            let arguments: String = parts
                .iter()
                .filter_map(|part| match part {
                    ReplyPart::Arguments(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(parts[0], ReplyPart::Call("weather".to_owned()), "{template}: {reply}");
            assert_eq!(arguments, r#"{"city":"Bonn"}"#, "{template}");
            let text = parts.iter().any(|part| matches!(part, ReplyPart::Text(_)));
            assert!(!text, "{template}: nothing else is said: {parts:?}");
        }
    }
}
