//! A model as it is given out: it does what the model does, and holds the lease.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use quire_domain::ModelKind;

use super::lease::{Lease, Turn};
use super::roster::Loaded;
use crate::{
    Chat, Embedder, EmbedderInfo, Embeddings, EngineError, Entailment, EntailmentJudge,
    EntailmentPair, FirstToken, GenerateRequest, Generation, Generator, GeneratorInfo, JudgeInfo,
    LoadedModel, Prompt, Reranker, RerankerInfo, Reranking, TextRole,
};

/// A sort of models that can be resident.
pub trait Resident: LoadedModel {
    /// What such models do.
    const KIND: ModelKind;

    /// Puts a model among those of other sorts.
    fn into_loaded(model: Arc<Self>) -> Loaded;

    /// Finds a model of this sort.
    fn of_loaded(loaded: &Loaded) -> Option<Arc<Self>>;

    /// Gives a model out: what is given holds the lease.
    fn lend(model: Arc<Self>, lease: Arc<Lease>) -> Arc<Self>;
}

macro_rules! resident {
    ($model:ty, $sort:ident, $kind:ident) => {
        impl Resident for $model {
            const KIND: ModelKind = ModelKind::$kind;

            fn into_loaded(model: Arc<Self>) -> Loaded {
                Loaded::$sort(model)
            }

            fn of_loaded(loaded: &Loaded) -> Option<Arc<Self>> {
                match loaded {
                    Loaded::$sort(model) => Some(Arc::clone(model)),
                    _ => None,
                }
            }

            fn lend(model: Arc<Self>, lease: Arc<Lease>) -> Arc<Self> {
                Arc::new(Lent { model, lease })
            }
        }
    };
}

resident!(dyn Embedder, Embedder, Embedding);
resident!(dyn Reranker, Reranker, Reranker);
resident!(dyn EntailmentJudge, Judge, Judge);
resident!(dyn Generator, Generator, Chat);

/// A model and its lease. The model comes first, so that it is let go of first: what leaves is then held by nobody.
struct Lent<T: ?Sized> {
    model: Arc<T>,
    lease: Arc<Lease>,
}

impl<T: LoadedModel + ?Sized> LoadedModel for Lent<T> {
    fn is_alive(&self) -> bool {
        self.model.is_alive()
    }
}

#[async_trait]
impl Embedder for Lent<dyn Embedder> {
    fn info(&self) -> &EmbedderInfo {
        self.model.info()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.model.count_tokens(text)
    }

    fn tokenize(&self, text: &str) -> Option<Vec<u32>> {
        self.model.tokenize(text)
    }

    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError> {
        let begun = self.lease.now();
        let made = self.model.embed(texts, role).await;
        self.measure(begun, &made);
        made
    }

    async fn embed_in_background(&self, texts: Vec<String>) -> Result<Embeddings, EngineError> {
        let begun = self.lease.now();
        let made = self.model.embed_in_background(texts).await;
        self.measure(begun, &made);
        made
    }
}

impl Lent<dyn Embedder> {
    fn measure(&self, begun: Instant, made: &Result<Embeddings, EngineError>) {
        let tokens = made.as_ref().map_or(0, |made| made.token_counts.iter().sum());
        self.lease.measure(tokens, Some(self.lease.now() - begun));
    }
}

#[async_trait]
impl Reranker for Lent<dyn Reranker> {
    fn info(&self) -> &RerankerInfo {
        self.model.info()
    }

    async fn rerank(&self, query: String, passages: Vec<String>) -> Result<Reranking, EngineError> {
        self.model.rerank(query, passages).await
    }
}

#[async_trait]
impl EntailmentJudge for Lent<dyn EntailmentJudge> {
    fn info(&self) -> &JudgeInfo {
        self.model.info()
    }

    async fn judge(&self, pairs: Vec<EntailmentPair>) -> Result<Vec<Entailment>, EngineError> {
        self.model.judge(pairs).await
    }
}

#[async_trait]
impl Generator for Lent<dyn Generator> {
    fn info(&self) -> &GeneratorInfo {
        self.model.info()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.model.count_tokens(text)
    }

    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError> {
        self.model.count_prompt_tokens(prompt)
    }

    fn write_prompt(&self, chat: &Chat) -> Result<Option<String>, EngineError> {
        self.model.write_prompt(chat)
    }

    fn tokenize(&self, text: &str, first: FirstToken) -> Option<Vec<u32>> {
        self.model.tokenize(text, first)
    }

    fn detokenize(&self, tokens: &[u32]) -> Option<String> {
        self.model.detokenize(tokens)
    }

    fn prompt_between(&self, before: &str, after: &str) -> Option<Prompt> {
        self.model.prompt_between(before, after)
    }

    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError> {
        // The prompt is cut into tokens first, and waits with the others meanwhile.
        let turn = Turn::new(&self.lease);
        Ok(self.model.generate(request).await?.watched_by(turn))
    }
}
