//! The runtime of this machine: finds models in the store, loads them on first use, and lets go of
//! those nobody has used for a while.

mod choices;
mod model_cache;

#[cfg(feature = "candle")]
#[path = "local/candle_enabled.rs"]
mod candle;
#[cfg(not(feature = "candle"))]
#[path = "local/candle_disabled.rs"]
mod candle;

#[cfg(feature = "llama")]
#[path = "local/llama_enabled.rs"]
mod llama;
#[cfg(not(feature = "llama"))]
#[path = "local/llama_disabled.rs"]
mod llama;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quire_domain::{InstalledModel, Language, ModelFormat, ModelId, ModelKind};

use crate::store::{ModelStore, StoredModel};
use crate::{
    Embedder, EngineError, EntailmentJudge, Generator, ModelRuntime, Reranker, TokenCount,
    Tokenizers,
};

use model_cache::ModelCache;

/// How models are run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RuntimeOptions {
    /// The size of a chat model's context in tokens, at most the model's own. Default 8192.
    pub context_tokens: u32,
    /// How many threads compute; 0 (the default) takes one a core.
    pub threads: usize,
    /// How many tokens of a prompt are read at once. Default 64.
    pub batch_tokens: u32,
    /// In which folder the reading of instructions is kept across restarts, if it is kept. Default nowhere.
    pub prompt_cache: Option<PathBuf>,
    /// After how long without use a model leaves memory. Default 10 minutes.
    pub idle: Duration,
    /// To what lengths vectors are cut, by the embedding model's full name; each must be one that
    /// the catalog says the model was trained for. Vectors of another length need another index.
    /// Default: none is cut.
    pub dimensions: HashMap<ModelId, usize>,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            context_tokens: 8192,
            threads: 0,
            batch_tokens: 64,
            prompt_cache: None,
            idle: Duration::from_mins(10),
            dimensions: HashMap::new(),
        }
    }
}

/// Gives out the models of a store.
///
/// Idle models leave memory when the runtime is next used, or when [`Self::unload_idle`] is called;
/// never while anybody holds them.
pub struct LocalRuntime {
    store: ModelStore,
    options: RuntimeOptions,
    embedders: ModelCache<dyn Embedder>,
    rerankers: ModelCache<dyn Reranker>,
    judges: ModelCache<dyn EntailmentJudge>,
    generators: ModelCache<dyn Generator>,
}

impl LocalRuntime {
    /// Makes a runtime; nothing is loaded yet.
    pub fn new(store: ModelStore, options: RuntimeOptions) -> Self {
        let (embedders, rerankers, judges, generators) = Default::default();
        Self { store, options, embedders, rerankers, judges, generators }
    }

    /// Gives the store.
    pub fn store(&self) -> &ModelStore {
        &self.store
    }

    /// Names the models in memory.
    pub fn loaded(&self) -> Vec<ModelId> {
        let mut names = self.embedders.names();
        names.extend(self.rerankers.names());
        names.extend(self.judges.names());
        names.extend(self.generators.names());
        names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        names
    }

    /// Takes a model out of memory as soon as nobody uses it, and tells if it was there.
    pub async fn unload(&self, model: &ModelId) -> Result<bool, EngineError> {
        let full = self.find(model).await?.model.id;
        let removed = [
            self.embedders.remove(&full),
            self.rerankers.remove(&full),
            self.judges.remove(&full),
            self.generators.remove(&full),
        ];
        Ok(removed.contains(&true))
    }

    /// Takes the models out of memory that nobody has used for the idle time.
    pub fn unload_idle(&self) {
        self.embedders.remove_idle(self.options.idle);
        self.rerankers.remove_idle(self.options.idle);
        self.judges.remove_idle(self.options.idle);
        self.generators.remove_idle(self.options.idle);
    }

    async fn find(&self, model: &ModelId) -> Result<StoredModel, EngineError> {
        let (store, name) = (self.store.clone(), model.clone());
        on_a_thread(model, move || store.get(&name)).await
    }
}

#[async_trait]
impl ModelRuntime for LocalRuntime {
    async fn list_models(&self) -> Result<Vec<InstalledModel>, EngineError> {
        let store = self.store.clone();
        let listed = tokio::task::spawn_blocking(move || store.list()).await;
        let mut models = listed.map_err(|error| EngineError::Io {
            path: self.store.folder().to_owned(),
            source: std::io::Error::other(error),
        })??;
        let loaded = self.loaded();
        for model in &mut models {
            model.loaded = loaded.contains(&model.id);
            if let Some(&cut) = self.options.dimensions.get(&model.id) {
                model.dimensions = u32::try_from(cut).ok();
            }
        }
        Ok(models)
    }

    fn find_languages(&self, model: &ModelId) -> Option<Vec<Language>> {
        self.store.catalog().find(model)?.languages()
    }

    async fn get_embedder(&self, model: &ModelId) -> Result<Arc<dyn Embedder>, EngineError> {
        self.unload_idle();
        if let Some(embedder) = self.embedders.get(model) {
            return Ok(embedder);
        }
        let stored = self.find(model).await?;
        if stored.model.kind != ModelKind::Embedding {
            return Err(EngineError::WrongKind { model: stored.model.id, wanted: "embed text" });
        }
        let name = stored.model.id.clone();
        let known = self.store.catalog().find(&name);
        let options = choices::embedder_options(&name, known, &self.options)?;
        let load = move || match stored.model.format {
            ModelFormat::Safetensors => candle::load_embedder(&stored, options),
            ModelFormat::Gguf => llama::load_embedder(&stored, options),
        };
        self.embedders.get_or_load(&name, on_a_thread(&name, load)).await
    }

    async fn get_reranker(&self, model: &ModelId) -> Result<Arc<dyn Reranker>, EngineError> {
        self.unload_idle();
        if let Some(reranker) = self.rerankers.get(model) {
            return Ok(reranker);
        }
        let stored = self.find(model).await?;
        if stored.model.kind != ModelKind::Reranker {
            return Err(EngineError::WrongKind { model: stored.model.id, wanted: "rank passages" });
        }
        let name = stored.model.id.clone();
        let (catalog, options) = (self.store.catalog().clone(), self.options.clone());
        let load = move || {
            let known = catalog.find(&stored.model.id);
            candle::load_reranker(&stored, known, &options)
        };
        self.rerankers.get_or_load(&name, on_a_thread(&name, load)).await
    }

    async fn get_judge(&self, model: &ModelId) -> Result<Arc<dyn EntailmentJudge>, EngineError> {
        self.unload_idle();
        if let Some(judge) = self.judges.get(model) {
            return Ok(judge);
        }
        let stored = self.find(model).await?;
        if stored.model.kind != ModelKind::Judge {
            let model = stored.model.id;
            return Err(EngineError::WrongKind { model, wanted: "judge entailment" });
        }
        let name = stored.model.id.clone();
        let (catalog, options) = (self.store.catalog().clone(), self.options.clone());
        let load = move || {
            let known = catalog.find(&stored.model.id);
            candle::load_judge(&stored, known, &options)
        };
        self.judges.get_or_load(&name, on_a_thread(&name, load)).await
    }

    async fn get_generator(&self, model: &ModelId) -> Result<Arc<dyn Generator>, EngineError> {
        self.unload_idle();
        if let Some(generator) = self.generators.get(model) {
            return Ok(generator);
        }
        let stored = self.find(model).await?;
        if stored.model.kind != ModelKind::Chat {
            return Err(EngineError::WrongKind { model: stored.model.id, wanted: "answer" });
        }
        let name = stored.model.id.clone();
        let options = self.options.clone();
        let load = move || llama::load_generator(&stored, &options);
        self.generators.get_or_load(&name, on_a_thread(&name, load)).await
    }
}

impl Tokenizers for LocalRuntime {
    fn open_tokenizer(&self, model: &ModelId) -> Result<TokenCount, EngineError> {
        let stored = self.store.get(model)?;
        match stored.model.format {
            ModelFormat::Safetensors => candle::open_tokenizer(&stored),
            ModelFormat::Gguf => llama::open_tokenizer(&stored),
        }
    }
}

/// Runs work that blocks, so that it holds nothing up.
async fn on_a_thread<T: Send + 'static>(
    model: &ModelId,
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        Err(EngineError::Load { model: model.clone(), reason: error.to_string() })
    })
}

#[cfg(test)]
mod tests;
