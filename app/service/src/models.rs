//! Models as a plain service: chat, completion and embedding without documents.

use std::sync::Arc;

use quire_domain::{
    InstalledModel, Language, LoadOptions, ModelId, ModelKind, Preset, ResidentModel, TimeToLive,
    Unloading,
};
use quire_engines::{
    Capacity, Embedder, EngineError, GenerateRequest, Generation, Generator, ModelRuntime, Reranker,
};

use crate::ServiceError;
use crate::second_judge::SecondJudge;

/// A generation without documents.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The chat model; the service's default if absent.
    pub model: Option<ModelId>,
    /// What to generate.
    pub generate: GenerateRequest,
    /// How long the model stays in memory from now on; as it was if absent.
    pub ttl: Option<TimeToLive>,
}

/// The part of the services that gives models by their names, or those that are used if none is named.
pub struct Models {
    pub(crate) runtime: Arc<dyn ModelRuntime>,
    /// The chat model that is used if none is named.
    pub(crate) chat: ModelId,
    /// The embedding model that is used if none is named.
    pub(crate) embedding: ModelId,
    /// The model of the second judge; none asks nobody.
    pub(crate) judge: Option<ModelId>,
}

impl Models {
    /// Lists the models on disk and those of upstreams.
    pub async fn list(&self) -> Result<Vec<InstalledModel>, ServiceError> {
        Ok(self.runtime.list_models().await?)
    }

    /// Lists the models that this machine runs: those that may be chosen without being named.
    pub async fn list_local(&self) -> Result<Vec<InstalledModel>, ServiceError> {
        Ok(self.runtime.list_local_models().await?)
    }

    /// Finds a model on disk by any of its names, or says which names are near.
    pub async fn find(&self, model: &ModelId) -> Result<InstalledModel, ServiceError> {
        Ok(self.runtime.find_model(model).await?)
    }

    /// Gives what a person has settled for a chat model, the default one if none is named; nothing of one that is not
    /// there, which is told when it is asked.
    pub async fn find_preset(&self, model: Option<&ModelId>) -> Preset {
        let found = self.find(model.unwrap_or(&self.chat)).await;
        found.ok().and_then(|model| model.preset).unwrap_or_default()
    }

    /// Describes the models that are in memory or on their way there.
    pub fn list_loaded(&self) -> Vec<ResidentModel> {
        self.runtime.residents().list()
    }

    /// Tells what a model that is in memory can take, by its full name; to look is not to use.
    pub fn find_capacity(&self, model: &ModelId) -> Option<Capacity> {
        self.runtime.residents().find_capacity(model)
    }

    /// Loads a model before somebody asks it; one that is to stay for no time leaves again.
    ///
    /// What `options` say holds until the server ends or says otherwise here. A model that was loaded otherwise is loaded
    /// anew; one at work is not.
    pub async fn load(
        &self,
        model: &ModelId,
        ttl: Option<TimeToLive>,
        options: LoadOptions,
    ) -> Result<(), ServiceError> {
        let InstalledModel { id, kind, .. } = self.find(model).await?;
        if !options.is_empty() {
            self.runtime.configure(&id, options).await?;
        }
        match kind {
            ModelKind::Chat => drop(self.runtime.get_generator(&id).await?),
            ModelKind::Embedding => drop(self.runtime.get_embedder(&id).await?),
            ModelKind::Reranker => drop(self.runtime.get_reranker(&id).await?),
            ModelKind::Judge => drop(self.runtime.get_judge(&id).await?),
            // Parse workers load it, each for itself, when a page needs it.
            ModelKind::Ocr => {
                let wanted = "be loaded ahead: it is loaded when a scanned page is read";
                return Err(EngineError::WrongKind { model: id, wanted }.into());
            }
        }
        self.keep(&id, ttl);
        Ok(())
    }

    /// Takes a model out of memory, at once or when its work is done.
    pub async fn unload(&self, model: &ModelId) -> Result<Unloading, ServiceError> {
        let id = self.find(model).await?.id;
        Ok(self.runtime.residents().unload(&id))
    }

    /// Says how long a model stays in memory after its use, by its full name; if it is not said, all stays as it was.
    pub fn keep(&self, model: &ModelId, ttl: Option<TimeToLive>) {
        if let Some(ttl) = ttl {
            self.runtime.residents().keep(model, ttl);
        }
    }

    /// Starts a plain generation; also gives the generator, whose `info` names the model.
    pub async fn generate(
        &self,
        request: ChatRequest,
    ) -> Result<(Arc<dyn Generator>, Generation), ServiceError> {
        let generator = self.get_generator(request.model.as_ref()).await?;
        self.keep(&generator.info().model, request.ttl);
        let generation = generator.generate(request.generate).await?;
        Ok((generator, generation))
    }

    /// Gives a chat model; the default one if none is named.
    pub async fn get_generator(
        &self,
        model: Option<&ModelId>,
    ) -> Result<Arc<dyn Generator>, ServiceError> {
        let model = model.unwrap_or(&self.chat);
        Ok(self.runtime.get_generator(model).await?)
    }

    /// Gives a chat model, or nothing if none is installed at all.
    pub(crate) async fn find_generator(
        &self,
        model: Option<&ModelId>,
    ) -> Result<Option<Arc<dyn Generator>>, ServiceError> {
        match self.get_generator(model).await {
            Err(ServiceError::Engine(error))
                if error.is_missing_model() && !self.has_chat_model().await? =>
            {
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    async fn has_chat_model(&self) -> Result<bool, ServiceError> {
        let local = self.list_local().await?;
        Ok(local.iter().any(|model| model.kind == ModelKind::Chat))
    }

    /// Gives an embedding model; the default one if none is named.
    pub async fn get_embedder(
        &self,
        model: Option<&ModelId>,
    ) -> Result<Arc<dyn Embedder>, ServiceError> {
        let model = model.unwrap_or(&self.embedding);
        Ok(self.runtime.get_embedder(model).await?)
    }

    /// Gives a reranking model; the first of this machine if none is named.
    pub async fn get_reranker(
        &self,
        model: Option<&ModelId>,
    ) -> Result<Arc<dyn Reranker>, ServiceError> {
        if let Some(model) = model {
            return Ok(self.runtime.get_reranker(model).await?);
        }
        let installed = self.list_local().await?;
        let found = installed.into_iter().find(|model| model.kind == ModelKind::Reranker);
        let found = found.ok_or(ServiceError::NoReranker)?;
        Ok(self.runtime.get_reranker(&found.id).await?)
    }

    /// Gives the second judge for texts in a language, if one was chosen.
    pub(crate) fn second_judge(&self, language: Language) -> Option<SecondJudge> {
        let model = self.judge.clone()?;
        Some(SecondJudge::new(Arc::clone(&self.runtime), model, language))
    }

    /// Gives a second judge by its name, which must be there.
    pub(crate) async fn load_judge(&self, model: ModelId) -> Result<SecondJudge, ServiceError> {
        SecondJudge::load(Arc::clone(&self.runtime), model).await
    }
}
