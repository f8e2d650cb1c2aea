//! The real back ends: LanceDB in the data folder, llama.cpp and candle on the models folder.

use std::sync::Arc;

use quire_engines::ModelRuntime;
use quire_engines::runtime::LocalRuntime;
use quire_engines::store::ModelStore;
use quire_service::Parts;
use quire_vectorstore::LanceStore;

use crate::Folders;

/// Names this build in `/health` and in the first lines of `quire serve`.
pub const BUILD: &str = "local";

/// Opens the chunk store and the models.
pub async fn open(folders: &Folders) -> anyhow::Result<Parts> {
    let store = LanceStore::open(&folders.data.join("index")).await?;
    Ok(Parts { store: Arc::new(store), models: open_models(folders)? })
}

/// Opens the models.
pub fn open_models(folders: &Folders) -> anyhow::Result<Arc<dyn ModelRuntime>> {
    Ok(Arc::new(LocalRuntime::new(ModelStore::open(&folders.models))))
}
