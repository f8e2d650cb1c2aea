//! `quire logs`: what the server of a data folder logs, or logged when it last ran. It reads the files and needs no
//! server.

mod follow;
mod tail;

use std::io;
use std::path::Path;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};

use super::{Ending, output};
use crate::config::Folders;
use crate::log::LogFiles;
use follow::Follower;

/// What to show of the log.
#[derive(Args, Debug)]
pub struct Arguments {
    /// `stream` shows what is logged from now on as well, like --follow
    #[arg(value_enum, hide_possible_values = true)]
    action: Option<Action>,
    /// Show what is logged from now on as well, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// How many of the last lines to show
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 100)]
    lines: usize,
    /// Show requests instead, a line each: when, what came of it, how long it took, who asked, and the identifier that
    /// the lines of the log have which are about it
    #[arg(long)]
    access: bool,
    #[command(flatten)]
    folders: Folders,
}

/// What LM Studio's command line calls it.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Action {
    Stream,
}

/// Shows the end of the log, and what comes.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let files = LogFiles::of(&arguments.folders.data);
    let path = if arguments.access { files.access() } else { files.server() };
    let is_followed = arguments.follow || arguments.action.is_some();
    let lines = arguments.lines;
    let showing = tokio::task::spawn_blocking(move || show(&path, lines, is_followed));
    tokio::select! {
        shown = showing => shown?.map(|()| Ending::Done),
        _ = tokio::signal::ctrl_c() => Ok(Ending::Interrupted),
    }
}

fn show(path: &Path, lines: usize, is_followed: bool) -> anyhow::Result<()> {
    let unreadable = || format!("`{}` cannot be read", path.display());
    let Some(tail) = tail::read(path, lines).with_context(unreadable)? else {
        if !is_followed {
            bail!(
                "there is no log at `{}`: no server has run on this data folder yet",
                path.display()
            );
        }
        output::note(&format!("There is no log at `{}` yet.", path.display()));
        return follow(Follower::waiting(path.to_owned()), path);
    };
    if output::bytes(&tail.lines).is_err() || !is_followed {
        return Ok(());
    }
    follow(Follower::behind(path.to_owned(), tail.file), path)
}

/// Shows what comes, until nobody reads it any more.
fn follow(mut follower: Follower, path: &Path) -> anyhow::Result<()> {
    loop {
        match follower.step(&mut output::bytes) {
            Ok(()) => std::thread::sleep(follow::STEP),
            // Whoever closed the pipe has seen enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => {
                return Err(error).with_context(|| format!("`{}` cannot be read", path.display()));
            }
        }
    }
}
