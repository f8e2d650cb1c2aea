//! The calls of tools in a reply, in OpenAI's shapes, whole and streamed.

use serde_json::{Value, json};
use uuid::Uuid;

/// The shape in which calls are told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallShape {
    /// `tool_calls`: any number, each with an identifier.
    Tools,
    /// `function_call`: one, for clients that sent `functions`.
    Function,
}

/// A call of a tool.
#[derive(Debug)]
pub struct Call {
    /// What its result is to name it by.
    id: String,
    /// The tool.
    name: String,
    /// The arguments: JSON text, as the model wrote it.
    pub arguments: String,
}

impl Call {
    /// Begins a call, with a new identifier.
    pub fn new(name: String) -> Self {
        let id = format!("call_{}", Uuid::new_v4().simple());
        Self { id, name, arguments: String::new() }
    }
}

impl CallShape {
    /// Puts calls into a message. One that has nothing but calls has no content.
    pub fn add_to(self, message: &mut Value, calls: &[Call]) {
        let Some(first) = calls.first() else { return };
        if message["content"] == "" {
            message["content"] = Value::Null;
        }
        let function = |call: &Call| json!({"name": call.name, "arguments": call.arguments});
        match self {
            Self::Tools => {
                let shape = |call: &Call| json!({"id": call.id, "type": "function", "function": function(call)});
                message["tool_calls"] = calls.iter().map(shape).collect();
            }
            Self::Function => message["function_call"] = function(first),
        }
    }

    /// Makes the delta that begins a call: the only one with its identifier and name.
    pub fn begin(self, index: usize, call: &Call) -> Value {
        let function = json!({"name": call.name, "arguments": ""});
        match self {
            Self::Tools => json!({"tool_calls": [
                {"index": index, "id": call.id, "type": "function", "function": function},
            ]}),
            Self::Function => json!({"function_call": function}),
        }
    }

    /// Makes a delta with more of a call's arguments.
    pub fn more(self, index: usize, arguments: &str) -> Value {
        let function = json!({"arguments": arguments});
        match self {
            Self::Tools => json!({"tool_calls": [{"index": index, "function": function}]}),
            Self::Function => json!({"function_call": function}),
        }
    }

    /// Gives the word for why a reply ended.
    pub fn reason(self, reason: &'static str) -> &'static str {
        match (self, reason) {
            (Self::Function, "tool_calls") => "function_call",
            (_, reason) => reason,
        }
    }
}
