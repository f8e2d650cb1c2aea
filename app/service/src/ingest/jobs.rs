//! Jobs: what ingest asks of a parse worker and what the worker says to it, a line of JSON each.
//!
//! The worker reads a [`Job`] from its standard input and writes [`Message`]s to its standard
//! output, the last of which is [`Message::Done`]. Then it waits for the next job, until its input
//! ends. Whatever else happens to it, the parent tells from its exit.

use std::ffi::OsString;
use std::io::{self, Write};

use quire_domain::{DocumentPath, Failure, ParsedDocument};
use quire_ingest::RecognisedPage;
use serde::{Deserialize, Serialize};

use super::cut::{Piece, Uncut};

/// What a worker is to do.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Read the stored original `file` of the document at `path`, which tells its format.
    Parse {
        /// The document's path.
        path: DocumentPath,
        /// The original; a name on disk need not be text.
        file: OsString,
        /// What is known of its pages that are pictures.
        scans: KnownScans,
    },
    /// Cut a text into chunks.
    Cut(Box<Uncut>),
}

/// What workers that did not survive a page found out about the pages of its document that are pictures.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct KnownScans {
    /// What came of the first of them, in their order.
    pub pages: Vec<Scanned>,
    /// Why no more of them are to be read, if they are not.
    pub given_up: Option<String>,
}

/// What came of a page that is a picture: its text, or why it was not recognised.
pub type Scanned = Result<RecognisedPage, String>;

/// What a worker says.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// So many pages there are, on which the time limit depends.
    Pages(u32),
    /// The text of a page that is a picture is being recognised, which has a time limit of its own.
    Scan,
    /// That is done.
    Scanned(Box<Scanned>),
    /// The job is done.
    Done {
        /// What came of it.
        answer: Answer,
        /// The worker's memory, if the system tells.
        memory: Option<Memory>,
    },
}

impl Message {
    /// Writes it as a line.
    pub(super) fn write(&self, output: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *output, self)?;
        output.write_all(b"\n")?;
        output.flush()
    }
}

/// What came of a job.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The file was looked at.
    Parsed(Outcome),
    /// The text is cut.
    Cut(Vec<Piece>),
    /// The model's tokenizer cannot be read, for this reason: no text is to blame.
    NoTokenizer(String),
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

/// The memory of a process, in bytes.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Memory {
    /// Address space, which is what the limit counts.
    pub mapped: u64,
    /// What lies in memory now.
    pub resident: u64,
    /// The most that lay in memory at once.
    pub peak: u64,
}
