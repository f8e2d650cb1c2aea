//! `quire server start`.

use std::env;
use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use quire_service::{FolderOwner, check_data_folder, find_folder_owner};
use serde_json::json;

use crate::cli::connection::{FoundServer, find_server};
use crate::cli::{Ending, output, serve};
use crate::log::LogFiles;
use crate::log::rotating::{for_owner, make_for_owner};

/// How often it is looked whether the server answers.
const STEP: Duration = Duration::from_millis(50);
/// How long another server may take to answer that has begun at the same time, and was quicker.
const PATIENCE_WITH_ANOTHER: Duration = Duration::from_secs(5);
/// How many arguments are before those of `start`: the program, `server` and `start`, none of which has options.
const BEFORE_OPTIONS: usize = 3;

/// Where to serve, and for whom.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    pub serve: serve::Arguments,
    /// How many seconds to wait until it answers; it goes on starting after that
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Starts it, and waits until it answers.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Ending> {
    let data = &arguments.serve.folders().data;
    if let Some(found) = find_server(data).await {
        return tell(&found, None, arguments.json);
    }
    check_data_folder(data)?;
    let errors = LogFiles::of(data).standard_error();
    let mut child = spawn(&errors)?;
    let begun = Instant::now();
    let mut ended: Option<Instant> = None;
    while begun.elapsed() < Duration::from_secs(arguments.wait) {
        if let Some(found) = find_server(data).await {
            pass_warnings_on(&errors);
            return tell(&found, Some(child.id()), arguments.json);
        }
        match ended {
            None => ended = child.try_wait()?.map(|_status| Instant::now()),
            Some(moment) => {
                // Whoever owns the folder may be a server that was started at the same time.
                let is_owned = find_folder_owner(data)? != FolderOwner::Nobody;
                if !is_owned || moment.elapsed() > PATIENCE_WITH_ANOTHER {
                    bail!("the server did not start: {}", reason(&errors));
                }
            }
        }
        tokio::time::sleep(STEP).await;
    }
    output::note(&format!(
        "The server (process {}) does not answer after {} s, and goes on starting; `quire logs` and `quire server status` tell more.",
        child.id(),
        arguments.wait
    ));
    Ok(Ending::NotAnswering)
}

/// Starts this program once more, apart from the terminal and from whoever started it.
fn spawn(errors: &Path) -> anyhow::Result<Child> {
    let unwritable = || format!("`{}` cannot be written", errors.display());
    if let Some(folder) = errors.parent() {
        make_for_owner(folder).with_context(unwritable)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    let file = for_owner(&mut options).open(errors).with_context(unwritable)?;
    let program = env::current_exe().context("this program cannot be found")?;
    let mut command = Command::new(program);
    command
        .args(["server", "background"])
        .args(env::args_os().skip(BEFORE_OPTIONS))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file);
    detach(&mut command);
    command.spawn().context("the server cannot be started")
}

/// Keeps signals of the terminal from a command's process.
#[cfg(unix)]
fn detach(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Keeps a command's process from the console: `DETACHED_PROCESS` and `CREATE_NEW_PROCESS_GROUP`.
#[cfg(windows)]
fn detach(command: &mut Command) {
    std::os::windows::process::CommandExt::creation_flags(command, 0x0000_0008 | 0x0000_0200);
}

/// Does nothing: there is no terminal to be kept from.
#[cfg(not(any(unix, windows)))]
fn detach(_command: &mut Command) {}

/// Finds what a server that ended has said: its error, or all of its last words.
fn reason(errors: &Path) -> String {
    let said = fs::read(errors).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let told = said.lines().rev().find_map(|line| line.strip_prefix("error: "));
    match (told, said.lines().last()) {
        (Some(told), _) => told.to_owned(),
        (None, Some(last)) => format!("{last} (`{}` has all that it said)", errors.display()),
        (None, None) => "it ended without a word".to_owned(),
    }
}

/// Tells what the server has warned of while it started.
fn pass_warnings_on(errors: &Path) {
    let said = fs::read(errors).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    said.lines().filter(|line| line.starts_with("warning: ")).for_each(output::note);
}

/// Tells where a server answers: one that was started with this number, or another.
fn tell(found: &FoundServer, started: Option<u32>, is_json: bool) -> anyhow::Result<Ending> {
    let pid = found.health.pid;
    let is_new = started == Some(pid);
    if is_json {
        let told = json!({"url": found.note.url, "pid": pid, "already_running": !is_new});
        return output::json(&told).map(|()| Ending::Done);
    }
    output::line(&found.note.url);
    output::note(&if is_new {
        format!(
            "Quire runs in the background (process {pid}). `quire logs --follow` shows what it does, `quire server stop` stops it."
        )
    } else {
        format!("Quire already runs (process {pid}), with the options that it was started with.")
    });
    Ok(Ending::Done)
}
