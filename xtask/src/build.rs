//! Building the server with the web app and the plugin for Obsidian in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::paths::target;
use crate::setup::{FOR_BUILDING, set_up};
use crate::step::{cargo, run, step};
use crate::{obsidian, web};

/// Sets up and builds everything.
pub fn build() -> Result<()> {
    set_up(FOR_BUILDING)?;
    remove_dead_links()?;
    obsidian::build()?;
    web::build()?;
    build_server()
}

/// Builds the server. Always the whole workspace, as tests do: so both use the same features of
/// every dependency, and none is built twice.
pub fn build_server() -> Result<()> {
    step("server (the first time, this takes half an hour or more)", || {
        run(&mut cargo(&["build", "--release", "--workspace"]))
    })
}

/// Removes links to libraries that are gone, for llama.cpp's build script lays links beside what is built, and when it
/// runs again it takes one whose library is gone for missing, and fails because it is there.
pub fn remove_dead_links() -> Result<()> {
    let release = target().join("release");
    for folder in [release.join("deps"), release.join("examples"), release] {
        remove_dead_links_in(&folder)
            .with_context(|| format!("cannot tidy the folder {}", folder.display()))?;
    }
    Ok(())
}

fn remove_dead_links_in(folder: &Path) -> std::io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_symlink() && !entry.path().exists() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn links_are_removed_whose_files_are_gone() {
        let folder = std::env::temp_dir().join(format!("quire-links-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder can be made");
        fs::write(folder.join("there"), "a").expect("a file can be written");
        for (link, file) in [("sound", "there"), ("dead", "gone")] {
            std::os::unix::fs::symlink(file, folder.join(link)).expect("a link can be made");
        }
        remove_dead_links_in(&folder).expect("links can be removed");
        let mut left: Vec<_> = fs::read_dir(&folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("it can be read").file_name())
            .collect();
        left.sort();
        fs::remove_dir_all(&folder).expect("the folder can be removed");
        assert_eq!(left, ["sound", "there"]);
    }
}
