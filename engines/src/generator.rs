//! The seam to chat models.

mod feature;
mod on_behalf;

use async_trait::async_trait;
use quire_domain::{ModelId, Sampling, WhenFull};
use tokio::sync::mpsc;

pub use feature::Feature;
pub use on_behalf::on_behalf_of;

use crate::chat::{Chat, ChatMessage, Constraint, ReplyPart, Thinking};
use crate::{Caller, EngineError, LoadedModel};

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
    /// What it can do beyond continuing text; a request for anything else is refused.
    pub features: Vec<Feature>,
}

impl GeneratorInfo {
    /// Says that a prompt of so many tokens leaves no room for an answer.
    pub fn exceeded_by(&self, prompt_tokens: usize) -> EngineError {
        let Self { model, context_tokens, .. } = self;
        EngineError::ContextExceeded {
            model: model.clone(),
            prompt_tokens,
            context_tokens: *context_tokens,
        }
    }

    /// Says that the engine failed.
    pub fn failed(&self, reason: String) -> EngineError {
        EngineError::Inference { model: self.model.clone(), reason }
    }

    /// Says what is wrong with a prompt.
    pub fn refuse_prompt(&self, problem: String) -> EngineError {
        EngineError::InvalidPrompt { model: self.model.clone(), problem }
    }

    /// Says what is wrong with a form that an answer is to be held to.
    pub fn invalid_form(&self, feature: Feature, reason: String) -> EngineError {
        EngineError::InvalidConstraint { model: self.model.clone(), feature, reason }
    }
}

/// What the model is to continue.
#[derive(Clone, Debug, PartialEq)]
pub enum Prompt {
    /// Messages and tools, put into the model's own chat template.
    Chat(Chat),
    /// Text, continued as it is.
    Text(String),
    /// Tokens of this model, continued as they are.
    Tokens(Vec<u32>),
}

impl Prompt {
    /// Has messages answered, or the last one continued if it is the assistant's.
    pub fn chat(messages: Vec<ChatMessage>) -> Self {
        Self::Chat(Chat::new(messages))
    }

    /// Has messages answered at once, without a thought before.
    pub fn direct(messages: Vec<ChatMessage>) -> Self {
        Self::Chat(Chat { thinking: Thinking::Prevented, ..Chat::new(messages) })
    }
}

/// Whether tokens begin with the one that every prompt of the model begins with, if it has such a one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FirstToken {
    /// They do.
    Added,
    /// They do not.
    LeftOut,
}

/// Makes a token more or less likely than the model holds it to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenBias {
    /// The token's number in the model's vocabulary.
    pub token: u32,
    /// What is added to its score; -100 and below never takes it, 100 and above always does.
    pub bias: f32,
}

/// A request to generate. Several replies to one prompt are several requests: the prompt is read once.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateRequest {
    /// What to continue.
    pub prompt: Prompt,
    /// How many bytes of the first message are instructions that every request of its kind begins with: an engine may
    /// keep what it made of them on disk. 0 if there are none.
    pub instructions_bytes: usize,
    /// How many tokens at most; `None` means until the context is full, or, if it is shifted then, eight times its size.
    pub max_tokens: Option<usize>,
    /// Texts before which generation ends; they are not part of the output.
    pub stop: Vec<String>,
    /// How the next token is chosen.
    pub sampling: Sampling,
    /// How many of the likeliest tokens are told with each one; `None` tells no probabilities.
    pub top_logprobs: Option<usize>,
    /// What the text must be like.
    pub constraint: Option<Constraint>,
    /// Tokens that are made more or less likely.
    pub logit_bias: Vec<TokenBias>,
    /// What happens when the context is full.
    pub when_full: WhenFull,
    /// Who asks.
    pub caller: Caller,
}

impl GenerateRequest {
    /// Makes a request for a continuation as the sampling's defaults choose it, until the model ends it.
    pub fn new(prompt: Prompt) -> Self {
        Self {
            prompt,
            instructions_bytes: 0,
            max_tokens: None,
            stop: Vec::new(),
            sampling: Sampling::default(),
            top_logprobs: None,
            constraint: None,
            logit_bias: Vec::new(),
            when_full: WhenFull::default(),
            caller: Caller::default(),
        }
    }

    /// Makes a request for the likeliest continuation: the same each time it is asked for.
    pub fn greedy(prompt: Prompt, max_tokens: usize) -> Self {
        Self { max_tokens: Some(max_tokens), sampling: Sampling::greedy(), ..Self::new(prompt) }
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
    /// The model ended its turn and waits for the tools that it has called.
    ToolCalls,
    /// `max_tokens` or the context's end was reached.
    Length,
}

/// One step of a generation.
#[derive(Debug)]
pub enum GenerateEvent {
    /// The prompt was read. First, but for `Dropped`. A model that another machine runs says so again before the end: what comes
    /// first is then an estimate.
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
    /// The model calls a tool, behind those that it has called already.
    Call {
        /// The tool.
        name: String,
    },
    /// More of the arguments of the last call: a piece of JSON text.
    Arguments(String),
    /// Tokens of the conversation were forgotten to make room, as [`WhenFull::Shift`] allows; those of a prompt that was
    /// too long come before `Started`, whose count is of what was read.
    Dropped {
        /// How many, this time.
        tokens: usize,
    },
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

impl From<ReplyPart> for GenerateEvent {
    fn from(part: ReplyPart) -> Self {
        match part {
            ReplyPart::Thought(text) => Self::Thought(text),
            ReplyPart::Text(text) => Self::Text(text),
            ReplyPart::Call(name) => Self::Call { name },
            ReplyPart::Arguments(text) => Self::Arguments(text),
        }
    }
}

/// A running generation: the receiving end of its events.
///
/// Dropping it stops the engine at the next token.
pub struct Generation {
    events: mpsc::Receiver<GenerateEvent>,
    watched: Option<Box<dyn GenerationWatch>>,
}

/// Whoever wants to know how far a generation is. It is dropped with the generation.
pub trait GenerationWatch: Send {
    /// Hears what the engine says, before whoever listens does.
    fn hear(&mut self, event: &GenerateEvent);
}

impl Generation {
    /// Gives the next event; `None` after the last one.
    pub async fn recv(&mut self) -> Option<GenerateEvent> {
        let event = self.events.recv().await;
        if let (Some(watched), Some(event)) = (&mut self.watched, &event) {
            watched.hear(event);
        }
        event
    }

    /// Lets somebody know how far it is.
    #[must_use]
    pub fn watched_by(self, watch: impl GenerationWatch + 'static) -> Self {
        Self { watched: Some(Box::new(watch)), ..self }
    }
}

impl From<mpsc::Receiver<GenerateEvent>> for Generation {
    fn from(events: mpsc::Receiver<GenerateEvent>) -> Self {
        Self { events, watched: None }
    }
}

/// A loaded chat model.
///
/// Contract: requests are served in order or side by side, never lost; a prompt that leaves no room
/// for one token is `ContextExceeded` before any event; a full queue is `Busy`. Callers are served in turn. What a prompt has in common with the
/// beginning of a recent one is not read twice (prefix reuse). What a request asks for is done or refused: what is not
/// among the `features` of its `info` is `Unsupported` before any event ([`GenerateRequest::check`]).
#[async_trait]
pub trait Generator: LoadedModel {
    /// Describes the model.
    fn info(&self) -> &GeneratorInfo;

    /// Counts the tokens of plain text.
    fn count_tokens(&self, text: &str) -> usize;

    /// Counts the tokens of a prompt as `generate` would send it, template included.
    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError>;

    /// Writes a chat as the model reads it, up to where it is to go on. `None` if the engine does not tell.
    fn write_prompt(&self, _chat: &Chat) -> Result<Option<String>, EngineError> {
        Ok(None)
    }

    /// Cuts text into tokens; names of special tokens in it are those tokens. `None` if the engine does not tell.
    fn tokenize(&self, _text: &str, _first: FirstToken) -> Option<Vec<u32>> {
        None
    }

    /// Makes text of tokens; `None` if the engine does not tell, or if the model does not know one of them.
    fn detokenize(&self, _tokens: &[u32]) -> Option<String> {
        None
    }

    /// Makes the prompt whose continuation stands between two texts; `None` if the model was not made for that.
    fn prompt_between(&self, _before: &str, _after: &str) -> Option<Prompt> {
        None
    }

    /// Starts a generation.
    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError>;
}
