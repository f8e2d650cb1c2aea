//! Parsing with limits: in a child process that may crash, hang or swell without harm.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use quire_catalog::TextKey;
use quire_domain::{Document, DocumentStatus, Failure, ParsedDocument};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use super::parse_worker::{Outcome, PageCount, parse_file};
use super::worker::Failed;
use crate::config::{IngestLimits, ParseWorker};
use crate::{ServiceError, Services};

/// Bytes kept of what a worker writes to its standard error, for the reason.
const STDERR_BYTES: u64 = 4096;

impl Services {
    /// Gives a document's parsed text: stored already, or parsed now and stored.
    pub(super) async fn read_document(
        &self,
        document: &Document,
    ) -> Result<Result<ParsedDocument, Failed>, ServiceError> {
        let key = TextKey::new(&document.sha256, &document.path);
        if let Some(parsed) = self.inner.catalog.find_text(&key).await? {
            return Ok(Ok(parsed));
        }
        let file = self.inner.folder.original(&document.sha256);
        let limits = &self.inner.config.ingest;
        let outcome = match &limits.parse_worker {
            ParseWorker::InProcess => {
                let path = document.path.clone();
                let parse = move || parse_file(&path, &file);
                tokio::task::spawn_blocking(parse)
                    .await
                    .map_err(|_| ServiceError::TaskStopped { task: "reading a document" })?
            }
            ParseWorker::Child { program, arguments } => {
                let mut command = Command::new(program);
                command.args(arguments).arg("--path").arg(document.path.as_str());
                command.arg("--memory-bytes").arg(limits.parse_memory_bytes.to_string());
                command.arg(&file);
                run_child(command, program, limits).await?
            }
        };
        match outcome {
            Outcome::Parsed(parsed) => {
                self.inner.catalog.put_text(&key, (*parsed).clone()).await?;
                Ok(Ok(*parsed))
            }
            Outcome::Failed(failure) => Ok(Err(Failed { status: DocumentStatus::Failed, failure })),
            Outcome::Unsupported(failure) => {
                Ok(Err(Failed { status: DocumentStatus::Unsupported, failure }))
            }
        }
    }
}

async fn run_child(
    mut command: Command,
    program: &Path,
    limits: &IngestLimits,
) -> Result<Outcome, ServiceError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|error| ServiceError::io(program, error))?;
    let mut allowed = limits.parse_timeout;
    let started = tokio::time::Instant::now();
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(ServiceError::TaskStopped { task: "starting a parse worker" });
    };
    let complaint = tokio::spawn(async move {
        let mut text = Vec::new();
        // What cannot be read is missing from the reason, no more.
        let _unread = stderr.take(STDERR_BYTES).read_to_end(&mut text).await;
        String::from_utf8_lossy(&text).into_owned()
    });
    let mut lines = BufReader::new(stdout);
    loop {
        let mut line = Vec::new();
        let read = lines.read_until(b'\n', &mut line);
        let Ok(read) = tokio::time::timeout_at(started + allowed, read).await else {
            stop(&mut child).await;
            return Ok(Outcome::Failed(timed_out(allowed)));
        };
        if matches!(read, Ok(0) | Err(_)) {
            break;
        }
        if let Ok(PageCount { pages }) = serde_json::from_slice(&line) {
            allowed = limits.parse_timeout + limits.parse_timeout_per_page * pages;
        } else if let Ok(outcome) = serde_json::from_slice(&line) {
            stop(&mut child).await;
            return Ok(outcome);
        }
    }
    let status = child.wait().await.map_err(|error| ServiceError::io(program, error))?;
    let complaint = complaint.await.unwrap_or_default();
    Ok(Outcome::Failed(died(status, &complaint, limits)))
}

/// Ends a child whose work is done or given up.
async fn stop(child: &mut Child) {
    // It may have ended by itself, which is as good.
    let _ended = child.kill().await;
}

fn timed_out(allowed: Duration) -> Failure {
    Failure {
        code: "timed_out".to_owned(),
        message: format!("reading it took longer than {} seconds", allowed.as_secs()),
        hint: Some("split the document, or save it anew with another program".to_owned()),
    }
}

fn died(status: ExitStatus, complaint: &str, limits: &IngestLimits) -> Failure {
    let mebibytes = limits.parse_memory_bytes >> 20;
    if complaint.contains("memory allocation of") || complaint.contains("out of memory") {
        return Failure {
            code: "out_of_memory".to_owned(),
            message: format!("reading it needs more than {mebibytes} MiB of memory"),
            hint: Some("split the document, or save it anew with another program".to_owned()),
        };
    }
    Failure {
        code: "parser_crashed".to_owned(),
        message: format!("the parser crashed on it ({status})"),
        hint: Some("the file may be damaged; save it anew with another program".to_owned()),
    }
}
