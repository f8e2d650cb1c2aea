//! What a chat model by candle does with requests, as one by llama.cpp does.

use std::time::Duration;

use bytes::Bytes;
use quire_domain::{ErrorKind, ModelId};
use quire_engines::candle::{CandleGenerator, ChatOptions};
use quire_engines::{
    ChatMessage, ChatRole, Constraint, ContentPart, EngineError, Feature, FinishReason, FirstToken,
    GenerateEvent, GenerateRequest, Generator, Image, LoadedModel, Prompt, Sampling,
};
use serde_json::{Value, json};

use super::writing::{CONTEXT, ask, letters, llama, load, only};
use crate::model::name;

#[tokio::test]
async fn the_same_seed_gives_the_same_text() {
    let generator = load(&llama()).await;
    let request = |seed| GenerateRequest {
        sampling: Sampling { temperature: 1.5, seed: Some(seed), ..Sampling::default() },
        ..letters("Tell me about the sea.", 40)
    };
    let text = ask(&generator, request(7)).await.text;
    assert_eq!(text.len(), 40);
    assert_eq!(text, ask(&generator, request(7)).await.text);
    assert_ne!(text, ask(&generator, request(8)).await.text);
}

#[tokio::test]
async fn stop_texts_and_limits_end_an_answer() {
    let generator = load(&llama()).await;
    let whole = ask(&generator, letters("Count.", 40)).await;
    assert_eq!((whole.reason, whole.completion_tokens), (Some(FinishReason::Length), 40));
    let stop = whole.text[10..13].to_owned();
    let request = GenerateRequest { stop: vec![stop.clone()], ..letters("Count.", 40) };
    let stopped = ask(&generator, request).await;
    assert_eq!(stopped.reason, Some(FinishReason::Stop));
    assert!(!stopped.text.contains(&stop) && whole.text.starts_with(&stopped.text), "{stopped:?}");
    let none = ask(&generator, letters("Count.", 0)).await;
    assert_eq!((none.reason, none.text.as_str()), (Some(FinishReason::Length), ""));
    // A token that ends a turn ends the answer, and is not part of it.
    let bias = vec![quire_engines::TokenBias { token: 257, bias: 100.0 }];
    let ended =
        ask(&generator, GenerateRequest { logit_bias: bias, ..letters("Count.", 40) }).await;
    assert_eq!((ended.reason, ended.completion_tokens), (Some(FinishReason::Stop), 0));
}

#[tokio::test]
async fn a_conversation_is_not_read_twice_and_says_the_same() {
    let model = llama();
    let generator = load(&model).await;
    let first = ask(&generator, letters("Where is the harbour?", 20)).await;
    assert_eq!((first.prompt_tokens, first.cached_tokens), (21, 0));
    let more = format!("Where is the harbour?{} And who built it?", first.text);
    let second = ask(&generator, letters(&more, 20)).await;
    // The last token of an answer has not been read.
    assert_eq!((second.prompt_tokens, second.cached_tokens), (59, 40));
    assert_eq!(second.text, ask(&load(&model).await, letters(&more, 20)).await.text);
    // One that only begins alike keeps the beginning, and the same prompt is read but for its last token.
    let other = ask(&generator, letters("Where is the ship?", 20)).await;
    assert_eq!(other.cached_tokens, 13);
    let again = ask(&generator, letters("Where is the ship?", 20)).await;
    assert_eq!((again.cached_tokens, again.text), (17, other.text));
}

#[tokio::test]
async fn a_prompt_that_leaves_no_room_is_refused_with_both_numbers() {
    let generator = load(&llama()).await;
    let long = "x".repeat(CONTEXT);
    let error = generator.generate(letters(&long, 5)).await.err().expect("no room");
    let EngineError::ContextExceeded { prompt_tokens, context_tokens, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((*prompt_tokens, *context_tokens), (CONTEXT, CONTEXT));
    assert!(error.to_string().contains("exceeds the available context size"), "{error}");
    let request = GenerateRequest { max_tokens: None, ..letters(&long[..CONTEXT - 3], 0) };
    let full = ask(&generator, request).await;
    assert_eq!((full.completion_tokens, full.reason), (3, Some(FinishReason::Length)));
    for prompt in [Prompt::Tokens(vec![u32::MAX]), Prompt::Tokens(Vec::new())] {
        let request = GenerateRequest::greedy(prompt, 5);
        let error = generator.generate(request).await.err().expect("it is none");
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn whoever_leaves_frees_the_engine() {
    let model = llama();
    let generator = load(&model).await;
    let endless = || GenerateRequest { max_tokens: None, ..letters("1 2 3", 0) };
    let mut abandoned = generator.generate(endless()).await.expect("it starts");
    assert!(matches!(abandoned.recv().await, Some(GenerateEvent::Started { .. })));
    let waiting = generator.generate(endless()).await.expect("it waits");
    drop((abandoned, waiting));
    let next =
        tokio::time::timeout(Duration::from_secs(20), ask(&generator, letters("1 2 3 4", 5)));
    let next = next.await.expect("the engine is free");
    // Of what nobody waited for at most a few tokens were written, and those only behind the prompt.
    assert_eq!((next.text.len(), next.cached_tokens), (5, 5));
}

#[tokio::test]
async fn a_full_queue_is_busy_and_loses_nothing() {
    let model = llama();
    let options = ChatOptions { queue: 1, ..ChatOptions::default() };
    let generator = CandleGenerator::load(&model.folder(), name(), &options).expect("it loads");
    let ask = || generator.generate(letters("1 2 3", 100));
    let mut begun = Vec::new();
    let error = loop {
        match ask().await {
            Ok(generation) => begun.push(generation),
            Err(error) => break error,
        }
        assert!(begun.len() < 50, "it never fills");
    };
    assert_eq!(error.kind(), ErrorKind::Busy);
    for mut generation in begun {
        let mut is_over = false;
        while let Some(event) = generation.recv().await {
            is_over = matches!(event, GenerateEvent::Finished { completion_tokens: 100, .. });
        }
        assert!(is_over, "a request was lost");
    }
    assert!(generator.is_alive());
}

#[tokio::test]
async fn an_answer_keeps_to_its_form() {
    let generator = load(&llama()).await;
    let schema = json!({"type": "object", "properties": {"colour": {"enum": ["red", "green"]},
        "count": {"type": "integer", "minimum": 3, "maximum": 7}},
        "required": ["colour", "count"], "additionalProperties": false});
    let ask = async |constraint: Constraint, seed: u32| {
        let sampling = Sampling { temperature: 1.5, seed: Some(seed), ..Sampling::default() };
        let request = GenerateRequest {
            constraint: Some(constraint),
            sampling,
            ..GenerateRequest::greedy(Prompt::Text("Say something.".to_owned()), 200)
        };
        ask(&generator, request).await
    };
    for seed in 0..3 {
        let reply = ask(Constraint::JsonSchema(schema.clone()), seed).await;
        assert_eq!(reply.reason, Some(FinishReason::Stop), "{reply:?}");
        let value: Value = serde_json::from_str(&reply.text).expect("JSON");
        assert!(matches!(value["colour"].as_str(), Some("red" | "green")), "{}", reply.text);
        assert!((3..=7).contains(&value["count"].as_i64().expect("a number")), "{}", reply.text);
        let reply = ask(Constraint::Regex("[0-9]{3}-[a-c]{4}".to_owned()), seed).await;
        assert!(reply.text.len() == 8 && reply.text.as_bytes()[3] == b'-', "{}", reply.text);
        let gbnf = "root ::= \"(\" (root | word) \")\"\nword ::= (\"größe\" | \"Maß\")";
        let reply = ask(Constraint::Gbnf(gbnf.to_owned()), seed).await;
        let inner = reply.text.trim_start_matches('(').trim_end_matches(')');
        assert!(matches!(inner, "größe" | "Maß") || reply.completion_tokens == 200, "{reply:?}");
    }
    let request = GenerateRequest {
        constraint: Some(Constraint::JsonSchema(json!({"type": "thing"}))),
        ..letters("x", 5)
    };
    let error = generator.generate(request).await.err().expect("it cannot be kept to");
    assert!(
        matches!(error, EngineError::InvalidConstraint { feature: Feature::Json, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn probabilities_are_told_as_the_network_has_them() {
    let generator = load(&llama()).await;
    let request = GenerateRequest { top_logprobs: Some(300), ..letters("Tell me.", 3) };
    let reply = ask(&generator, request).await;
    assert_eq!(reply.tokens.len(), 3);
    for ((_, chosen), likeliest) in reply.tokens.iter().zip(&reply.likeliest) {
        assert_eq!(likeliest.len(), 259, "rows that stand for nothing are no tokens");
        assert!(likeliest.is_sorted_by(|a, b| a >= b));
        let sum: f32 = likeliest.iter().map(|share| share.exp()).sum();
        assert!((sum - 1.0).abs() < 1e-3, "{sum}");
        assert!(*chosen <= likeliest[0], "what was ruled out may be likelier");
    }
}

#[tokio::test]
async fn chats_are_written_by_the_models_template() {
    let generator = load(&llama()).await;
    let prompt = Prompt::chat(vec![ChatMessage::new(ChatRole::User, "Hi")]);
    let text = "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n";
    let tokens = generator.tokenize(text, FirstToken::Added).expect("tokens");
    assert_eq!(tokens.len(), text.len() - 34 + 3, "special tokens are one each");
    assert_eq!(generator.count_prompt_tokens(&prompt).expect("a count"), tokens.len());
    assert_eq!(generator.detokenize(&tokens).as_deref(), Some(text));
    assert_eq!(generator.count_tokens("größe"), 7);
    let request =
        GenerateRequest { logit_bias: only(|_| true), ..GenerateRequest::greedy(prompt, 4) };
    assert_eq!(ask(&generator, request).await.prompt_tokens, tokens.len());

    let image = Image { media_type: "image/png".to_owned(), bytes: Bytes::new() };
    let content = vec![ContentPart::Image(image)];
    let seen = ChatMessage { content, ..ChatMessage::new(ChatRole::User, "") };
    let error = generator.generate(GenerateRequest::new(Prompt::chat(vec![seen]))).await;
    let error = error.err().expect("it sees nothing");
    assert!(matches!(error, EngineError::Unsupported { feature: Feature::Images, .. }), "{error}");
}

#[tokio::test]
async fn a_model_says_what_it_is() {
    let model = llama();
    let options = ChatOptions { context_tokens: 100, ..ChatOptions::default() };
    let load = || CandleGenerator::load(&model.folder(), name(), &options).expect("it loads");
    let info = load().info().clone();
    let expected: ModelId = name();
    assert_eq!((&info.model, info.context_tokens), (&expected, 100));
    // 2 layers of 2 kept heads with 16 numbers a key and a value of 4 bytes, beside the weights.
    let weights: u64 = model.names().map(|it| model.get(it).elem_count() as u64 * 4).sum();
    assert_eq!(info.memory_bytes, weights + 100 * 2 * 2 * 2 * 16 * 4);
    assert_eq!(info.fingerprint, load().info().fingerprint);
}
