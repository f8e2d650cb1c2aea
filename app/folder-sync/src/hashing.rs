//! Hashing what a folder holds, reading only files that were written since.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use quire_domain::sync::{FileHash, PlanFile, Rules, Scope, SourcePath, tree_digests};
use sha2::{Digest, Sha256};

use crate::listing::{FolderFile, FolderListing, ListingError, list_folder, stamp};
use crate::memory::{FileStamp, FolderMemory, KnownHash, MemoryError};
use crate::{now_ms, sha256};

/// How old a change must be for size and time to tell that there was no other one since: some file
/// systems count time in steps of two seconds.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// A folder of this machine and what is remembered of it.
#[derive(Clone)]
pub struct SyncedFolder {
    /// Its absolute path, without links.
    pub root: PathBuf,
    /// What is remembered; never in the folder itself.
    pub memory: Arc<dyn FolderMemory>,
}

/// A folder whose files are hashed.
#[derive(Clone, Debug, Default)]
pub struct HashedFolder {
    /// What it holds.
    pub listing: FolderListing,
    /// The hashes of its files, but of those below.
    pub hashes: BTreeMap<SourcePath, FileHash>,
    /// Files that could not be read, and why.
    pub unreadable: BTreeMap<SourcePath, String>,
    /// Files that changed while they were read, and are taken up at the next look.
    pub changing: Vec<SourcePath>,
    /// How many files were read.
    pub read: u64,
}

impl HashedFolder {
    /// Gives the digest of the folder, or nothing if not every hash is known.
    pub fn digest(&self) -> Option<FileHash> {
        let is_whole = self.hashes.len() == self.listing.files.len() && self.is_complete();
        is_whole.then(|| tree_digests(&self.hashes, sha256).root)
    }

    /// Tells if all that the folder holds was seen: only then what is not there may be deleted.
    pub fn is_complete(&self) -> bool {
        self.listing.unreadable.is_empty()
    }

    /// Writes a part of the folder as rows of a plan.
    pub fn rows(&self, scope: &Scope) -> Vec<PlanFile> {
        let files = self.listing.files.iter().filter(|(path, _)| scope.contains(path));
        let row = |(path, file): (&SourcePath, &FolderFile)| PlanFile {
            path: path.to_string(),
            hash: self.hashes.get(path).cloned(),
            mtime_ms: file.mtime_ms(),
            size_bytes: file.stamp.size_bytes,
        };
        files.map(row).collect()
    }

    /// Lists paths at which this and an earlier look differ, whatever their times.
    pub fn differences(&self, earlier: &BTreeMap<SourcePath, FileHash>) -> Vec<SourcePath> {
        let is_new = |path: &&SourcePath| self.hashes.get(path) != earlier.get(path);
        let changed = self.listing.files.keys().filter(is_new);
        let gone = earlier.keys().filter(|path| !self.listing.files.contains_key(*path));
        changed.chain(gone).cloned().collect()
    }
}

impl SyncedFolder {
    /// Names the folder in the memory.
    fn key(&self) -> String {
        self.root.to_string_lossy().into_owned()
    }

    /// Lists the folder and hashes what is not known; remembers what it hashed.
    pub async fn look(&self, rules: Rules, max_file_bytes: u64) -> Result<HashedFolder, LookError> {
        let mut known = self.memory.list_known_hashes(&self.key()).await?;
        let root = self.root.clone();
        let work = move || -> Result<_, ListingError> {
            let listing = list_folder(&root, &rules, max_file_bytes)?;
            Ok(hash_files(listing, &mut known))
        };
        let worked = tokio::task::spawn_blocking(work).await;
        let (hashed, fresh, gone) = worked.map_err(|_| LookError::Stopped)??;
        // What could not be looked into may still be there.
        let gone = if hashed.is_complete() { gone } else { Vec::new() };
        if !fresh.is_empty() || !gone.is_empty() {
            self.memory.put_known_hashes(&self.key(), fresh, gone).await?;
        }
        Ok(hashed)
    }
}

/// Why a look at a folder failed.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// It could not be listed.
    #[error(transparent)]
    Listing(#[from] ListingError),
    /// What is remembered could not be read or written.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// The program is at fault.
    #[error("a background task stopped: hashing a folder")]
    Stopped,
}

type Fresh = Vec<(String, KnownHash)>;

/// Hashes what is not known; gives the hashes to remember, and paths that are gone.
fn hash_files(
    listing: FolderListing,
    known: &mut HashMap<String, KnownHash>,
) -> (HashedFolder, Fresh, Vec<String>) {
    let mut hashed = HashedFolder { listing, ..HashedFolder::default() };
    let mut fresh = Vec::new();
    let settled_ns = (now_ms() - SETTLED_AFTER.as_millis() as i64).saturating_mul(1_000_000);
    for (path, file) in &hashed.listing.files {
        let before = known.remove(path.as_str());
        if let Some(before) = before.filter(|before| before.stamp == file.stamp) {
            hashed.hashes.insert(path.clone(), before.hash);
            continue;
        }
        hashed.read += 1;
        match hash_file(&file.file, file.stamp) {
            Ok(Some(hash)) => {
                if file.stamp.mtime_ns < settled_ns {
                    let known = KnownHash { stamp: file.stamp, hash: hash.clone() };
                    fresh.push((path.to_string(), known));
                }
                hashed.hashes.insert(path.clone(), hash);
            }
            Ok(None) => hashed.changing.push(path.clone()),
            Err(error) => {
                hashed.unreadable.insert(path.clone(), error.to_string());
            }
        }
    }
    let gone = std::mem::take(known).into_keys().collect();
    (hashed, fresh, gone)
}

/// Hashes a file that looks as it did when it was listed; `None` if it does not, before or after
/// it was read.
fn hash_file(path: &Path, listed: FileStamp) -> std::io::Result<Option<FileHash>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
    }
    let is_same = stamp(&file.metadata()?) == listed;
    Ok(is_same.then(|| FileHash::from_digest(hash.finalize().into())))
}

/// Reads a whole file that looks as it did when it was listed; `None` if it does not.
pub(crate) fn read_file(file: &FolderFile) -> std::io::Result<Option<Vec<u8>>> {
    let mut opened = match File::open(&file.file) {
        Ok(opened) => opened,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::with_capacity(file.stamp.size_bytes as usize);
    opened.read_to_end(&mut bytes)?;
    Ok((stamp(&opened.metadata()?) == file.stamp).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use std::fs;
    use std::sync::{Mutex, PoisonError};
    use std::time::SystemTime;

    /// A memory of one folder, which ends with the test.
    #[derive(Default)]
    struct ShortMemory(Mutex<HashMap<String, KnownHash>>);

    #[async_trait]
    impl FolderMemory for ShortMemory {
        async fn list_known_hashes(
            &self,
            _root: &str,
        ) -> Result<HashMap<String, KnownHash>, MemoryError> {
            Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
        }

        async fn put_known_hashes(
            &self,
            _root: &str,
            known: Vec<(String, KnownHash)>,
            gone: Vec<String>,
        ) -> Result<(), MemoryError> {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(known);
            all.retain(|path, _| !gone.contains(path));
            Ok(())
        }

        async fn find_memo(&self, _name: &str) -> Result<Option<String>, MemoryError> {
            Ok(None)
        }

        async fn put_memo(&self, _name: &str, _value: &str) -> Result<(), MemoryError> {
            Ok(())
        }
    }

    struct Fixture {
        folder: SyncedFolder,
        _temporary: tempfile::TempDir,
    }

    fn fixture() -> Fixture {
        let temporary = tempfile::tempdir().expect("a folder");
        let root = temporary.path().join("notes");
        fs::create_dir(&root).expect("a folder");
        let memory = Arc::new(ShortMemory::default());
        Fixture { folder: SyncedFolder { root, memory }, _temporary: temporary }
    }

    impl Fixture {
        fn write(&self, path: &str, text: &str, age: Duration) {
            let file = self.folder.root.join(path);
            fs::write(&file, text).expect("a file");
            let file = File::options().append(true).open(file).expect("it is there");
            file.set_modified(SystemTime::now() - age).expect("its time is set");
        }

        async fn look(&self) -> HashedFolder {
            self.folder.look(Rules::all(), 1 << 20).await.expect("looks")
        }
    }

    const OLD: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn an_unchanged_folder_is_not_read_again() {
        let fixture = fixture();
        fixture.write("a.md", "a", OLD);
        fixture.write("b.md", "b", OLD);
        let first = fixture.look().await;
        assert_eq!(first.read, 2);
        let second = fixture.look().await;
        assert_eq!((second.read, second.digest()), (0, first.digest()));
        fixture.write("b.md", "c", OLD * 2);
        let third = fixture.look().await;
        assert_eq!(third.read, 1);
        assert_eq!(third.differences(&second.hashes), ["b.md".parse().expect("a path")]);
        fs::remove_file(fixture.folder.root.join("a.md")).expect("it was there");
        fixture.look().await;
        let known = fixture.folder.memory.list_known_hashes(&fixture.folder.key()).await;
        assert_eq!(known.expect("lists").len(), 1, "what is gone is forgotten");
    }

    #[tokio::test]
    async fn a_file_that_was_just_written_may_be_written_again_within_the_same_tick() {
        let fixture = fixture();
        fixture.write("a.md", "a", Duration::ZERO);
        assert_eq!(fixture.look().await.read, 1);
        assert_eq!(fixture.look().await.read, 1);
    }

    #[test]
    fn what_changes_or_cannot_be_read_is_told_and_the_rest_goes_on() {
        let temporary = tempfile::tempdir().expect("a folder");
        let file = temporary.path().join("a.md");
        fs::write(&file, "a").expect("a file");
        let mut listing = list_folder(temporary.path(), &Rules::all(), 1000).expect("lists");
        let listed = listing.files.values().next().expect("a file").clone();
        // A folder can be opened and not be read, whoever asks.
        let folder = FolderFile { file: temporary.path().to_owned(), ..listed.clone() };
        listing.files.insert("broken.md".parse().expect("a path"), folder);
        let gone = FolderFile { file: temporary.path().join("gone"), ..listed };
        listing.files.insert("gone.md".parse().expect("a path"), gone);
        let mut written = listing.clone();
        let (hashed, ..) = hash_files(listing, &mut HashMap::new());
        assert_eq!(hashed.hashes.len(), 1);
        assert!(hashed.unreadable.contains_key(&"broken.md".parse().expect("a path")));
        assert_eq!(hashed.changing, ["gone.md".parse().expect("a path")]);
        assert_eq!(hashed.digest(), None, "it would be that of another folder");
        fs::write(&file, "longer").expect("a file");
        written.files.retain(|path, _| path.as_str() == "a.md");
        let (hashed, ..) = hash_files(written, &mut HashMap::new());
        assert_eq!(hashed.changing.len(), 1, "it is not what was listed");
    }
}
