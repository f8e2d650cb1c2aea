//! Reading one file as ingest would, and telling all that came of it; no data folder is needed.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use quire_domain::hex::hex;
use quire_domain::{DocumentPath, Failure, Format, ParseReport};
use sha2::{Digest, Sha256};

use super::jobs::{Memory, Outcome};
use super::parsing::parser;
use crate::ServiceError;
use crate::config::IngestLimits;

/// Parses a file where ingest would, within the same limits.
///
/// A [`Failure`] is the file's; an error is the machine's, or the file cannot be opened.
pub async fn parse_file(
    limits: &IngestLimits,
    path: &DocumentPath,
    file: &Path,
) -> Result<Result<ParseReport, Failure>, ServiceError> {
    let size_bytes = tokio::fs::metadata(file).await;
    let size_bytes = size_bytes.map_err(|error| ServiceError::io(file, error))?.len();
    if size_bytes > limits.max_file_bytes {
        let (path, limit_bytes) = (file.display().to_string(), limits.max_file_bytes);
        return Err(ServiceError::FileTooLarge { path, limit_bytes });
    }
    let to_hash = file.to_owned();
    let sha256 = tokio::task::spawn_blocking(move || hash(&to_hash)).await;
    let sha256 = sha256.map_err(|_| ServiceError::TaskStopped { task: "reading the file" })?;
    let sha256 = sha256.map_err(|error| ServiceError::io(file, error))?.parse()?;
    let started = Instant::now();
    let parsed = parser(limits).parse(path, file).await?;
    let took_ms = started.elapsed().as_millis() as u64;
    Ok(match parsed.outcome {
        Outcome::Parsed(document) => {
            let report = ParseReport::new(path.clone(), sha256, *document);
            let encoding = find_encoding(report.format, file.to_owned()).await;
            let peak_memory_bytes = parsed.memory.map(|Memory { peak, .. }| peak);
            Ok(ParseReport { encoding, took_ms: Some(took_ms), peak_memory_bytes, ..report })
        }
        Outcome::Failed(failure) | Outcome::Unsupported(failure) => Err(failure),
    })
}

/// Tells the encoding of a text file; nothing for other formats, and if the file cannot be read any more.
pub(crate) async fn find_encoding(format: Format, file: PathBuf) -> Option<String> {
    if !format.is_text() {
        return None;
    }
    let find = move || quire_ingest::find_encoding(format, &std::fs::read(file).ok()?);
    tokio::task::spawn_blocking(find).await.ok().flatten().map(str::to_owned)
}

fn hash(file: &Path) -> std::io::Result<String> {
    let (mut file, mut hash) = (std::fs::File::open(file)?, Sha256::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&hash.finalize())),
            count => hash.update(&buffer[..count]),
        }
    }
}
