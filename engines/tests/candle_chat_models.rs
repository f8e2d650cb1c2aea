//! A real small chat model by candle, and beside it by llama.cpp: the same file, the same tokens.
//!
//! It is read from the folder that `QUIRE_TEST_MODELS` names; `cargo xtask test` gets it and sets it.

#![cfg(all(feature = "candle", feature = "llama"))]

use std::sync::Arc;

use quire_domain::ModelId;
use quire_engines::{
    ChatMessage, ChatRole, FinishReason, FirstToken, GenerateEvent, GenerateRequest, Generator,
    GgufEngine, LoadOptions, LocalRuntime, ModelRuntime, ModelStore, Prompt, RuntimeOptions,
};

async fn load(gguf_engine: GgufEngine) -> Arc<dyn Generator> {
    let folder = std::env::var("QUIRE_TEST_MODELS").expect(
        "QUIRE_TEST_MODELS names the folder of models; run the tests by `cargo xtask test`",
    );
    let options = RuntimeOptions {
        load: LoadOptions::of_context(512),
        gguf_engine,
        ..RuntimeOptions::default()
    };
    let runtime = LocalRuntime::new(ModelStore::new(folder), options);
    let name: ModelId = "smollm2-135m-instruct".parse().expect("a valid name");
    runtime.get_generator(&name).await.expect("the chat model loads")
}

/// The text, the tokens one by one, and why it ended.
async fn answer(generator: &Arc<dyn Generator>) -> (String, Vec<Vec<u8>>, Option<FinishReason>) {
    let question = "What is the capital city of Italy? Answer in one sentence.";
    let prompt = Prompt::chat(vec![ChatMessage::new(ChatRole::User, question)]);
    let request = GenerateRequest { top_logprobs: Some(0), ..GenerateRequest::greedy(prompt, 24) };
    let mut generation = generator.generate(request).await.expect("it begins");
    let (mut text, mut tokens, mut ended) = (String::new(), Vec::new(), None);
    while let Some(event) = generation.recv().await {
        match event {
            GenerateEvent::Text(more) => text.push_str(&more),
            GenerateEvent::Token { chosen, .. } => tokens.push(chosen.bytes),
            GenerateEvent::Finished { reason, .. } => ended = Some(reason),
            GenerateEvent::Failed(error) => panic!("it failed: {error}"),
            _ => {}
        }
    }
    (text, tokens, ended)
}

#[tokio::test]
async fn a_question_is_answered_as_llama_cpp_answers_it() {
    let candle = load(GgufEngine::Candle).await;
    let llama = load(GgufEngine::LlamaCpp).await;
    let texts = [
        "How often is the bearing greased?",
        "Revenue rose by 4.2 % to 1,317 million euros.",
        "Straße, naïve, 東京 and 😀 are words too\n\n  fn main() {}",
        "<|im_start|>user\nHi<|im_end|>\n",
    ];
    for text in texts {
        let cut = |generator: &Arc<dyn Generator>| generator.tokenize(text, FirstToken::Added);
        assert_eq!(cut(&candle), cut(&llama), "{text}");
        let tokens = cut(&candle).expect("tokens");
        assert_eq!(candle.detokenize(&tokens).as_deref(), Some(text));
    }
    let (text, tokens, ended) = answer(&candle).await;
    assert!(text.contains("Rome"), "{text}");
    assert_eq!(ended, Some(FinishReason::Stop));
    // The two round otherwise: sooner or later one takes another of two tokens that are nearly as likely.
    let (_, others, _) = answer(&llama).await;
    let alike = tokens.iter().zip(&others).take_while(|(a, b)| a == b).count();
    assert!(alike >= 6, "{tokens:?} {others:?}");
}
