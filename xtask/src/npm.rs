//! Packages of npm: what a folder's lock file names, got once.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::setup::{FOR_NODE, install_missing};
use crate::step::{command, output, run};

/// The oldest Node that the tools and tests run on.
const OLDEST_NODE: u32 = 20;

/// Gets what the lock file of a folder names, unless that was done.
pub fn install_packages(folder: &Path) -> Result<()> {
    install_missing(FOR_NODE)?;
    let version = output(&mut command("node", &["--version"]))?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    ensure!(
        major.parse::<u32>().is_ok_and(|major| major >= OLDEST_NODE),
        "Node {} is too old; install {OLDEST_NODE} or a later one",
        version.trim()
    );
    let wanted = fs::read(folder.join("package-lock.json"))?;
    let marker = folder.join("node_modules").join("installed-lock.json");
    if fs::read(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(&mut npm(folder, &["ci"]))?;
    fs::write(marker, wanted)?;
    Ok(())
}

/// Makes a call of npm in a folder.
pub fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut npm = command("npm", arguments);
    npm.current_dir(folder);
    npm
}
