//! The models of this machine and those of upstreams under one roof.
//!
//! A name that begins with an upstream's and a slash means a model there, and no other name does: short names and names
//! that are nearly right find models of this machine alone.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::future::join_all;
use quire_domain::{InstalledModel, Language, LoadOptions, ModelId, ModelKind};

use super::embedder::RemoteEmbedder;
use super::generator::RemoteGenerator;
use super::listing::Listed;
use super::reranker::RemoteReranker;
use super::{Upstream, estimate_tokens};
use crate::nearest::nearest;
use crate::store::ModelSettings;
use crate::{
    Embedder, EngineError, EntailmentJudge, Generator, ModelRuntime, Reranker, Residents,
    TokenCount, Tokenizers,
};

/// A runtime that asks the models of this machine or those of upstreams, by their names.
pub struct CompositeRuntime {
    local: Arc<dyn ModelRuntime>,
    upstreams: Vec<Arc<Upstream>>,
    /// The embedders that were asked for: each was probed once.
    embedders: Mutex<HashMap<ModelId, Arc<RemoteEmbedder>>>,
    /// The folder whose settings hold for models of upstreams, too.
    models: Option<PathBuf>,
}

impl CompositeRuntime {
    /// Puts upstreams beside the models of this machine; nothing is sent yet.
    pub fn new(local: Arc<dyn ModelRuntime>, upstreams: Vec<Arc<Upstream>>) -> Self {
        Self { local, upstreams, embedders: Mutex::default(), models: None }
    }

    /// Has the presets hold that were settled for models of upstreams in a folder of models.
    #[must_use]
    pub fn with_presets_of(self, models: PathBuf) -> Self {
        Self { models: Some(models), ..self }
    }

    /// Reads what a person has settled for models.
    async fn settings(&self) -> Result<ModelSettings, EngineError> {
        let Some(folder) = self.models.clone() else { return Ok(ModelSettings::default()) };
        let path = folder.clone();
        let read = tokio::task::spawn_blocking(move || ModelSettings::read(&folder)).await;
        read.unwrap_or_else(|error| {
            Err(EngineError::Io { path, source: std::io::Error::other(error) })
        })
    }

    /// Finds the upstream that a name means, and its own name for the model.
    fn upstream_of<'a>(&self, model: &'a ModelId) -> Option<(&Arc<Upstream>, &'a str)> {
        let (first, rest) = model.as_str().split_once('/')?;
        let named = |upstream: &&Arc<Upstream>| upstream.settings().name.as_str() == first;
        self.upstreams.iter().find(named).map(|upstream| (upstream, rest))
    }

    /// Finds a model of an upstream that is to do something.
    async fn find_for(
        &self,
        (upstream, id): (&Arc<Upstream>, &str),
        (kind, wanted): (ModelKind, &'static str),
    ) -> Result<Listed, EngineError> {
        let listed = find(upstream, id).await?;
        match upstream.full_name(id) {
            Some(model) if listed.kind != kind => Err(EngineError::WrongKind { model, wanted }),
            _ => Ok(listed),
        }
    }
}

/// Finds a model in the list of its upstream. If that does not tell, it is taken to be there: asking it will show.
async fn find(upstream: &Arc<Upstream>, id: &str) -> Result<Listed, EngineError> {
    let unlisted = || upstream.unlisted(id);
    let Ok(models) = upstream.list().await else { return Ok(unlisted()) };
    if models.is_empty() || upstream.settings().model(id).is_some() {
        return Ok(models.into_iter().find(|model| model.id == id).unwrap_or_else(unlisted));
    }
    if let Some(found) = models.iter().find(|model| model.id == id) {
        return Ok(found.clone());
    }
    let known: Vec<ModelId> =
        models.iter().filter_map(|model| upstream.full_name(&model.id)).collect();
    match upstream.full_name(id) {
        Some(model) => {
            let nearest = nearest(&model, known.iter());
            Err(EngineError::UnknownModel { model, nearest })
        }
        None => Ok(unlisted()),
    }
}

const EMBED: (ModelKind, &str) = (ModelKind::Embedding, "embed text");
const RANK: (ModelKind, &str) = (ModelKind::Reranker, "rank passages");
const ANSWER: (ModelKind, &str) = (ModelKind::Chat, "answer");

#[async_trait]
impl ModelRuntime for CompositeRuntime {
    async fn list_models(&self) -> Result<Vec<InstalledModel>, EngineError> {
        let mut models = self.local.list_models().await?;
        let lists = self.upstreams.iter().map(|upstream| async move {
            let listed = upstream.list().await.unwrap_or_default();
            listed.iter().filter_map(|one| upstream.describe(one)).collect::<Vec<_>>()
        });
        let mut remote: Vec<InstalledModel> = join_all(lists).await.into_iter().flatten().collect();
        if !remote.is_empty() {
            let settings = self.settings().await?;
            for model in &mut remote {
                model.preset = settings.preset(&model.id).cloned();
            }
        }
        models.extend(remote);
        Ok(models)
    }

    async fn list_local_models(&self) -> Result<Vec<InstalledModel>, EngineError> {
        self.local.list_local_models().await
    }

    async fn configure(&self, model: &ModelId, options: LoadOptions) -> Result<(), EngineError> {
        if self.upstream_of(model).is_none() {
            return self.local.configure(model, options).await;
        }
        if options.is_empty() {
            return Ok(());
        }
        let reason = "another machine runs it, and says how it is loaded".to_owned();
        Err(EngineError::CannotLoadSo { model: model.clone(), reason })
    }

    async fn find_model(&self, model: &ModelId) -> Result<InstalledModel, EngineError> {
        let Some((upstream, id)) = self.upstream_of(model) else {
            return self.local.find_model(model).await;
        };
        let listed = find(upstream, id).await?;
        let unknown = || EngineError::UnknownModel { model: model.clone(), nearest: Vec::new() };
        let described = upstream.describe(&listed).ok_or_else(unknown)?;
        let preset = self.settings().await?.preset(&described.id).cloned();
        Ok(InstalledModel { preset, ..described })
    }

    fn residents(&self) -> &Residents {
        self.local.residents()
    }

    fn find_languages(&self, model: &ModelId) -> Option<Vec<Language>> {
        match self.upstream_of(model) {
            Some(_) => None,
            None => self.local.find_languages(model),
        }
    }

    async fn get_embedder(&self, model: &ModelId) -> Result<Arc<dyn Embedder>, EngineError> {
        let Some(place) = self.upstream_of(model) else {
            return self.local.get_embedder(model).await;
        };
        let known =
            || self.embedders.lock().unwrap_or_else(PoisonError::into_inner).get(model).cloned();
        if let Some(embedder) = known() {
            return Ok(embedder);
        }
        let listed = self.find_for(place, EMBED).await?;
        let embedder = Arc::new(RemoteEmbedder::open(Arc::clone(place.0), &listed).await?);
        let mut embedders = self.embedders.lock().unwrap_or_else(PoisonError::into_inner);
        // Two may have probed at once; all get the first.
        Ok(Arc::clone(embedders.entry(model.clone()).or_insert(embedder)) as Arc<dyn Embedder>)
    }

    async fn get_reranker(&self, model: &ModelId) -> Result<Arc<dyn Reranker>, EngineError> {
        let Some(place) = self.upstream_of(model) else {
            return self.local.get_reranker(model).await;
        };
        let listed = self.find_for(place, RANK).await?;
        let reranker = RemoteReranker::new(Arc::clone(place.0), &listed);
        let unknown = || EngineError::UnknownModel { model: model.clone(), nearest: Vec::new() };
        Ok(Arc::new(reranker.ok_or_else(unknown)?))
    }

    async fn get_judge(&self, model: &ModelId) -> Result<Arc<dyn EntailmentJudge>, EngineError> {
        match self.upstream_of(model) {
            // The protocol has no such models.
            Some(_) => {
                Err(EngineError::WrongKind { model: model.clone(), wanted: "judge entailment" })
            }
            None => self.local.get_judge(model).await,
        }
    }

    async fn get_generator(&self, model: &ModelId) -> Result<Arc<dyn Generator>, EngineError> {
        let Some(place) = self.upstream_of(model) else {
            return self.local.get_generator(model).await;
        };
        let listed = self.find_for(place, ANSWER).await?;
        let generator = RemoteGenerator::new(Arc::clone(place.0), &listed);
        let unknown = || EngineError::UnknownModel { model: model.clone(), nearest: Vec::new() };
        Ok(Arc::new(generator.ok_or_else(unknown)?))
    }
}

/// The tokenizers of this machine, and the estimate for models of upstreams.
pub struct CompositeTokenizers {
    local: Box<dyn Tokenizers>,
    upstreams: Vec<String>,
}

impl CompositeTokenizers {
    /// Puts the estimate for models of upstreams of these names beside the tokenizers of this machine.
    pub fn new(local: Box<dyn Tokenizers>, upstreams: Vec<String>) -> Self {
        Self { local, upstreams }
    }
}

impl Tokenizers for CompositeTokenizers {
    fn open_tokenizer(&self, model: &ModelId) -> Result<TokenCount, EngineError> {
        let first = model.as_str().split_once('/').map(|(first, _)| first);
        match first.filter(|first| self.upstreams.iter().any(|name| name == first)) {
            Some(_) => Ok(Box::new(estimate_tokens)),
            None => self.local.open_tokenizer(model),
        }
    }
}
