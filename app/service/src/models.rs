//! Models as a plain service: chat, completion and embedding without documents.

use std::sync::Arc;

use quire_domain::{InstalledModel, Language, ModelId, ModelKind};
use quire_engines::{Embedder, EngineError, GenerateRequest, Generation, Generator, ModelRuntime};

use crate::ServiceError;
use crate::second_judge::SecondJudge;

/// A generation without documents.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The chat model; the service's default if absent.
    pub model: Option<ModelId>,
    /// What to generate.
    pub generate: GenerateRequest,
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
    /// Lists the models on disk.
    pub async fn list(&self) -> Result<Vec<InstalledModel>, ServiceError> {
        Ok(self.runtime.list_models().await?)
    }

    /// Starts a plain generation; also gives the generator, whose `info` names the model.
    pub async fn generate(
        &self,
        request: ChatRequest,
    ) -> Result<(Arc<dyn Generator>, Generation), ServiceError> {
        let generator = self.get_generator(request.model.as_ref()).await?;
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
            Err(ServiceError::Engine(EngineError::NotInstalled { .. }))
                if !self.has_chat_model().await? =>
            {
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    async fn has_chat_model(&self) -> Result<bool, ServiceError> {
        Ok(self.list().await?.iter().any(|model| model.kind == ModelKind::Chat))
    }

    /// Gives an embedding model; the default one if none is named.
    pub async fn get_embedder(
        &self,
        model: Option<&ModelId>,
    ) -> Result<Arc<dyn Embedder>, ServiceError> {
        let model = model.unwrap_or(&self.embedding);
        Ok(self.runtime.get_embedder(model).await?)
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
