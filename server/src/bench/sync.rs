//! What syncing a vault costs: the first import, and a look at one that did not change.
//!
//! The vault is made up, 6,500 notes of 14.8 million characters. The server takes the notes and does
//! not index them, so that the figures are those of sync alone; the client is a process of its own.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, ensure};
use quire_service::{FOLDERS_FILE, Services};
use serde_json::{Value, json};
use tokio::process::Command;

use super::memory::status;
use super::sample::{Random, word};
use super::{Selection, rounded};
use crate::config::{DefaultModels, Folders, service_config};
use crate::{HttpOptions, backends, listen};

const NOTES: usize = 6500;
const CHARACTERS: usize = 14_800_000;
const FOLDERS: usize = 120;
/// Notes that are edited, renamed and deleted before the last sync.
const CHANGES: [(&str, usize); 3] = [("edited", 1000), ("renamed", 100), ("deleted", 50)];
/// How often the client's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// Makes the vault and syncs it four times.
pub async fn measure(selection: &Selection, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let outer = tempfile::tempdir()?;
    let (vault, client) = (outer.path().join("vault"), outer.path().join("client"));
    tell("Making a vault of 6,500 notes ...");
    make_vault(&vault)?;
    let folders =
        Folders { data: outer.path().join("data"), models: selection.folders.models.clone() };
    let models = DefaultModels::from_environment()?;
    let parts = backends::open(&folders, &models).await?;
    let services = Services::open(service_config(&folders, &models), parts).await?;
    let listener = listen::bind(([127, 0, 0, 1], 0).into()).await?;
    let server = listen::start(listener, services.clone(), HttpOptions::default())?;
    let run = async |what: &str| {
        tell(&format!("Syncing: {what} ..."));
        sync(&vault, &client, &server.url).await
    };
    let measured = async {
        let import = run("the first time").await?;
        let warm = run("nothing changed").await?;
        std::fs::remove_file(client.join(FOLDERS_FILE))?;
        let cold = run("nothing changed and nothing remembered").await?;
        change(&vault)?;
        let changes = run("1,000 notes edited, 100 renamed, 50 deleted").await?;
        anyhow::Ok(json!({
            "notes": NOTES,
            "characters": CHARACTERS,
            "note": "without indexing; `cold` reads every file, from the system's cache where it is there",
            "import": import, "unchanged_warm": warm, "unchanged_cold": cold, "changes": changes,
        }))
    };
    let measured = measured.await;
    server.stop().await;
    services.shut_down().await;
    measured
}

/// Runs the client and gives how long it took and how much memory at most.
async fn sync(vault: &Path, data: &Path, url: &str) -> anyhow::Result<Value> {
    let started = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .arg("sync")
        .arg(vault)
        .args(["-c", "bench", "--no-wait", "--json", "--server", url, "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let pid = child.id().context("the client ended at once")?;
    let mut peak_bytes = 0;
    while child.try_wait()?.is_none() {
        peak_bytes = peak_bytes.max(status(pid, "VmHWM").unwrap_or(0));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let output = child.wait_with_output().await?;
    let took = started.elapsed();
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Value = serde_json::from_slice(&output.stdout)?;
    Ok(json!({
        "seconds": rounded(took.as_secs_f64()),
        "peak_bytes": peak_bytes,
        "read": summary["read"],
        "uploaded": summary["uploaded"],
        "moved": summary["moved"],
        "deleted": summary["deleted"],
    }))
}

fn note(vault: &Path, number: usize) -> std::path::PathBuf {
    vault.join(format!("folder {}", number % FOLDERS)).join(format!("note {number}.md"))
}

fn make_vault(vault: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(vault.join(".obsidian"))?;
    let mut random = Random(4);
    let mut written = 0;
    let written_at = SystemTime::now() - Duration::from_hours(1);
    for number in 0..NOTES {
        // Lengths differ, and their sum comes out as said.
        let share = (CHARACTERS - written) / (NOTES - number);
        let length = if number + 1 == NOTES {
            share
        } else {
            (share / 2 + random.below(share + 1)).min(CHARACTERS - written)
        };
        let mut text = format!("# Note {number}\n\n");
        while text.len() < length {
            text.push_str(&word(&mut random));
            text.push(if random.below(12) == 0 { '\n' } else { ' ' });
        }
        text.truncate(length.max(1));
        written += text.len();
        let file = note(vault, number);
        std::fs::create_dir_all(file.parent().context("a note lies in a folder")?)?;
        std::fs::write(&file, text)?;
        // A file that was just written is read again, whatever is remembered of it.
        std::fs::File::options().append(true).open(file)?.set_modified(written_at)?;
    }
    Ok(())
}

fn change(vault: &Path) -> anyhow::Result<()> {
    let mut number = 0;
    for (what, count) in CHANGES {
        for _ in 0..count {
            let file = note(vault, number);
            match what {
                "edited" => {
                    let text = std::fs::read_to_string(&file)?;
                    std::fs::write(file, format!("{text}\nOne more line, {number}.\n"))?;
                }
                "renamed" => std::fs::rename(&file, file.with_file_name(format!("{number}.md")))?,
                _ => std::fs::remove_file(file)?,
            }
            number += 1;
        }
    }
    Ok(())
}
