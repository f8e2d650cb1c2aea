//! Whether a parse worker starts and reads a file.

use anyhow::ensure;

use super::check::Check;
use crate::cli::parse::parse as parse_file;
use crate::config::ModelsFolder;

/// The text of the probe.
const PROBE: &str = "# A probe\n\nThese words come back.\n";

/// Checks that a parse worker starts and reads a file.
pub async fn parse(models: &ModelsFolder) -> Check {
    match try_parse(models).await {
        Ok(()) => Check::ok("parse worker", "it starts and reads a file"),
        Err(error) => Check::broken(
            "parse worker",
            format!("{error:#}"),
            "check that this program may start itself, and that no memory limit is set (`ulimit -v`)",
        ),
    }
}

async fn try_parse(models: &ModelsFolder) -> anyhow::Result<()> {
    let probe = tempfile::Builder::new().suffix(".md").tempfile()?;
    std::fs::write(probe.path(), PROBE)?;
    let report = parse_file(probe.path(), models).await?;
    let came_back = report.blocks.iter().any(|block| block.text == "These words come back.");
    ensure!(came_back, "it read other words than the file has");
    Ok(())
}
