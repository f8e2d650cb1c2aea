//! The runtime of this machine: finds models in the store and loads them on first use.

mod choices;
mod estimate;
mod gguf_engine;

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
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use quire_domain::{
    InstalledModel, Language, LoadOptions, ModelFormat, ModelId, ModelKind, ResidentState,
    TimeToLive,
};

pub use estimate::{MemoryEstimate, estimate_memory, find_fitting_context};
pub use gguf_engine::{GgufEngine, InvalidEngine};

use crate::store::{ModelStore, StoredModel};
use crate::{
    Embedder, EngineError, EntailmentJudge, Generator, MemoryBudget, ModelRuntime, Plan, Reranker,
    Residents, SelfTest, TokenCount, Tokenizers, Trial,
};

/// How models are run.
#[derive(Clone, Debug, PartialEq)]
pub struct RuntimeOptions {
    /// How chat models are loaded; a context is at most as large as the model's own. Default as [`LoadOptions`] has it.
    pub load: LoadOptions,
    /// How many threads compute; 0 (the default) takes one a core.
    pub threads: usize,
    /// How many tokens of a prompt are read at once. Default 512; fewer while it is slow or others write.
    pub batch_tokens: u32,
    /// In which folder the reading of instructions is kept across restarts, if it is kept. Default nowhere.
    pub prompt_cache: Option<PathBuf>,
    /// How llama.cpp's kernels are tested before they are used. Default: not at all, and the plainest are used.
    pub self_test: Option<SelfTest>,
    /// How files are tried before llama.cpp reads them. Default: not at all.
    pub trial: Option<Trial>,
    /// What runs chat models in GGUF files. Default llama.cpp.
    pub gguf_engine: GgufEngine,
    /// How long a model stays in memory after its last use. Default 10 minutes.
    pub ttl: TimeToLive,
    /// How much memory models may take together. Default what the machine has free, less a reserve.
    pub memory: MemoryBudget,
    /// To what lengths vectors are cut, by the embedding model's full name; each must be one that
    /// the catalog says the model was trained for. Vectors of another length need another index.
    /// Default: none is cut.
    pub dimensions: HashMap<ModelId, usize>,
}

impl Default for RuntimeOptions {
    fn default() -> Self {
        Self {
            load: LoadOptions::default(),
            threads: 0,
            batch_tokens: 512,
            prompt_cache: None,
            self_test: None,
            trial: None,
            gguf_engine: GgufEngine::default(),
            ttl: TimeToLive::default(),
            memory: MemoryBudget::default(),
            dimensions: HashMap::new(),
        }
    }
}

impl RuntimeOptions {
    /// Has a chat model loaded as these options say where they say something.
    #[must_use]
    pub fn with(&self, wanted: LoadOptions) -> Self {
        Self { load: self.load.clone().updated_by(wanted), ..self.clone() }
    }
}

/// Gives out the models of a store.
pub struct LocalRuntime {
    store: ModelStore,
    options: RuntimeOptions,
    residents: Residents,
    /// How chat models are loaded until this process ends, by full names; it comes before what was settled for them.
    wanted: Mutex<HashMap<ModelId, LoadOptions>>,
}

impl LocalRuntime {
    /// Makes a runtime; nothing is loaded yet.
    pub fn new(store: ModelStore, options: RuntimeOptions) -> Self {
        let residents = Residents::new(options.ttl, options.memory);
        Self { store, options, residents, wanted: Mutex::default() }
    }

    /// Gives the store.
    pub fn store(&self) -> &ModelStore {
        &self.store
    }

    /// Finds a model that is to do something, and what it will take.
    async fn find_for(
        &self,
        model: &ModelId,
        task: Task,
    ) -> Result<(StoredModel, Plan), EngineError> {
        let stored = self.find(model).await?;
        if stored.model.kind != task.kind {
            return Err(wrong_kind(stored, task));
        }
        let options = self.options_for(&stored);
        let estimate = move || {
            let memory_bytes = estimate::estimate(&stored, &options).total_bytes();
            let plan = Plan { model: stored.model.id.clone(), memory_bytes };
            Ok((stored, plan))
        };
        on_a_thread(model.clone(), estimate).await
    }

    /// Says how a model is run: as somebody wants it in this process, as a person has settled for it, or as the server
    /// was told.
    fn options_for(&self, stored: &StoredModel) -> RuntimeOptions {
        let settled = stored.model.preset.clone().unwrap_or_default().load;
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = wanted.get(&stored.model.id).cloned().unwrap_or_default();
        self.options.with(settled.updated_by(wanted))
    }

    /// Whether what runs chat models in GGUF files reads images.
    fn can_read_images(&self) -> bool {
        let engine = self.options.gguf_engine.for_format(ModelFormat::Gguf, llama::IS_BUILT);
        engine == GgufEngine::LlamaCpp
    }

    async fn find(&self, model: &ModelId) -> Result<StoredModel, EngineError> {
        let (store, name) = (self.store.clone(), model.clone());
        on_a_thread(model.clone(), move || store.get(&name)).await
    }
}

/// What a model is wanted for: its kind, and in words.
#[derive(Clone, Copy)]
struct Task {
    kind: ModelKind,
    wanted: &'static str,
}

const EMBED: Task = Task { kind: ModelKind::Embedding, wanted: "embed text" };
const RANK: Task = Task { kind: ModelKind::Reranker, wanted: "rank passages" };
const JUDGE: Task = Task { kind: ModelKind::Judge, wanted: "judge entailment" };
const ANSWER: Task = Task { kind: ModelKind::Chat, wanted: "answer" };

#[async_trait]
impl ModelRuntime for LocalRuntime {
    async fn list_models(&self) -> Result<Vec<InstalledModel>, EngineError> {
        let store = self.store.clone();
        let listed = tokio::task::spawn_blocking(move || store.list()).await;
        let mut models = listed.map_err(|error| EngineError::Io {
            path: self.store.folder().to_owned(),
            source: std::io::Error::other(error),
        })??;
        let residents = self.residents.list();
        for model in &mut models {
            model.reads_images &= self.can_read_images();
            model.loaded = residents
                .iter()
                .any(|one| one.id == model.id && one.state != ResidentState::Loading);
            if let Some(&cut) = self.options.dimensions.get(&model.id) {
                model.dimensions = u32::try_from(cut).ok();
            }
        }
        Ok(models)
    }

    async fn find_model(&self, model: &ModelId) -> Result<InstalledModel, EngineError> {
        let mut found = self.find(model).await?.model;
        found.reads_images &= self.can_read_images();
        Ok(found)
    }

    fn residents(&self) -> &Residents {
        &self.residents
    }

    async fn configure(&self, model: &ModelId, options: LoadOptions) -> Result<(), EngineError> {
        let InstalledModel { id, kind, .. } = self.find(model).await?.model;
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        if wanted.get(&id).cloned().unwrap_or_default() == options {
            return Ok(());
        }
        if kind != ModelKind::Chat {
            let reason = "it is no chat model, and only these have a choice".to_owned();
            return Err(EngineError::CannotLoadSo { model: id, reason });
        }
        if !self.residents.unload_idle(&id) {
            return Err(EngineError::AtWork { model: id });
        }
        wanted.insert(id, options);
        Ok(())
    }

    fn find_languages(&self, model: &ModelId) -> Option<Vec<Language>> {
        self.store.catalog().find(model)?.languages()
    }

    async fn get_embedder(&self, model: &ModelId) -> Result<Arc<dyn Embedder>, EngineError> {
        if let Some(embedder) = self.residents.find(model) {
            return Ok(embedder);
        }
        let (stored, plan) = self.find_for(model, EMBED).await?;
        let name = plan.model.clone();
        let known = self.store.catalog().find(&name);
        let options = choices::embedder_options(&name, known, &self.options)?;
        let runtime = self.options.clone();
        let load = move || match stored.format {
            ModelFormat::Safetensors => candle::load_embedder(&stored, options),
            ModelFormat::Gguf => llama::load_embedder(&stored, options, &runtime),
            ModelFormat::Onnx => Err(wrong_kind(stored, EMBED)),
        };
        self.residents.get_or_load(plan, on_a_thread(name, load)).await
    }

    async fn get_reranker(&self, model: &ModelId) -> Result<Arc<dyn Reranker>, EngineError> {
        if let Some(reranker) = self.residents.find(model) {
            return Ok(reranker);
        }
        let (stored, plan) = self.find_for(model, RANK).await?;
        let name = plan.model.clone();
        let (catalog, options) = (self.store.catalog().clone(), self.options.clone());
        let load = move || {
            let known = catalog.find(&stored.model.id);
            candle::load_reranker(&stored, known, &options)
        };
        self.residents.get_or_load(plan, on_a_thread(name, load)).await
    }

    async fn get_judge(&self, model: &ModelId) -> Result<Arc<dyn EntailmentJudge>, EngineError> {
        if let Some(judge) = self.residents.find(model) {
            return Ok(judge);
        }
        let (stored, plan) = self.find_for(model, JUDGE).await?;
        let name = plan.model.clone();
        let (catalog, options) = (self.store.catalog().clone(), self.options.clone());
        let load = move || {
            let known = catalog.find(&stored.model.id);
            candle::load_judge(&stored, known, &options)
        };
        self.residents.get_or_load(plan, on_a_thread(name, load)).await
    }

    async fn get_generator(&self, model: &ModelId) -> Result<Arc<dyn Generator>, EngineError> {
        if let Some(generator) = self.residents.find(model) {
            return Ok(generator);
        }
        let (stored, plan) = self.find_for(model, ANSWER).await?;
        let name = plan.model.clone();
        let options = self.options_for(&stored);
        let engine = options.gguf_engine.for_format(stored.format, llama::IS_BUILT);
        let load = move || match engine {
            GgufEngine::LlamaCpp => llama::load_generator(&stored, &options),
            GgufEngine::Candle => candle::load_generator(&stored, &options),
        };
        self.residents.get_or_load(plan, on_a_thread(name, load)).await
    }
}

impl Tokenizers for LocalRuntime {
    fn open_tokenizer(&self, model: &ModelId) -> Result<TokenCount, EngineError> {
        let stored = self.store.get(model)?;
        match stored.format {
            ModelFormat::Safetensors => candle::open_tokenizer(&stored),
            ModelFormat::Gguf => llama::open_tokenizer(&stored),
            ModelFormat::Onnx => Err(wrong_kind(stored, EMBED)),
        }
    }
}

fn wrong_kind(stored: StoredModel, task: Task) -> EngineError {
    EngineError::WrongKind { model: stored.model.id, wanted: task.wanted }
}

/// Runs work that blocks, so that it holds nothing up.
async fn on_a_thread<T: Send + 'static>(
    model: ModelId,
    work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
) -> Result<T, EngineError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(EngineError::Load { model, reason: error.to_string() }))
}

#[cfg(test)]
mod tests;
