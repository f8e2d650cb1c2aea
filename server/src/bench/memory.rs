//! How much memory a server takes: idle, and at most while it adds files.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::Selection;
use super::machine::kibibytes;
use crate::running;

/// How long an idle server is left alone before it is measured.
const SETTLE: Duration = Duration::from_secs(3);

/// Starts a server on a temporary folder and adds the files to it.
pub async fn measure(selection: &Selection, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    let data = tempfile::tempdir()?;
    let program = std::env::current_exe()?;
    let mut server = Command::new(&program)
        .args(["serve", "--bind", "127.0.0.1:0", "--data"])
        .arg(data.path())
        .arg("--models")
        .arg(&selection.folders.models.path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let url = wait_for(data.path(), &mut server).await?;
    let pid = server.id().context("the server ended")?;
    tell("Measuring an idle server ...");
    tokio::time::sleep(SETTLE).await;
    let idle = status(pid, "VmRSS")?;
    let mut report = json!({"idle_bytes": idle, "data": selection.files});
    if selection.files.is_empty() {
        report["note"] = "name files with `--files` to measure adding them".into();
        return Ok(report);
    }
    tell("Measuring a server that adds files ...");
    let started = Instant::now();
    let output = Command::new(&program)
        .args(["ingest", "-c", "bench", "--json", "--server", &url])
        .args(&selection.files)
        .stdin(Stdio::null())
        .output()
        .await?;
    let summary: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let documents = summary["documents"].as_array().map(Vec::as_slice).unwrap_or_default();
    let sum = |name: &str| documents.iter().filter_map(|d| d[name].as_u64()).sum::<u64>();
    report["ingest"] = json!({
        "peak_bytes": status(pid, "VmHWM")?,
        "after_bytes": status(pid, "VmRSS")?,
        "note": "the server's process with the embedding model, without parse workers",
        "indexed": summary["indexed"],
        "failed": summary["failed"],
        "pages": sum("pages"),
        "chunks": sum("chunk_count"),
        "seconds": super::rounded(started.elapsed().as_secs_f64()),
    });
    Ok(report)
}

async fn wait_for(data: &Path, server: &mut Child) -> anyhow::Result<String> {
    for _ in 0..600 {
        if let Some(running) = running::find(data) {
            return Ok(running.url);
        }
        ensure!(server.try_wait()?.is_none(), "the server ended at once");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    bail!("the server did not start within a minute")
}

/// Reads a field of a process' status, in bytes; only Linux tells.
pub(super) fn status(pid: u32, field: &str) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status"))
        .context("this system does not tell how much memory a process takes")?;
    let line = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    line.and_then(kibibytes).with_context(|| format!("the process' {field} is not told"))
}
