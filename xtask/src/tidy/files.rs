//! How files look: an opening that says what they are, a length that can be read, names that tell.

use anyhow::Result;

use crate::paths::workspace;
use crate::step::{command, output};

const MAX_LINES: usize = 600;

/// Uniform tables, one a language, which are as long as the language wants.
const WORD_TABLES: &str = "app/language/src/words/";

const BANNED_NAMES: [&str; 6] = ["utils", "util", "common", "helpers", "misc", "manager"];

/// Words in two parts, so that this file does not break its own rules.
const BANNED_WORDS: [(&str, &str); 3] = [
    (concat!("TO", "DO"), "do it, or open an issue"),
    (concat!("FIX", "ME"), "mend it"),
    (concat!("#[", "ignore"), "a test always runs"),
];

/// Words that must not stand below a path, and what is to be used instead.
const BANNED_BELOW: [(&str, &str, &str); 1] =
    [("server/src/http/api", concat!(".rou", "te("), "use `routes!`, so that it is described")];

/// Addresses that depend on a network; the tools' own defaults are used instead.
const REGISTRIES: [&str; 5] = [
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("pypi.org/", "simple"),
    concat!("files.", "pythonhosted.org"),
    concat!("registry.", "npmjs.org"),
];

/// Reads every file that git knows or would take, and tells every breach.
pub(super) fn check() -> Result<Vec<String>> {
    let listed =
        output(&mut command("git", &["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut breaches = Vec::new();
    for path in listed.lines().filter(|path| !path.ends_with("Cargo.lock")) {
        // A file may be deleted and still be listed; one that is not text has no rules.
        if let Ok(text) = std::fs::read_to_string(workspace().join(path)) {
            breaches.extend(check_file(path, &text));
        }
    }
    Ok(breaches)
}

fn check_file(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if let Some(address) = REGISTRIES.iter().find(|address| text.contains(**address)) {
        breaches.push(format!("{path}: names a registry's address, {address}"));
    }
    let Some(name) = path.rsplit('/').next().and_then(|name| name.strip_suffix(".rs")) else {
        return breaches;
    };
    if !text.starts_with("//!") {
        breaches.push(format!("{path}: does not open with `//!` and what it is"));
    }
    if name == "mod" {
        breaches.push(format!("{path}: is a mod.rs; name the file after its folder, beside it"));
    }
    if BANNED_NAMES.contains(&name) {
        breaches.push(format!("{path}: `{name}` says nothing; name it after what is in it"));
    }
    for (word, reason) in BANNED_WORDS {
        if let Some(line) = text.lines().position(|line| has_word(line, word)) {
            breaches.push(format!("{path}:{}: has {word}: {reason}", line + 1));
        }
    }
    for (folder, word, instead) in BANNED_BELOW {
        if path.starts_with(folder) && text.contains(word) {
            breaches.push(format!("{path}: has {word}..): {instead}"));
        }
    }
    let lines = text.lines().count();
    if lines > MAX_LINES && !is_test(path) && !path.starts_with(WORD_TABLES) {
        breaches.push(format!("{path}: has {lines} lines, more than {MAX_LINES}"));
    }
    breaches
}

/// Finds a word that stands alone, or, if it is no word, wherever it stands.
fn has_word(line: &str, word: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != '_');
    line.match_indices(word).any(|(at, _)| {
        edge(line[..at].chars().next_back()) && edge(line[at + word.len()..].chars().next())
    })
}

fn is_test(path: &str) -> bool {
    path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "fixtures"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_breach_is_told() {
        let long = format!("//! x\n{}", "\n".repeat(MAX_LINES));
        for (path, text, breaches) in [
            ("a/b.rs", "//! Fine.\n", 0),
            ("a/b.rs", "use x;\n", 1),
            ("a/mod.rs", "//! x\n", 1),
            ("a/utils.rs", "//! x\n", 1),
            ("a/b.rs", &format!("//! x\n// {}: y\n", BANNED_WORDS[0].0), 1),
            ("a/b.rs", &format!("//! x\n{}]\n", BANNED_WORDS[2].0), 1),
            ("a/b.rs", &long, 1),
            ("a/tests.rs", &long, 0),
            ("a/b.toml", REGISTRIES[0], 1),
            ("server/src/http/api/a.rs", &format!("//! x\n{}", BANNED_BELOW[0].1), 1),
            ("server/src/http/v1.rs", &format!("//! x\n{}", BANNED_BELOW[0].1), 0),
        ] {
            assert_eq!(check_file(path, text).len(), breaches, "{path}: {text:.40}");
        }
    }
}
