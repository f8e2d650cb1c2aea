//! The seam to chat models.

use async_trait::async_trait;
use quire_domain::{ModelId, Sampling};
use tokio::sync::mpsc;

use crate::{EngineError, LoadedModel};

/// What is known of a loaded chat model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GeneratorInfo {
    /// Its name.
    pub model: ModelId,
    /// The size of its context as loaded, in tokens: prompt and answer together.
    pub context_tokens: usize,
    /// Bytes of its weights and cache, estimated.
    pub memory_bytes: u64,
    /// What identifies its weights: changes when they do.
    pub fingerprint: String,
}

/// Who says a message to the model.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ChatRole {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
}

impl ChatRole {
    /// Shows the word that chat templates use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }
}

/// One message of a chat.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChatMessage {
    /// Who says it.
    pub role: ChatRole,
    /// The words.
    pub content: String,
}

/// What the model is to continue.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// Messages, put into the model's own chat template. A last message by the assistant is
    /// continued instead of answered.
    Chat(Vec<ChatMessage>),
    /// Messages as in `Chat`, to be answered at once: a model that would think first is told not to,
    /// if its template can say so, and finds its thought ended if it cannot.
    Direct(Vec<ChatMessage>),
    /// Text, continued as it is.
    Text(String),
    /// Tokens of this model, continued as they are.
    Tokens(Vec<u32>),
}

/// A request to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateRequest {
    /// What to continue.
    pub prompt: Prompt,
    /// How many bytes of the first message are instructions that every request of its kind begins with: an engine may
    /// keep what it made of them on disk. 0 if there are none.
    pub instructions_bytes: usize,
    /// How many tokens at most; `None` means until the context is full.
    pub max_tokens: Option<usize>,
    /// Texts before which generation ends; they are not part of the output.
    pub stop: Vec<String>,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// How many of the likeliest tokens are told with each one; `None` tells no probabilities.
    pub top_logprobs: Option<usize>,
}

impl GenerateRequest {
    /// Makes a request for the likeliest continuation: the same each time it is asked for.
    pub fn greedy(prompt: Prompt, max_tokens: usize) -> Self {
        Self {
            prompt,
            instructions_bytes: 0,
            max_tokens: Some(max_tokens),
            stop: Vec::new(),
            sampling: Sampling::greedy(),
            top_logprobs: None,
        }
    }
}

/// A token and how likely the model held it to be, before any setting of [`Sampling`] had its say.
#[derive(Clone, Debug, PartialEq)]
pub struct TokenProbability {
    /// Its bytes, which need not be whole characters.
    pub bytes: Vec<u8>,
    /// The natural logarithm of its probability: 0 and below.
    pub log_probability: f32,
}

/// Why a generation ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FinishReason {
    /// The model ended its turn, or a stop text came.
    Stop,
    /// `max_tokens` or the context's end was reached.
    Length,
}

/// One step of a generation.
#[derive(Debug)]
pub enum GenerateEvent {
    /// The prompt was read. Always first.
    Started {
        /// Tokens of the prompt.
        prompt_tokens: usize,
        /// Those of them that were in the cache.
        cached_tokens: usize,
    },
    /// The token chosen, before the text that it completes; only if `top_logprobs` asks for it.
    Token {
        /// The token.
        chosen: TokenProbability,
        /// The likeliest tokens in its place, the likeliest first.
        top_logprobs: Vec<TokenProbability>,
    },
    /// More of what the model thinks before it answers a chat, without the marks around it.
    Thought(String),
    /// More text: whole characters, never a part of a stop text.
    Text(String),
    /// The end. Always last, unless `Failed` is.
    Finished {
        /// Why.
        reason: FinishReason,
        /// Tokens generated.
        completion_tokens: usize,
    },
    /// The engine failed in the middle.
    Failed(EngineError),
}

/// A running generation: the receiving end of its events.
///
/// Dropping it stops the engine at the next token.
pub type Generation = mpsc::Receiver<GenerateEvent>;

/// A loaded chat model.
///
/// Contract: requests are served in order or side by side, never lost; a prompt that leaves no room
/// for one token is `ContextExceeded` before any event; a full queue is `Busy`. What a prompt has in common with the
/// beginning of a recent one is not read twice (prefix reuse).
#[async_trait]
pub trait Generator: LoadedModel {
    /// Describes the model.
    fn info(&self) -> &GeneratorInfo;

    /// Counts the tokens of plain text.
    fn count_tokens(&self, text: &str) -> usize;

    /// Counts the tokens of a prompt as `generate` would send it, template included.
    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError>;

    /// Starts a generation.
    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError>;
}
