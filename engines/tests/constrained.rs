//! Answers that are held to a form, by the real small chat model: what comes is checked by other means than what held it.

#![cfg(feature = "llama")]

use quire_domain::ErrorKind;
use quire_engines::llama::{LlamaGenerator, LlamaOptions};
use quire_engines::{
    Chat, ChatMessage, ChatRole, Constraint, EngineError, Feature, FinishReason, GenerateEvent,
    GenerateRequest, Generator, LoadOptions, ModelStore, Prompt, Sampling, TokenBias, Tool,
    ToolChoice,
};
use serde_json::{Value, json};

fn load() -> LlamaGenerator {
    let folder = std::env::var("QUIRE_TEST_MODELS").expect(
        "QUIRE_TEST_MODELS names the folder of models; run the tests by `cargo xtask test`",
    );
    let name = "smollm2-135m-instruct".parse().expect("a valid name");
    let stored = ModelStore::new(folder).get(&name).expect("it is there");
    let options = LlamaOptions { load: LoadOptions::of_context(2048), ..LlamaOptions::default() };
    LlamaGenerator::load(&stored.path, stored.model.id, &options).expect("it loads")
}

/// What came of a request.
#[derive(Debug, Default)]
struct Reply {
    text: String,
    calls: Vec<(String, String)>,
    reason: Option<FinishReason>,
}

async fn generate(generator: &LlamaGenerator, request: GenerateRequest) -> Reply {
    let mut generation = generator.generate(request).await.expect("it begins");
    let mut reply = Reply::default();
    loop {
        match generation.recv().await.expect("it ends by itself") {
            GenerateEvent::Text(text) => reply.text.push_str(&text),
            GenerateEvent::Call { name } => reply.calls.push((name, String::new())),
            GenerateEvent::Arguments(text) => {
                reply.calls.last_mut().expect("a call").1.push_str(&text);
            }
            GenerateEvent::Failed(error) => panic!("it failed: {error}"),
            GenerateEvent::Finished { reason, .. } => {
                reply.reason = Some(reason);
                return reply;
            }
            _ => {}
        }
    }
}

fn ask(text: &str) -> Prompt {
    Prompt::chat(vec![ChatMessage::new(ChatRole::User, text)])
}

/// A reply to a question that has nothing to do with the form, at each of several temperatures.
async fn replies(generator: &LlamaGenerator, constraint: &Constraint) -> Vec<String> {
    let mut replies = Vec::new();
    for seed in 0..4 {
        let sampling = Sampling {
            temperature: if seed == 0 { 0.0 } else { 1.5 },
            seed: Some(seed),
            ..Sampling::default()
        };
        let request = GenerateRequest {
            constraint: Some(constraint.clone()),
            sampling,
            max_tokens: Some(400),
            ..GenerateRequest::new(ask("Tell me a story about a harbour."))
        };
        let reply = generate(generator, request).await;
        assert_eq!(reply.reason, Some(FinishReason::Stop), "{constraint:?}: {reply:?}");
        replies.push(reply.text);
    }
    replies
}

#[tokio::test]
async fn an_answer_is_json_of_the_schema() {
    let generator = load();
    let schema = json!({
        "type": "object",
        "properties": {
            "colour": {"enum": ["red", "green"]},
            "count": {"type": "integer", "minimum": 3, "maximum": 7},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 8}, "minItems": 1, "maxItems": 2},
            "next": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/place"}]},
        },
        "required": ["colour", "count", "tags", "next"],
        "additionalProperties": false,
        "$defs": {"place": {"type": "object", "properties": {"x": {"type": "boolean"}}, "required": ["x"], "additionalProperties": false}},
    });
    for text in replies(&generator, &Constraint::JsonSchema(schema)).await {
        let value: Value = serde_json::from_str(&text).expect("JSON");
        assert!(matches!(value["colour"].as_str(), Some("red" | "green")), "{text}");
        assert!(matches!(value["count"].as_i64(), Some(3..=7)), "{text}");
        let tags = value["tags"].as_array().expect("tags");
        assert!((1..=2).contains(&tags.len()), "{text}");
        assert!(tags.iter().all(|tag| tag.as_str().is_some_and(|tag| tag.chars().count() <= 8)));
        assert!(value["next"].is_null() || value["next"]["x"].is_boolean(), "{text}");
        let keys: Vec<&String> = value.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["colour", "count", "tags", "next"], "in the order of the schema: {text}");
    }
}

#[tokio::test]
async fn an_answer_keeps_to_an_expression_or_a_grammar() {
    let generator = load();
    let is_number = |text: &str| {
        text.len() == 8
            && text.bytes().enumerate().all(|(at, byte)| match at {
                3 => byte == b'-',
                _ => byte.is_ascii_digit(),
            })
    };
    for constraint in [
        Constraint::Regex("[0-9]{3}-[0-9]{4}".to_owned()),
        Constraint::Lark("start: DIGIT{3} \"-\" DIGIT{4}\nDIGIT: /[0-9]/".to_owned()),
        Constraint::Gbnf("root ::= digit{3} \"-\" digit{4} # a number\ndigit ::= [0-9]".to_owned()),
    ] {
        for text in replies(&generator, &constraint).await {
            assert!(is_number(&text), "{constraint:?}: {text}");
        }
    }
    // Recursion, and letters outside of ASCII.
    let nested = Constraint::Gbnf(
        "root ::= \"(\" (root | word) \")\"\nword ::= (\"größe\" | \"Maß\")".to_owned(),
    );
    for text in replies(&generator, &nested).await {
        let inner = text.trim_start_matches('(').trim_end_matches(')');
        assert!(matches!(inner, "größe" | "Maß"), "{text}");
        assert_eq!(text.matches('(').count(), text.matches(')').count(), "{text}");
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_kept_to_is_refused_before_anything_is_read() {
    let generator = load();
    for (constraint, feature) in [
        (
            Constraint::JsonSchema(json!({"type": "object", "properties": {"a": {"not": {}}}})),
            Feature::Json,
        ),
        (Constraint::JsonSchema(json!({"type": "thing"})), Feature::Json),
        (Constraint::JsonSchema(json!({"$ref": "https://example.org/schema"})), Feature::Json),
        (Constraint::Regex("(".to_owned()), Feature::Grammar),
        (Constraint::Lark("start: missing".to_owned()), Feature::Grammar),
        (Constraint::Gbnf("root ::= missing".to_owned()), Feature::Grammar),
        (Constraint::Gbnf("start ::= \"a\"".to_owned()), Feature::Grammar),
    ] {
        let request = GenerateRequest {
            constraint: Some(constraint.clone()),
            ..GenerateRequest::greedy(ask("Hello."), 8)
        };
        let error = generator.generate(request).await.map(drop).expect_err("it is refused");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{constraint:?}: {error}");
        match error {
            EngineError::InvalidConstraint { feature: told, reason, .. } => {
                assert_eq!(told, feature, "{constraint:?}");
                assert!(!reason.is_empty());
            }
            other => panic!("{constraint:?}: {other}"),
        }
    }
}

#[tokio::test]
async fn a_call_that_is_required_is_made() {
    let generator = load();
    let tool = |name: &str, property: &str| {
        let schema = json!({
            "type": "object",
            "properties": {property: {"enum": ["Bonn", "Oslo"]}},
            "required": [property],
            "additionalProperties": false,
        });
        Tool::new(name.to_owned(), String::new(), schema.as_object().cloned())
    };
    let tools = vec![tool("weather", "city"), tool("time", "zone")];
    let messages = vec![ChatMessage::new(ChatRole::User, "Tell me a story.")];
    for (tool_choice, names) in [
        (ToolChoice::Named("time".to_owned()), &["time"][..]),
        (ToolChoice::Required, &["weather", "time"][..]),
    ] {
        let chat = Chat {
            tools: tools.clone(),
            tool_choice,
            parallel_calls: false,
            ..Chat::new(messages.clone())
        };
        let reply = generate(&generator, GenerateRequest::greedy(Prompt::Chat(chat), 200)).await;
        assert_eq!(reply.reason, Some(FinishReason::ToolCalls), "{reply:?}");
        let [(name, arguments)] = reply.calls.as_slice() else { panic!("one call: {reply:?}") };
        assert!(names.contains(&name.as_str()), "{reply:?}");
        let arguments: Value = serde_json::from_str(arguments).expect("JSON");
        let value = arguments[if name == "time" { "zone" } else { "city" }].as_str();
        assert!(matches!(value, Some("Bonn" | "Oslo")), "{reply:?}");
        assert_eq!(reply.text, "", "nothing else is said");
    }
}

#[tokio::test]
async fn tokens_are_made_more_and_less_likely() {
    let generator = load();
    let request = || GenerateRequest::greedy(Prompt::Tokens(vec![1, 2, 3, 4, 5]), 1);
    let ask = async |logit_bias: Vec<TokenBias>| {
        let request = GenerateRequest { logit_bias, top_logprobs: Some(2), ..request() };
        let mut generation = generator.generate(request).await.expect("it begins");
        loop {
            match generation.recv().await.expect("it ends by itself") {
                GenerateEvent::Token { chosen, .. } => return chosen.bytes,
                GenerateEvent::Failed(error) => panic!("it failed: {error}"),
                _ => {}
            }
        }
    };
    let free = ask(Vec::new()).await;
    let wanted = 1000;
    let forced = ask(vec![TokenBias { token: wanted, bias: 100.0 }]).await;
    assert_ne!(free, forced);
    let others = ask((0..2000).map(|token| TokenBias { token, bias: -100.0 }).collect()).await;
    assert_ne!(others, forced, "one that is ruled out is never taken");
}
