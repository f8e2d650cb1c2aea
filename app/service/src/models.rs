//! Models as a plain service: chat, completion and embedding without documents.

use std::sync::Arc;

use quire_domain::{InstalledModel, ModelId};
use quire_engines::{Embedder, GenerateRequest, Generation, Generator};

use crate::{ServiceError, Services};

/// A generation without documents.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The chat model; the service's default if absent.
    pub model: Option<ModelId>,
    /// What to generate.
    pub generate: GenerateRequest,
}

impl Services {
    /// Lists the models on disk.
    pub async fn list_models(&self) -> Result<Vec<InstalledModel>, ServiceError> {
        Ok(self.inner.models.list_models().await?)
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
        let model = model.unwrap_or(&self.inner.config.chat_model);
        Ok(self.inner.models.get_generator(model).await?)
    }

    /// Gives an embedding model; the default one if none is named.
    pub async fn get_embedder(
        &self,
        model: Option<&ModelId>,
    ) -> Result<Arc<dyn Embedder>, ServiceError> {
        let model = model.unwrap_or(&self.inner.config.embedding_model);
        Ok(self.inner.models.get_embedder(model).await?)
    }
}
