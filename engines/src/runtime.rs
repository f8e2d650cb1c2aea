//! The seam to whatever holds the models: finds them on disk and loads them on first use.

use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::{InstalledModel, Language, LoadOptions, ModelId};

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

    /// Lists the models that this machine runs, by name: those that may be chosen without being named.
    async fn list_local_models(&self) -> Result<Vec<InstalledModel>, EngineError> {
        self.list_models().await
    }

    /// Says how a chat model is loaded until this process ends, in place of what was said before; what is left out is as
    /// it was settled for the model. One that is in memory and was loaded otherwise leaves.
    ///
    /// A model at work is `AtWork`, and one that has no choice `CannotLoadSo`.
    async fn configure(&self, model: &ModelId, options: LoadOptions) -> Result<(), EngineError> {
        if options.is_empty() {
            return Ok(());
        }
        let reason = "its engine has no choice".to_owned();
        Err(EngineError::CannotLoadSo { model: model.clone(), reason })
    }

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
