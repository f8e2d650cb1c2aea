//! Heads that were read before: a file is read again when it has another size or was changed.

use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use super::GgufHead;

/// More files than this are nowhere; what is known is forgotten then.
const MOST: usize = 256;

/// What tells a file from what it was.
type Stamp = (u64, SystemTime);

/// Gives what is known of a file, or reads it; failures are not kept.
pub fn look_up(
    path: &Path,
    read: impl FnOnce(File, u64) -> std::io::Result<GgufHead>,
) -> std::io::Result<GgufHead> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // Without the time of the last change nothing tells a file from what it was.
    let Some(stamp) = stamp(&metadata) else { return read(file, metadata.len()) };
    let known = || heads().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, head)) = known().get(path).filter(|(known, _)| *known == stamp) {
        return Ok(head.clone());
    }
    let head = read(file, metadata.len())?;
    let mut known = known();
    if known.len() >= MOST {
        known.clear();
    }
    known.insert(path.to_owned(), (stamp, head.clone()));
    Ok(head)
}

fn heads() -> &'static Mutex<HashMap<PathBuf, (Stamp, GgufHead)>> {
    static HEADS: OnceLock<Mutex<HashMap<PathBuf, (Stamp, GgufHead)>>> = OnceLock::new();
    HEADS.get_or_init(Mutex::default)
}

fn stamp(metadata: &Metadata) -> Option<Stamp> {
    Some((metadata.len(), metadata.modified().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_once_until_it_changes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.gguf");
        std::fs::write(&path, "one").expect("a file");
        let mut reads = 0;
        let mut look = |expected: u32| {
            let read = look_up(&path, |_, length| {
                reads += 1;
                Ok(GgufHead { width: u32::try_from(length).ok(), ..GgufHead::default() })
            });
            assert_eq!(read.expect("it is there").width, Some(expected));
            reads
        };
        assert_eq!((look(3), look(3)), (1, 1));
        std::fs::write(&path, "three").expect("a file");
        assert_eq!((look(5), look(5)), (2, 2));
        let broken = || look_up(&path, |_, _| Err(std::io::Error::other("broken")));
        assert!(broken().is_ok(), "it is known");
        std::fs::write(&path, "fourteen").expect("a file");
        assert!(broken().is_err() && broken().is_err());
    }
}
