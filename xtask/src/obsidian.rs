//! Building and checking the plugin for Obsidian: `<target>/obsidian` gets the three files that Obsidian loads.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::paths::{obsidian, workspace};
use crate::setup::{FOR_THE_PLUGIN, install_missing};
use crate::step::{command, output, run, step};

/// What a vault's plugin folder holds.
const FILES: [&str; 3] = ["main.js", "manifest.json", "styles.css"];

/// The oldest Node that the plugin's tools run on.
const OLDEST_NODE: u32 = 18;

/// Builds the plugin, checking its types; quick when nothing has changed.
pub fn build() -> Result<()> {
    step("Obsidian plugin", || {
        install_packages()?;
        run(&mut npm(&["run", "--silent", "build"]))?;
        let folder = obsidian();
        fs::create_dir_all(&folder)?;
        for name in FILES {
            copy_if_changed(&plugin().join("dist").join(name), &folder.join(name))?;
        }
        println!("The plugin lies in {}", folder.display());
        Ok(())
    })
}

/// Checks the plugin: types, the rules of Obsidian's review, tests. Those of its tests that need a server run
/// where `QUIRE_SERVER` gives the address of one, and say so if they are skipped.
pub fn check() -> Result<()> {
    step("Obsidian plugin: checks", || {
        install_packages()?;
        for script in ["typecheck", "lint", "test"] {
            run(&mut npm(&["run", "--silent", script]))?;
        }
        Ok(())
    })
}

/// Gets what the lock file names, unless that was done.
fn install_packages() -> Result<()> {
    install_missing(FOR_THE_PLUGIN)?;
    let version = output(&mut command("node", &["--version"]))?;
    let major = version.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    ensure!(
        major.parse::<u32>().is_ok_and(|major| major >= OLDEST_NODE),
        "Node {} is too old for the plugin's tools; install {OLDEST_NODE} or a later one",
        version.trim()
    );
    let wanted = fs::read(plugin().join("package-lock.json"))?;
    let marker = plugin().join("node_modules").join("installed-lock.json");
    if fs::read(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    run(&mut npm(&["ci"]))?;
    fs::write(marker, wanted)?;
    Ok(())
}

/// Leaves a file alone that has the right content, so that nothing is built anew because of its time.
fn copy_if_changed(from: &PathBuf, to: &PathBuf) -> Result<()> {
    let content = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    if fs::read(to).ok().as_ref() != Some(&content) {
        fs::write(to, content)?;
    }
    Ok(())
}

/// Gives the folder of the plugin's source.
fn plugin() -> PathBuf {
    workspace().join("integrations").join("obsidian")
}

fn npm(arguments: &[&str]) -> Command {
    let mut npm = command("npm", arguments);
    npm.current_dir(plugin());
    npm
}
