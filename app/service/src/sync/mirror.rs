//! Folders of this machine that are read when somebody asks: one walk over the files, compared and
//! written as a client of the protocol would.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use quire_catalog::NewSource;
use quire_domain::CollectionName;
use quire_domain::sync::{
    CommitReply, CommitRequest, FileEntry, FileHash, PlanFile, PlanRequest, Rules, Scope, Source,
    SourceId, SourceKind, SourcePath, Vault,
};
use tokio::io::AsyncReadExt;
use uuid::Uuid;

use super::peers::write_over;
use super::rules::RuleSet;
use super::sources::rules_hash;
use super::{FileChange, file_hash, now_ms};
use crate::{ServiceError, Services, Upload};

/// Files that are written in one transaction.
const FILES_AT_A_TIME: usize = 32;

/// A folder of this machine.
pub struct MirroredFolder {
    /// Its absolute path.
    pub root: PathBuf,
    /// What to call it.
    pub name: String,
    /// The collection it goes into, which must exist.
    pub collection: CollectionName,
    /// Which of its files.
    pub rules: Rules,
}

/// A file that the walk has found.
struct Found {
    path: SourcePath,
    size_bytes: u64,
    mtime_ms: i64,
}

impl Services {
    /// Makes a source of a folder of this machine, and leaves reading it to
    /// [`Services::scan_folder`].
    pub async fn mirror_folder(&self, folder: MirroredFolder) -> Result<Source, ServiceError> {
        let MirroredFolder { root, name, collection, rules } = folder;
        RuleSet::new(&rules, self.inner.config.ingest.max_file_bytes)?;
        let is_vault = root.join(".obsidian").is_dir();
        let named = (rules.clone(), rules_hash(&rules));
        let record = self.inner.catalog.put_source(NewSource {
            id: Uuid::new_v4().to_string().parse()?,
            kind: SourceKind::Folder { root: root.to_string_lossy().into_owned() },
            collection,
            vault: is_vault.then(|| Vault { name: name.clone(), id: None }),
            name,
            folder: String::new(),
            device: None,
            rules: Some(named.clone()),
            default_rules: named,
        });
        Ok(self.show_source(record.await?))
    }

    /// Brings a folder of this machine and its documents in line. Files whose size and time did not
    /// change are not read, unless all are to be.
    pub async fn scan_folder(
        &self,
        id: &SourceId,
        reads_all: bool,
    ) -> Result<Option<CommitReply>, ServiceError> {
        let source = self.open_source(id).await?;
        let SourceKind::Folder { root } = &source.kind else { return Ok(None) };
        let root = PathBuf::from(root);
        // Scans of one folder would write over each other; one at a time is quick enough.
        let _scanning = self.inner.sync.scans.lock().await;
        let known = self.list_peer_files(id).await?;
        let mut known: HashMap<String, FileEntry> =
            known.into_iter().map(|entry| (entry.path.to_string(), entry)).collect();
        let listed = now_ms();
        let found = self.walk(root.clone(), RuleSet::new(&source.rules, u64::MAX)?).await?;
        let mut files = Vec::with_capacity(found.len());
        for Found { path, size_bytes, mtime_ms } in found {
            let same = |entry: &&FileEntry| {
                !reads_all && entry.size_bytes == size_bytes && entry.mtime_ms == mtime_ms
            };
            let hash = match known.get(path.as_str()).filter(same) {
                Some(entry) => entry.hash.clone(),
                None => hash_of(&root.join(path.as_str())).await,
            };
            files.push(PlanFile { path: path.to_string(), hash, mtime_ms, size_bytes });
        }
        let times: HashMap<String, i64> =
            files.iter().map(|file| (file.path.clone(), file.mtime_ms)).collect();
        let request = PlanRequest {
            plan_id: None,
            rules_hash: source.rules_hash.clone(),
            scope: Scope::default(),
            complete: true,
            device_time: Some(listed),
            page: None,
            of: None,
            files,
        };
        let plan = self.plan_sync(id, None, request).await?;
        let wanted: Vec<SourcePath> = plan.upload.into_iter().map(|one| one.path).collect();
        for group in wanted.chunks(FILES_AT_A_TIME) {
            let mut writes = Vec::with_capacity(group.len());
            for path in group {
                // A file that went away meanwhile is missing from the next walk.
                let Ok(upload) = self.read_into_upload(&root, path).await else { continue };
                let mut write = write_over(path.clone(), Some(upload), known.remove(path.as_str()));
                if let FileChange::Put { mtime_ms, .. } = &mut write.change {
                    *mtime_ms = times.get(path.as_str()).copied().unwrap_or(*mtime_ms);
                }
                writes.push(write);
            }
            self.write_files(id, None, writes).await?;
        }
        let commit = CommitRequest {
            plan_id: plan.plan_id,
            scope: Scope::default(),
            delete_missing: true,
            expected_deletes: None,
        };
        Ok(Some(self.commit_sync(id, None, commit).await?))
    }

    async fn walk(&self, root: PathBuf, rules: RuleSet) -> Result<Vec<Found>, ServiceError> {
        let work = move || {
            let mut found = Vec::new();
            walk(&root, &root, &rules, &mut found).map(|()| found).map_err(|error| (root, error))
        };
        let walked = tokio::task::spawn_blocking(work)
            .await
            .map_err(|_| ServiceError::TaskStopped { task: "reading a folder" })?;
        walked.map_err(|(root, error)| ServiceError::io(&root, error))
    }

    async fn read_into_upload(
        &self,
        root: &Path,
        path: &SourcePath,
    ) -> Result<Upload, ServiceError> {
        let file = root.join(path.as_str());
        let failed = |error| ServiceError::io(&file, error);
        let mut reader = tokio::fs::File::open(&file).await.map_err(failed)?;
        let mut writer = self.begin_upload(path.as_str()).await?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = reader.read(&mut buffer).await.map_err(failed)?;
            if count == 0 {
                return writer.finish().await;
            }
            writer.write(&buffer[..count]).await?;
        }
    }
}

/// Hashes a file; one that cannot be read has none and is asked for.
async fn hash_of(file: &Path) -> Option<FileHash> {
    Some(file_hash(&tokio::fs::read(file).await.ok()?))
}

/// Collects the files below a folder; links and hidden folders are not followed, and what cannot
/// be a path of the protocol is left out.
fn walk(
    root: &Path,
    folder: &Path,
    rules: &RuleSet,
    found: &mut Vec<Found>,
) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, entry.path());
        if kind.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            walk(root, &path, rules, found)?;
        }
        let relative = path.strip_prefix(root).ok().and_then(Path::to_str);
        let relative: Option<SourcePath> = relative.and_then(|path| path.parse().ok());
        let Some(path) = relative.filter(|_| kind.is_file()) else { continue };
        let Ok(metadata) = entry.metadata() else { continue };
        if rules.leaves_out(&path, metadata.len()).is_some() {
            continue;
        }
        let changed = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let mtime_ms = changed.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0);
        found.push(Found { path, size_bytes: metadata.len(), mtime_ms });
    }
    Ok(())
}
