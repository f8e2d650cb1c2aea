//! What a sync would do; asks the server only for what it has, and changes nothing on either side.

use std::collections::{BTreeMap, HashMap};

use quire_domain::sync::{EntryPage, FileHash, Rules, SourcePath, SourceStatus};
use quire_folder_sync::{FileProblem, HashedFolder, MirrorError, SyncedFolder};
use reqwest::Method;
use serde::Serialize;

use super::mirror::HttpMirror;
use crate::cli::output;

/// The largest file if the server has not said one yet.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// Files of one page.
const PAGE: usize = 10_000;

/// What a sync would do.
#[derive(Debug, Serialize)]
pub struct Preview {
    /// Files that would be sent.
    pub upload: Vec<Upload>,
    /// Files that would be renamed.
    #[serde(rename = "move")]
    pub moves: Vec<Move>,
    /// Files that would be deleted from the mirror.
    pub delete: Vec<SourcePath>,
    /// Files that are the same.
    pub unchanged: u64,
    /// Files and folders that the rules leave out, counted by reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Files that could not be mirrored.
    pub failed: Vec<FileProblem>,
}

/// A file that would be sent.
#[derive(Debug, Serialize)]
pub struct Upload {
    path: SourcePath,
    why: &'static str,
    size: u64,
}

/// A file that would be renamed.
#[derive(Debug, Serialize)]
pub struct Move {
    from: SourcePath,
    to: SourcePath,
}

impl Preview {
    /// Prints it for people.
    pub fn show(&self) {
        for Upload { path, why, size } in &self.upload {
            output::line(&format!("send    {path} ({why}, {})", output::size(*size)));
        }
        for Move { from, to } in &self.moves {
            output::line(&format!("rename  {from} -> {to}"));
        }
        for path in &self.delete {
            output::line(&format!("delete  {path}"));
        }
        for problem in &self.failed {
            output::note(&format!("failed  {}: {}", problem.path, problem.message));
        }
        output::line(&format!(
            "{} to send, {} to rename, {} to delete, {} unchanged, {} left out; nothing was done",
            self.upload.len(),
            self.moves.len(),
            self.delete.len(),
            self.unchanged,
            self.left_out.values().sum::<u64>()
        ));
    }
}

/// Compares the folder with what the server has.
pub async fn preview(folder: &SyncedFolder, mirror: &HttpMirror) -> anyhow::Result<Preview> {
    let status = mirror.read::<SourceStatus>(mirror.call(Method::GET, &[])).await;
    let (rules, most, held) = match status {
        Ok(status) => {
            let source = status.source;
            (source.rules, source.limits.max_file_bytes, list_held(mirror).await?)
        }
        Err(MirrorError::Refused { status: 404, .. }) => {
            (Rules::all(), MAX_FILE_BYTES, BTreeMap::new())
        }
        Err(error) => return Err(error.into()),
    };
    Ok(compare(&folder.look(rules, most).await?, held))
}

async fn list_held(mirror: &HttpMirror) -> anyhow::Result<BTreeMap<SourcePath, FileHash>> {
    let mut held = BTreeMap::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut request = mirror.call(Method::GET, &["files"]).query(&[("limit", PAGE)]);
        if let Some(cursor) = &cursor {
            request = request.query(&[("cursor", cursor)]);
        }
        let EntryPage { files, next } = mirror.read(request).await?;
        held.extend(files.into_iter().filter_map(|entry| Some((entry.path, entry.hash?))));
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(held),
        }
    }
}

fn compare(folder: &HashedFolder, mut held: BTreeMap<SourcePath, FileHash>) -> Preview {
    let mut unchanged = 0;
    let mut upload = Vec::new();
    for (path, file) in &folder.listing.files {
        let Some(hash) = folder.hashes.get(path) else {
            held.remove(path);
            continue;
        };
        let why = match held.remove(path) {
            Some(theirs) if theirs == *hash => {
                unchanged += 1;
                continue;
            }
            Some(_) => "changed",
            None => "new",
        };
        upload.push(Upload { path: path.clone(), why, size: file.stamp.size_bytes });
    }
    let mut leaving: HashMap<FileHash, Vec<SourcePath>> = HashMap::new();
    for (path, hash) in &held {
        leaving.entry(hash.clone()).or_default().push(path.clone());
    }
    let mut moves = Vec::new();
    upload.retain(|one| {
        let paths = folder.hashes.get(&one.path).and_then(|hash| leaving.get_mut(hash));
        let from = paths.filter(|_| one.why == "new").and_then(Vec::pop);
        if let Some(from) = &from {
            held.remove(from);
            moves.push(Move { from: from.clone(), to: one.path.clone() });
        }
        from.is_none()
    });
    let delete = if folder.is_complete() { held.into_keys().collect() } else { Vec::new() };
    let left_out = folder.listing.excluded.clone();
    Preview { upload, moves, delete, unchanged, left_out, failed: folder.problems() }
}
