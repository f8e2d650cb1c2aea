//! What an engine may or may not be able to do, so that nothing is accepted and passed over.

use std::fmt;

use crate::chat::{ChatMessage, Constraint, ToolChoice};
use crate::{EngineError, GenerateRequest, GeneratorInfo, Prompt, WhenFull};

/// Something beyond continuing text, which a request can ask for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Feature {
    /// Pictures in messages.
    Images,
    /// Calls that must be made: [`ToolChoice::Required`] and [`ToolChoice::Named`].
    RequiredCalls,
    /// Answers that are JSON: [`Constraint::JsonObject`] and [`Constraint::JsonSchema`].
    Json,
    /// Answers that keep to a grammar or regular expression.
    Grammar,
    /// Tokens that are made more or less likely.
    LogitBias,
    /// Going on when the context is full: [`WhenFull::Shift`].
    ContextShift,
}

impl fmt::Display for Feature {
    /// Says what cannot be done, behind "cannot".
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Images => "read images",
            Self::RequiredCalls => "be made to call a tool",
            Self::Json => "be held to JSON",
            Self::Grammar => "be held to a grammar",
            Self::LogitBias => "have tokens made more or less likely",
            Self::ContextShift => "go on when its context is full",
        })
    }
}

impl GenerateRequest {
    /// Refuses a request that asks for a feature which the model of `info` lacks.
    pub fn check(&self, info: &GeneratorInfo) -> Result<(), EngineError> {
        match self.needs().into_iter().find(|feature| !info.features.contains(feature)) {
            Some(feature) => Err(EngineError::Unsupported { model: info.model.clone(), feature }),
            None => Ok(()),
        }
    }

    fn needs(&self) -> Vec<Feature> {
        let mut needs = Vec::new();
        if let Prompt::Chat(chat) = &self.prompt {
            if chat.messages.iter().any(ChatMessage::has_images) {
                needs.push(Feature::Images);
            }
            if matches!(chat.tool_choice, ToolChoice::Required | ToolChoice::Named(_)) {
                needs.push(Feature::RequiredCalls);
            }
        }
        match &self.constraint {
            None => {}
            Some(Constraint::JsonObject | Constraint::JsonSchema(_)) => needs.push(Feature::Json),
            Some(Constraint::Regex(_) | Constraint::Lark(_) | Constraint::Gbnf(_)) => {
                needs.push(Feature::Grammar);
            }
        }
        if !self.logit_bias.is_empty() {
            needs.push(Feature::LogitBias);
        }
        if self.when_full == WhenFull::Shift {
            needs.push(Feature::ContextShift);
        }
        needs
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::json;

    use super::*;
    use crate::TokenBias;
    use crate::chat::{Chat, ChatRole, ContentPart, Image};

    fn info(features: &[Feature]) -> GeneratorInfo {
        GeneratorInfo {
            model: "a/model".parse().expect("a name"),
            context_tokens: 16,
            memory_bytes: 0,
            fingerprint: String::new(),
            features: features.to_vec(),
        }
    }

    #[test]
    fn what_a_model_cannot_do_is_refused_and_nothing_else() {
        let plain = || GenerateRequest::new(Prompt::chat(Vec::new()));
        let chat = |chat| GenerateRequest::new(Prompt::Chat(chat));
        let with = |constraint| GenerateRequest { constraint: Some(constraint), ..plain() };
        let choice = |tool_choice| chat(Chat { tool_choice, ..Chat::new(Vec::new()) });
        let image = Image { media_type: "image/png".to_owned(), bytes: Bytes::new() };
        let content = vec![ContentPart::Image(image)];
        let seen = ChatMessage { content, ..ChatMessage::new(ChatRole::User, "") };
        let biased = vec![TokenBias { token: 5, bias: -1.0 }];
        for (request, feature) in [
            (GenerateRequest::new(Prompt::chat(vec![seen])), Feature::Images),
            (choice(ToolChoice::Required), Feature::RequiredCalls),
            (choice(ToolChoice::Named("f".to_owned())), Feature::RequiredCalls),
            (with(Constraint::JsonObject), Feature::Json),
            (with(Constraint::JsonSchema(json!({}))), Feature::Json),
            (with(Constraint::Regex("a".to_owned())), Feature::Grammar),
            (with(Constraint::Lark("start: \"a\"".to_owned())), Feature::Grammar),
            (with(Constraint::Gbnf("root ::= \"a\"".to_owned())), Feature::Grammar),
            (GenerateRequest { logit_bias: biased, ..plain() }, Feature::LogitBias),
            (GenerateRequest { when_full: WhenFull::Shift, ..plain() }, Feature::ContextShift),
        ] {
            let error = request.check(&info(&[])).expect_err("it lacks the feature");
            assert!(error.to_string().contains(&feature.to_string()), "{error}");
            request.check(&info(&[feature])).expect("it has the feature");
        }
        for request in [plain(), choice(ToolChoice::Auto), choice(ToolChoice::None)] {
            request.check(&info(&[])).expect("it asks for nothing");
        }
    }
}
