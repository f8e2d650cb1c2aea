//! Progress of a source's files, those that failed, and indexing them anew.

use quire_catalog::EntryFilter;
use quire_domain::sync::{
    FileEntry, FileStage, FileStatus, ReindexReply, ReindexRequest, SourceEvent, SourceFailure,
    SourceId,
};
use quire_domain::{DocumentStatus, Failure, IngestEvent, IngestTask};

use super::Sources;
use crate::ServiceError;

impl Sources {
    /// Tells what an event of ingest means for a source; `None` if it is about something else.
    pub async fn event(
        &self,
        id: &SourceId,
        event: &IngestEvent,
    ) -> Result<Option<SourceEvent>, ServiceError> {
        let (document, stage, error) = match event {
            IngestEvent::Document { document, .. } => {
                let stage = match document.status {
                    DocumentStatus::Accepted => FileStage::Parse,
                    DocumentStatus::Parsed => FileStage::Chunk,
                    DocumentStatus::Embedded => FileStage::Embed,
                    DocumentStatus::Indexed => FileStage::Done,
                    DocumentStatus::Failed | DocumentStatus::Unsupported => FileStage::Failed,
                };
                let error = document.error.as_ref().map(|failure| failure.message.clone());
                (&document.id, stage, error)
            }
            IngestEvent::Embedding { document_id, .. } => (document_id, FileStage::Embed, None),
            IngestEvent::Deleted { .. }
            | IngestEvent::Renamed { .. }
            | IngestEvent::Paused { .. }
            | IngestEvent::Index { .. } => return Ok(None),
        };
        let entry = self.parts.catalog.find_entry_of(document).await?;
        let entry = entry.filter(|(source, _)| source == id);
        Ok(entry.map(|(_, path)| SourceEvent::File { path, stage, error }))
    }

    /// Lists files that are not indexed and never will be as they are, by path.
    pub async fn list_failures(&self, id: &SourceId) -> Result<Vec<SourceFailure>, ServiceError> {
        self.get_seq(id).await?;
        let entries = self.parts.catalog.list_entries(id, everything("")).await?;
        Ok(entries.into_iter().filter_map(failure).collect())
    }

    /// Queues files to be read and indexed anew.
    pub async fn reindex(
        &self,
        id: &SourceId,
        request: ReindexRequest,
    ) -> Result<ReindexReply, ServiceError> {
        let source = self.parts.catalog.get_source(id).await?;
        let prefix = request.prefix.as_deref().unwrap_or_default();
        let entries = self.parts.catalog.list_entries(id, everything(prefix)).await?;
        let is_meant = |entry: &FileEntry| {
            let is_named = request.paths.as_ref().is_none_or(|paths| paths.contains(&entry.path));
            is_named && (!request.failed_only || entry.status == Some(FileStatus::Failed))
        };
        let mut documents = Vec::new();
        for entry in entries.iter().filter(|entry| is_meant(entry)) {
            if let Some(document) = &entry.document_id {
                documents.push(self.parts.catalog.set_accepted(document).await?);
            }
        }
        let queued = documents.len() as u64;
        let counts = self.parts.catalog.count_documents(&source.collection).await?;
        for document in documents {
            self.parts.ingest.send(IngestEvent::Document { document: Box::new(document), counts });
        }
        self.parts.ingest.wake(IngestTask::Documents);
        Ok(ReindexReply { queued })
    }
}

pub(super) fn everything(prefix: &str) -> EntryFilter {
    EntryFilter { prefix: prefix.to_owned(), after: None, limit: usize::MAX }
}

fn failure(entry: FileEntry) -> Option<SourceFailure> {
    if !matches!(entry.status, Some(FileStatus::Failed | FileStatus::Skipped)) {
        return None;
    }
    let Failure { code, message, hint } = entry.reason?;
    let stage = match code.as_str() {
        "embedding_failed" | "model_missing" => FileStage::Embed,
        _ => FileStage::Parse,
    };
    Some(SourceFailure { path: entry.path, stage, code, message, hint })
}
