//! The arithmetic of llama.cpp: libraries for kinds of processors, of which one is loaded.
//!
//! A processor may name instructions that its system does not let it use: a virtual machine that shows AMX and stops
//! who touches it is known. So the best libraries are tried first in a process of their own, on a tiny model, beside the
//! plainest one: the first that ends, and comes to the same result, is loaded.

mod child;
mod probe;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use llama_cpp_2::llama_backend::load_backends_from_path;

use super::backend::direct_log;
use crate::{Kernels, RefusedKernels, SelfTest};

pub use probe::test_kernels;

/// What the libraries for processors are called, before the processor's name.
const PREFIX: &str = "libggml-cpu-";
/// Kinds of x86-64 processors, the best first. Kinds before the last are no use to this program, which needs AVX2.
const X86: [&str; 9] = [
    "sapphirerapids",
    "zen4",
    "cooperlake",
    "icelake",
    "cascadelake",
    "cannonlake",
    "skylakex",
    "alderlake",
    "haswell",
];
/// How far a result may be from the plainest library's, as a share of its length. Roundings make a hundredth of it.
const TOLERANCE: f32 = 0.1;

/// Loads the best library that passes the test; without a test the plainest one. The first call of a process decides.
///
/// The error says what is missing or does not work.
pub fn load_kernels(self_test: Option<&SelfTest>) -> Result<&'static Kernels, String> {
    static LOADED: OnceLock<Result<Kernels, String>> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        let libraries = find()?;
        let (chosen, refused) = match self_test {
            Some(test) => choose(&libraries, |path| child::run(test, path))?,
            None => (libraries.len() - 1, Vec::new()),
        };
        let chosen = &libraries[chosen];
        load_only(&chosen.path)?;
        for refused in &refused {
            tracing::debug!(kernels = refused.name, reason = refused.reason, "not used");
        }
        tracing::info!(kernels = chosen.name, "llama.cpp computes with these");
        Ok(Kernels { name: chosen.name.clone(), refused })
    });
    loaded.as_ref().map_err(Clone::clone)
}

/// One of the libraries.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Library {
    name: String,
    path: PathBuf,
}

/// Lists the libraries that may be used, the best first; there is at least one.
fn find() -> Result<Vec<Library>, String> {
    let folders = folders();
    let found = folders.iter().find_map(|folder| {
        let libraries = list(folder);
        (!libraries.is_empty()).then_some(libraries)
    });
    found.ok_or_else(|| {
        let looked: Vec<String> = folders.iter().map(|it| format!("`{}`", it.display())).collect();
        format!(
            "llama.cpp's libraries `{PREFIX}*` are neither in {}; build or install Quire anew",
            looked.join(" nor in ")
        )
    })
}

/// Lists where the libraries may be: where the program was installed, and where it was built.
fn folders() -> Vec<PathBuf> {
    let program = std::env::current_exe().ok();
    let installed = program.as_deref().and_then(Path::parent).map(|bin| bin.join("../lib/quire"));
    installed.into_iter().chain(option_env!("QUIRE_KERNELS").map(PathBuf::from)).collect()
}

fn list(folder: &Path) -> Vec<Library> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut libraries: Vec<Library> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let stem = path.file_stem()?.to_str()?;
            let name = stem.strip_prefix(PREFIX)?.to_owned();
            let is_of_use = !cfg!(target_arch = "x86_64") || X86.contains(&name.as_str());
            is_of_use.then_some(Library { name, path })
        })
        .collect();
    // On other processors the names count upwards.
    libraries.sort_by_cached_key(|library| {
        let place = X86.iter().position(|name| *name == library.name);
        (place, std::cmp::Reverse(library.name.clone()))
    });
    libraries
}

/// Chooses the first library whose result is that of the last, and tells what is wrong with those before it.
fn choose(
    libraries: &[Library],
    test: impl Fn(&Path) -> Result<Vec<f32>, String>,
) -> Result<(usize, Vec<RefusedKernels>), String> {
    let Some((plainest, better)) = libraries.split_last() else {
        return Err("there are no kernels to choose from".to_owned());
    };
    let mut refused = Vec::new();
    let mut expected = None;
    for (place, library) in better.iter().enumerate() {
        let reason = match test(&library.path) {
            Err(reason) => reason,
            Ok(result) => {
                let expected = match &expected {
                    Some(expected) => expected,
                    None => expected.insert(test(&plainest.path).map_err(|reason| {
                        format!("llama.cpp does not work on this processor: {reason}")
                    })?),
                };
                match distance(&result, expected) {
                    Some(distance) if distance <= TOLERANCE => return Ok((place, refused)),
                    _ => "it computes something else than the plainest".to_owned(),
                }
            }
        };
        refused.push(RefusedKernels { name: library.name.clone(), reason });
    }
    Ok((better.len(), refused))
}

/// Gives how far two results are apart, as a share of the length of the second; nothing if they are no results.
fn distance(result: &[f32], expected: &[f32]) -> Option<f32> {
    let length =
        |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|x| x * x).sum::<f32>().sqrt();
    let between = length(&mut result.iter().zip(expected).map(|(a, b)| a - b));
    let distance = between / length(&mut expected.iter().copied());
    (result.len() == expected.len() && distance.is_finite()).then_some(distance)
}

/// Loads the plainest library and none for other devices: for a process that computes nothing.
pub fn load_plainest() -> Result<(), String> {
    let plainest = find()?.pop().ok_or("there are no kernels to choose from")?;
    load([plainest.path])
}

/// Has llama.cpp load one library for the processor, and those for other devices that lie beside it.
fn load_only(library: &Path) -> Result<(), String> {
    let beside = library.parent().and_then(|folder| fs::read_dir(folder).ok());
    let others = beside.into_iter().flatten().filter_map(|entry| {
        let path = entry.ok()?.path();
        let name = path.file_name()?.to_str()?;
        let is_of_a_device = name.starts_with("libggml-") && !name.starts_with("libggml-cpu");
        is_of_a_device.then_some(path)
    });
    load(others.chain([library.to_owned()]))
}

fn load(libraries: impl IntoIterator<Item = PathBuf>) -> Result<(), String> {
    // It takes the best of a folder by its own judgement, so it is shown a folder with one.
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for kernels: {error}"))?;
    for path in libraries {
        let Some(name) = path.file_name() else { continue };
        link(&path, &folder.path().join(name))
            .map_err(|error| format!("`{}` cannot be loaded: {error}", path.display()))?;
    }
    direct_log();
    load_backends_from_path(folder.path());
    Ok(())
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(fs::canonicalize(from)?, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::copy(from, to).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(name: &str) -> Library {
        Library { name: name.to_owned(), path: PathBuf::from(name) }
    }

    #[test]
    fn the_first_that_works_and_agrees_is_chosen() {
        let libraries = ["stops", "lies", "makes-nothing", "works", "plain"].map(library);
        let test = |path: &Path| match path.to_str() {
            Some("stops") => Err("it was stopped".to_owned()),
            Some("lies") => Ok(vec![2.0, -1.0]),
            Some("makes-nothing") => Ok(vec![f32::NAN, 2.0]),
            Some("works") => Ok(vec![1.001, 2.0]),
            _ => Ok(vec![1.0, 2.0]),
        };
        let (chosen, refused) = choose(&libraries, test).expect("one works");
        assert_eq!(libraries[chosen].name, "works");
        let names: Vec<&str> = refused.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["stops", "lies", "makes-nothing"]);
        assert_eq!(refused[0].reason, "it was stopped");
    }

    #[test]
    fn the_plainest_is_chosen_where_no_better_one_works() {
        let libraries = ["stops", "plain"].map(library);
        let test = |_: &Path| Err("it was stopped".to_owned());
        let (chosen, refused) = choose(&libraries, test).expect("the plainest is left");
        assert_eq!((libraries[chosen].name.as_str(), refused.len()), ("plain", 1));
    }

    #[test]
    fn the_best_comes_first_and_what_is_older_than_the_program_is_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["haswell", "zen4", "sse42", "icelake"] {
            fs::write(folder.path().join(format!("{PREFIX}{name}.so")), "").expect("a file");
        }
        fs::write(folder.path().join("libggml-base.so"), "").expect("a file");
        let names: Vec<String> = list(folder.path()).into_iter().map(|it| it.name).collect();
        if cfg!(target_arch = "x86_64") {
            assert_eq!(names, ["zen4", "icelake", "haswell"]);
        }
    }
}
