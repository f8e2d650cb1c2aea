//! Models as a plain service: chat, completion and embedding without documents.

use std::sync::Arc;

use quire_domain::{InstalledModel, ModelId};
use quire_engines::{Embedder, GenerateRequest, Generation, Generator};

use crate::{ServiceError, Services};

/// A generation without documents.
#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The chat model; the service's default where absent.
    pub model: Option<ModelId>,
    /// What to generate.
    pub generate: GenerateRequest,
}

impl Services {
    /// Lists the models on disk.
    pub async fn list_models(&self) -> Result<Vec<InstalledModel>, ServiceError> {
        todo!()
    }

    /// Starts a plain generation; also gives the generator, whose `info` names the model.
    pub async fn generate(
        &self,
        _request: ChatRequest,
    ) -> Result<(Arc<dyn Generator>, Generation), ServiceError> {
        todo!()
    }

    /// Gives a chat model; the default one where none is named.
    pub async fn get_generator(
        &self,
        _model: Option<&ModelId>,
    ) -> Result<Arc<dyn Generator>, ServiceError> {
        todo!()
    }

    /// Gives an embedding model; the default one where none is named.
    pub async fn get_embedder(
        &self,
        _model: Option<&ModelId>,
    ) -> Result<Arc<dyn Embedder>, ServiceError> {
        todo!()
    }
}
