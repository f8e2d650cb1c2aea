//! The calls of tools in a reply, in OpenAI's shapes, whole and streamed.

use serde_json::{Value, json};

use crate::http::turn::step::Call;

/// The shape in which calls are told.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CallShape {
    /// `tool_calls`: any number, each with an identifier.
    Tools,
    /// `function_call`: one, for clients that sent `functions`.
    Function,
}

/// Gives a call's identifier as OpenAI's clients know it.
pub fn call_id(call: &Call) -> String {
    format!("call_{}", call.id)
}

impl CallShape {
    /// Puts calls into a message. One that has nothing but calls has no content.
    pub fn add_to(self, message: &mut Value, calls: &[&Call]) {
        let Some(first) = calls.first() else { return };
        if message["content"] == "" {
            message["content"] = Value::Null;
        }
        let function = |call: &Call| json!({"name": call.name, "arguments": call.arguments});
        match self {
            Self::Tools => {
                let shape = |call: &&Call| json!({"id": call_id(call), "type": "function", "function": function(call)});
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
                {"index": index, "id": call_id(call), "type": "function", "function": function},
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
