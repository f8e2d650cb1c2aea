//! What was tried before, and came to what: kept in memory, and what passed in a file as well.
//!
//! A file is told from what it was by its size and when it was changed, and the program that tried it in the same way:
//! another llama.cpp may trip over something else.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::Trial;
use crate::written_file::write_json;

/// More files than this are nowhere; what is known is forgotten then.
const MOST: usize = 1024;

/// What came of trials in this process, by what was tried.
static TRIED: Mutex<BTreeMap<String, Tried>> = Mutex::new(BTreeMap::new());

/// The files that were tried, and what is wrong with them.
type Tried = (Vec<Stamp>, Result<(), String>);

/// Tells a file from what it was.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Stamp {
    size_bytes: u64,
    /// Nanoseconds since the Unix epoch.
    modified_ns: u64,
}

impl Stamp {
    /// Looks at a file; `None` if it is not there, or if the system does not say when it was changed.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok()?;
        let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        let modified_ns = u64::try_from(since.as_nanos()).ok()?;
        Some(Self { size_bytes: metadata.len(), modified_ns })
    }
}

/// What passed, as it is kept on disk.
#[derive(Default, Deserialize, Serialize)]
struct Passed {
    /// The program that tried it.
    program: Option<Stamp>,
    /// The files of what was tried, by its name.
    files: HashMap<String, Vec<Stamp>>,
}

impl Passed {
    /// Reads what passed with this program; nothing if that is another one, or if nothing can be read.
    fn read(trial: &Trial) -> Self {
        let read = || -> Option<Self> {
            let text = std::fs::read(trial.passed.as_ref()?).ok()?;
            serde_json::from_slice(&text).ok()
        };
        let program = Stamp::of(&trial.program);
        let passed = read().filter(|passed| passed.program.is_some() && passed.program == program);
        passed.unwrap_or(Self { program, files: HashMap::new() })
    }
}

/// Gives what came of the trial of these files.
pub fn find(trial: &Trial, name: &str, stamps: &[Stamp]) -> Option<Result<(), String>> {
    let tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((known, result)) = tried.get(name)
        && known == stamps
    {
        return Some(result.clone());
    }
    let passed = Passed::read(trial).files.get(name).is_some_and(|known| known == stamps);
    passed.then_some(Ok(()))
}

/// Keeps what came of a trial.
pub fn note(trial: &Trial, name: String, stamps: Vec<Stamp>, result: Result<(), String>) {
    let mut tried = TRIED.lock().unwrap_or_else(PoisonError::into_inner);
    if let (Ok(()), Some(path)) = (&result, &trial.passed) {
        let mut passed = Passed::read(trial);
        if passed.files.len() >= MOST {
            passed.files.clear();
        }
        passed.files.insert(name.clone(), stamps.clone());
        if let Err(error) = write_json(path, &passed) {
            // It is tried again after a restart.
            tracing::warn!(%error, "what was tried is not kept");
        }
    }
    if tried.len() >= MOST {
        tried.clear();
    }
    tried.insert(name, (stamps, result));
}
