//! Trying a file before llama.cpp reads it in this process.
//!
//! Files come from anywhere. Their heads are read in bounds by the model store, and yet llama.cpp, which is not made for
//! that, may end whoever gives it a file that it did not expect: a vocabulary with a word twice is enough. So a child
//! process reads each file first, all but the weights, and what it does not survive is refused. What passed is not tried
//! again until it changes.

mod errors;
mod known;
mod reading;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crate::Trial;
use crate::store::parts_of;

use super::child::{self, Failure};
use known::Stamp;

pub use reading::try_file;

/// A trial takes a fraction of a second, and longer if the disk is slow: a head has some megabytes.
const LONGEST: Duration = Duration::from_mins(1);
/// No more is told of what a process said before it was stopped.
const LONGEST_COMPLAINT: usize = 300;

/// Tries a model, and what is laid over it, unless they passed already; the error says what is wrong with them.
///
/// If the child process cannot be started at all, nothing is refused: that is no fault of the file.
pub fn check_file(trial: &Trial, model: &Path, adapter: Option<&Path>) -> Result<(), String> {
    let parts = parts_of(model);
    let files = parts.iter().map(PathBuf::as_path).chain(adapter);
    // A file that is not there is missed by whoever loads it.
    let Some(stamps) = files.map(Stamp::of).collect::<Option<Vec<Stamp>>>() else { return Ok(()) };
    let name = name(model, adapter);
    if let Some(known) = known::find(trial, &name, &stamps) {
        return known;
    }
    let started = Instant::now();
    let mut command = Command::new(&trial.program);
    command.args(&trial.arguments).arg(model).args(adapter);
    let tried = match child::run(&mut command, LONGEST) {
        Ok(_) => Ok(()),
        Err(Failure::NotStarted(reason)) => {
            tracing::warn!(path = %model.display(), reason, "a file is read that was not tried");
            return Ok(());
        }
        // Whoever was killed, or had no time, may do better another time.
        Err(failure) if is_of_the_moment(&failure) => return Err(tell(&failure)),
        Err(failure) => Err(tell(&failure)),
    };
    let duration_ms = started.elapsed().as_millis();
    tracing::debug!(path = %model.display(), duration_ms, passed = tried.is_ok(), "a file was tried");
    known::note(trial, name, stamps, tried.clone());
    tried
}

/// Names what is tried together.
fn name(model: &Path, adapter: Option<&Path>) -> String {
    let path = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let model = path(model).display().to_string();
    match adapter {
        Some(adapter) => format!("{model} + {}", path(adapter).display()),
        None => model,
    }
}

fn tell(failure: &Failure) -> String {
    match failure {
        Failure::Said(reason) => reason.clone(),
        Failure::Died { complaint, .. } => {
            let mut lines = complaint.lines().map(str::trim).filter(|line| !line.is_empty());
            let words = lines.next_back().map(without_folder).unwrap_or_default();
            let words: String = words.chars().take(LONGEST_COMPLAINT).collect();
            let words = if words.is_empty() { words } else { format!(" ({words})") };
            format!("a process that had llama.cpp read it did not survive: {failure}{words}")
        }
        Failure::NotStarted(_) | Failure::TooLong(_) => {
            format!("a process that had llama.cpp read it was given up: {failure}")
        }
    }
}

/// Leaves out in which folder a line of a program's source is.
fn without_folder(line: &str) -> &str {
    let place = line.split_once(": ").map_or("", |(place, _)| place);
    place.rfind('/').map_or(line, |slash| &line[slash + 1..])
}

/// Returns whether a process had no time, or was ended by somebody else, such as a system without memory.
fn is_of_the_moment(failure: &Failure) -> bool {
    match failure {
        Failure::Died { status, .. } => signal(*status) == Some(9),
        Failure::NotStarted(_) | Failure::TooLong(_) => true,
        Failure::Said(_) => false,
    }
}

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
fn signal(_status: ExitStatus) -> Option<i32> {
    None
}

#[cfg(all(test, unix))]
mod tests;
