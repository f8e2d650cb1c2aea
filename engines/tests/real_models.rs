//! The engines with real small models.
//!
//! They are read from the folder that `QUIRE_TEST_MODELS` names; `cargo xtask test` gets them and
//! sets it. Without them these tests fail: what they check is what users get.

#![cfg(all(feature = "candle", feature = "llama"))]

use std::sync::Arc;
use std::time::Duration;

use candle_core::{Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::bert::{BertModel, Config, DTYPE};
use quire_domain::{ErrorKind, ModelId, Unloading};
use quire_engines::llama::{LlamaGenerator, LlamaOptions};
use quire_engines::{
    ChatMessage, ChatRole, Embedder, EngineError, FinishReason, GenerateEvent, GenerateRequest,
    Generator, LoadOptions, LocalRuntime, ModelRuntime, ModelStore, Prompt, RuntimeOptions,
    Sampling, TextRole,
};

const EMBEDDER: &str = "all-minilm-l6-v2";
const CHAT: &str = "smollm2-135m-instruct";

fn id(name: &str) -> ModelId {
    name.parse().expect("a valid name")
}

fn runtime() -> LocalRuntime {
    let folder = std::env::var("QUIRE_TEST_MODELS").expect(
        "QUIRE_TEST_MODELS names the folder of models; run the tests by `cargo xtask test`",
    );
    let options =
        RuntimeOptions { load: LoadOptions::of_context(1024), ..RuntimeOptions::default() };
    LocalRuntime::new(ModelStore::new(folder), options)
}

async fn embedder() -> Arc<dyn Embedder> {
    runtime().get_embedder(&id(EMBEDDER)).await.expect("the embedding model loads")
}

async fn generator() -> Arc<dyn Generator> {
    runtime().get_generator(&id(CHAT)).await.expect("the chat model loads")
}

fn texts() -> Vec<String> {
    let long = "The turbine's bearing must be greased every 500 hours. ".repeat(18);
    let texts = [
        "How often is the bearing greased?",
        "Revenue rose by 4.2 % to 1,317 million euros.",
        "Straße, naïve, 東京 and 😀 are words too",
        "",
        "x",
        long.as_str(),
    ];
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// Embeds one text with candle's own network and sentence-transformers' mean and normalisation.
fn reference(texts: &[String]) -> Vec<Vec<f32>> {
    let runtime = runtime();
    let folder = runtime.store().get(&id(EMBEDDER)).expect("it is there").path;
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a file of the model");
    let config: Config = serde_json::from_slice(&read("config.json")).expect("a configuration");
    let device = Device::Cpu;
    let weights = VarBuilder::from_buffered_safetensors(read("model.safetensors"), DTYPE, &device)
        .expect("the weights");
    let model = BertModel::load(weights, &config).expect("the network");
    let mut tokenizer =
        tokenizers::Tokenizer::from_bytes(read("tokenizer.json")).expect("a tokenizer");
    tokenizer.with_padding(None).with_truncation(None).expect("nothing is cut");
    let embed = |text: &String| -> candle_core::Result<Vec<f32>> {
        let tokens = tokenizer.encode(text.as_str(), true).expect("tokens");
        let tokens = Tensor::new(tokens.get_ids(), &device)?.unsqueeze(0)?;
        let rows = model.forward(&tokens, &tokens.zeros_like()?, None)?;
        rows.mean(1)?.squeeze(0)?.to_vec1()
    };
    texts.iter().map(|text| embed(text).expect("a vector")).collect()
}

#[tokio::test]
async fn vectors_are_those_of_the_reference() {
    let embedder = embedder().await;
    assert_eq!((embedder.info().dimensions, embedder.info().max_tokens), (384, 256));
    let texts = texts();
    let ours = embedder.embed(texts.clone(), TextRole::Passage).await.expect("vectors");
    for ((text, ours), reference) in texts.iter().zip(&ours.vectors).zip(reference(&texts)) {
        let likeness = cosine(ours, &reference);
        assert!(likeness >= 0.99999, "`{text}`: {likeness}");
        let length = ours.iter().map(|value| value * value).sum::<f32>().sqrt();
        assert!((length - 1.0).abs() < 1e-5, "`{text}` has length {length}");
    }
}

#[tokio::test]
async fn a_text_is_embedded_alike_alone_and_in_company() {
    let embedder = embedder().await;
    let texts = texts();
    let together = embedder.embed(texts.clone(), TextRole::Passage).await.expect("vectors");
    for (index, text) in texts.iter().enumerate() {
        let alone = embedder.embed(vec![text.clone()], TextRole::Query).await.expect("a vector");
        let likeness = cosine(&alone.vectors[0], &together.vectors[index]);
        assert!(likeness >= 0.99999, "`{text}`: {likeness}");
        assert_eq!(alone.token_counts[0], together.token_counts[index]);
        // The two special tokens are what `count_tokens` leaves out.
        assert_eq!(alone.token_counts[0], embedder.count_tokens(text) + 2, "`{text}`");
    }
}

#[tokio::test]
async fn what_means_the_same_is_nearer() {
    let embedder = embedder().await;
    let texts = ["How do I reset my password?", "Changing a forgotten login code", "Wheat prices"];
    let texts = texts.map(str::to_owned).to_vec();
    let vectors = embedder.embed(texts, TextRole::Passage).await.expect("vectors").vectors;
    assert!(cosine(&vectors[0], &vectors[1]) > cosine(&vectors[0], &vectors[2]) + 0.2);
}

#[tokio::test]
async fn too_long_a_text_is_refused_and_named() {
    let texts = vec!["short".to_owned(), "word ".repeat(300)];
    let error = embedder().await.embed(texts, TextRole::Passage).await.expect_err("too long");
    let EngineError::InputTooLong { index: 1, tokens: 302, max_tokens: 256, .. } = error else {
        panic!("{error}");
    };
}

/// A question that the small model can answer: it answers "Rome".
const ROME: &str = "What is the capital city of Italy? Answer in one sentence.";

fn ask(question: &str) -> GenerateRequest {
    let prompt = Prompt::chat(vec![ChatMessage::new(ChatRole::User, question)]);
    GenerateRequest::greedy(prompt, 48)
}

/// What a generation came to.
#[derive(Debug, PartialEq)]
struct Outcome {
    text: String,
    prompt_tokens: usize,
    cached_tokens: usize,
    reason: FinishReason,
    completion_tokens: usize,
}

async fn generate(generator: &Arc<dyn Generator>, request: GenerateRequest) -> Outcome {
    let mut events = generator.generate(request).await.expect("it starts");
    let Some(GenerateEvent::Started { prompt_tokens, cached_tokens }) = events.recv().await else {
        panic!("the first event is not `Started`");
    };
    let mut text = String::new();
    loop {
        match events.recv().await.expect("an end") {
            GenerateEvent::Text(more) => text.push_str(&more),
            GenerateEvent::Finished { reason, completion_tokens } => {
                assert!(events.recv().await.is_none(), "something came after the end");
                return Outcome { text, prompt_tokens, cached_tokens, reason, completion_tokens };
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_question_is_answered_and_the_next_turn_reuses_the_first() {
    let generator = generator().await;
    let first = ask(ROME);
    let outcome = generate(&generator, first.clone()).await;
    assert!(outcome.text.contains("Rome"), "{}", outcome.text);
    assert_eq!((outcome.reason, outcome.cached_tokens), (FinishReason::Stop, 0));
    assert_eq!(
        generator.count_prompt_tokens(&first.prompt).expect("a count"),
        outcome.prompt_tokens
    );

    let Prompt::Chat(mut chat) = first.prompt else { panic!("it was a chat") };
    chat.messages.push(ChatMessage::new(ChatRole::Assistant, outcome.text));
    let content = ROME.replace("Italy", "Spain");
    chat.messages.push(ChatMessage::new(ChatRole::User, content));
    let second = GenerateRequest { prompt: Prompt::Chat(chat), ..ask("") };
    let again = generate(&generator, second).await;
    assert!(again.text.contains("Madrid"), "{}", again.text);
    let known = outcome.prompt_tokens + outcome.completion_tokens - 4;
    assert!(again.cached_tokens >= known, "{} of {known} reused", again.cached_tokens);
    assert!(again.cached_tokens < again.prompt_tokens);
}

#[tokio::test]
async fn stop_texts_and_limits_end_an_answer() {
    let generator = generator().await;
    let whole = generate(&generator, ask("Count from one to ten in words.")).await;
    let word = whole.text.split_whitespace().nth(3).expect("four words").to_owned();
    let request =
        GenerateRequest { stop: vec![word.clone()], ..ask("Count from one to ten in words.") };
    let stopped = generate(&generator, request).await;
    assert_eq!(stopped.reason, FinishReason::Stop);
    assert!(!stopped.text.contains(&word), "`{word}` is in `{}`", stopped.text);
    assert!(whole.text.starts_with(&stopped.text), "`{}`", stopped.text);

    let request = GenerateRequest { max_tokens: Some(5), ..ask("Tell me a long story.") };
    let limited = generate(&generator, request).await;
    assert_eq!((limited.reason, limited.completion_tokens), (FinishReason::Length, 5));
    let request = GenerateRequest { max_tokens: Some(0), ..ask("Tell me a long story.") };
    let none = generate(&generator, request).await;
    assert_eq!((none.reason, none.text.as_str()), (FinishReason::Length, ""));
}

#[tokio::test]
async fn the_end_of_the_context_ends_an_answer() {
    let generator = generator().await;
    let size = generator.info().context_tokens;
    let tokens = vec![504_u32; size - 3];
    let request = GenerateRequest { prompt: Prompt::Tokens(tokens), max_tokens: None, ..ask("") };
    let outcome = generate(&generator, request).await;
    assert!(outcome.completion_tokens <= 3, "{} tokens", outcome.completion_tokens);

    let request = GenerateRequest { prompt: Prompt::Tokens(vec![504; size]), ..ask("") };
    let error = generator.generate(request).await.err().expect("no room for a token");
    let EngineError::ContextExceeded { prompt_tokens, context_tokens, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((prompt_tokens, context_tokens), (size, size));
    let request = GenerateRequest { prompt: Prompt::Tokens(vec![u32::MAX]), ..ask("") };
    let error = generator.generate(request).await.err().expect("no such token");
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_text() {
    let generator = generator().await;
    let request = |seed| GenerateRequest {
        sampling: Sampling { temperature: 1.2, seed: Some(seed), ..Sampling::default() },
        ..ask("Tell me about the sea.")
    };
    // The first run fills the cache, so that the others read their prompts alike.
    generate(&generator, request(7)).await;
    let outcome = generate(&generator, request(7)).await;
    assert_eq!(outcome.text, generate(&generator, request(7)).await.text);
    assert_ne!(outcome.text, generate(&generator, request(8)).await.text);
}

#[tokio::test]
async fn dropping_a_generation_frees_the_engine() {
    let generator = generator().await;
    let endless = GenerateRequest {
        prompt: Prompt::Text("1 2 3 4 5 6 7 8 9 10 11 12".to_owned()),
        max_tokens: None,
        ..ask("")
    };
    let mut abandoned = generator.generate(endless.clone()).await.expect("it starts");
    abandoned.recv().await.expect("the first event");
    let waiting = generator.generate(endless).await.expect("it waits");
    drop((abandoned, waiting));
    let next = generate(&generator, ask(ROME));
    let outcome = tokio::time::timeout(Duration::from_secs(20), next).await;
    assert!(outcome.expect("the engine is free").text.contains("Rome"));
}

#[tokio::test]
async fn models_are_shared_listed_and_let_go() {
    let runtime = runtime();
    let first = runtime.get_embedder(&id(EMBEDDER)).await.expect("it loads");
    let full = first.info().model.clone();
    let second = runtime.get_embedder(&full).await.expect("it is there");
    assert!(std::ptr::eq(first.info(), second.info()), "it was loaded once");
    let models = runtime.list_models().await.expect("a list");
    assert!(models.iter().any(|model| model.id == full && model.loaded));
    let Err(error) = runtime.get_generator(&full).await else { panic!("it cannot answer") };
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(runtime.residents().unload(&full), Unloading::WhenIdle);
    drop(second);
    first.embed(vec!["still here".to_owned()], TextRole::Query).await.expect("held, so usable");
    drop(first);
    assert!(runtime.residents().list().is_empty());
}

/// Loads the chat model with options of its own.
fn load(options: &LlamaOptions) -> Arc<dyn Generator> {
    let stored = runtime().store().get(&id(CHAT)).expect("it is there");
    Arc::new(LlamaGenerator::load(&stored.path, stored.model.id, options).expect("it loads"))
}

#[tokio::test]
async fn several_questions_are_answered_side_by_side() {
    let generator = generator().await;
    let capitals =
        [("Italy", "Rome"), ("Spain", "Madrid"), ("France", "Paris"), ("Japan", "Tokyo")];
    let asked =
        capitals.map(|(country, _)| generate(&generator, ask(&ROME.replace("Italy", country))));
    for (outcome, (country, capital)) in futures::future::join_all(asked).await.iter().zip(capitals)
    {
        assert!(outcome.text.contains(capital), "{country}: {}", outcome.text);
        assert_eq!(outcome.reason, FinishReason::Stop);
    }
}

#[tokio::test]
async fn two_conversations_in_turn_read_nothing_twice() {
    let generator = generator().await;
    let story =
        |hero: &str| format!("{} Who is it about?", format!("{hero} went to sea. ").repeat(20));
    let mut conversations =
        ["Alice", "Bob"].map(|hero| vec![ChatMessage::new(ChatRole::User, story(hero))]);
    let mut known = [0, 0];
    for turn in 0..3 {
        for (messages, known) in conversations.iter_mut().zip(&mut known) {
            let request = GenerateRequest::greedy(Prompt::chat(messages.clone()), 8);
            let outcome = generate(&generator, request).await;
            let cached = outcome.cached_tokens;
            assert!(turn == 0 || cached >= *known, "turn {turn}: {cached} of {known}");
            *known = outcome.prompt_tokens;
            messages.push(ChatMessage::new(ChatRole::Assistant, outcome.text));
            messages.push(ChatMessage::new(ChatRole::User, "And where did they go?"));
        }
    }
}

#[tokio::test]
async fn requests_that_do_not_fit_together_are_answered_all_the_same() {
    // Four prompts of some 60 tokens with 100 tokens of answer each, in a context of 256.
    let generator =
        load(&LlamaOptions { load: LoadOptions::of_context(256), ..LlamaOptions::default() });
    let prompts = ["1 2 3 4 5 6 7 8 9", "a b c d e f g h i", "2 4 6 8 10 12 14", "z y x w v u t"];
    let asked = prompts.map(|prompt| {
        let prompt = Prompt::Text(prompt.repeat(4));
        let request =
            GenerateRequest { max_tokens: Some(100), ..GenerateRequest::greedy(prompt, 0) };
        generate(&generator, request)
    });
    for outcome in futures::future::join_all(asked).await {
        let is_whole = outcome.reason == FinishReason::Stop || outcome.completion_tokens == 100;
        assert!(is_whole, "{outcome:?}");
    }
}

#[tokio::test]
async fn proposals_do_not_change_what_is_said() {
    let prompt =
        "The harbour of Oldenburg was opened in 1847 by the merchant Friedrich Hansen. ".repeat(3);
    let request = GenerateRequest::greedy(Prompt::Text(prompt), 60);
    let without = load(&LlamaOptions { proposed_tokens: 0, ..LlamaOptions::default() });
    let with = load(&LlamaOptions { proposed_tokens: 8, ..LlamaOptions::default() });
    let expected = generate(&without, request.clone()).await;
    assert!(expected.text.contains("Friedrich Hansen"), "nothing is copied: {}", expected.text);
    assert_eq!(generate(&with, request).await, expected);
}

#[tokio::test]
async fn instructions_are_read_once_even_across_restarts() {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        LlamaOptions { prompt_cache: Some(folder.path().to_owned()), ..LlamaOptions::default() };
    let instructions = "You answer briefly and you name the city that is asked for. ".repeat(6);
    let request = |passage: &str, country: &str| {
        let system = format!("{instructions}\n\nPassages: {passage}");
        let system = ChatMessage::new(ChatRole::System, system);
        let user = ChatMessage::new(ChatRole::User, ROME.replace("Italy", country));
        let prompt = Prompt::chat(vec![system, user]);
        let instructions_bytes = instructions.len();
        GenerateRequest { instructions_bytes, ..GenerateRequest::greedy(prompt, 24) }
    };
    let secret = "The secret harbour lies in the north. ".repeat(4);
    let first = generate(&load(&options), request(&secret, "Italy")).await;
    assert_eq!(first.cached_tokens, 0);
    // The thread of the first one may still be writing.
    let kept = || std::fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(kept(), 1, "one file is kept");

    let fresh = load(&LlamaOptions::default());
    let again = load(&options);
    let count = |text: &str| again.count_tokens(text);
    let (told, expected) = (count(&instructions), generate(&fresh, request("none", "Spain")).await);
    let outcome = generate(&again, request("none", "Spain")).await;
    assert_eq!(outcome.text, expected.text);
    // The template adds a few tokens; the passages are not kept.
    let cached = outcome.cached_tokens;
    assert!((told - 2..told + 16).contains(&cached), "{cached} cached of {told}");

    // A damaged file is read for nothing, removed, and written anew.
    let file = std::fs::read_dir(folder.path()).expect("a folder").next().expect("a file");
    let path = file.expect("a file").path();
    let mut bytes = std::fs::read(&path).expect("its bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&path, bytes).expect("it is written");
    let outcome = generate(&load(&options), request("none", "Spain")).await;
    assert_eq!((outcome.cached_tokens, outcome.text), (0, expected.text));
    assert_eq!(kept(), 1, "it is written anew");
}

#[tokio::test]
async fn instructions_that_are_the_whole_first_message_are_kept_without_the_question() {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        LlamaOptions { prompt_cache: Some(folder.path().to_owned()), ..LlamaOptions::default() };
    let instructions = "You answer briefly and you name the city that is asked for. ".repeat(6);
    let request = |question: &str| {
        let system = ChatMessage::new(ChatRole::System, instructions.as_str());
        let user = ChatMessage::new(ChatRole::User, question);
        let prompt = Prompt::chat(vec![system, user]);
        let instructions_bytes = instructions.len();
        GenerateRequest { instructions_bytes, ..GenerateRequest::greedy(prompt, 1) }
    };
    let first = generate(&load(&options), request("What is the secret of the north?")).await;
    assert_eq!(first.cached_tokens, 0);
    let again = load(&options);
    let told = again.count_tokens(&instructions);
    let cached = generate(&again, request("Where is the harbour?")).await.cached_tokens;
    assert!((told - 2..told + 16).contains(&cached), "{cached} cached of {told}");
}
