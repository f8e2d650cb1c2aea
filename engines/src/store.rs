//! The model store: which models are on disk, which are known, and how to get them.
//!
//! On disk a model is a folder `<publisher>/<model>` with one GGUF file or with safetensors,
//! tokenizer and configuration, as LM Studio lays it out; other tools' folders can be pointed at. A projector beside a chat
//! model, with which it reads images, is a part of it.

mod broken;
pub mod catalog;
pub mod gguf;
mod installed;
mod projector;
pub mod safetensors;
mod settings;

mod http;
pub mod hub;
mod pull;
mod record;
mod reference;
mod repository;
mod wheel;

mod fit;
mod import;
mod model_yaml;

use std::path::{Path, PathBuf};

use quire_domain::{InstalledModel, ModelId};

pub use broken::BrokenModel;
pub use catalog::{Catalog, CatalogModel};
pub use fit::Fit;
pub use import::Imported;
pub(crate) use installed::parts_of;
pub use installed::{OCR_FILES, StoredModel};
pub use model_yaml::ModelYaml;
pub use pull::{PullOptions, PullProgress};
pub use record::{Checked, PulledFile};
pub use reference::{InvalidReference, Reference};
pub use settings::ModelSettings;

use crate::EngineError;
use crate::nearest::nearest;

/// A folder of models, and the catalog of those that can be had.
#[derive(Clone, Debug)]
pub struct ModelStore {
    folder: PathBuf,
    catalog: Catalog,
}

impl ModelStore {
    /// Opens the store in `folder`, which need not exist yet, with the catalog that is built in.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), catalog: Catalog::built_in() }
    }

    /// Replaces the catalog.
    #[must_use]
    pub fn with_catalog(self, catalog: Catalog) -> Self {
        Self { catalog, ..self }
    }

    /// Gives the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives the catalog.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Lists the models on disk, by name, with what the catalog knows of them. Blocks on the disk.
    pub fn list(&self) -> Result<Vec<InstalledModel>, EngineError> {
        let models = installed::scan(&self.folder)?.into_iter().map(|stored| stored.model);
        let settings = ModelSettings::read(&self.folder)?;
        let with_languages = |model: InstalledModel| {
            let known = self.catalog.find(&model.id);
            let preset = settings.preset(&model.id).cloned();
            InstalledModel { languages: known.and_then(CatalogModel::languages), preset, ..model }
        };
        Ok(models.map(with_languages).collect())
    }

    /// Finds a model on disk by its name, by one that a person gave it, by an alias of the catalog, or without its
    /// publisher.
    ///
    /// Blocks on the disk.
    pub fn find(&self, name: &ModelId) -> Result<Option<StoredModel>, EngineError> {
        let stored = installed::scan(&self.folder)?;
        let settings = ModelSettings::read(&self.folder)?;
        let given = settings.find_alias(name).map(ModelId::as_str);
        let full = self.catalog.find(name).map(|model| model.id.as_str());
        let fits = |wanted: &str| {
            stored.iter().find(|stored| stored.model.id.as_str().eq_ignore_ascii_case(wanted))
        };
        let short = || {
            stored.iter().find(|stored| {
                let (_, short) = stored.model.id.as_str().split_once('/').unwrap_or_default();
                short.eq_ignore_ascii_case(name.as_str())
            })
        };
        let found =
            fits(name.as_str()).or_else(|| fits(given?)).or_else(|| fits(full?)).or_else(short);
        Ok(found.cloned().map(|mut stored| {
            stored.model.preset = settings.preset(&stored.model.id).cloned();
            stored
        }))
    }

    /// Finds a file on disk that should be the model of this name and is none. Blocks on the disk.
    pub fn find_broken(&self, name: &ModelId) -> Result<Option<BrokenModel>, EngineError> {
        let settings = ModelSettings::read(&self.folder)?;
        let given = settings.find_alias(name).map(ModelId::as_str);
        let full = self.catalog.find(name).map(|model| model.id.as_str());
        let is_meant = |broken: &BrokenModel| {
            let id = broken.id.as_str();
            let short = id.split_once('/').map(|(_, short)| short);
            let mut names = [Some(name.as_str()), given, full].into_iter().flatten();
            let is_short = short.is_some_and(|short| short.eq_ignore_ascii_case(name.as_str()));
            names.any(|name| name.eq_ignore_ascii_case(id)) || is_short
        };
        Ok(broken::scan(&self.folder)?.into_iter().find(is_meant))
    }

    /// Finds a model on disk, or says what is wrong with its file, how to get it, or what its name may have been meant to
    /// be. Blocks on the disk.
    pub fn get(&self, name: &ModelId) -> Result<StoredModel, EngineError> {
        if let Some(stored) = self.find(name)? {
            return Ok(stored);
        }
        if let Some(BrokenModel { id, path, reason }) = self.find_broken(name)? {
            return Err(EngineError::broken_file(&id, path, &reason));
        }
        if self.catalog.find(name).is_some() {
            return Err(EngineError::NotInstalled { model: name.clone() });
        }
        let stored = installed::scan(&self.folder)?;
        let on_disk = stored.iter().map(|stored| &stored.model.id);
        let known = on_disk.chain(self.catalog.models().iter().map(|model| &model.id));
        Err(EngineError::UnknownModel { model: name.clone(), nearest: nearest(name, known) })
    }

    /// Takes in what another program has: a file, a folder with a model, or a folder of LM Studio's or Ollama's models.
    /// Nothing is copied. Blocks on the disk.
    pub fn import(
        &self,
        path: &Path,
        name: Option<&ModelId>,
    ) -> Result<Vec<Imported>, EngineError> {
        import::import(&self.folder, path, name)
    }

    /// Reads what a person has settled for the models. Blocks on the disk.
    pub fn read_settings(&self) -> Result<ModelSettings, EngineError> {
        ModelSettings::read(&self.folder)
    }

    /// Keeps what a person has settled. Blocks on the disk.
    pub fn write_settings(&self, settings: &ModelSettings) -> Result<(), EngineError> {
        settings.write(&self.folder)
    }

    /// Deletes a model's files, and its folders if they are then empty. Blocks on the disk.
    pub fn delete(&self, name: &ModelId) -> Result<(), EngineError> {
        if let Some(broken) = self.find_broken(name)?.filter(|broken| broken.id == *name) {
            return broken::delete(&broken, &self.folder);
        }
        let stored = self.get(name)?;
        installed::delete(&stored, &self.folder)
    }

    /// Gets a model of the catalog from the first of its places that has it.
    ///
    /// Files that are there and right are kept, what was begun is gone on with, and every file is
    /// checked before it takes its name. `progress` is told about ten times a second. Dropping the
    /// future stops; a later call goes on from there.
    pub async fn pull(
        &self,
        name: &ModelId,
        options: &PullOptions,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<StoredModel, EngineError> {
        let model = self
            .catalog
            .find(name)
            .ok_or_else(|| EngineError::NotInCatalog { model: name.clone() })?;
        pull::pull(model, &self.folder, options, progress).await?;
        self.get(&model.id)
    }
}

fn io_error(path: &Path) -> impl FnOnce(std::io::Error) -> EngineError {
    let path = path.to_owned();
    move |source| EngineError::Io { path, source }
}

#[cfg(test)]
mod tests;
