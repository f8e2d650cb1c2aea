//! A generation that is waited for: for callers that need the words and not their coming.

use crate::{EngineError, FinishReason, GenerateEvent, Generation, TokenProbability};

/// What a generation came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The likeliest tokens in each token's place, if they were asked for.
    pub top_logprobs: Vec<Vec<TokenProbability>>,
    /// Tokens of the prompt that were not in the cache, and had to be read.
    pub read_tokens: usize,
    /// Tokens of the conversation that were forgotten to make room.
    pub dropped_tokens: usize,
    /// Tokens generated.
    pub completion_tokens: usize,
    /// Why it ended; `None` if the engine went without a last word.
    pub reason: Option<FinishReason>,
}

impl Written {
    /// Waits for the end of a generation; what failed in the middle is an error.
    pub async fn wait_for(mut generation: Generation) -> Result<Self, EngineError> {
        let mut written = Self::default();
        while let Some(event) = generation.recv().await {
            match event {
                GenerateEvent::Started { prompt_tokens, cached_tokens } => {
                    written.read_tokens = prompt_tokens.saturating_sub(cached_tokens);
                }
                GenerateEvent::Token { top_logprobs, .. } => {
                    written.top_logprobs.push(top_logprobs);
                }
                GenerateEvent::Dropped { tokens } => written.dropped_tokens += tokens,
                // Who offers tools follows the reply as it comes.
                GenerateEvent::Thought(_)
                | GenerateEvent::Call { .. }
                | GenerateEvent::Arguments(_) => {}
                GenerateEvent::Text(text) => written.text.push_str(&text),
                GenerateEvent::Finished { reason, completion_tokens } => {
                    written.completion_tokens = completion_tokens;
                    written.reason = Some(reason);
                }
                GenerateEvent::Failed(error) => return Err(error),
            }
        }
        Ok(written)
    }
}
