//! The seam to whatever holds the models: finds them on disk and loads them on first use.

use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::{InstalledModel, Language, ModelId};

use crate::{Embedder, EngineError, EntailmentJudge, Generator, Reranker, Residents};

/// Gives out loaded models by name.
///
/// Contract: loading happens once however many callers wait for it; a model stays in memory while
/// anybody holds its `Arc` or a generation of it, and as long after that as its time to live says; one
/// that has died is loaded anew. Names are matched exactly first, then without the publisher.
#[async_trait]
pub trait ModelRuntime: Send + Sync {
    /// Lists the models on disk, by name.
    async fn list_models(&self) -> Result<Vec<InstalledModel>, EngineError>;

    /// Finds a model on disk by any of its names, or says which names are near.
    async fn find_model(&self, model: &ModelId) -> Result<InstalledModel, EngineError>;

    /// Shows what is in memory, by full names.
    fn residents(&self) -> &Residents;

    /// Lists the languages that a model was made for, without loading it; `None` if nobody says.
    fn find_languages(&self, model: &ModelId) -> Option<Vec<Language>>;

    /// Gives an embedding model, loading it if needed.
    async fn get_embedder(&self, model: &ModelId) -> Result<Arc<dyn Embedder>, EngineError>;

    /// Gives a reranking model, loading it if needed.
    async fn get_reranker(&self, model: &ModelId) -> Result<Arc<dyn Reranker>, EngineError>;

    /// Gives an entailment model, loading it if needed.
    async fn get_judge(&self, model: &ModelId) -> Result<Arc<dyn EntailmentJudge>, EngineError>;

    /// Gives a chat model, loading it if needed.
    async fn get_generator(&self, model: &ModelId) -> Result<Arc<dyn Generator>, EngineError>;
}
