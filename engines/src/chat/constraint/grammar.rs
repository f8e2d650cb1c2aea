//! Forms that an answer is held to, compiled for the vocabulary of a model, whatever engine chooses its tokens.

use std::sync::OnceLock;

use llguidance::api::TopLevelGrammar;
use llguidance::toktrie::TokEnv;
use llguidance::{Matcher, ParserFactory};
use serde_json::json;

use super::{Constraint, to_lark};
use crate::chat::ReplyParser;
use crate::chat::reply::compact;
use crate::{Feature, Prompt};

/// Compiles forms for one model. The vocabulary is read at the first one, which takes tenths of a second.
#[derive(Default)]
pub struct Grammars(OnceLock<Result<ParserFactory, String>>);

/// Follows what was chosen, and notices that a text has left its form.
pub struct Guard(Matcher);

impl Grammars {
    /// Compiles a form; the error says what is wrong with it.
    pub fn compile(
        &self,
        vocabulary: impl FnOnce() -> Result<TokEnv, String>,
        constraint: &Constraint,
    ) -> Result<Guard, String> {
        let factory = self.0.get_or_init(|| {
            let mut factory =
                ParserFactory::new_simple(&vocabulary()?).map_err(|error| error.to_string())?;
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
            None => Ok(Guard(matcher)),
        }
    }
}

impl Guard {
    /// Gives a matcher that stands where this one does, for a sampler that follows by itself.
    #[cfg(feature = "llama")]
    pub fn matcher(&self) -> Matcher {
        self.0.deep_clone()
    }

    /// Tells which tokens may come next; the end of the text alone if nothing may follow.
    #[cfg(feature = "candle")]
    pub fn allowed(&mut self) -> Result<llguidance::toktrie::SimpleVob, String> {
        self.0.compute_mask_or_eos().map_err(|error| error.to_string())
    }

    /// Takes the token that was chosen; the error says why it is none that the form allows.
    pub fn take(&mut self, token: u32) -> Result<(), String> {
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

/// Finds what a reply is held to, and which feature that takes: calls that it must make come before the form of its text.
pub fn form_of(
    prompt: &Prompt,
    reply: &ReplyParser,
    constraint: Option<Constraint>,
) -> Option<(Feature, Constraint)> {
    let calls = match prompt {
        Prompt::Chat(chat) => reply.required_calls(chat),
        Prompt::Text(_) | Prompt::Tokens(_) => None,
    };
    let feature = match (&calls, &constraint) {
        (Some(_), _) => Feature::RequiredCalls,
        (None, Some(Constraint::JsonObject | Constraint::JsonSchema(_))) => Feature::Json,
        _ => Feature::Grammar,
    };
    Some((feature, calls.or(constraint)?))
}
