//! `quire server`: a server in the background.

mod start;
mod status;
mod stop;

use clap::{Args, Subcommand};

use super::{Ending, serve};
use crate::log::{Prompts, ServerLog};

/// What to do with the server.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Start a server in the background, wait until it answers, and print its address; one that runs is left as it is
    Start(Box<start::Arguments>),
    /// Stop the server: open requests have a few seconds to end; one that does not end is killed
    Stop(stop::Arguments),
    /// Tell if a server runs, where, since when, and which models it has loaded; exits with 0 if it answers, 3 if none
    /// runs, 4 if one runs and does not answer
    Status(status::Arguments),
    /// Serve in this process, which `start` has put in the background
    #[command(hide = true)]
    Background(Box<start::Arguments>),
}

impl Arguments {
    /// Tells what is logged, if this process is to be the server.
    pub fn served_prompts(&self) -> Option<Prompts> {
        match &self.action {
            Action::Background(arguments) => Some(arguments.serve.prompts()),
            Action::Start(_) | Action::Stop(_) | Action::Status(_) => None,
        }
    }
}

/// Starts, stops, or tells.
pub async fn run(arguments: Arguments, log: ServerLog) -> anyhow::Result<Ending> {
    match arguments.action {
        Action::Start(arguments) => start::run(&arguments).await,
        Action::Stop(arguments) => stop::run(&arguments).await,
        Action::Status(arguments) => status::run(&arguments).await,
        Action::Background(arguments) => {
            serve::run(arguments.serve, log, serve::Mode::Background).await
        }
    }
}
