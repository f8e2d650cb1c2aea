//! Reading one file as ingest would, and telling all that came of it; no data folder is needed.

use std::io::Read;
use std::path::Path;
use std::time::Instant;

use quire_domain::hex::hex;
use quire_domain::{
    BlockKind, ContentHash, DocumentPath, Failure, Format, Language, LeftOut, Locator,
    ParsedDocument, Warning,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::jobs::{Memory, Outcome};
use super::parsing::parser;
use crate::ServiceError;
use crate::config::IngestLimits;

/// What parsing made of a file, and what that took.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ParseReport {
    /// The path that its format was told by.
    pub path: DocumentPath,
    /// The hash of its bytes.
    pub sha256: ContentHash,
    /// What it was read as.
    pub format: Format,
    /// The language found in its text.
    pub language: Language,
    /// Its own title, if it states one.
    pub title: Option<String>,
    /// How many pages it has, for formats that have pages.
    pub pages: Option<u32>,
    /// Its structure, in reading order.
    pub blocks: Vec<ParsedBlock>,
    /// What was not read.
    pub warnings: Vec<Warning>,
    /// What was read and is no part of the stored text.
    pub left_out: Vec<LeftOut>,
    /// How long reading it took, the start of the worker included.
    pub took_ms: u64,
    /// The most memory that the worker took; `None` if the system does not tell.
    pub peak_memory_bytes: Option<u64>,
}

/// A block with its text.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ParsedBlock {
    /// What it is.
    pub kind: BlockKind,
    /// Its text.
    pub text: String,
    /// Where it lies.
    #[serde(flatten)]
    pub locator: Locator,
}

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
            let blocks = blocks(&document);
            let numbered = document.pages.iter().filter(|page| page.number.is_some()).count();
            let ParsedDocument { format, title, language, warnings, left_out, .. } = *document;
            Ok(ParseReport {
                path: path.clone(),
                sha256,
                format,
                language,
                title,
                pages: u32::try_from(numbered).ok().filter(|pages| *pages > 0),
                blocks,
                warnings,
                left_out,
                took_ms,
                peak_memory_bytes: parsed.memory.map(|Memory { peak, .. }| peak),
            })
        }
        Outcome::Failed(failure) | Outcome::Unsupported(failure) => Err(failure),
    })
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

/// Gives each block its text. One without a page is none.
fn blocks(document: &ParsedDocument) -> Vec<ParsedBlock> {
    let with_text = |block: &quire_domain::Block| {
        let page = document.pages.get(block.page_index)?;
        let text = block.span.slice(&page.text)?.to_owned();
        let locator = Locator {
            page: page.number,
            heading: block.heading.clone(),
            lines: block.lines,
            rows: block.rows,
            block_id: block.block_id.clone(),
            span: block.span,
        };
        Some(ParsedBlock { kind: block.kind.clone(), text, locator })
    };
    document.blocks.iter().filter_map(with_text).collect()
}
