//! One parse worker as its parent sees it: a child process with pipes.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use quire_domain::Failure;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};

use super::super::jobs::{Answer, Job, Memory, Message, Scanned};
use super::Task;
use crate::ServiceError;
use crate::config::IngestLimits;

/// Bytes kept of the end of what a worker writes to its standard error, for the reason.
const STDERR_BYTES: usize = 4096;

/// How workers are started, and what a job may cost.
pub(super) struct WorkerSettings {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub limits: IngestLimits,
}

/// A worker that waits for a job. Dropping it kills it.
pub(super) struct WorkerProcess {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    complaint: JoinHandle<String>,
    jobs: u32,
    idle_since: Instant,
}

/// How a job ended.
pub(super) struct Ended {
    /// What came of it, or what the job did to the worker.
    pub result: Result<(Answer, Option<Memory>), Failure>,
    /// The worker, if it can take another.
    pub process: Option<WorkerProcess>,
    /// What came of pages that are pictures, in their order.
    pub scans: Vec<Scanned>,
    /// Whether it ended while the next of them was looked at.
    pub is_scanning: bool,
}

impl Ended {
    /// The worker is of no use any more.
    fn badly(failure: Failure, clock: Clock) -> Self {
        let Clock { scans, scanning, .. } = clock;
        Self { result: Err(failure), process: None, scans, is_scanning: scanning.is_some() }
    }
}

/// How long a job may take: pages that are pictures have a limit each, and do not count for that of their document.
struct Clock {
    started: Instant,
    allowed: Duration,
    per_scan: Duration,
    /// When the page that is looked at was begun.
    scanning: Option<Instant>,
    scans: Vec<Scanned>,
}

impl Clock {
    fn until(&self) -> Instant {
        self.scanning.map_or(self.started + self.allowed, |begun| begun + self.per_scan)
    }

    /// Names what takes its time, and how much it may.
    fn limit(&self, task: Task) -> (Task, Duration) {
        match self.scanning {
            Some(_) => (Task::Recognise, self.per_scan),
            None => (task, self.allowed),
        }
    }

    fn timed_out(self, task: Task) -> Ended {
        let (task, allowed) = self.limit(task);
        Ended::badly(task.timed_out(allowed), self)
    }

    fn finish_scan(&mut self, scanned: Scanned) {
        self.allowed += self.scanning.take().map_or(Duration::ZERO, |begun| begun.elapsed());
        self.scans.push(scanned);
    }
}

impl WorkerProcess {
    /// Starts a worker.
    pub fn start(settings: &WorkerSettings) -> Result<Self, ServiceError> {
        let WorkerSettings { program, arguments, limits } = settings;
        let mut command = Command::new(program);
        command.args(arguments).arg("--memory-bytes").arg(limits.parse_memory_bytes.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| ServiceError::io(program, error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(errors)) = pipes else {
            return Err(ServiceError::TaskStopped { task: "starting a parse worker" });
        };
        let complaint = tokio::spawn(read_end(errors));
        let output = BufReader::with_capacity(1 << 16, output);
        Ok(Self { child, input, output, complaint, jobs: 0, idle_since: Instant::now() })
    }

    /// How many jobs it has done.
    pub fn jobs(&self) -> u32 {
        self.jobs
    }

    /// How long it has waited.
    pub fn idle_for(&self) -> Duration {
        self.idle_since.elapsed()
    }

    /// Returns whether it has not ended.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Its process id.
    #[cfg(test)]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Has a job done within the limits. An error is the machine's.
    pub async fn work(
        mut self,
        job: &Job,
        settings: &WorkerSettings,
    ) -> Result<Ended, ServiceError> {
        let WorkerSettings { program, limits, .. } = settings;
        let (task, pages) = match job {
            Job::Parse { .. } => (Task::Parse, 0),
            Job::Cut(uncut) => (Task::Cut, uncut.page_count()),
        };
        let time = |pages: u32| limits.parse_timeout + limits.parse_timeout_per_page * pages;
        let mut line =
            serde_json::to_vec(job).map_err(|error| ServiceError::io(program, error.into()))?;
        line.push(b'\n');
        let mut clock = Clock {
            started: Instant::now(),
            allowed: time(pages),
            per_scan: limits.parse_timeout_per_scan,
            scanning: None,
            scans: Vec::new(),
        };
        // A worker that cannot be written to has ended, which reading tells.
        if timeout_at(clock.until(), self.input.write_all(&line)).await.is_err() {
            return Ok(clock.timed_out(task));
        }
        loop {
            let mut line = Vec::new();
            let read = self.output.read_until(b'\n', &mut line);
            let Ok(read) = timeout_at(clock.until(), read).await else {
                return Ok(clock.timed_out(task));
            };
            if matches!(read, Ok(0) | Err(_)) {
                let (blamed, _) = clock.limit(task);
                let cause = timeout_at(clock.until(), self.find_cause(blamed, settings)).await;
                let Ok(cause) = cause else { return Ok(clock.timed_out(task)) };
                return cause.map(|failure| Ended::badly(failure, clock));
            }
            // A text of many megabytes takes a while.
            let message = tokio::task::spawn_blocking(move || serde_json::from_slice(&line)).await;
            match message {
                Ok(Ok(Message::Pages(pages))) => clock.allowed = time(pages),
                Ok(Ok(Message::Scan)) => clock.scanning = Some(Instant::now()),
                Ok(Ok(Message::Scanned(scanned))) => clock.finish_scan(*scanned),
                Ok(Ok(Message::Done { answer, memory })) => {
                    self.jobs += 1;
                    self.idle_since = Instant::now();
                    let (result, process) = (Ok((answer, memory)), Some(self));
                    return Ok(Ended { result, process, scans: clock.scans, is_scanning: false });
                }
                // What some library prints is no message.
                Ok(Err(_)) => {}
                Err(_) => return Err(ServiceError::TaskStopped { task: "reading a document" }),
            }
        }
    }

    /// Tells why a worker has closed its output, once it has ended.
    async fn find_cause(
        mut self,
        task: Task,
        settings: &WorkerSettings,
    ) -> Result<Failure, ServiceError> {
        let status = self.child.wait().await;
        let status = status.map_err(|error| ServiceError::io(&settings.program, error))?;
        let complaint = self.complaint.await.unwrap_or_default();
        Ok(died(task, status, &complaint, &settings.limits))
    }
}

/// Reads standard error to its end, so that the worker never waits, and keeps the last of it.
async fn read_end(mut errors: ChildStderr) -> String {
    let mut kept: VecDeque<u8> = VecDeque::new();
    let mut buffer = [0; 1024];
    // What cannot be read is missing from the reason, no more.
    while let Ok(count @ 1..) = errors.read(&mut buffer).await {
        kept.extend(&buffer[..count]);
        kept.drain(..kept.len().saturating_sub(STDERR_BYTES));
    }
    String::from_utf8_lossy(kept.make_contiguous()).into_owned()
}

fn died(task: Task, status: ExitStatus, complaint: &str, limits: &IngestLimits) -> Failure {
    if complaint.contains("memory allocation of") || complaint.contains("out of memory") {
        return task.out_of_memory(limits.parse_memory_bytes);
    }
    task.crashed(&status.to_string())
}
