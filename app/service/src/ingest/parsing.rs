//! Parsing and chunking with limits: in child processes that may crash, hang or swell without harm.

mod pool;
mod process;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::{DocumentPath, Failure};
use quire_engines::Embedder;

use super::cut::{Piece, Uncut};
use super::jobs::{Memory, Outcome};
use super::parse_worker::parse_file;
use crate::ServiceError;
use crate::config::{IngestLimits, ParseWorker};

use pool::WorkerPool;
use process::WorkerSettings;

/// Reads files and cuts their texts. Whatever a file or text does is a value; an error is the
/// machine's.
#[async_trait]
pub(crate) trait Parser: Send + Sync {
    /// Parses the original `file` of the document at `path`.
    async fn parse(&self, path: &DocumentPath, file: &Path) -> Result<Parsed, ServiceError>;

    /// Cuts a text into chunks, by the tokens of `embedder`, which is the model that it names.
    async fn cut(
        &self,
        uncut: Uncut,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Result<Vec<Piece>, Failure>, ServiceError>;

    /// Hears that there is nothing to do for now, and may let go of what it keeps.
    fn rest(&self) {}
}

/// What came of a file, and what that took.
#[derive(Clone, Debug)]
pub(crate) struct Parsed {
    pub outcome: Outcome,
    /// The memory of the process that read it, if it has one of its own and the system tells.
    pub memory: Option<Memory>,
}

/// Makes the parser that the settings ask for.
pub(crate) fn parser(limits: &IngestLimits) -> Arc<dyn Parser> {
    match &limits.parse_worker {
        ParseWorker::InProcess => Arc::new(ParserInProcess),
        ParseWorker::Child { program, arguments } => {
            let (program, arguments) = (program.clone(), arguments.clone());
            Arc::new(WorkerPool::new(WorkerSettings { program, arguments, limits: limits.clone() }))
        }
    }
}

/// Parses in this process, without limits.
struct ParserInProcess;

#[async_trait]
impl Parser for ParserInProcess {
    async fn parse(&self, path: &DocumentPath, file: &Path) -> Result<Parsed, ServiceError> {
        let (path, file) = (path.clone(), file.to_owned());
        // The join error of a blocking task is its panic.
        let parsed = tokio::task::spawn_blocking(move || parse_file(&path, &file)).await;
        let outcome =
            parsed.unwrap_or_else(|_| Outcome::Failed(Task::Parse.crashed("it panicked")));
        Ok(Parsed { outcome, memory: None })
    }

    async fn cut(
        &self,
        uncut: Uncut,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Result<Vec<Piece>, Failure>, ServiceError> {
        let embedder = Arc::clone(embedder);
        let counter = move |text: &str| embedder.count_tokens(text);
        let work = move || catch_unwind(AssertUnwindSafe(|| uncut.cut(&counter)));
        match tokio::task::spawn_blocking(work).await {
            Ok(cut) => Ok(cut.map_err(|_| Task::Cut.crashed("it panicked"))),
            // The runtime gave the thread up: the program ends.
            Err(_) => Err(ServiceError::TaskStopped { task: "chunking a document" }),
        }
    }
}

/// What was done with a document when something went wrong; the reason names it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Task {
    Parse,
    /// Of one page that is a picture.
    Recognise,
    Cut,
}

impl Task {
    fn as_str(self) -> &'static str {
        match self {
            Self::Parse => "reading it",
            Self::Recognise => "text recognition",
            Self::Cut => "cutting it into chunks",
        }
    }

    fn timed_out(self, allowed: std::time::Duration) -> Failure {
        let seconds = allowed.as_secs();
        Failure {
            code: "timed_out".to_owned(),
            message: format!("{} took longer than {seconds} seconds", self.as_str()),
            hint: Some("split the document, or save it anew with another program".to_owned()),
        }
    }

    fn out_of_memory(self, limit_bytes: u64) -> Failure {
        let mebibytes = limit_bytes >> 20;
        Failure {
            code: "out_of_memory".to_owned(),
            message: format!("{} needs more than {mebibytes} MiB of memory", self.as_str()),
            hint: Some("split the document, or save it anew with another program".to_owned()),
        }
    }

    fn crashed(self, how: &str) -> Failure {
        let (code, message) = match self {
            Self::Parse => ("parser_crashed", format!("the parser crashed on it ({how})")),
            Self::Recognise => {
                ("parser_crashed", format!("text recognition crashed on it ({how})"))
            }
            Self::Cut => ("chunking_failed", format!("cutting it into chunks failed ({how})")),
        };
        let hint = "the file may be damaged; save it anew with another program";
        Failure { code: code.to_owned(), message, hint: Some(hint.to_owned()) }
    }
}

#[cfg(test)]
mod tests;
