//! Forms that an answer is held to, compiled for the vocabulary of a model.

use std::sync::OnceLock;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llguidance::api::TopLevelGrammar;
use llguidance::{Matcher, ParserFactory};
use serde_json::json;

use crate::Constraint;
use crate::chat::{compact, to_lark};

/// Compiles forms for one model. The vocabulary is read at the first one, which takes tenths of a second.
#[derive(Default)]
pub struct Grammars(OnceLock<Result<ParserFactory, String>>);

/// A form that is kept to.
pub struct Form {
    /// Lets only tokens through that the form allows.
    pub sampler: LlamaSampler,
    /// Follows what was chosen: the sampler tells nobody if it fails.
    pub guard: Guard,
}

/// Notices that a text has left its form.
pub struct Guard(Matcher);

impl Grammars {
    /// Compiles a form; the error says what is wrong with it.
    pub fn compile(&self, model: &LlamaModel, constraint: &Constraint) -> Result<Form, String> {
        let factory = self.0.get_or_init(|| {
            let vocabulary = LlamaSampler::llguidance_tok_env(model);
            let mut factory =
                ParserFactory::new_simple(&vocabulary).map_err(|error| error.to_string())?;
            factory.quiet();
            Ok(factory)
        });
        let factory = factory.as_ref().map_err(Clone::clone)?;
        let grammar = match constraint {
            Constraint::JsonObject => {
                TopLevelGrammar::from_json_schema(compact(&json!({"type": "object"})))
            }
            Constraint::JsonSchema(schema) => TopLevelGrammar::from_json_schema(compact(schema)),
            Constraint::Regex(expression) => TopLevelGrammar::from_regex(expression),
            Constraint::Lark(grammar) => TopLevelGrammar::from_lark(grammar.clone()),
            Constraint::Gbnf(grammar) => TopLevelGrammar::from_lark(to_lark(grammar)?),
        };
        let matcher = Matcher::new(factory.create_parser(grammar));
        match matcher.get_error() {
            Some(error) => Err(error),
            None => Ok(Form { guard: Guard(matcher.deep_clone()), sampler: matcher.into() }),
        }
    }
}

impl Guard {
    /// Takes the token that was chosen; the error says why it is none that the form allows.
    pub fn take(&mut self, token: LlamaToken) -> Result<(), String> {
        let Ok(token) = u32::try_from(token.0) else { return Ok(()) };
        match self.0.try_consume_tokens(&[token]) {
            Ok(1) => Ok(()),
            Ok(_) => Err("the text left the form that was asked for".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Returns whether the text is whole, and nothing may follow.
    pub fn is_over(&self) -> bool {
        self.0.is_stopped()
    }
}
