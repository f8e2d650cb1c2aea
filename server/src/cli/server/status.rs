//! `quire server status`.

use std::path::Path;

use clap::Args;
use quire_domain::ResidentModel;
use quire_folder_sync::now_ms;
use quire_service::{FolderOwner, find_folder_owner};
use serde_json::{Value, json};

use crate::cli::connection::{FoundServer, find_server};
use crate::cli::{Ending, output};
use crate::config::Folders;
use crate::http::api::models::LoadedModels;
use crate::log::LogFiles;
use crate::running;

/// Which server to tell of.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    folders: Folders,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Tells how the server is, also by the exit code.
pub async fn run(arguments: &Arguments) -> anyhow::Result<Ending> {
    let data = &arguments.folders.data;
    let Some(found) = find_server(data).await else { return absent(data, arguments.json) };
    let loaded: LoadedModels = found.client.get(&["api", "models", "loaded"]).await?;
    if arguments.json {
        output::json(&describe(&found, &loaded, data))?;
    } else {
        show(&found, &loaded.models, data);
    }
    Ok(Ending::Done)
}

/// Tells that no server answers, and whether one that does not answer owns the folder.
fn absent(data: &Path, is_json: bool) -> anyhow::Result<Ending> {
    let place = data.display();
    let note = running::find(data);
    let owner = find_folder_owner(data)?;
    let is_stuck = match (owner, &note) {
        (FolderOwner::Process(pid), Some(note)) => note.pid == pid,
        (FolderOwner::Unknown, Some(_)) => true,
        _ => false,
    };
    let pid = note.filter(|_| is_stuck).map(|note| note.pid);
    if is_json {
        output::json(&json!({"running": is_stuck, "answers": false, "pid": pid, "data": data}))?;
    } else if let Some(pid) = pid {
        output::line(&format!(
            "A server (process {pid}) has {place}, and does not answer; `quire server stop` ends it."
        ));
    } else {
        output::line(&format!("No server runs on {place}."));
        if let FolderOwner::Process(pid) = owner {
            output::note(&format!(
                "Process {pid} has the folder: another command, or a server that starts or stops."
            ));
        }
    }
    Ok(if is_stuck { Ending::NotAnswering } else { Ending::NotRunning })
}

/// Gives how many seconds a server has answered, if its note says since when.
fn uptime_s(found: &FoundServer) -> Option<i64> {
    let since = found.note.started_at_ms;
    (since > 0).then(|| (now_ms() - since).max(0) / 1000)
}

fn describe(found: &FoundServer, loaded: &LoadedModels, data: &Path) -> Value {
    json!({
        "running": true,
        "answers": true,
        "url": found.note.url,
        "pid": found.health.pid,
        "version": found.health.version,
        "build": found.health.build,
        "uptime_seconds": uptime_s(found),
        "data": data,
        "log": LogFiles::of(data).server(),
        "models": loaded.models,
    })
}

fn show(found: &FoundServer, models: &[ResidentModel], data: &Path) {
    let FoundServer { note, health, .. } = found;
    output::line(&format!(
        "Quire {} ({} build) answers at {}",
        health.version, health.build, note.url
    ));
    output::line(&format!("  Process {}", health.pid));
    if let Some(seconds) = uptime_s(found) {
        output::line(&format!("  Since   {}", span(seconds)));
    }
    output::line(&format!("  Data    {}", data.display()));
    output::line(&format!("  Log     {}", LogFiles::of(data).server().display()));
    if models.is_empty() {
        output::line("  Models  none in memory; each is loaded when it is first asked");
    }
    for model in models {
        let size = output::size(model.memory_bytes);
        output::line(&format!("  Model   {}, {size}", model.id));
    }
}

/// Shows a span of time in its two largest units.
fn span(seconds: i64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_has_its_two_largest_units() {
        for (seconds, shown) in
            [(0, "0 s"), (59, "59 s"), (61, "1 min 1 s"), (7260, "2 h 1 min"), (180_000, "2 d 2 h")]
        {
            assert_eq!(span(seconds), shown);
        }
    }
}
