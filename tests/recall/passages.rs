//! Real prose: the documentation comments of the crates in cargo's registry folder.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Characters that a passage has at least and at most.
const LENGTH: std::ops::RangeInclusive<usize> = 40..=240;
/// How deep sources may lie in the registry's folder.
const FOLDERS_DEEP: usize = 8;

/// Gives `wanted` passages, spread evenly over all the crates; fewer if there are not as many.
pub fn documentation(wanted: usize) -> Vec<String> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")));
    let registry = home.expect("a folder of cargo's").join("registry/src");
    let mut files = Vec::new();
    list_sources(&registry, FOLDERS_DEEP, &mut files);
    let mut seen = HashSet::new();
    let mut passages = Vec::new();
    for file in files {
        // A file that is not text has no documentation.
        let Ok(source) = std::fs::read_to_string(file) else { continue };
        passages.extend(paragraphs(&source).into_iter().filter(|text| seen.insert(text.clone())));
    }
    let all = passages.len();
    let picked = (0..wanted.min(all)).map(|number| number * all / wanted.min(all));
    let mut picked: Vec<String> = picked.map(|place| passages[place].clone()).collect();
    // Neighbours are about the same thing; what is held back at the end is to be about everything.
    picked.sort_by_cached_key(|text| fnv(text));
    picked
}

/// Finds the Rust files of a folder, in the order of their names.
fn list_sources(folder: &Path, deep: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        } else if deep > 0 && entry.is_dir() {
            list_sources(&entry, deep - 1, files);
        }
    }
}

/// Joins the lines of documentation comments to paragraphs; code and headings are left out.
fn paragraphs(source: &str) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut paragraph = String::new();
    let mut in_code = false;
    for line in source.lines().map(str::trim_start).chain([""]) {
        let comment = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let text = comment.map(str::trim).unwrap_or_default();
        if text.starts_with("```") {
            in_code = !in_code;
        } else if comment.is_none() {
            in_code = false;
        }
        let is_prose = !in_code && text.starts_with(|first: char| first.is_alphanumeric());
        if is_prose {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(text);
        } else {
            let whole = std::mem::take(&mut paragraph);
            if LENGTH.contains(&whole.chars().count()) {
                paragraphs.push(whole);
            }
        }
    }
    paragraphs
}

/// A number for a text that is the same everywhere (FNV-1a); the standard library's may change.
///
/// It settles the order of the passages, and their vectors are kept under a name that the order is
/// part of: with any other number all of them would be embedded anew.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
