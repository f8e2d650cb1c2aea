//! Whether a parse worker starts and reads a file.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::process::Command;

use super::check::Check;

/// The text of the probe.
const PROBE: &str = "# A probe\n\nThese words come back.\n";

/// Checks that a parse worker starts and reads a file.
pub async fn parse() -> Check {
    match try_parse().await {
        Ok(()) => Check::ok("parse worker", "it starts and reads a file"),
        Err(error) => Check::broken(
            "parse worker",
            format!("{error:#}"),
            "check that this program may start itself, and that no memory limit is set (`ulimit -v`)",
        ),
    }
}

async fn try_parse() -> anyhow::Result<()> {
    let program = std::env::current_exe().context("this program cannot find itself")?;
    let probe = tempfile::Builder::new().suffix(".md").tempfile()?;
    std::fs::write(probe.path(), PROBE)?;
    let mut command = Command::new(program);
    command.args(["parse-worker", "--path", "probe.md", "--memory-bytes"]);
    command.arg((1_u64 << 30).to_string()).arg(probe.path());
    command.stdin(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(Duration::from_secs(20), command.output())
        .await
        .context("it did not answer within 20 seconds")??;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success() && text.contains("These words come back."),
        "it ended with {} and said: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
