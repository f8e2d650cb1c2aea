//! Building the web app: the program for the page, its loader, style and icon, as `<target>/site`.
//!
//! The program's files carry a hash of their content in their names, so that a browser may keep
//! them for good; `start.js` names them and is asked for each time. Files whose content has not
//! changed are not touched, so that the server is not built anew for nothing.

use std::fs;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::paths::{find_program, site, target, workspace};
use crate::setup;
use crate::step::{command, run, step};
use crate::wasm_toolchain::{TARGET, extra_arguments, find_wasm_cargo};

const PROFILE: &str = "wasm-release";

/// Builds the web app; quick when nothing has changed.
pub fn build() -> Result<()> {
    step("web app", || {
        let wasm = compile()?;
        let mut files = bind(&wasm)?;
        files.push(("quire.css".to_owned(), style()?));
        let fixed = workspace().join("app/ui/static");
        for path in sorted_files(&fixed)? {
            files.push((file_name(&path), fs::read(&path)?));
        }
        write_site(&site().join("pkg"), &files)
    })
}

fn compile() -> Result<PathBuf> {
    let mut cargo = if let Some(cargo) = find_wasm_cargo() {
        cargo
    } else {
        setup::set_up(&[])?;
        find_wasm_cargo().context("there is no compiler for wasm; see `cargo xtask setup`")?
    };
    cargo.args(["build", "--package", "quire-frontend", "--target", TARGET, "--profile", PROFILE]);
    let extra = extra_arguments(&cargo);
    run(cargo.args(extra))?;
    Ok(target().join("wasm").join(TARGET).join(PROFILE).join("quire_frontend.wasm"))
}

/// Makes the JavaScript around the program, or takes it from the last time.
fn bind(wasm: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let bytes = fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let folder = target().join("wasm").join(format!("bound-{}", hash(&[&bytes])));
    let (script, program) = (folder.join("quire.js"), folder.join("quire_bg.wasm"));
    if !folder.join("complete").is_file() {
        forget_bound()?;
        let mut bindgen = Bindgen::new();
        bindgen.input_path(wasm).out_name("quire").typescript(false);
        bindgen
            .web(true)?
            .omit_default_module_path(true)
            .remove_producers_section(true)
            .remove_name_section(true);
        bindgen.generate(&folder)?;
        optimise(&program)?;
        fs::write(folder.join("complete"), "")?;
    }
    let (script, program) = (fs::read(script)?, fs::read(program)?);
    let hash = hash(&[&script, &program]);
    println!("The page's program has {} kB", program.len() / 1000);
    let start = format!(
        "import start, {{ hydrate }} from \"./quire-{hash}.js\";\n\
         const program = new URL(\"./quire-{hash}.wasm\", import.meta.url);\n\
         start({{ module_or_path: program }}).then(hydrate);\n"
    );
    Ok(vec![
        (format!("quire-{hash}.js"), script),
        (format!("quire-{hash}.wasm"), program),
        ("start.js".to_owned(), start.into_bytes()),
    ])
}

/// Removes what was made of earlier programs.
fn forget_bound() -> Result<()> {
    for entry in fs::read_dir(target().join("wasm"))? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("bound-") {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Makes the program smaller where Binaryen is installed.
fn optimise(program: &Path) -> Result<()> {
    let Some(optimiser) = find_program("wasm-opt") else { return Ok(()) };
    let path = program.to_string_lossy();
    run(&mut command(optimiser, &["-Oz", "--all-features", &path, "-o", &path]))
}

/// Joins the style sheets in the order of their names.
fn style() -> Result<Vec<u8>> {
    let mut style = Vec::new();
    for path in sorted_files(&workspace().join("app/ui/style"))? {
        style.extend(fs::read(&path)?);
    }
    Ok(style)
}

fn write_site(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<()> {
    fs::create_dir_all(folder)?;
    for path in sorted_files(folder)? {
        if files.iter().all(|(name, _)| *name != file_name(&path)) {
            fs::remove_file(path)?;
        }
    }
    for (name, content) in files {
        let path = folder.join(name);
        if fs::read(&path).ok().as_ref() != Some(content) {
            fs::write(path, content)?;
        }
    }
    Ok(())
}

fn sorted_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths: Vec<PathBuf> = paths?.into_iter().filter(|path| path.is_file()).collect();
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn hash(parts: &[&[u8]]) -> String {
    let mut hasher = DefaultHasher::new();
    for part in parts {
        hasher.write(part);
    }
    format!("{:016x}", hasher.finish())
}
