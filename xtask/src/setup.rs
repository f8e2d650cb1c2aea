//! What building and testing need besides Rust, and installing it if that is possible.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::paths::find_program;
use crate::step::{command, output, run};
use crate::wasm_toolchain;

/// Something that must be there, and the Debian package that brings it.
pub struct Need {
    package: &'static str,
    is_there: fn() -> bool,
}

/// What `cargo xtask build` and `run` need.
pub const FOR_BUILDING: &[Need] = &[
    Need { package: "g++", is_there: || has("c++") || has("g++") },
    Need { package: "make", is_there: || has("make") || has("ninja") },
    Need { package: "cmake", is_there: || has("cmake") },
    Need { package: "clang", is_there: || has("clang") },
    Need { package: "libclang-dev", is_there: has_libclang },
    Need { package: "protobuf-compiler", is_there: || has("protoc") },
    Need { package: "libprotobuf-dev", is_there: has_common_protos },
];

/// What `cargo xtask test` needs in addition.
pub const FOR_TESTING: &[Need] = &[
    Need { package: "chromium", is_there: || has("chromium") || has("google-chrome") },
    Need { package: "chromium-driver", is_there: || has("chromedriver") },
    Need { package: "python3-venv", is_there: has_venv },
];

/// What the plugin for Obsidian and the tests with JavaScript libraries need.
pub const FOR_NODE: &[Need] = &[
    Need { package: "nodejs", is_there: || has("node") },
    Need { package: "npm", is_there: || has("npm") },
];

/// Makes sure that everything is there, the compiler for wasm included; installs it, or says in one command what
/// to install.
pub fn set_up(needs: &[Need]) -> Result<()> {
    let mut packages = missing_of(needs);
    packages.extend(wasm_toolchain::missing_packages());
    install(&packages)
}

/// Makes sure that these alone are there.
pub fn install_missing(needs: &[Need]) -> Result<()> {
    install(&missing_of(needs))
}

fn missing_of(needs: &[Need]) -> Vec<&'static str> {
    needs.iter().filter(|need| !(need.is_there)()).map(|need| need.package).collect()
}

fn install(packages: &[&str]) -> Result<()> {
    if packages.is_empty() {
        return Ok(());
    }
    if !has("apt-get") {
        bail!(
            "this is missing: {}. Install it with your system's package manager (the names are Debian's)",
            packages.join(", ")
        );
    }
    if !is_root()? {
        bail!(
            "some packages are missing; this installs them:\n\n    sudo apt-get install --yes --no-install-recommends {}\n",
            packages.join(" ")
        );
    }
    println!("Installing {}", packages.join(" "));
    run(&mut command("apt-get", &["update", "--quiet"]))?;
    let mut install =
        command("apt-get", &["install", "--yes", "--quiet", "--no-install-recommends"]);
    run(install.args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}

fn has(program: &str) -> bool {
    find_program(program).is_some()
}

/// Looks for the library that bindgen loads, where Debian and others put it.
fn has_libclang() -> bool {
    if std::env::var_os("LIBCLANG_PATH").is_some() || !cfg!(target_os = "linux") {
        return true;
    }
    let mut folders = vec!["/usr/lib".into(), "/usr/lib64".into(), "/usr/local/lib".into()];
    for (folder, prefix) in
        [("/usr/lib", "llvm-"), ("/usr/lib", "x86_64-linux"), ("/usr/lib", "aarch64-linux")]
    {
        let found = fs::read_dir(folder).into_iter().flatten().flatten();
        let found = found.filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix));
        for entry in found {
            folders.push(entry.path());
            folders.push(entry.path().join("lib"));
        }
    }
    let holds_it = |folder: &PathBuf| {
        fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            name.starts_with("libclang.so") || name.starts_with("libclang-")
        })
    };
    folders.iter().any(holds_it)
}

/// Looks for the message definitions that come with the protobuf compiler.
fn has_common_protos() -> bool {
    let beside = find_program("protoc")
        .and_then(|program| Some(program.parent()?.parent()?.join("include")));
    let places = [beside.as_deref(), Some(Path::new("/usr/include"))];
    places.iter().flatten().any(|place| place.join("google/protobuf/empty.proto").is_file())
}

fn has_venv() -> bool {
    output(&mut command("python3", &["-c", "import venv, ensurepip"])).is_ok()
}

fn is_root() -> Result<bool> {
    Ok(output(&mut command("id", &["-u"]))?.trim() == "0")
}
