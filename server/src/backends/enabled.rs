//! The real back ends: LanceDB in the data folder, llama.cpp and candle on the models folder.

use std::sync::Arc;

use quire_engines::{LocalRuntime, ModelRuntime, ModelStore, RuntimeOptions, Tokenizers};
use quire_service::Parts;
use quire_vectorstore::LanceStore;

use crate::Folders;
use crate::config::{DefaultModels, ModelsFolder};

/// Names this build in `/health` and in the first lines of `quire serve`.
pub const BUILD: &str = "local";

/// Opens the chunk store and the models.
pub async fn open(folders: &Folders, models: &DefaultModels) -> anyhow::Result<Parts> {
    let store = LanceStore::open(&folders.data.join("index")).await?;
    Ok(Parts { store: Arc::new(store), models: open_models(folders, models) })
}

/// Opens the models.
pub fn open_models(folders: &Folders, models: &DefaultModels) -> Arc<dyn ModelRuntime> {
    let store = ModelStore::new(&folders.models.path);
    let dimensions = models.dimensions_by_model();
    let prompt_cache = Some(folders.data.join("prompt-cache"));
    let options = RuntimeOptions {
        dimensions,
        prompt_cache,
        ttl: models.ttl,
        memory: models.memory_budget(),
        ..RuntimeOptions::default()
    };
    Arc::new(LocalRuntime::new(store, options))
}

/// Opens the tokenizers of the models, without the models.
pub fn open_tokenizers(models: &ModelsFolder) -> Box<dyn Tokenizers> {
    Box::new(LocalRuntime::new(ModelStore::new(&models.path), RuntimeOptions::default()))
}
