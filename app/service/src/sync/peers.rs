//! Sources of other programs' plugins, which know nothing of this protocol: they send files without
//! times, and who calls last is right.

use quire_catalog::{CatalogError, Precondition};
use quire_domain::CollectionName;
use quire_domain::sync::{FileEntry, SourceId, SourceKind, SourcePath, SourceRequest};
use quire_folder_sync::now_ms;
use uuid::Uuid;

use super::progress::everything;
use super::{AccessKey, FileChange, FileContent, FileWrite, Sources, WrittenFiles};
use crate::{NewCollection, ServiceError, Upload};

/// A file as such a plugin says that it is now.
pub struct PeerFile {
    /// Its path.
    pub path: SourcePath,
    /// Its bytes; it is gone if `None`.
    pub content: Option<Upload>,
}

impl Sources {
    /// Gets the source that such a plugin pushes into a collection, by what it is called; makes
    /// both if they are missing.
    ///
    /// The holder of a key gets the source that the key opens.
    pub async fn open_for_peer(
        &self,
        collection: &CollectionName,
        name: &str,
        key: Option<&AccessKey>,
    ) -> Result<SourceId, ServiceError> {
        // Two first calls at once must not make two sources.
        let _making = self.shared.making_for_peers.lock().await;
        if let Some(known) = self.find_for_peer(collection, name, key).await? {
            return Ok(known);
        }
        if key.is_none() {
            let new =
                NewCollection { name: collection.clone(), embedding_model: None, language: None };
            match self.parts.collections.create(new).await {
                Ok(_) | Err(ServiceError::Catalog(CatalogError::CollectionExists { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        let id = match key {
            Some(key) => key.source.clone(),
            None => Uuid::new_v4().to_string().parse()?,
        };
        let request = SourceRequest {
            kind: SourceKind::Obsidian,
            collection: key.map_or(collection, |key| &key.collection).clone(),
            name: name.to_owned(),
            folder: String::new(),
            vault: None,
            device: None,
            rules: None,
        };
        self.put(&id, request, key).await?;
        Ok(id)
    }

    /// Finds the source that such a plugin pushes into a collection.
    pub async fn find_for_peer(
        &self,
        collection: &CollectionName,
        name: &str,
        key: Option<&AccessKey>,
    ) -> Result<Option<SourceId>, ServiceError> {
        let same = |one: &CollectionName| {
            one.as_str().to_lowercase() == collection.as_str().to_lowercase()
        };
        let known = self.parts.catalog.list_sources().await?.into_iter();
        let mut known = known.filter(|source| match key {
            Some(key) => source.id == key.source,
            None => source.name == name && same(&source.collection),
        });
        Ok(known.next().map(|source| source.id))
    }

    /// Writes files as they are now, whatever was written before. Bytes that the server has at the
    /// path already change nothing.
    pub async fn write_peer_files(
        &self,
        id: &SourceId,
        files: Vec<PeerFile>,
    ) -> Result<WrittenFiles, ServiceError> {
        let mut writes = Vec::with_capacity(files.len());
        for PeerFile { path, content } in files {
            let entry = self.parts.catalog.find_entry(id, &path).await?;
            writes.push(write_over(path, content, entry));
        }
        self.see(id, None).await?;
        self.write_files(id, None, writes).await
    }

    /// Lists all files of a source that are there, by path.
    pub async fn list_peer_files(&self, id: &SourceId) -> Result<Vec<FileEntry>, ServiceError> {
        let mut files = self.parts.catalog.list_entries(id, everything("")).await?;
        files.retain(FileEntry::is_whole);
        Ok(files)
    }
}

/// Names what is there as what must be there: such a write stands over it, whatever the time.
fn write_over(path: SourcePath, content: Option<Upload>, entry: Option<FileEntry>) -> FileWrite {
    let now = now_ms();
    let change = match content {
        Some(upload) => FileChange::Put {
            content: FileContent::Upload(upload),
            expected: None,
            mtime_ms: now,
            ctime_ms: None,
        },
        None => FileChange::Delete { ts_ms: now },
    };
    let known = entry.filter(FileEntry::is_live).and_then(|entry| entry.hash);
    let precondition = known.map_or(Precondition::Absent, Precondition::Matches);
    FileWrite { path, precondition, change }
}
