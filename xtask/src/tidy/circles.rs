//! Circles among the modules of a crate: of two that name each other neither can be read alone.
//!
//! A module is one that the crate's root declares, with all below it; it names another by a line
//! `use crate::..`. Names that the root passes on and tests do not count.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::paths::workspace;
use crate::step::{command, output};

/// The modules that each module of a crate names.
type Uses = BTreeMap<String, BTreeSet<String>>;

/// Reads the sources of every crate and tells each circle.
pub(super) fn check() -> Result<Vec<String>> {
    let listed = output(&mut command(
        "git",
        &["ls-files", "--cached", "--others", "--exclude-standard", "*.rs"],
    ))?;
    let mut crates: BTreeMap<&str, Uses> = BTreeMap::new();
    for path in listed.lines() {
        let Some((folder, file)) = path.split_once("/src/") else { continue };
        let module = file.split(['/', '.']).next().unwrap_or_default();
        let is_root = matches!(module, "lib" | "main");
        if is_root || file.split(['/', '.']).any(|part| part == "tests") {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(workspace().join(path)) else { continue };
        let uses = crates.entry(folder).or_default().entry(module.to_owned()).or_default();
        uses.extend(named(&text));
    }
    Ok(crates.iter().flat_map(|(folder, uses)| circles(folder, uses)).collect())
}

/// Finds the names that follow `use crate::` before the tests of a file.
fn named(text: &str) -> BTreeSet<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.split(';').filter_map(|line| line.rsplit_once("use crate::"));
    lines.flat_map(|(_, path)| heads(path)).collect()
}

/// Gives the first part of a path, or of each path in braces.
fn heads(path: &str) -> Vec<String> {
    let mut depth = 0;
    let mut paths = vec![String::new()];
    let inner = path.trim().strip_prefix('{').and_then(|path| path.strip_suffix('}'));
    for c in inner.unwrap_or(path).chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match paths.last_mut() {
            Some(last) if c != ',' || depth > 0 => last.push(c),
            _ => paths.push(String::new()),
        }
    }
    let head =
        |path: &String| path.trim().split([':', ' ', '{']).next().unwrap_or_default().to_owned();
    paths.iter().map(head).collect()
}

/// Tells of each module that names itself by way of others.
fn circles(folder: &str, uses: &Uses) -> Vec<String> {
    let mut breaches = Vec::new();
    for (module, direct) in uses {
        let mut seen = BTreeSet::new();
        let mut rest: Vec<&String> = direct.iter().filter(|other| *other != module).collect();
        while let Some(next) = rest.pop() {
            if seen.insert(next) {
                rest.extend(uses.get(next).into_iter().flatten());
            }
        }
        if seen.contains(module) {
            let by: Vec<&str> = direct
                .iter()
                .filter(|other| seen.contains(other) && uses.contains_key(*other))
                .map(String::as_str)
                .collect();
            breaches.push(format!("{folder}: `{module}` is in a circle, by {}", by.join(", ")));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the modules in circles of a crate whose files are given.
    fn count(files: &[(&str, &str)]) -> usize {
        let uses = files.iter().map(|(name, text)| ((*name).to_owned(), named(text))).collect();
        circles("a", &uses).len()
    }

    #[test]
    fn modules_that_name_each_other_are_told() {
        assert_eq!(count(&[("a", "use crate::b::B;\n"), ("b", "use crate::c;\n"), ("c", "")]), 0);
        assert_eq!(count(&[("a", "use crate::b::B;\n"), ("b", "use crate::a::{A, C};\n")]), 2);
        let lists = [
            ("a", "use crate::{Error, b::{B, C}};\n"),
            ("b", "pub use crate::{c::C, Error};\n"),
            ("c", "use std::fmt;\nuse crate::a;\n"),
            ("d", "use crate::a;\n"),
        ];
        assert_eq!(count(&lists), 3);
        assert_eq!(count(&[("a", "use crate::a::A;\n")]), 0);
        let in_tests = [("a", "use crate::b;\n"), ("b", "#[cfg(test)]\nuse crate::a;\n")];
        assert_eq!(count(&in_tests), 0);
    }
}
