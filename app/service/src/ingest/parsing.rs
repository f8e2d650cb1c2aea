//! Parsing with limits: in a child process that may crash, hang or swell without harm.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use quire_domain::{DocumentPath, Failure};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use super::parse_worker::{Outcome, PageCount, parse_file};
use crate::ServiceError;
use crate::config::{IngestLimits, ParseWorker};

/// Bytes kept of what a worker writes to its standard error, for the reason.
const STDERR_BYTES: u64 = 4096;

/// Reads files. Whatever a file does, it is an [`Outcome`]; an error is the machine's.
#[async_trait]
pub(crate) trait Parser: Send + Sync {
    /// Parses the original `file` of the document at `path`.
    async fn parse(&self, path: &DocumentPath, file: &Path) -> Result<Outcome, ServiceError>;
}

/// Makes the parser that the settings ask for.
pub(crate) fn parser(limits: &IngestLimits) -> Arc<dyn Parser> {
    match &limits.parse_worker {
        ParseWorker::InProcess => Arc::new(ParserInProcess),
        ParseWorker::Child { program, arguments } => Arc::new(ParserInChild {
            program: program.clone(),
            arguments: arguments.clone(),
            limits: limits.clone(),
        }),
    }
}

/// Parses in this process, without limits.
struct ParserInProcess;

#[async_trait]
impl Parser for ParserInProcess {
    async fn parse(&self, path: &DocumentPath, file: &Path) -> Result<Outcome, ServiceError> {
        let (path, file) = (path.clone(), file.to_owned());
        // The join error of a blocking task is its panic.
        let parsed = tokio::task::spawn_blocking(move || parse_file(&path, &file)).await;
        Ok(parsed.unwrap_or_else(|_| Outcome::Failed(crashed("it panicked"))))
    }
}

/// Parses each file in a child process of its own.
struct ParserInChild {
    program: PathBuf,
    arguments: Vec<String>,
    limits: IngestLimits,
}

#[async_trait]
impl Parser for ParserInChild {
    async fn parse(&self, path: &DocumentPath, file: &Path) -> Result<Outcome, ServiceError> {
        let Self { program, arguments, limits } = self;
        let mut command = Command::new(program);
        command.args(arguments).arg("--path").arg(path.as_str());
        command.arg("--memory-bytes").arg(limits.parse_memory_bytes.to_string());
        command.arg(file);
        run_child(command, program, limits).await
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
    crashed(&status.to_string())
}

fn crashed(how: &str) -> Failure {
    Failure {
        code: "parser_crashed".to_owned(),
        message: format!("the parser crashed on it ({how})"),
        hint: Some("the file may be damaged; save it anew with another program".to_owned()),
    }
}
