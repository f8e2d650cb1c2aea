//! The `quire` command line, one file a command.
//!
//! Commands about collections, documents and questions are clients of the native API: of the
//! server named by `--server`, or of the one that runs on the data folder, or of one that the
//! command opens for itself on a free port of this machine. So there is one code path, and a
//! command does the same with and without a running server. Results go to standard output, all
//! else to standard error. Exit codes: 0 all done, 1 an error, 2 some files failed or wrong usage,
//! 3 deletions held back until they are confirmed, or no server runs, 4 a server runs and does not answer, 130 stopped by
//! Ctrl-C.

mod answer;
mod ask;
mod chat;
mod collections;
mod documents;
mod eval;
mod ingest;
mod scope;
mod search;
mod sync;

mod logs;
mod serve;
mod server;

mod keys;
mod mcp;
mod mcp_guard;
mod models;

mod bench;
mod doctor;

mod connection;
mod output;
mod parse;
mod parse_worker;
mod test_kernels;
mod try_model;
mod waiting;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::log::{Place, Prompts, ServerLog};

/// Your documents, asked on your own machine.
#[derive(Debug, Parser)]
#[command(name = "quire", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the web page, the API and the models
    Serve(Box<serve::Arguments>),
    /// Serve in the background: start, stop, status
    Server(server::Arguments),
    /// Show what the server logs, or logged when it last ran
    #[command(visible_alias = "log")]
    Logs(logs::Arguments),
    /// Add files and folders to a collection and wait until they can be searched
    Ingest(ingest::Arguments),
    /// Show what is read of one file: blocks, places, warnings, what is left out; needs no server
    Parse(parse::Arguments),
    /// Keep a folder or Obsidian vault and a collection in step
    Sync(sync::Arguments),
    /// Find passages
    Search(search::Arguments),
    /// Ask a question and get an answer with citations
    Ask(ask::Arguments),
    /// Chat with a model, or with a collection
    Chat(chat::Arguments),
    /// Measure search and answers on questions whose answers are known
    Eval(eval::Arguments),
    /// List, create or delete collections
    Collections(collections::Arguments),
    /// List, show or delete documents
    Documents(documents::Arguments),
    /// Get, list, show or delete models, and tell which are in memory, load and unload them
    Models(models::Arguments),
    /// Say who may call from other machines: make, list and revoke keys
    Keys(keys::Arguments),
    /// Serve the documents to a program that speaks the Model Context Protocol over standard input and output; or list the
    /// servers of tools that are used here
    Mcp(mcp::Arguments),
    /// Check that everything that is needed is there and works
    Doctor(doctor::Arguments),
    /// Measure this machine
    Bench(bench::Arguments),
    /// Read files and cut their texts, as told over standard input; started by ingest
    #[command(hide = true)]
    ParseWorker(parse_worker::Arguments),
    /// Run a server of tools and end it with Quire; started by the server
    #[command(hide = true)]
    McpGuard(mcp_guard::Arguments),
    /// Compute something with a library of kernels; started by the engine
    #[command(hide = true)]
    TestKernels(test_kernels::Arguments),
    /// Have llama.cpp read the file of a model; started by the engine
    #[command(hide = true)]
    TryModel(try_model::Arguments),
}

/// How a command ended that did not fail.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// All is done.
    Done,
    /// Something is wrong, and has been said in the command's own output.
    Wrong,
    /// Some files failed.
    SomeFailed,
    /// Deletions were held back until they are confirmed.
    HeldBack,
    /// No server runs.
    NotRunning,
    /// A server runs, and does not answer.
    NotAnswering,
    /// Ctrl-C.
    Interrupted,
}

impl Ending {
    fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Wrong => 1,
            Self::SomeFailed => 2,
            Self::HeldBack | Self::NotRunning => 3,
            Self::NotAnswering => 4,
            Self::Interrupted => 130,
        }
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let command = Arguments::parse().command;
    // The worker limits its own memory, kernels may end the process, and the guard waits: none gets a thread pool or a log.
    match &command {
        Command::ParseWorker(arguments) => return parse_worker::run(arguments),
        Command::TestKernels(arguments) => return test_kernels::run(arguments),
        Command::TryModel(arguments) => return try_model::run(arguments),
        Command::McpGuard(arguments) => return mcp_guard::run(arguments),
        _ => {}
    }
    waiting::sleep_instead_of_spinning();
    let log = start_log(&command);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::error(&anyhow::Error::from(error));
            return ExitCode::FAILURE;
        }
    };
    let result = runtime.block_on(run(command, log));
    // A blocking task that hangs, such as a model that is being read, is not waited for.
    runtime.shutdown_background();
    match result {
        Ok(ending) => ExitCode::from(ending.exit_code()),
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command, log: ServerLog) -> anyhow::Result<Ending> {
    match command {
        Command::Serve(arguments) => serve::run(*arguments, log, serve::Mode::Foreground).await,
        Command::Server(arguments) => server::run(arguments, log).await,
        Command::Logs(arguments) => logs::run(arguments).await,
        Command::Ingest(arguments) => ingest::run(arguments).await,
        Command::Parse(arguments) => parse::run(arguments).await,
        Command::Sync(arguments) => sync::run(arguments).await,
        Command::Search(arguments) => search::run(arguments).await,
        Command::Ask(arguments) => ask::run(arguments).await,
        Command::Chat(arguments) => chat::run(arguments).await,
        Command::Eval(arguments) => eval::run(arguments).await,
        Command::Collections(arguments) => collections::run(arguments).await,
        Command::Documents(arguments) => documents::run(arguments).await,
        Command::Models(arguments) => models::run(arguments).await,
        Command::Keys(arguments) => keys::run(arguments).await,
        Command::Mcp(arguments) => mcp::run(arguments).await,
        Command::Doctor(arguments) => doctor::run(arguments).await,
        Command::Bench(arguments) => bench::run(arguments).await,
        Command::ParseWorker(_)
        | Command::TestKernels(_)
        | Command::TryModel(_)
        | Command::McpGuard(_) => {
            unreachable!("it ran before the runtime was made")
        }
    }
}

/// Starts the log: a server's is in its data folder, too.
fn start_log(command: &Command) -> ServerLog {
    match command {
        Command::Serve(arguments) => ServerLog::start(Place::Both, arguments.prompts()),
        Command::Server(arguments) => match arguments.served_prompts() {
            Some(prompts) => ServerLog::start(Place::File, prompts),
            None => ServerLog::start(Place::StandardError, Prompts::Kept),
        },
        _ => ServerLog::start(Place::StandardError, Prompts::Kept),
    }
}
