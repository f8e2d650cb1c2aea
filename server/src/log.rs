//! The log of a server: `logs/server.log` in its data folder, put aside when it has grown, beside what it writes to
//! standard error; and `logs/access.log`, a line a request.
//!
//! A data folder has one server, and so its log has one writer: what is said before the folder is this process's own is
//! kept back until it is. Nobody but the owner can read the files.

pub mod access;
pub mod rotating;

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quire_engines::PROMPT_LOG;
use tracing::Metadata;
use tracing_subscriber::filter::{Directive, filter_fn};
use tracing_subscriber::fmt::writer::OptionalWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use rotating::{Limits, RotatingFile};

/// The target of lines that a person at the terminal is told in other words: they are in the file alone.
pub const FILE_ONLY: &str = "quire_file_only";

/// What is logged unless `QUIRE_LOG` says otherwise.
// What servers of tools send is not logged, and their SDK would.
const OF_SERVER: &str = "info,lance=warn,rmcp=off,rusqlite_migration=warn";
const OF_COMMAND: &str = "warn";

/// The files of the logs of a data folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LogFiles {
    folder: PathBuf,
}

impl LogFiles {
    /// Names those of a data folder, whether they are there or not.
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join("logs") }
    }

    /// The log of the server.
    pub fn server(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The log of requests.
    pub fn access(&self) -> PathBuf {
        self.folder.join("access.log")
    }

    /// What a server in the background wrote to standard error since it was started: why it did not start, and what
    /// libraries say before they end the process.
    pub fn standard_error(&self) -> PathBuf {
        self.folder.join("stderr.log")
    }
}

/// Whether prompts are logged.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Prompts {
    /// They are not.
    Kept,
    /// They are, as they are sent to models.
    Logged,
}

/// Where a process logs to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Place {
    /// To standard error, as commands do.
    StandardError,
    /// To standard error, and to the file of a server once that is open.
    Both,
    /// To the file of a server alone, once that is open; to standard error before.
    File,
}

/// The log of this process.
#[derive(Clone, Debug)]
pub struct ServerLog(Arc<Mutex<State>>);

#[derive(Debug)]
enum State {
    /// There is no file, and will be none.
    Off,
    /// What is to be in the file once it is open.
    Waiting(Vec<u8>),
    Open(RotatingFile),
}

impl ServerLog {
    /// Starts the log of this process. A second call has no effect but gives a log that no file will have lines of.
    pub fn start(place: Place, prompts: Prompts) -> Self {
        let state = match place {
            Place::StandardError => State::Off,
            Place::Both | Place::File => State::Waiting(Vec::new()),
        };
        let log = Self(Arc::new(Mutex::new(state)));
        let default = if place == Place::StandardError { OF_COMMAND } else { OF_SERVER };
        let told = log.clone();
        let to_standard_error = move || match place {
            Place::File if told.is_open() => OptionalWriter::none(),
            _ => OptionalWriter::some(io::stderr()),
        };
        let standard_error = tracing_subscriber::fmt::layer()
            .with_writer(to_standard_error)
            .with_ansi(io::stderr().is_terminal())
            .with_target(false)
            .with_filter(filter_fn(|line: &Metadata<'_>| line.target() != FILE_ONLY));
        let written = log.clone();
        let file = (place != Place::StandardError).then(|| {
            tracing_subscriber::fmt::layer()
                .with_writer(move || written.clone())
                .with_ansi(false)
                .with_target(false)
        });
        let subscriber = tracing_subscriber::registry()
            .with(filter(default, prompts))
            .with(standard_error)
            .with(file);
        match subscriber.try_init() {
            Ok(()) => log,
            Err(_) => Self(Arc::new(Mutex::new(State::Off))),
        }
    }

    /// Opens the file in a data folder that is this process's own, and writes what was kept back.
    pub fn open(&self, data: &Path) -> io::Result<()> {
        let mut state = self.state();
        if let State::Waiting(kept) = &mut *state {
            let kept = std::mem::take(kept);
            let mut file = RotatingFile::open(LogFiles::of(data).server(), Limits::default())?;
            file.write_all(&kept)?;
            *state = State::Open(file);
        }
        Ok(())
    }

    fn is_open(&self) -> bool {
        matches!(*self.state(), State::Open(_))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for ServerLog {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match &mut *self.state() {
            State::Off => Ok(line.len()),
            State::Waiting(kept) => kept.write(line),
            State::Open(file) => file.write(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads what is to be logged. Prompts are in a log only if they were asked for by their own option, whatever
/// `QUIRE_LOG` says.
fn filter(default: &str, prompts: Prompts) -> EnvFilter {
    let filter = EnvFilter::try_from_env("QUIRE_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let level = match prompts {
        Prompts::Kept => "off",
        Prompts::Logged => "info",
    };
    let directive: Directive =
        format!("{PROMPT_LOG}={level}").parse().expect("a target and a level are a directive");
    filter.add_directive(directive)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_before_the_file_is_open_is_in_it() {
        let data = tempfile::tempdir().expect("a folder");
        let mut log = ServerLog(Arc::new(Mutex::new(State::Waiting(Vec::new()))));
        log.write_all(b"before\n").expect("it is kept");
        assert!(!LogFiles::of(data.path()).server().exists());
        log.open(data.path()).expect("it opens");
        log.write_all(b"after\n").expect("it is written");
        let written = std::fs::read_to_string(LogFiles::of(data.path()).server());
        assert_eq!(written.expect("a file"), "before\nafter\n");
    }

    #[test]
    fn prompts_are_logged_by_their_own_option_alone() {
        for (prompts, level) in [(Prompts::Kept, "off"), (Prompts::Logged, "info")] {
            let shown = filter("trace", prompts).to_string();
            assert!(shown.contains(&format!("{PROMPT_LOG}={level}")), "{shown}");
        }
    }
}
