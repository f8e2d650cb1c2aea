//! Where things lie: the workspace, what is built, the tools on the path.

use std::env;
use std::path::{Path, PathBuf};

/// Gives the workspace's root: that of the checkout that `cargo xtask` was called in, which is not always the one
/// that this program was compiled in, for two checkouts may share a target folder.
pub fn workspace() -> PathBuf {
    let here =
        env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = Path::new(&here);
    here.parent().unwrap_or(here).to_path_buf()
}

/// Gives the folder for everything that is built: `CARGO_TARGET_DIR`, else `target`.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => workspace().join(folder),
        None => workspace().join("target"),
    }
}

/// Gives the folder of the built web app, which the server embeds.
pub fn site() -> PathBuf {
    target().join("site")
}

/// Gives the folder of the built plugin for Obsidian: the files that a vault's plugin folder holds.
pub fn obsidian() -> PathBuf {
    target().join("obsidian")
}

/// Gives the built program.
pub fn binary() -> PathBuf {
    target().join("release").join("quire")
}

/// Gives the folder of the libraries that the program loads.
pub fn libraries() -> PathBuf {
    target().join("lib").join("quire")
}

/// Finds a program on the path.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// Gives the home folder, or the temporary one if there is none.
pub fn home() -> PathBuf {
    env::var_os("HOME").map_or_else(env::temp_dir, PathBuf::from)
}
