//! Getting a model that the catalog does not know: from a repository, or from an address.

use std::path::PathBuf;

use quire_domain::{ModelFormat, ModelId, ModelKind};
use reqwest::Url;

use super::catalog::{CatalogFile, CatalogModel, Source};
use super::gguf::read_head;
use super::hub::{self, Variant};
use super::installed::{self, StoredModel};
use super::{ModelStore, PullOptions, PullProgress, Reference, io_error, pull};
use crate::{EngineError, PairTemplate};

impl ModelStore {
    /// Gets what a person names: a model of the catalog, one of a repository, or a file at an address.
    ///
    /// As with [`Self::pull`] what was begun is gone on with, and every file is checked against what the server states. A
    /// file whose head does not read as a model's is removed again.
    pub async fn pull_reference(
        &self,
        reference: &Reference,
        options: &PullOptions,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<StoredModel, EngineError> {
        match reference {
            Reference::Named { name, variant } => {
                let is_known = variant.is_none() && self.catalog().find(name).is_some();
                if is_known || !name.as_str().contains('/') {
                    return self.pull(name, options, progress).await;
                }
                let repository = hub::read_repository(name.as_str(), options).await?;
                let variants = hub::find_variants(&repository);
                let chosen = hub::choose(&variants, variant.as_deref());
                let chosen = chosen.ok_or_else(|| EngineError::NoVariant {
                    repository: name.to_string(),
                    wanted: variant.as_ref().map_or_else(
                        || "model in one of the formats that are read here: GGUF, or `model.safetensors` with tokenizer and configuration".to_owned(),
                        |variant| format!("`{variant}`"),
                    ),
                    variants: variants.iter().map(|one| one.name().to_owned()).collect(),
                })?;
                let source = Source::HuggingFace {
                    repository: repository.id.clone(),
                    revision: repository.revision.clone(),
                };
                let model = CatalogModel {
                    licence: repository.licence.clone().unwrap_or_default(),
                    files: chosen.files.iter().map(|file| entry_of(file, chosen)).collect(),
                    ..ad_hoc(name.clone(), source)
                };
                self.get_files(&model, chosen.format, options, progress).await
            }
            Reference::File { url, name } => {
                let id = Reference::name_of_file(url, name).ok_or_else(|| EngineError::Hub {
                    place: url.to_string(),
                    reason: "no name for the model can be made of this address".to_owned(),
                })?;
                let model = of_address(id, url, name);
                self.get_files(&model, ModelFormat::Gguf, options, progress).await
            }
        }
    }

    async fn get_files(
        &self,
        model: &CatalogModel,
        format: ModelFormat,
        options: &PullOptions,
        progress: &(dyn Fn(PullProgress) + Send + Sync),
    ) -> Result<StoredModel, EngineError> {
        pull::pull(model, self.folder(), options, progress).await?;
        let folder = self.folder().join(model.id.as_str());
        let files: Vec<PathBuf> = model.files.iter().map(|file| folder.join(&file.name)).collect();
        let path = match (format, files.first()) {
            (ModelFormat::Gguf, Some(first)) => {
                for file in &files {
                    if let Err(error) = read_head(file) {
                        for file in &files {
                            std::fs::remove_file(file).map_err(io_error(file))?;
                        }
                        let reason = format!("{error}; it was removed");
                        return Err(EngineError::NotAModel { path: file.clone(), reason });
                    }
                }
                first.clone()
            }
            _ => folder,
        };
        let stored = installed::scan(self.folder())?.into_iter().find(|one| one.path == path);
        stored.ok_or_else(|| EngineError::NotAModel {
            path,
            reason: "it came, and is none that Quire can run".to_owned(),
        })
    }
}

/// Files of a GGUF model lie side by side here, whatever folders they have there.
fn entry_of(file: &hub::HubFile, variant: &Variant) -> CatalogFile {
    let flat = file.path.rsplit('/').next().unwrap_or(&file.path);
    let name = match variant.format {
        ModelFormat::Gguf => flat.to_owned(),
        ModelFormat::Safetensors | ModelFormat::Onnx => file.path.clone(),
    };
    CatalogFile {
        name,
        path: Some(file.path.clone()),
        size_bytes: file.size_bytes,
        sha256: file.sha256.clone(),
    }
}

fn of_address(id: ModelId, url: &Url, name: &str) -> CatalogModel {
    let file = CatalogFile { name: name.to_owned(), path: None, size_bytes: None, sha256: None };
    CatalogModel { files: vec![file], ..ad_hoc(id, Source::Url { url: url.to_string() }) }
}

/// A model of which nothing is known but its name and its place.
fn ad_hoc(id: ModelId, source: Source) -> CatalogModel {
    CatalogModel {
        id,
        aliases: Vec::new(),
        kind: ModelKind::Chat,
        description: String::new(),
        licence: String::new(),
        untried: true,
        query_prefix: String::new(),
        passage_prefix: String::new(),
        dimensions: Vec::new(),
        centred_before_cut: false,
        labels: None,
        pair_template: PairTemplate::default(),
        languages: None,
        files: Vec::new(),
        sources: vec![source],
    }
}
