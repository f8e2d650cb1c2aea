//! `cargo xtask install`: the program and its libraries, apart from where they are built.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::build::build;
use crate::paths::{binary, home, libraries};

/// Builds everything and copies it below a folder: `bin/quire` and `lib/quire`.
pub fn install(arguments: &[String]) -> Result<()> {
    let prefix = match arguments {
        [] => home().join(".local"),
        [flag, folder] if flag == "--to" => PathBuf::from(folder),
        _ => bail!("`cargo xtask install` takes `--to FOLDER` and nothing else"),
    };
    // The folder is meant as seen from where the task was called.
    let prefix = std::path::absolute(&prefix)?;
    build()?;
    let program = prefix.join("bin").join("quire");
    copy(&libraries(), &prefix.join("lib").join("quire"))?;
    place(&binary(), &program)?;
    println!("\nInstalled {}", program.display());
    Ok(())
}

/// Replaces a folder by a copy of another one.
fn copy(from: &Path, to: &Path) -> Result<()> {
    let entries = fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?;
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("cannot replace {}", to.display()))?;
    }
    for entry in entries {
        let entry = entry?;
        place(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Puts a copy of a file where another one may be in use.
fn place(from: &Path, to: &Path) -> Result<()> {
    let new = to.with_extension("new");
    let placed = to.parent().map_or(Ok(()), fs::create_dir_all);
    let placed = placed.and_then(|()| fs::copy(from, &new)).and_then(|_| fs::rename(&new, to));
    placed.with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}
