//! `quire server stop`.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Args;
use quire_service::{FolderOwner, find_folder_owner};
use reqwest::Method;
use serde_json::json;

use crate::cli::connection::find_server;
use crate::cli::{Ending, output};
use crate::config::Folders;
use crate::process::Process;
use crate::running;

/// How long a process may take to go that was killed.
const AFTER_KILL: Duration = Duration::from_secs(10);

/// Which server to stop.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    folders: Folders,
    /// How many seconds it may take to stop in order, until it is killed
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u64,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How a server was found.
enum Found {
    /// There is none; what one left behind is gone.
    None,
    /// There is none, and another process owns the folder: another command, or a server that begins or ends.
    Other(Option<u32>),
    /// One that was asked to stop.
    Asked(Process),
}

/// Stops it. That none runs is as good.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Ending> {
    let data = &arguments.folders.data;
    let place = data.display();
    let process = match ask(data).await? {
        Found::Asked(process) => process,
        Found::None => {
            output::note(&format!("No server runs on {place}."));
            return tell_json(arguments, false, false);
        }
        Found::Other(pid) => {
            let pid =
                pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
            output::note(&format!(
                "No server answers on {place}; {pid} has the folder: another command, or a server that starts or stops."
            ));
            return tell_json(arguments, false, false);
        }
    };
    let patience = Duration::from_secs(arguments.timeout);
    let is_killed = !process.wait(patience).await?;
    if is_killed {
        process.kill()?;
        if !process.wait(AFTER_KILL).await? {
            bail!("the server on {place} cannot be killed; is it another user's?");
        }
        running::remove(data).with_context(|| format!("`{place}` cannot be written to"))?;
        output::note(&format!(
            "The server did not stop in {} s and was killed; the next start mends what that left behind.",
            arguments.timeout
        ));
    } else {
        output::note("The server has stopped.");
    }
    tell_json(arguments, true, is_killed)
}

fn tell_json(arguments: &Arguments, stopped: bool, killed: bool) -> anyhow::Result<Ending> {
    if arguments.json {
        output::json(&json!({"stopped": stopped, "killed": killed}))?;
    }
    Ok(Ending::Done)
}

/// Asks the server of a data folder to stop: as its owner, by the token, or by a signal if it does not answer.
async fn ask(data: &Path) -> anyhow::Result<Found> {
    if let Some(found) = find_server(data).await {
        let Some(process) = Process::find(found.note.pid)? else { return Ok(Found::None) };
        let request = found.client.request(Method::POST, &["api", "server", "stop"]);
        // An older version has no such route.
        if found.client.send(request).await.is_err() {
            process.ask_to_end()?;
        }
        return Ok(Found::Asked(process));
    }
    let note = running::find(data);
    match (find_folder_owner(data)?, note) {
        (FolderOwner::Nobody, None) => Ok(Found::None),
        (FolderOwner::Nobody, Some(_)) => {
            running::remove(data)
                .with_context(|| format!("`{}` cannot be written to", data.display()))?;
            output::note("The note of a server that ended without stopping is removed.");
            Ok(Found::None)
        }
        // The folder's lock says that this very process is the server.
        (FolderOwner::Process(pid), Some(note)) if note.pid == pid => {
            let Some(process) = Process::find(pid)? else { return Ok(Found::None) };
            process.ask_to_end()?;
            Ok(Found::Asked(process))
        }
        (FolderOwner::Process(pid), _) => Ok(Found::Other(Some(pid))),
        (FolderOwner::Unknown, None) => Ok(Found::Other(None)),
        (FolderOwner::Unknown, Some(note)) => bail!(
            "the server on {} does not answer, and whether it is process {} cannot be told on this system; end it by hand",
            data.display(),
            note.pid
        ),
    }
}
