//! Chat models that see: images between words, by llama.cpp's `mtmd` and tiny models with drawn weights.

#![cfg(feature = "llama")]

mod reading;
mod refusals;
mod side_by_side;
mod tiny;

use std::sync::Arc;

use quire_domain::{LoadOptions, ModelId};
use quire_engines::{
    ChatMessage, ChatRole, ContentPart, FinishReason, GenerateEvent, GenerateRequest, Generator,
    Image, LocalRuntime, ModelRuntime, ModelStore, Prompt, RuntimeOptions, TokenBias,
};

use tiny::Sight;

/// A model in a store of its own, and the folder that it is gone with.
struct Seeing {
    store: tempfile::TempDir,
}

impl Seeing {
    fn new(sight: Sight) -> Self {
        let store = tempfile::tempdir().expect("a folder");
        tiny::write(&store.path().join("tiny/seeing"), sight);
        Self { store }
    }

    fn runtime(&self, options: RuntimeOptions) -> LocalRuntime {
        LocalRuntime::new(ModelStore::new(self.store.path()), options)
    }

    async fn load_with(&self, options: RuntimeOptions) -> Arc<dyn Generator> {
        self.runtime(options).get_generator(&name()).await.expect("it loads")
    }

    async fn load(&self) -> Arc<dyn Generator> {
        self.load_with(RuntimeOptions {
            load: LoadOptions::of_context(2048),
            ..RuntimeOptions::default()
        })
        .await
    }
}

fn name() -> ModelId {
    "tiny/seeing".parse().expect("a valid name")
}

/// A part of a message.
enum Part {
    Words(&'static str),
    Picture(u8),
}

use Part::{Picture, Words};

fn image(bytes: Vec<u8>) -> ContentPart {
    ContentPart::Image(Image { media_type: "image/png".to_owned(), bytes: bytes.into() })
}

fn message(role: ChatRole, parts: &[Part]) -> ChatMessage {
    let content = parts.iter().map(|part| match part {
        Words(words) => ContentPart::Text((*words).to_owned()),
        Picture(number) => image(tiny::picture(*number)),
    });
    ChatMessage { content: content.collect(), ..ChatMessage::new(role, "") }
}

/// A question whose answer has twelve tokens, whatever they are.
fn request(messages: Vec<ChatMessage>) -> GenerateRequest {
    GenerateRequest {
        top_logprobs: Some(3),
        // Only letters, so that there is something to compare.
        logit_bias: (0..259)
            .filter(|token| !(97..123).contains(token))
            .map(|token| TokenBias { token, bias: -100.0 })
            .collect(),
        ..GenerateRequest::greedy(Prompt::chat(messages), 12)
    }
}

fn ask(parts: &[Part]) -> GenerateRequest {
    request(vec![message(ChatRole::User, parts)])
}

/// What a generation came to.
#[derive(Clone, Debug, Default, PartialEq)]
struct Answer {
    text: String,
    prompt_tokens: usize,
    cached_tokens: usize,
    log_probabilities: Vec<f32>,
    reason: Option<FinishReason>,
}

impl Answer {
    /// Says how far the probabilities are from those of another answer.
    fn distance(&self, other: &Self) -> f32 {
        assert_eq!(self.log_probabilities.len(), 12);
        let pairs = self.log_probabilities.iter().zip(&other.log_probabilities);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    /// Asserts that it is the same answer, but for rounding: what is read in other batches is computed in another order, and
    /// keys and values are kept in 16 bits.
    fn assert_same(&self, other: &Self, what: &str) {
        assert_eq!(self.text, other.text, "{what}");
        let distance = self.distance(other);
        assert!(distance < 2e-2, "{what}: {distance}");
    }

    /// Asserts that it is another answer.
    fn assert_other(&self, other: &Self, what: &str) {
        let distance = self.distance(other);
        assert!(distance > 6e-2, "{what}: {distance}");
    }
}

async fn answer(generator: &dyn Generator, request: GenerateRequest) -> Answer {
    let mut events = generator.generate(request).await.expect("it begins");
    let mut answer = Answer::default();
    while let Some(event) = events.recv().await {
        match event {
            GenerateEvent::Started { prompt_tokens, cached_tokens } => {
                (answer.prompt_tokens, answer.cached_tokens) = (prompt_tokens, cached_tokens);
            }
            GenerateEvent::Token { chosen, .. } => {
                answer.log_probabilities.push(chosen.log_probability);
            }
            GenerateEvent::Text(more) => answer.text.push_str(&more),
            GenerateEvent::Finished { reason, .. } => answer.reason = Some(reason),
            GenerateEvent::Failed(error) => panic!("it failed: {error}"),
            _ => {}
        }
    }
    answer
}
