//! `quire try-model`: what the engine starts to find out whether llama.cpp survives reading a file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output;
use crate::backends;

/// The most address space of this process: the program itself has less than one of these gibibytes, and a head that
/// takes the others is hostile. Weights are not read.
const MOST_BYTES: u64 = 4 << 30;

/// What to try.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The model, or the first of its files
    model: PathBuf,
    /// What is laid over it
    adapter: Option<PathBuf>,
}

/// Prints what is wrong with the files; they may end this process.
pub fn run(arguments: &Arguments) -> ExitCode {
    // That they end it is expected, so nothing of this process is kept on the disk.
    let _ = rlimit::Resource::CORE.set(0, 0);
    // Where the system sets no limit, the trial is bounded in time alone.
    let _ = rlimit::Resource::AS.set(MOST_BYTES, MOST_BYTES);
    match backends::try_file(&arguments.model, arguments.adapter.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            output::line(&reason);
            ExitCode::FAILURE
        }
    }
}
