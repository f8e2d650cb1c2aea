//! The compiler for the page's program: rustup's target if there is one or it can be got, else
//! Debian's compiler, which builds the standard library for wasm itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::paths::{find_program, target};
use crate::step::{cargo, command, output};

/// The target.
pub const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];

/// Set to `debian` to use Debian's compiler if both are there.
const CHOICE: &str = "QUIRE_WASM_TOOLCHAIN";

/// Names the packages to install before the page's program can be built.
pub fn missing_packages() -> Vec<&'static str> {
    if find_wasm_cargo().is_some() || add_target() {
        return Vec::new();
    }
    let mut packages = DEBIAN_PACKAGES.to_vec();
    if find_linker().is_none() {
        packages.push("lld");
    }
    packages
}

/// Gives the command that builds for wasm, in a target folder of its own, so that two compilers do
/// not undo each other's work.
pub fn find_wasm_cargo() -> Option<Command> {
    let wants_debian = std::env::var(CHOICE).is_ok_and(|choice| choice == "debian");
    let mut cargo = if has_target() && !wants_debian { cargo(&[]) } else { debian_cargo()? };
    cargo.env("CARGO_TARGET_DIR", target().join("wasm"));
    Some(cargo)
}

/// Gives the arguments that the chosen compiler needs beside the usual ones.
pub fn extra_arguments(cargo: &Command) -> &'static [&'static str] {
    let is_debian = Path::new(cargo.get_program()) == Path::new(DEBIAN_CARGO);
    if is_debian { &["-Zbuild-std=std,panic_abort"] } else { &[] }
}

const DEBIAN_CARGO: &str = "/usr/bin/cargo";

fn has_target() -> bool {
    let libraries =
        output(&mut command("rustc", &["--print", "target-libdir", "--target", TARGET]));
    libraries.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Asks rustup for the target; without a network this fails quickly, and Debian's compiler is next.
fn add_target() -> bool {
    find_program("rustup").is_some()
        && output(&mut command("rustup", &["target", "add", TARGET])).is_ok()
        && has_target()
}

fn debian_cargo() -> Option<Command> {
    let sources = Path::new("/usr/lib/rustlib/src/rust/library/std");
    if !Path::new(DEBIAN_CARGO).is_file() || !sources.exists() {
        return None;
    }
    let mut cargo = command(DEBIAN_CARGO, &[]);
    cargo
        .env("RUSTC", "/usr/bin/rustc")
        .env("RUSTDOC", "/usr/bin/rustdoc")
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", find_linker()?);
    // Those would lead back to rustup's compiler.
    for name in ["CARGO", "RUSTUP_TOOLCHAIN", "LD_LIBRARY_PATH"] {
        cargo.env_remove(name);
    }
    Some(cargo)
}

/// Finds a linker for wasm: the one that comes with Rust, else the system's.
fn find_linker() -> Option<PathBuf> {
    let own = output(&mut command("rustc", &["--print", "target-libdir"])).ok();
    let own = own.and_then(|folder| Some(Path::new(folder.trim()).parent()?.join("bin/rust-lld")));
    own.filter(|linker| linker.is_file()).or_else(|| find_program("lld"))
}
