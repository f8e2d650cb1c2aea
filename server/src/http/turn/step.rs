//! The steps of a reply.

use std::collections::BTreeMap;

use quire_domain::{Answer, Citation, DocumentId, Receipt, VectorStoreId};
use quire_engines::{FinishReason, TokenProbability};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::file_search::FileSearched;
use super::hosted::told::HostedStep;
use crate::http::error::ApiError;

/// One step of a reply.
#[derive(Debug)]
pub enum Step {
    /// The prompt was read. A collection does not say so: it knows at the end.
    Started(Usage),
    /// Files were searched. Always first, if they were.
    Searched(FileSearched),
    /// The quotes that a collection found before a model was asked.
    Evidence(Vec<Citation>),
    /// More of what the model thinks before it answers.
    Thought(String),
    /// More text, and its tokens if their probabilities were asked for.
    Text(String, Vec<Token>),
    /// A checked sentence of a collection's answer.
    Sentence(Cited),
    /// A call of a tool begins.
    Call(Call),
    /// More of the arguments of the last call.
    Arguments(String),
    /// Something that is done with the tools of servers.
    Hosted(HostedStep),
    /// The end.
    End(Ending),
    /// It failed in the middle.
    Failed(ApiError),
}

/// A token as it was chosen, and the likeliest in its place.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub chosen: TokenProbability,
    /// The likeliest tokens in its place, the likeliest first.
    pub likeliest: Vec<TokenProbability>,
}

/// A sentence and the quotes it rests on.
#[derive(Clone, Debug)]
pub struct Cited {
    /// What stands between it and the sentence before, and the sentence.
    pub text: String,
    /// The quotes.
    pub citations: Vec<Citation>,
    /// The vector stores that the documents of the quotes are in, if stores were searched.
    pub stores: BTreeMap<DocumentId, VectorStoreId>,
}

/// A call of a tool.
#[derive(Clone, Debug)]
pub struct Call {
    /// What tells it from others; each protocol has a word of its own to put before it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments: JSON text, as the model wrote it.
    pub arguments: String,
}

impl Call {
    /// Begins a call, with a new identifier.
    pub fn new(name: String) -> Self {
        Self { id: Uuid::new_v4().simple().to_string(), name, arguments: String::new() }
    }

    /// Gives the arguments as an object. Those that are none stand in one, as they were written.
    pub fn read_arguments(&self) -> Map<String, Value> {
        match serde_json::from_str(&self.arguments) {
            Ok(Value::Object(arguments)) => arguments,
            _ if self.arguments.trim().is_empty() => Map::new(),
            _ => Map::from_iter([("arguments".to_owned(), self.arguments.clone().into())]),
        }
    }
}

/// How a reply ended.
#[derive(Debug)]
pub struct Ending {
    /// Why.
    pub reason: FinishReason,
    /// The tokens it took.
    pub usage: Usage,
    /// The whole answer, if a collection gave it.
    pub answer: Option<Box<Answer>>,
}

/// How many tokens a reply took.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Those of them that were in the cache.
    pub cached: usize,
    /// Tokens generated.
    pub completion: usize,
    /// Those of them that the model thought with before it answered.
    pub reasoning: usize,
    /// Tokens of the conversation that were forgotten to make room; they were read before or never.
    pub dropped: usize,
}

impl Usage {
    /// Gives the account of several replies to one prompt, which counts once.
    pub fn of_choices(choices: &[Self]) -> Self {
        let mut whole = choices.first().copied().unwrap_or_default();
        for more in choices.iter().skip(1) {
            whole.completion += more.completion;
            whole.reasoning += more.reasoning;
            whole.dropped += more.dropped;
        }
        whole
    }

    /// Gives the account of a collection's answer.
    pub fn of(receipt: &Receipt) -> Self {
        Self {
            prompt: receipt.prompt_tokens as usize,
            cached: receipt.cached_tokens as usize,
            completion: receipt.completion_tokens as usize,
            // A model that answers from documents is kept from thinking first.
            reasoning: 0,
            dropped: 0,
        }
    }

    /// Adds another prompt's account.
    pub fn add(&mut self, other: Self) {
        self.prompt += other.prompt;
        self.cached += other.cached;
        self.completion += other.completion;
        self.reasoning += other.reasoning;
        self.dropped += other.dropped;
    }
}
