//! Paths inside a source.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::id::{InvalidName, names_drive, refuse, string_newtype};

/// A file's path inside its source: relative to the vault, `/` between parts, Unicode NFC, case as
/// it is, at most 1,024 bytes and 255 a part.
///
/// Text that is not NFC (macOS writes file names decomposed) is normalised; what breaks another
/// rule is refused: an empty path, a leading or trailing or doubled slash, a part `.` or `..`, a
/// backslash, a control character, a drive (`C:/`).
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct SourcePath(String);

string_newtype!(SourcePath);

impl SourcePath {
    /// Gives what two paths share that a file system without regard to case takes for one.
    pub fn case_key(&self) -> String {
        self.0.chars().flat_map(char::to_lowercase).nfc().collect()
    }

    /// Shows the ending in lower case and without its dot, or an empty string.
    pub fn extension(&self) -> String {
        let name = self.0.rsplit('/').next().unwrap_or(&self.0);
        match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => extension.to_lowercase(),
            _ => String::new(),
        }
    }
}

impl FromStr for SourcePath {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let path = if is_nfc(value) { value.to_owned() } else { value.nfc().collect() };
        match broken_rule(&path) {
            None => Ok(Self(path)),
            Some(problem) => Err(refuse("path", value, problem)),
        }
    }
}

fn broken_rule(path: &str) -> Option<&'static str> {
    if path.is_empty() {
        return Some("is empty");
    }
    if path.starts_with('/') || names_drive(path) {
        return Some("is absolute; give it relative to the vault");
    }
    if path.contains('\\') {
        return Some("has a backslash; parts are divided by `/`");
    }
    if path.chars().any(char::is_control) {
        return Some("has a control character");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("has an empty part, or a part `.` or `..`");
    }
    if path.len() > 1024 || path.split('/').any(|part| part.len() > 255) {
        return Some("is too long (1,024 bytes, 255 for one part)");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::SourcePath;

    #[test]
    fn paths_stay_inside_and_are_written_one_way() {
        let cases = [
            ("Daily/2026-11-20.md", true),
            ("a", true),
            ("Notizen/Übung 🌱.md", true),
            (".hidden/..b", true),
            ("", false),
            ("/a", false),
            ("a/", false),
            ("a//b", false),
            ("./a", false),
            ("a/../b", false),
            ("a\\b", false),
            ("C:/b", false),
            ("Q: why.txt", !cfg!(windows)),
            ("a\nb", false),
            (&"x/".repeat(600), false),
            (&"x".repeat(256), false),
        ];
        for (path, valid) in cases {
            assert_eq!(path.parse::<SourcePath>().is_ok(), valid, "`{path}`");
        }
    }

    #[test]
    fn a_decomposed_name_is_the_composed_one() {
        let decomposed: SourcePath = "u\u{308}.md".parse().expect("a path");
        assert_eq!(decomposed.as_str(), "\u{fc}.md");
        let upper: SourcePath = "U\u{308}.MD".parse().expect("a path");
        assert_eq!(upper.case_key(), decomposed.case_key());
        assert_eq!(upper.extension(), "md");
    }
}
