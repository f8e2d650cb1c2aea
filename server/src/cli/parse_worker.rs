//! `quire parse-worker`: what ingest starts to read files and cut their texts in a process apart.

use std::process::ExitCode;

use clap::Args;
use quire_engines::Tokenizers;
use quire_engines::scripted::ScriptedRuntime;

use super::output;
use crate::backends;
use crate::config::ModelsFolder;

/// What the worker may use.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Where tokenizers, and the model that recognises text, are found.
    #[command(flatten)]
    models: ModelsFolder,
    /// The most memory that one job may take
    #[arg(long)]
    memory_bytes: u64,
    /// Count words, as the scripted embedder does, instead of a model's tokens
    #[arg(long)]
    scripted: bool,
}

/// Does the jobs that come over standard input until it ends.
pub fn run(arguments: &Arguments) -> ExitCode {
    match work(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn work(arguments: &Arguments) -> anyhow::Result<()> {
    let tokenizers: Box<dyn Tokenizers> = if arguments.scripted {
        Box::new(ScriptedRuntime::new([]))
    } else {
        backends::open_tokenizers(&arguments.models)?
    };
    let readers = backends::page_readers(&arguments.models);
    Ok(quire_service::parse_worker::run(tokenizers.as_ref(), &readers, arguments.memory_bytes)?)
}
