//! A request as an upstream takes it: in the shapes of `OpenAI`'s chat and text completions.
//!
//! What the sampling's defaults say is left to the upstream, which has its own for each model. What a request does ask
//! for is written down, so that the upstream does it or refuses.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use quire_domain::{Dry, Sampling};
use serde_json::{Map, Value, json};

use crate::chat::{
    Chat, ChatMessage, ChatRole, Constraint, ContentPart, Tool, ToolCall, ToolChoice,
};
use crate::{GenerateRequest, Prompt};

/// How many stop texts upstreams take; the others are looked for here.
const MOST_STOPS: usize = 4;

/// A request and where it goes.
#[derive(Clone, Debug)]
pub struct Call {
    /// The path below the upstream's address.
    pub path: &'static str,
    /// The request.
    pub body: Value,
}

/// Writes a request to a model, by the upstream's name for it.
pub fn write(model: &str, request: &GenerateRequest) -> Call {
    let mut body = Map::new();
    body.insert("model".to_owned(), model.into());
    body.insert("stream".to_owned(), true.into());
    body.insert("stream_options".to_owned(), json!({"include_usage": true}));
    let path = match &request.prompt {
        Prompt::Chat(chat) => {
            write_chat(chat, &mut body);
            if let Some(count) = request.top_logprobs {
                body.insert("logprobs".to_owned(), true.into());
                body.insert("top_logprobs".to_owned(), count.into());
            }
            "chat/completions"
        }
        Prompt::Text(text) => {
            body.insert("prompt".to_owned(), text.as_str().into());
            body.extend(request.top_logprobs.map(|count| ("logprobs".to_owned(), count.into())));
            "completions"
        }
        Prompt::Tokens(tokens) => {
            body.insert("prompt".to_owned(), json!(tokens));
            body.extend(request.top_logprobs.map(|count| ("logprobs".to_owned(), count.into())));
            "completions"
        }
    };
    if let Some(limit) = request.max_tokens {
        body.insert("max_tokens".to_owned(), limit.into());
    }
    let stops: Vec<&String> = request.stop.iter().filter(|stop| !stop.is_empty()).collect();
    if !stops.is_empty() {
        body.insert("stop".to_owned(), json!(stops[..stops.len().min(MOST_STOPS)]));
    }
    write_sampling(&request.sampling, &mut body);
    if let Some(form) = request.constraint.as_ref().and_then(form) {
        body.insert("response_format".to_owned(), form);
    }
    if !request.logit_bias.is_empty() {
        let biases = request.logit_bias.iter();
        let biases: Map<String, Value> =
            biases.map(|bias| (bias.token.to_string(), json!(bias.bias))).collect();
        body.insert("logit_bias".to_owned(), biases.into());
    }
    Call { path, body: body.into() }
}

impl Call {
    /// Names the limit on tokens as newer models want it; returns whether it did not yet.
    pub fn rename_limit(&mut self) -> bool {
        let body = self.body.as_object_mut();
        let Some(body) = body else { return false };
        match body.remove("max_tokens") {
            Some(limit) => {
                body.insert("max_completion_tokens".to_owned(), limit);
                true
            }
            None => false,
        }
    }

    /// Leaves out fields that a model is known not to take.
    pub fn leave_out(&mut self, fields: &[String]) {
        if let Some(body) = self.body.as_object_mut() {
            for field in fields {
                body.shift_remove(field);
            }
        }
    }
}

/// Writes what differs from the defaults. Numbers are compared as they were set, not as they were computed.
fn write_sampling(sampling: &Sampling, body: &mut Map<String, Value>) {
    let usual = Sampling::default();
    let mut write = |name: &str, value: f32, usual: f32| {
        if (value - usual).abs() > f32::EPSILON {
            body.insert(name.to_owned(), number(value));
        }
    };
    write("temperature", sampling.temperature, usual.temperature);
    write("top_p", sampling.top_p, usual.top_p);
    write("min_p", sampling.min_p, usual.min_p);
    write("typical_p", sampling.typical_p, usual.typical_p);
    write("repeat_penalty", sampling.repeat_penalty, usual.repeat_penalty);
    write("frequency_penalty", sampling.frequency_penalty, usual.frequency_penalty);
    write("presence_penalty", sampling.presence_penalty, usual.presence_penalty);
    if let Some(dry) = &sampling.dry {
        let usual = Dry::default();
        write("dry_multiplier", dry.multiplier, 0.0);
        write("dry_base", dry.base, usual.base);
        if dry.allowed_length != usual.allowed_length {
            body.insert("dry_allowed_length".to_owned(), dry.allowed_length.into());
        }
        if dry.penalty_last_n != usual.penalty_last_n {
            body.insert("dry_penalty_last_n".to_owned(), dry.penalty_last_n.into());
        }
        if dry.sequence_breakers != usual.sequence_breakers {
            body.insert("dry_sequence_breakers".to_owned(), json!(dry.sequence_breakers));
        }
    }
    if let Some(xtc) = sampling.xtc {
        body.insert("xtc_probability".to_owned(), number(xtc.probability));
        body.insert("xtc_threshold".to_owned(), number(xtc.threshold));
    }
    if sampling.top_k != usual.top_k {
        body.insert("top_k".to_owned(), sampling.top_k.into());
    }
    if sampling.repeat_last_n != usual.repeat_last_n {
        body.insert("repeat_last_n".to_owned(), sampling.repeat_last_n.into());
    }
    if let Some(seed) = sampling.seed {
        body.insert("seed".to_owned(), seed.into());
    }
}

/// Writes a number as it was set, by way of text: 0.1 would be 0.10000000149011612.
fn number(value: f32) -> Value {
    json!(value.to_string().parse::<f64>().unwrap_or_else(|_| f64::from(value)))
}

/// Writes a form; grammars have none that upstreams share, and were refused.
fn form(constraint: &Constraint) -> Option<Value> {
    match constraint {
        Constraint::JsonObject => Some(json!({"type": "json_object"})),
        Constraint::JsonSchema(schema) => Some(json!({
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": true},
        })),
        Constraint::Regex(_) | Constraint::Lark(_) | Constraint::Gbnf(_) => None,
    }
}

fn write_chat(chat: &Chat, body: &mut Map<String, Value>) {
    let messages: Vec<Value> = chat.messages.iter().map(write_message).collect();
    body.insert("messages".to_owned(), messages.into());
    if chat.tools.is_empty() {
        return;
    }
    let tools: Vec<Value> = chat.tools.iter().map(write_tool).collect();
    body.insert("tools".to_owned(), tools.into());
    let choice = match &chat.tool_choice {
        ToolChoice::Auto => json!("auto"),
        ToolChoice::None => json!("none"),
        ToolChoice::Required => json!("required"),
        ToolChoice::Named(name) => json!({"type": "function", "function": {"name": name}}),
    };
    body.insert("tool_choice".to_owned(), choice);
    if !chat.parallel_calls {
        body.insert("parallel_tool_calls".to_owned(), false.into());
    }
}

fn write_message(message: &ChatMessage) -> Value {
    let mut written = json!({"role": message.role.as_str(), "content": write_content(message)});
    if let Some(name) = &message.name {
        written["name"] = name.as_str().into();
    }
    if let Some(id) = message.call_id.as_ref().filter(|_| message.role == ChatRole::Tool) {
        written["tool_call_id"] = id.as_str().into();
    }
    if !message.tool_calls.is_empty() {
        let calls: Vec<Value> = message.tool_calls.iter().map(write_call).collect();
        written["tool_calls"] = calls.into();
    }
    written
}

fn write_content(message: &ChatMessage) -> Value {
    if !message.has_images() {
        let text = message.text();
        return if text.is_empty() && !message.tool_calls.is_empty() {
            Value::Null
        } else {
            text.into()
        };
    }
    let part = |part: &ContentPart| match part {
        ContentPart::Text(text) => json!({"type": "text", "text": text}),
        ContentPart::Image(image) => {
            let data = BASE64_STANDARD.encode(&image.bytes);
            let url = format!("data:{};base64,{data}", image.media_type);
            json!({"type": "image_url", "image_url": {"url": url}})
        }
    };
    message.content.iter().map(part).collect()
}

fn write_tool(tool: &Tool) -> Value {
    json!({"type": "function", "function": {
        "name": tool.name, "description": tool.description, "parameters": tool.parameters(),
    }})
}

fn write_call(call: &ToolCall) -> Value {
    json!({"id": call.id, "type": "function", "function": {
        "name": call.name, "arguments": call.arguments,
    }})
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use quire_domain::Xtc;

    use super::*;
    use crate::chat::Image;

    #[test]
    fn only_what_a_request_says_is_written() {
        let chat = GenerateRequest::new(Prompt::chat(vec![ChatMessage::new(ChatRole::User, "Hi")]));
        let call = write("m", &chat);
        assert_eq!(call.path, "chat/completions");
        assert_eq!(
            call.body,
            json!({
                "model": "m", "stream": true, "stream_options": {"include_usage": true},
                "messages": [{"role": "user", "content": "Hi"}],
            })
        );
        let mut greedy = write("m", &GenerateRequest::greedy(Prompt::Text("a".to_owned()), 5));
        assert_eq!(greedy.body["temperature"], 0.0);
        assert!(greedy.rename_limit() && !greedy.rename_limit());
        greedy.leave_out(&["temperature".to_owned()]);
        assert_eq!(greedy.body["max_completion_tokens"], 5);
        assert_eq!(greedy.body.get("temperature"), None);
    }

    #[test]
    fn samplers_have_the_names_of_llama_cpp() {
        let (dry, xtc) = (Some(Dry { base: 2.0, ..Dry::default() }), Some(Xtc::default()));
        let sampling =
            Sampling { typical_p: 0.5, repeat_last_n: 9, dry, xtc, ..Sampling::default() };
        let request =
            GenerateRequest { sampling, ..GenerateRequest::new(Prompt::Text("a".to_owned())) };
        let body = write("m", &request).body;
        for (name, value) in [
            ("typical_p", json!(0.5)),
            ("repeat_last_n", json!(9)),
            ("dry_multiplier", json!(0.8)),
            ("dry_base", json!(2.0)),
            ("xtc_probability", json!(0.5)),
            ("xtc_threshold", json!(0.1)),
        ] {
            assert_eq!(body[name], value, "{name}");
        }
        assert_eq!(body.get("dry_allowed_length"), None);
    }

    #[test]
    fn tools_calls_pictures_and_forms_have_their_places() {
        let image = Image { media_type: "image/png".to_owned(), bytes: Bytes::from_static(b"p") };
        let mut seen = ChatMessage::new(ChatRole::User, "What?");
        seen.content.push(ContentPart::Image(image));
        let (id, name) = ("c1".to_owned(), "look".to_owned());
        let call = ToolCall { id, name: name.clone(), arguments: "{}".to_owned() };
        let called =
            ChatMessage { tool_calls: vec![call], ..ChatMessage::new(ChatRole::Assistant, "") };
        let told = ChatMessage::tool_result("c1", "A cat.");
        let chat = Chat {
            tools: vec![Tool::new(name.clone(), "Looks".to_owned(), None)],
            tool_choice: ToolChoice::Named(name),
            parallel_calls: false,
            ..Chat::new(vec![seen, called, told])
        };
        let request = GenerateRequest {
            constraint: Some(Constraint::JsonSchema(json!({"type": "object"}))),
            sampling: Sampling { temperature: 0.1, seed: Some(3), ..Sampling::default() },
            top_logprobs: Some(2),
            ..GenerateRequest::new(Prompt::Chat(chat))
        };
        let body = write("m", &request).body;
        let at = |place: &str| body.pointer(place).cloned().unwrap_or_default();
        assert_eq!(at("/messages/0/content/1/image_url/url"), "data:image/png;base64,cA==");
        assert_eq!(at("/messages/1/content"), Value::Null);
        assert_eq!(at("/messages/1/tool_calls/0/function/name"), "look");
        assert_eq!(at("/messages/2/tool_call_id"), "c1");
        assert_eq!(at("/tools/0/function/parameters/type"), "object");
        assert_eq!(at("/tool_choice/function/name"), "look");
        assert_eq!(at("/parallel_tool_calls"), false);
        assert_eq!(at("/response_format/json_schema/schema/type"), "object");
        assert_eq!((at("/temperature"), at("/seed")), (json!(0.1), json!(3)));
        assert_eq!((at("/logprobs"), at("/top_logprobs")), (json!(true), json!(2)));
    }
}
