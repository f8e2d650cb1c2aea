//! `quire parse-worker`: what ingest starts to read one file in a process of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use quire_domain::DocumentPath;

use super::output;

/// Which file to read.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The document's path, which tells its format
    #[arg(long)]
    path: DocumentPath,
    /// The most memory to use
    #[arg(long)]
    memory_bytes: u64,
    /// The stored original
    file: PathBuf,
}

/// Reads the file and prints what came of it.
pub fn run(arguments: &Arguments) -> ExitCode {
    let Arguments { path, file, memory_bytes } = arguments;
    match quire_service::parse_worker::run(path, file, *memory_bytes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error.into());
            ExitCode::FAILURE
        }
    }
}
