//! The mirror of a folder that the server watches itself: the services of this very process.

use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::sync::{
    BatchOp, BatchReply, BlobState, CommitReply, CommitRequest, DeviceId, DigestReply, FileHash,
    PlanReply, PlanRequest, SourceId,
};
use quire_folder_sync::{Mirror, MirrorError, MirrorTerms};
use serde_json::Value;

use super::Sources;
use crate::ServiceError;

/// A source of this very process.
pub struct LocalMirror {
    /// What keeps it.
    pub sources: Arc<Sources>,
    /// The source.
    pub source: SourceId,
    /// The device that its writes come from.
    pub device: DeviceId,
}

#[async_trait]
impl Mirror for LocalMirror {
    async fn terms(&self) -> Result<MirrorTerms, MirrorError> {
        self.renew_terms().await
    }

    async fn renew_terms(&self) -> Result<MirrorTerms, MirrorError> {
        Ok((&self.sources.get(&self.source).await?.source).into())
    }

    async fn digest(&self) -> Result<DigestReply, MirrorError> {
        self.sources.see(&self.source, Some(&self.device)).await?;
        Ok(self.sources.get_digest(&self.source, 0).await?)
    }

    async fn plan(&self, request: PlanRequest) -> Result<PlanReply, MirrorError> {
        Ok(self.sources.plan(&self.source, Some(&self.device), request).await?)
    }

    async fn batch(&self, ops: Vec<BatchOp>) -> Result<BatchReply, MirrorError> {
        let ops = ops.iter().map(serde_json::to_value).collect::<Result<Vec<Value>, _>>();
        let ops = ops.map_err(|error| MirrorError::Away { message: error.to_string() })?;
        Ok(self.sources.write_batch(&self.source, Some(&self.device), ops).await?)
    }

    async fn find_blob(&self, hash: &FileHash) -> Result<BlobState, MirrorError> {
        Ok(self.sources.get_blob(hash).await?)
    }

    async fn append_blob(
        &self,
        hash: &FileHash,
        offset: u64,
        length: u64,
        piece: Vec<u8>,
    ) -> Result<(), MirrorError> {
        self.sources.append_blob(hash, offset, length, &piece).await?;
        Ok(())
    }

    async fn commit(&self, request: CommitRequest) -> Result<CommitReply, MirrorError> {
        Ok(self.sources.commit(&self.source, Some(&self.device), request).await?)
    }
}

impl From<ServiceError> for MirrorError {
    fn from(error: ServiceError) -> Self {
        let (status, code) = match &error {
            ServiceError::Sync(error) => (error.status(), error.code()),
            error => (error.kind().status(), "service"),
        };
        Self::Refused { status, code: code.to_owned(), message: error.to_string() }
    }
}
