//! The parse worker: what runs in the child process.
//!
//! It writes JSON lines to its standard output: a [`PageCount`] as soon as it is known, then one
//! [`Outcome`]. Whatever else happens to it, the parent tells from its exit.

use std::io::{self, Write};
use std::path::Path;

use quire_domain::{DocumentPath, Failure, ParsedDocument};
use quire_ingest::ParseLimits;
use serde::{Deserialize, Serialize};

/// How many pages there are, on which the time limit depends.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PageCount {
    /// Pages.
    pub pages: u32,
}

/// What came of a file.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was read.
    Parsed(Box<ParsedDocument>),
    /// It could not be read.
    Failed(Failure),
    /// It is of a format that is not read.
    Unsupported(Failure),
}

/// Parses one file under a memory limit and writes what came of it.
///
/// Errors are those of writing to standard output; a bad file is an [`Outcome`].
pub fn run(path: &DocumentPath, file: &Path, memory_bytes: u64) -> io::Result<()> {
    // Address space is the only memory limit that an ordinary process can set itself.
    rlimit::Resource::AS.set(memory_bytes, memory_bytes)?;
    let mut output = io::stdout().lock();
    let outcome = match read(file) {
        Ok(bytes) => {
            if let Some(pages) = quire_ingest::count_pages(&bytes) {
                write_line(&mut output, &PageCount { pages })?;
            }
            parse(path, &bytes)
        }
        Err(failure) => Outcome::Failed(failure),
    };
    write_line(&mut output, &outcome)
}

fn write_line<T: Serialize>(output: &mut impl Write, value: &T) -> io::Result<()> {
    serde_json::to_writer(&mut *output, value)?;
    output.write_all(b"\n")?;
    output.flush()
}

/// Parses one file in this process.
pub(super) fn parse_file(path: &DocumentPath, file: &Path) -> Outcome {
    read(file).map_or_else(Outcome::Failed, |bytes| parse(path, &bytes))
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(file).map_err(|error| Failure {
        code: "unreadable".to_owned(),
        message: format!("the stored original could not be read: {error}"),
        hint: Some("upload the document again".to_owned()),
    })
}

fn parse(path: &DocumentPath, bytes: &[u8]) -> Outcome {
    match quire_ingest::parse(path, bytes, &ParseLimits::default()) {
        Ok(parsed) => Outcome::Parsed(Box::new(parsed)),
        Err(error) if error.is_unsupported() => Outcome::Unsupported(error.failure()),
        Err(error) => Outcome::Failed(error.failure()),
    }
}
