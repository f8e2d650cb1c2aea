//! A chat model that works for somebody: what it is asked is asked by them, whoever asks.

use std::sync::Arc;

use async_trait::async_trait;

use crate::{
    Caller, EngineError, FirstToken, GenerateRequest, Generation, Generator, GeneratorInfo,
    LoadedModel, Prompt,
};

/// Has a model take all requests for those of a caller.
pub fn on_behalf_of(caller: Caller, generator: Arc<dyn Generator>) -> Arc<dyn Generator> {
    Arc::new(OnBehalf { caller, generator })
}

struct OnBehalf {
    caller: Caller,
    generator: Arc<dyn Generator>,
}

impl LoadedModel for OnBehalf {
    fn is_alive(&self) -> bool {
        self.generator.is_alive()
    }
}

#[async_trait]
impl Generator for OnBehalf {
    fn info(&self) -> &GeneratorInfo {
        self.generator.info()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.generator.count_tokens(text)
    }

    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError> {
        self.generator.count_prompt_tokens(prompt)
    }

    fn tokenize(&self, text: &str, first: FirstToken) -> Option<Vec<u32>> {
        self.generator.tokenize(text, first)
    }

    fn detokenize(&self, tokens: &[u32]) -> Option<String> {
        self.generator.detokenize(tokens)
    }

    fn prompt_between(&self, before: &str, after: &str) -> Option<Prompt> {
        self.generator.prompt_between(before, after)
    }

    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError> {
        let caller = self.caller.clone();
        self.generator.generate(GenerateRequest { caller, ..request }).await
    }
}
