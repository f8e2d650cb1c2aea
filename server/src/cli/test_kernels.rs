//! `quire test-kernels`: what the engine starts to find out which of llama.cpp's kernels this machine can use.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output;
use crate::backends;

/// What to test.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The library with the kernels
    library: PathBuf,
}

/// Prints what the kernels compute, or why they cannot; they may end this process.
pub fn run(arguments: &Arguments) -> ExitCode {
    // That they end it is expected, so nothing of this process is kept on the disk.
    let _ = rlimit::Resource::CORE.set(0, 0);
    match backends::test_kernels(&arguments.library) {
        Ok(result) => match output::json(&result) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(reason) => {
            output::line(&reason);
            ExitCode::FAILURE
        }
    }
}
