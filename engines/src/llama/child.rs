//! A process of its own for what may end a process, or never come to an end.

use std::fmt;
use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

const BETWEEN_LOOKS: Duration = Duration::from_millis(2);
/// What is kept of the end of each output.
const KEPT_BYTES: usize = 1 << 16;
/// How long the rest of an output is waited for when the process has ended: it comes at once, unless another process
/// holds the pipe.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Why a process did not do what it was started for.
#[derive(Debug)]
pub enum Failure {
    /// It could not be started.
    NotStarted(String),
    /// It did not end in time, and was ended.
    TooLong(Duration),
    /// It said what is wrong, and ended by itself.
    Said(String),
    /// It was ended by a signal, or ended without a word.
    Died {
        /// How it ended.
        status: ExitStatus,
        /// The end of what it wrote to standard error.
        complaint: String,
    },
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(longest) => {
                write!(formatter, "it did not end within {} seconds", longest.as_secs())
            }
            Self::NotStarted(reason) | Self::Said(reason) => formatter.write_str(reason),
            Self::Died { status, .. } => formatter.write_str(&ending(*status)),
        }
    }
}

/// Runs a command to its end, and gives the end of what it printed.
pub fn run(command: &mut Command, longest: Duration) -> Result<Vec<u8>, Failure> {
    let started = Instant::now();
    let spawned = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Else ggml has a debugger look at a process that it ends.
        .env("GGML_NO_BACKTRACE", "1")
        .spawn();
    let mut child = spawned.map_err(|error| {
        let program = command.get_program().display();
        Failure::NotStarted(format!("`{program}` cannot be started: {error}"))
    })?;
    let printed = child.stdout.take().map(keep_end);
    let complained = child.stderr.take().map(keep_end);
    let status = wait(&mut child, started, longest)?;
    let heard = |output: Option<Receiver<Vec<u8>>>| {
        output.and_then(|output| output.recv_timeout(LAST_WORDS).ok()).unwrap_or_default()
    };
    let printed = heard(printed);
    if status.success() {
        return Ok(printed);
    }
    let said = String::from_utf8_lossy(&printed).trim().to_owned();
    if said.is_empty() || status.code().is_none() {
        let complaint = String::from_utf8_lossy(&heard(complained)).into_owned();
        return Err(Failure::Died { status, complaint });
    }
    Err(Failure::Said(said))
}

fn wait(child: &mut Child, started: Instant, longest: Duration) -> Result<ExitStatus, Failure> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if started.elapsed() <= longest => std::thread::sleep(BETWEEN_LOOKS),
            waited => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(match waited {
                    Err(error) => Failure::NotStarted(error.to_string()),
                    Ok(_) => Failure::TooLong(longest),
                });
            }
        }
    }
}

/// Reads an output to its end, so that nobody waits for room in it, and keeps the last of it.
fn keep_end(mut output: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = output.read(&mut piece) {
            kept.extend_from_slice(&piece[..count]);
            if kept.len() > 2 * KEPT_BYTES {
                kept.drain(..kept.len() - KEPT_BYTES);
            }
        }
        // Nobody may listen any more.
        let _ = sender.send(kept);
    });
    receiver
}

#[cfg(unix)]
fn ending(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        // SIGILL, on every system that has it.
        Some(4) => "it uses an instruction that this machine does not allow".to_owned(),
        Some(signal) => format!("it was stopped by signal {signal}"),
        None => format!("it ended with {status}"),
    }
}

#[cfg(not(unix))]
fn ending(status: ExitStatus) -> String {
    format!("it ended with {status}")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, longest: Duration) -> Result<Vec<u8>, Failure> {
        run(Command::new("/bin/sh").args(["-c", script]), longest)
    }

    #[test]
    fn an_end_and_a_word_are_told_apart() {
        let patience = Duration::from_secs(20);
        assert_eq!(shell("echo yes", patience).expect("it ends"), b"yes\n");
        let told = |script: &str| match shell(script, patience) {
            Err(Failure::Said(said)) => said,
            Err(Failure::Died { complaint, .. }) => format!("died: {complaint}"),
            other => panic!("{other:?}"),
        };
        assert_eq!(told("echo no; exit 1"), "no");
        assert_eq!(told("echo no; echo why >&2; kill -ABRT $$"), "died: why\n");
        assert_eq!(told("exit 1"), "died: ");
    }

    #[test]
    fn one_that_does_not_end_is_ended() {
        let error = shell("exec sleep 600", Duration::from_millis(50)).expect_err("it sleeps");
        assert!(matches!(error, Failure::TooLong(_)), "{error:?}");
    }

    #[test]
    fn one_that_prints_much_does_not_hang() {
        let script = "i=0; while [ $i -lt 3000 ]; do echo 'a line of what it prints, as long as it is' >&2; \
            i=$((i+1)); done; echo done";
        let printed = shell(script, Duration::from_mins(1)).expect("it ends");
        assert_eq!(printed, b"done\n");
    }
}
