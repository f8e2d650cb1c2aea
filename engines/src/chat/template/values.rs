//! Messages and tools in the shape in which `transformers` hands them to templates.

use serde_json::{Map, Value, json};

use crate::chat::message::{ChatMessage, ChatRole, ContentPart};
use crate::chat::tool::{Tool, ToolCall};

/// What one template wants otherwise than most do.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// Arguments of calls are text instead of an object.
    pub arguments_are_text: bool,
    /// What words alone are.
    pub words: Words,
    /// An assistant that only calls tools has no content, instead of an empty one.
    lacks_content: bool,
    /// Identifiers of calls have nine characters, as Mistral's.
    has_short_ids: bool,
}

/// How a template wants the words of a message that has nothing else.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Words {
    /// As text.
    #[default]
    Text,
    /// As a list of parts, of which they are one.
    Parts,
}

impl Style {
    /// Reads off a template's text what trying does not tell.
    pub fn of(source: &str) -> Self {
        let lacks = ["['content'] is none", "[\"content\"] is none", ".content is none"];
        Self {
            arguments_are_text: false,
            words: Words::Text,
            lacks_content: lacks.iter().any(|test| source.contains(test)),
            has_short_ids: source.contains("length != 9"),
        }
    }
}

/// Hands JSON to a template, with its fields in order.
pub fn shown(value: &Value) -> minijinja::Value {
    match value {
        Value::Null => ().into(),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), ..) => number.into(),
            (None, Some(number), _) => number.into(),
            (None, None, number) => number.unwrap_or_default().into(),
        },
        Value::String(text) => text.as_str().into(),
        Value::Array(items) => items.iter().map(shown).collect(),
        Value::Object(fields) => minijinja::Value::from_pairs(
            fields.iter().map(|(name, value)| (name.as_str(), shown(value))),
        ),
    }
}

/// Shapes tools; there is always a description and a schema with properties.
pub fn tools(tools: &[Tool]) -> Vec<Value> {
    let shape = |tool: &Tool| {
        let (name, description) = (&tool.name, &tool.description);
        let parameters = tool.parameters();
        json!({"type": "function", "function": {
            "name": name, "description": description, "parameters": parameters,
        }})
    };
    tools.iter().map(shape).collect()
}

/// Shapes messages. A field that a message does not have is not there, for templates ask for that.
pub fn messages(messages: &[ChatMessage], style: Style) -> Vec<Value> {
    let mut ids = Ids { known: Vec::new(), are_short: style.has_short_ids };
    let mut calls: Vec<&ToolCall> = Vec::new();
    let mut shaped = Vec::with_capacity(messages.len());
    for message in messages {
        let mut fields = Map::new();
        fields.insert("role".to_owned(), message.role.as_str().into());
        fields.insert("content".to_owned(), content(message, style));
        let called = || {
            let call = calls.iter().rev().find(|call| Some(&call.id) == message.call_id.as_ref());
            call.map(|call| call.name.as_str())
        };
        let is_result = message.role == ChatRole::Tool;
        let name = message.name.as_deref().or_else(|| is_result.then(called).flatten());
        if let Some(name) = name {
            fields.insert("name".to_owned(), name.into());
        }
        if let Some(reasoning) = &message.reasoning {
            fields.insert("reasoning_content".to_owned(), reasoning.as_str().into());
        }
        if !message.tool_calls.is_empty() {
            let made = message.tool_calls.iter().map(|call| shape_call(call, &mut ids, style));
            fields.insert("tool_calls".to_owned(), made.collect());
            calls.extend(&message.tool_calls);
        }
        if let Some(id) = &message.call_id {
            fields.insert("tool_call_id".to_owned(), ids.shown(id).into());
        }
        shaped.push(Value::Object(fields));
    }
    shaped
}

/// Words alone are a string, as most templates expect; pictures stand between them in a list.
fn content(message: &ChatMessage, style: Style) -> Value {
    if message.has_images() || style.words == Words::Parts {
        let shape = |part: &ContentPart| match part {
            ContentPart::Text(text) => json!({"type": "text", "text": text}),
            ContentPart::Image(_) => json!({"type": "image"}),
        };
        return message.content.iter().map(shape).collect();
    }
    let text = message.text();
    if text.is_empty() && !message.tool_calls.is_empty() && style.lacks_content {
        return Value::Null;
    }
    text.into()
}

fn shape_call(call: &ToolCall, ids: &mut Ids, style: Style) -> Value {
    let text = || Value::from(call.arguments.as_str());
    let arguments = match call.read_arguments() {
        Some(object) if !style.arguments_are_text => object,
        _ => text(),
    };
    let function = json!({"name": call.name, "arguments": arguments});
    json!({"id": ids.shown(&call.id), "type": "function", "function": function})
}

/// Identifiers of calls as a template wants them: the same call always has the same.
struct Ids {
    known: Vec<String>,
    are_short: bool,
}

impl Ids {
    fn shown(&mut self, id: &str) -> String {
        let is_short = id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if !self.are_short || is_short {
            return id.to_owned();
        }
        let at = self.known.iter().position(|known| known == id).unwrap_or_else(|| {
            self.known.push(id.to_owned());
            self.known.len() - 1
        });
        format!("{at:09}")
    }
}
