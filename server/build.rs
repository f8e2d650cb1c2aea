//! Copies the built web app and the built plugin for Obsidian to where the binary embeds them from.
//!
//! They are in `QUIRE_SITE_DIR` and `QUIRE_OBSIDIAN_DIR`, or in `<target>/site` and
//! `<target>/obsidian`. If there is none, nothing is embedded and the pages say how to build it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    embed("site", "QUIRE_SITE_DIR");
    embed("obsidian", "QUIRE_OBSIDIAN_DIR");
}

/// Copies the folder of this name from the target folder, or the one that the variable names.
fn embed(name: &str, variable: &str) {
    println!("cargo:rerun-if-env-changed={variable}");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let embedded = out.join(name);
    let _ = fs::remove_dir_all(&embedded);
    fs::create_dir_all(&embedded).expect("the output folder can be written");
    let given = env::var_os(variable).map(PathBuf::from);
    let Some(built) = given.or_else(|| find_built(&out, name)) else { return };
    println!("cargo:rerun-if-changed={}", built.display());
    copy_folder(&built, &embedded).expect("what was built can be copied");
}

fn find_built(out: &Path, name: &str) -> Option<PathBuf> {
    // <target>/<profile>/build/<package>/out
    let built = out.ancestors().nth(4)?.join(name);
    // An empty folder is made, so that cargo has something to watch for changes.
    fs::create_dir_all(&built).ok()?;
    Some(built)
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
