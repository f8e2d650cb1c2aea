//! The back ends that this build holds, and the upstreams beside them.
//!
//! With the feature `local`: LanceDB, llama.cpp and candle. Without it: the in-memory store and
//! scripted engines, which say so wherever the build is named. Upstreams are asked by either.

#[cfg(not(feature = "local"))]
#[path = "backends/disabled.rs"]
mod built_in;
#[cfg(feature = "local")]
#[path = "backends/enabled.rs"]
mod built_in;

use std::sync::Arc;

use anyhow::bail;
use quire_engines::remote::{CompositeTokenizers, UpstreamSettings, read_upstreams};
use quire_engines::{CompositeRuntime, ModelRuntime, ModelStore, Tokenizers, Upstream};
use quire_service::Parts;

use crate::Folders;
use crate::config::{DefaultModels, ModelsFolder};

pub use built_in::{BUILD, find_kernels, list_devices, page_readers, test_kernels, try_file};

/// Opens the chunk store and the models.
pub async fn open(folders: &Folders, models: &DefaultModels) -> anyhow::Result<Parts> {
    let models = open_models(folders, models)?;
    Ok(Parts { store: built_in::open_store(folders).await?, models })
}

/// Opens the models: those of this machine, and those of upstreams if there are any.
pub fn open_models(
    folders: &Folders,
    models: &DefaultModels,
) -> anyhow::Result<Arc<dyn ModelRuntime>> {
    let local = built_in::open_models(folders, models);
    let upstreams = open_upstreams(&folders.models)?;
    if upstreams.is_empty() {
        return Ok(local);
    }
    let models = CompositeRuntime::new(local, upstreams);
    Ok(Arc::new(models.with_presets_of(folders.models.path.clone())))
}

/// Opens the upstreams; nothing is sent to them yet.
pub fn open_upstreams(folder: &ModelsFolder) -> anyhow::Result<Vec<Arc<Upstream>>> {
    let settings = read_upstreams(&folder.path)?;
    if settings.is_empty() {
        return Ok(Vec::new());
    }
    refuse_names_of_publishers(&settings, folder)?;
    let opened: Result<Vec<_>, _> =
        settings.into_iter().map(|one| Upstream::open(one).map(Arc::new)).collect();
    Ok(opened?)
}

/// Opens the tokenizers of the models, without the models.
pub fn open_tokenizers(models: &ModelsFolder) -> anyhow::Result<Box<dyn Tokenizers>> {
    let local = built_in::open_tokenizers(models);
    let names: Vec<String> =
        read_upstreams(&models.path)?.into_iter().map(|one| one.name.to_string()).collect();
    if names.is_empty() {
        return Ok(local);
    }
    Ok(Box::new(CompositeTokenizers::new(local, names)))
}

/// Refuses an upstream that is called as the publisher of a model on this machine: whoever means that model would have
/// another machine asked.
fn refuse_names_of_publishers(
    upstreams: &[UpstreamSettings],
    folder: &ModelsFolder,
) -> anyhow::Result<()> {
    let models = ModelStore::new(&folder.path).list()?;
    for upstream in upstreams {
        let name = upstream.name.as_str();
        let is_of = |id: &str| {
            id.split_once('/').is_some_and(|(publisher, _)| publisher.eq_ignore_ascii_case(name))
        };
        if let Some(model) = models.iter().find(|model| is_of(model.id.as_str())) {
            bail!(
                "upstream `{name}` is called as the publisher of `{}`, which is on this machine; give it another name in `{}`",
                model.id,
                folder.path.join("upstreams.json").display()
            );
        }
    }
    Ok(())
}
