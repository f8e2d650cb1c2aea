//! Sources: making, listing, pausing and removing them, and how they stand.

use quire_catalog::{DocumentsOfSource, EntryFilter, NewSource, SourceRecord};
use quire_domain::DocumentId;
use quire_domain::link::VaultFile;
use quire_domain::sync::{
    DeviceId, DigestReply, EntryPage, FileEntry, Rules, Source, SourceId, SourceIndex, SourceKind,
    SourcePath, SourceRequest, SourceStatus, TreeDigests, tree_digests,
};
use quire_folder_sync::{RuleSet, now_ms, sha256};

use super::{AccessKey, PIPELINE_VERSION, SyncError, TOMBSTONE_AGE, limits, milliseconds};
use crate::{OriginalFile, ServiceError, Services};
use quire_domain::hex::hex;

/// What the server can do beyond single files.
const CAPABILITIES: &[&str] =
    &["plan", "batch", "move", "blobs", "changes", "events", "reindex", "gzip"];

/// Names rules: the same rules have the same name.
pub(super) fn rules_hash(rules: &Rules) -> String {
    let json = serde_json::to_vec(rules).unwrap_or_default();
    hex(&sha256(&json))[..16].to_owned()
}

impl Services {
    /// Makes a source or updates it; a key may do so only for its own source and collection, and not
    /// for a folder of the server's machine.
    pub async fn put_source(
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
        let collection = self.inner.catalog.get_collection(&request.collection).await?.name;
        if key.is_some_and(|key| key.collection != collection) {
            return Err(SyncError::WrongScope.into());
        }
        if let Some(rules) = &request.rules {
            RuleSet::new(rules, self.inner.config.ingest.max_file_bytes)?;
        }
        let folder = match request.folder.trim_matches('/') {
            "" => String::new(),
            folder => folder.parse::<SourcePath>()?.to_string(),
        };
        let named = |rules: Rules| {
            let hash = rules_hash(&rules);
            (rules, hash)
        };
        let record = self.inner.catalog.put_source(NewSource {
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
        self.inner.sync.folders.tell_changed();
        Ok(self.show_source(record))
    }

    /// Lists all sources by name.
    pub async fn list_sources(&self) -> Result<Vec<SourceStatus>, ServiceError> {
        let mut sources = Vec::new();
        for record in self.inner.catalog.list_sources().await? {
            sources.push(self.status_of(record).await?);
        }
        Ok(sources)
    }

    /// Tells how a source stands.
    pub async fn get_source(&self, id: &SourceId) -> Result<SourceStatus, ServiceError> {
        self.status_of(self.inner.catalog.get_source(id).await?).await
    }

    /// Gives the sequence number of a source, which tells whether anything changed.
    pub async fn get_source_seq(&self, id: &SourceId) -> Result<u64, ServiceError> {
        Ok(self.inner.catalog.get_source(id).await?.seq)
    }

    /// Makes a source take no changes for now, or take them again.
    pub async fn pause_source(
        &self,
        id: &SourceId,
        paused: bool,
    ) -> Result<SourceStatus, ServiceError> {
        self.inner.catalog.set_source_paused(id, paused).await?;
        self.inner.sync.folders.tell_changed();
        self.get_source(id).await
    }

    /// Removes a source, its keys, and its documents unless they are to be kept.
    pub async fn delete_source(
        &self,
        id: &SourceId,
        documents: DocumentsOfSource,
    ) -> Result<(), ServiceError> {
        let removed = self.inner.catalog.delete_source(id, documents).await?;
        let count = removed.len();
        self.finish_deletion(removed).await?;
        self.tell_changed();
        self.inner.sync.folders.tell_changed();
        tracing::info!(source.id = %id, document.count = count, "removed source {id}");
        Ok(())
    }

    /// Gives the digests of a source and of its folders, down to `depth` levels of them.
    pub async fn get_source_digest(
        &self,
        id: &SourceId,
        depth: usize,
    ) -> Result<DigestReply, ServiceError> {
        let SourceRecord { seq, rules_hash, .. } = self.inner.catalog.get_source(id).await?;
        let TreeDigests { root, mut folders } = self.digest_source(id).await?;
        folders.retain(|folder, _| folder.matches('/').count() <= depth);
        Ok(DigestReply { seq, digest: root, rules_hash, folders })
    }

    /// Lists files of a source that are there, a page at a time.
    pub async fn list_source_files(
        &self,
        id: &SourceId,
        prefix: &str,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<EntryPage, ServiceError> {
        self.get_source_seq(id).await?;
        let limit = limit.clamp(1, 10_000);
        let filter = EntryFilter { prefix: prefix.to_owned(), after: cursor, limit: limit + 1 };
        let mut files = self.inner.catalog.list_entries(id, filter).await?;
        let more = files.len() > limit;
        files.truncate(limit);
        let next = files.last().map(|entry| entry.path.to_string()).filter(|_| more);
        Ok(EntryPage { files, next })
    }

    /// Finds a file of a source and its bytes.
    pub async fn get_source_file(
        &self,
        id: &SourceId,
        path: &SourcePath,
    ) -> Result<(FileEntry, OriginalFile), ServiceError> {
        self.get_source_seq(id).await?;
        let entry = self.inner.catalog.find_entry(id, path).await?;
        let missing = || SyncError::NoSuchFile { path: path.clone() };
        let entry = entry.filter(FileEntry::is_whole).ok_or_else(missing)?;
        let document = entry.document_id.as_ref().ok_or_else(missing)?;
        let original = self.get_original(document).await?;
        Ok((entry, original))
    }

    /// Finds the file of a vault that a document is.
    pub async fn find_vault_file(
        &self,
        document: &DocumentId,
    ) -> Result<Option<VaultFile>, ServiceError> {
        Ok(self.inner.catalog.find_vault_file(document).await?)
    }

    /// Gets a source that takes changes.
    pub(super) async fn open_source(&self, id: &SourceId) -> Result<SourceRecord, ServiceError> {
        let source = self.inner.catalog.get_source(id).await?;
        if source.paused {
            return Err(SyncError::Paused { name: source.name }.into());
        }
        Ok(source)
    }

    /// Notes that a device has called.
    pub async fn see_source(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
    ) -> Result<(), ServiceError> {
        Ok(self.inner.catalog.see_source(id, device).await?)
    }

    pub(super) async fn digest_source(&self, id: &SourceId) -> Result<TreeDigests, ServiceError> {
        let files = self.inner.catalog.list_hashes(id).await?;
        let digest = move || tree_digests(files.iter().map(|(path, hash)| (path, hash)), sha256);
        tokio::task::spawn_blocking(digest)
            .await
            .map_err(|_| ServiceError::TaskStopped { task: "hashing the tree of a source" })
    }

    async fn status_of(&self, record: SourceRecord) -> Result<SourceStatus, ServiceError> {
        let counts = self.inner.catalog.count_entries(&record.id).await?;
        let digest = self.digest_source(&record.id).await?.root;
        let collection = self.inner.catalog.get_collection(&record.collection).await?;
        Ok(SourceStatus {
            problem: self.inner.sync.folders.problem(&record.id),
            source: self.show_source(record),
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

    pub(super) fn show_source(&self, record: SourceRecord) -> Source {
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
            limits: limits(self.inner.config.ingest.max_file_bytes),
            capabilities: CAPABILITIES.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    /// Wakes those who wait for a change of any source.
    pub(super) fn tell_changed(&self) {
        self.inner.sync.changed.send_modify(|count| *count = count.wrapping_add(1));
    }
}
