//! The libraries of other programs' protocols, which tests speak to the server with: what `tests/clients` lists of them.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::npm::install_packages;
use crate::paths::{target, workspace};
use crate::step::{command, run};

/// Makes a Python with the libraries that tests speak to the server with, and gives its program.
pub fn set_up_python() -> Result<PathBuf> {
    let folder = target().join("python");
    let python = folder.join("bin").join("python");
    let list = client_tests().join("python").join("requirements.txt");
    let wanted = fs::read(&list)?;
    let marker = folder.join("installed-requirements.txt");
    if !fs::read(&marker).is_ok_and(|installed| installed == wanted) {
        let place = folder.to_string_lossy();
        run(&mut command("python3", &["-m", "venv", "--clear", &place]))?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        run(command(&python, &install).arg(list))?;
        fs::write(marker, wanted)?;
    }
    Ok(python)
}

/// Gets the JavaScript libraries that tests speak to the server with.
pub fn set_up_javascript() -> Result<()> {
    install_packages(&client_tests().join("node"))
}

/// Gives the folder of the programs that use other programs' libraries.
pub fn client_tests() -> PathBuf {
    workspace().join("tests").join("clients")
}
