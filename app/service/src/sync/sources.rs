//! Sources: making, listing, pausing and removing them, and how they stand.

use quire_catalog::{DocumentsOfSource, EntryFilter, NewSource, SourceRecord};
use quire_domain::DocumentId;
use quire_domain::link::VaultFile;
use quire_domain::sync::{
    DeviceId, DigestReply, EntryPage, FileEntry, Rules, Source, SourceId, SourceIndex, SourceKind,
    SourcePath, SourceRequest, SourceStatus, TreeDigests, tree_digests,
};
use quire_folder_sync::{RuleSet, now_ms, sha256};

use super::{AccessKey, PIPELINE_VERSION, Sources, SyncError, TOMBSTONE_AGE, limits, milliseconds};
use crate::{OriginalFile, ServiceError};
use quire_domain::hex::hex;

/// What the server can do beyond single files.
const CAPABILITIES: &[&str] =
    &["plan", "batch", "move", "blobs", "changes", "events", "reindex", "gzip"];

/// Names rules: the same rules have the same name.
pub(super) fn rules_hash(rules: &Rules) -> String {
    let json = serde_json::to_vec(rules).unwrap_or_default();
    hex(&sha256(&json))[..16].to_owned()
}

impl Sources {
    /// Makes a source or updates it; a key may do so only for its own source and collection, and not
    /// for a folder of the server's machine.
    pub async fn put(
        &self,
        id: &SourceId,
        request: SourceRequest,
        key: Option<&AccessKey>,
    ) -> Result<Source, ServiceError> {
        let kind = match request.kind {
            // To name a folder is to let everybody who may ask Quire read it.
            SourceKind::Folder { .. } if key.is_some() => return Err(SyncError::LocalOnly.into()),
            SourceKind::Folder { root } => {
                SourceKind::Folder { root: self.check_root(&root)?.to_string_lossy().into_owned() }
            }
            kind => kind,
        };
        let collection = self.parts.catalog.get_collection(&request.collection).await?.name;
        if key.is_some_and(|key| key.collection != collection) {
            return Err(SyncError::WrongScope.into());
        }
        if let Some(rules) = &request.rules {
            RuleSet::new(rules, self.parts.uploads.max_file_bytes)?;
        }
        let folder = match request.folder.trim_matches('/') {
            "" => String::new(),
            folder => folder.parse::<SourcePath>()?.to_string(),
        };
        let named = |rules: Rules| {
            let hash = rules_hash(&rules);
            (rules, hash)
        };
        let record = self.parts.catalog.put_source(NewSource {
            id: id.clone(),
            kind,
            collection,
            name: request.name,
            folder,
            vault: request.vault,
            device: request.device,
            rules: request.rules.map(named),
            default_rules: named(Rules::all()),
        });
        let record = record.await?;
        self.shared.folders.tell_changed();
        Ok(self.show(record))
    }

    /// Lists all sources by name.
    pub async fn list(&self) -> Result<Vec<SourceStatus>, ServiceError> {
        let mut sources = Vec::new();
        for record in self.parts.catalog.list_sources().await? {
            sources.push(self.status_of(record).await?);
        }
        Ok(sources)
    }

    /// Tells how a source stands.
    pub async fn get(&self, id: &SourceId) -> Result<SourceStatus, ServiceError> {
        self.status_of(self.parts.catalog.get_source(id).await?).await
    }

    /// Gives the sequence number of a source, which tells whether anything changed.
    pub async fn get_seq(&self, id: &SourceId) -> Result<u64, ServiceError> {
        Ok(self.parts.catalog.get_source(id).await?.seq)
    }

    /// Makes a source take no changes for now, or take them again.
    pub async fn pause(&self, id: &SourceId, paused: bool) -> Result<SourceStatus, ServiceError> {
        self.parts.catalog.set_source_paused(id, paused).await?;
        self.shared.folders.tell_changed();
        self.get(id).await
    }

    /// Removes a source, its keys, and its documents unless they are to be kept.
    pub async fn delete(
        &self,
        id: &SourceId,
        documents: DocumentsOfSource,
    ) -> Result<(), ServiceError> {
        let removed = self.parts.catalog.delete_source(id, documents).await?;
        let count = removed.len();
        self.parts.ingest.finish_deletion(removed).await?;
        self.tell_changed();
        self.shared.folders.tell_changed();
        tracing::info!(source.id = %id, document.count = count, "removed source {id}");
        Ok(())
    }

    /// Gives the digests of a source and of its folders, down to `depth` levels of them.
    pub async fn get_digest(
        &self,
        id: &SourceId,
        depth: usize,
    ) -> Result<DigestReply, ServiceError> {
        let SourceRecord { seq, rules_hash, .. } = self.parts.catalog.get_source(id).await?;
        let TreeDigests { root, mut folders } = self.digest(id).await?;
        folders.retain(|folder, _| folder.matches('/').count() <= depth);
        Ok(DigestReply { seq, digest: root, rules_hash, folders })
    }

    /// Lists files of a source that are there, a page at a time.
    pub async fn list_files(
        &self,
        id: &SourceId,
        prefix: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<EntryPage, ServiceError> {
        self.get_seq(id).await?;
        let limit = limit.clamp(1, 10_000);
        let filter = EntryFilter { prefix: prefix.to_owned(), after: cursor, limit: limit + 1 };
        let mut files = self.parts.catalog.list_entries(id, filter).await?;
        let more = files.len() > limit;
        files.truncate(limit);
        let next = files.last().map(|entry| entry.path.to_string()).filter(|_| more);
        Ok(EntryPage { files, next })
    }

    /// Finds a file of a source and its bytes.
    pub async fn get_file(
        &self,
        id: &SourceId,
        path: &SourcePath,
    ) -> Result<(FileEntry, OriginalFile), ServiceError> {
        self.get_seq(id).await?;
        let entry = self.parts.catalog.find_entry(id, path).await?;
        let missing = || SyncError::NoSuchFile { path: path.clone() };
        let entry = entry.filter(FileEntry::is_whole).ok_or_else(missing)?;
        let document = entry.document_id.as_ref().ok_or_else(missing)?;
        let document = self.parts.catalog.get_document(document).await?;
        let path = self.parts.folder.original(&document.sha256);
        Ok((entry, OriginalFile { document, path }))
    }

    /// Finds the file of a vault that a document is.
    pub async fn find_vault_file(
        &self,
        document: &DocumentId,
    ) -> Result<Option<VaultFile>, ServiceError> {
        Ok(self.parts.catalog.find_vault_file(document).await?)
    }

    /// Gets a source that takes changes.
    pub(super) async fn open(&self, id: &SourceId) -> Result<SourceRecord, ServiceError> {
        let source = self.parts.catalog.get_source(id).await?;
        if source.paused {
            return Err(SyncError::Paused { name: source.name }.into());
        }
        Ok(source)
    }

    /// Notes that a device has called.
    pub async fn see(&self, id: &SourceId, device: Option<&DeviceId>) -> Result<(), ServiceError> {
        Ok(self.parts.catalog.see_source(id, device).await?)
    }

    pub(super) async fn digest(&self, id: &SourceId) -> Result<TreeDigests, ServiceError> {
        let files = self.parts.catalog.list_hashes(id).await?;
        let digest = move || tree_digests(files.iter().map(|(path, hash)| (path, hash)), sha256);
        tokio::task::spawn_blocking(digest)
            .await
            .map_err(|_| ServiceError::TaskStopped { task: "hashing the tree of a source" })
    }

    async fn status_of(&self, record: SourceRecord) -> Result<SourceStatus, ServiceError> {
        let counts = self.parts.catalog.count_entries(&record.id).await?;
        let digest = self.digest(&record.id).await?.root;
        let collection = self.parts.catalog.get_collection(&record.collection).await?;
        Ok(SourceStatus {
            problem: self.shared.folders.problem(&record.id),
            source: self.show(record),
            files: counts.files,
            bytes: counts.size_bytes,
            digest,
            index: SourceIndex {
                queued: counts.queued,
                running: counts.running,
                done: counts.indexed,
                failed: counts.failed,
                skipped: counts.unsupported,
                embedding_model: collection.embedding_model,
                pipeline_version: PIPELINE_VERSION,
            },
            tombstone_horizon: now_ms() - milliseconds(TOMBSTONE_AGE),
        })
    }

    pub(super) fn show(&self, record: SourceRecord) -> Source {
        Source {
            id: record.id,
            kind: record.kind,
            collection: record.collection,
            name: record.name,
            folder: record.folder,
            vault: record.vault,
            devices: record.devices,
            rules: record.rules,
            rules_hash: record.rules_hash,
            paused: record.paused,
            seq: record.seq,
            created_at: record.created_at_ms,
            seen_at: record.seen_at_ms,
            limits: limits(self.parts.uploads.max_file_bytes),
            capabilities: CAPABILITIES.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    /// Wakes those who wait for a change of any source.
    pub(super) fn tell_changed(&self) {
        self.shared.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}
