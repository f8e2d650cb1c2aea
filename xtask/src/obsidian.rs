//! Building and checking the plugin for Obsidian: `<target>/obsidian` gets the three files that Obsidian loads.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::npm::{install_packages, npm};
use crate::paths::{obsidian, workspace};
use crate::step::{run, step};

/// What a vault's plugin folder holds.
const FILES: [&str; 3] = ["main.js", "manifest.json", "styles.css"];

/// Builds the plugin, checking its types; quick when nothing has changed.
pub fn build() -> Result<()> {
    step("Obsidian plugin", || {
        install_packages(&plugin())?;
        run(&mut npm(&plugin(), &["run", "--silent", "build"]))?;
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
        install_packages(&plugin())?;
        for script in ["typecheck", "lint", "test"] {
            run(&mut npm(&plugin(), &["run", "--silent", script]))?;
        }
        Ok(())
    })
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
