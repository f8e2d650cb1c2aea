//! Copies the built web app and the built plugin for Obsidian to where the binary embeds them from, and tells it where
//! its libraries are.
//!
//! They are in `QUIRE_SITE_DIR` and `QUIRE_OBSIDIAN_DIR`, or in `<target>/site` and
//! `<target>/obsidian`. If there is none, nothing is embedded and the pages say how to build it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    find_libraries();
    embed("site", "QUIRE_SITE_DIR");
    embed("obsidian", "QUIRE_OBSIDIAN_DIR");
}

/// Has the program look for llama.cpp's libraries where it is installed, and else where they were built.
fn find_libraries() {
    println!("cargo:rerun-if-env-changed=DEP_QUIRE_ENGINES_KERNELS");
    let Some(kernels) = env::var_os("DEP_QUIRE_ENGINES_KERNELS").map(PathBuf::from) else { return };
    let system = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    let program = match system.as_str() {
        "windows" => return,
        "macos" => "@loader_path",
        _ => "$ORIGIN",
    };
    if system != "macos" {
        // The older of the two kinds of paths, which holds for the libraries of a library, too.
        println!("cargo:rustc-link-arg-bins=-Wl,--disable-new-dtags");
    }
    println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{program}/../lib/quire");
    let built = kernels.with_file_name("lib");
    println!("cargo:rustc-link-arg-bins=-Wl,-rpath,{}", built.display());
    // Beside the folder of the program, as they lie where it is installed.
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let Some(target) = target_of(&out) else { return };
    let libraries = target.join("lib").join("quire");
    let _ = fs::remove_dir_all(&libraries);
    for folder in [built, kernels] {
        copy_libraries(&folder, &libraries).expect("what was built can be copied");
    }
}

/// Copies the libraries that are loaded at run time, under the names by which they are asked for.
fn copy_libraries(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // `libllama.so.0` and `libggml-cpu-zen4.so`, not `libllama.so.0.6.0` or `libllama.so`.
        let is_versioned = fs::read_dir(from)?.filter_map(Result::ok).any(|other| {
            other.file_name().to_str().is_some_and(|other| other.starts_with(&format!("{name}.")))
        });
        let is_asked_for = match name.split_once(".so") {
            Some((_, "")) => !is_versioned,
            Some((_, version)) => version.matches('.').count() == 1,
            None => path.extension().is_some_and(|extension| extension == "dylib"),
        };
        if is_asked_for {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
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

/// Gives the target folder, of which `out` is `<target>/<profile>/build/<package>/out`.
fn target_of(out: &Path) -> Option<&Path> {
    out.ancestors().nth(4)
}

fn find_built(out: &Path, name: &str) -> Option<PathBuf> {
    let built = target_of(out)?.join(name);
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
