//! Which tools may be called without somebody's word, changed in `mcp.json` itself: the owner sees in one place what is allowed,
//! and what a program has changed there can be read, and changed back, as what a person wrote.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use quire_domain::ErrorKind;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::config::{ALLOW, SERVERS};

/// What stands for all tools of a server.
pub const ALL: &str = "*";

/// Why it was not changed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AllowError {
    /// No server has this name.
    #[error("there is no server `{0}` in `mcp.json`")]
    NoServer(String),
    /// What is asked for cannot be written into the file, or the file is not what was read at the start.
    #[error("{0}")]
    NotPossible(String),
    /// The file could not be read or written.
    #[error("`{file}` {deed}: {reason}")]
    File {
        /// The file.
        file: String,
        /// What could not be done with it.
        deed: &'static str,
        /// Why.
        reason: String,
    },
}

impl AllowError {
    /// Gives the sort of error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NoServer(_) => ErrorKind::NotFound,
            Self::NotPossible(_) => ErrorKind::Conflict,
            Self::File { .. } => ErrorKind::Unavailable,
        }
    }
}

/// Changes one tool of a server in the file, and gives all that are allowed then. What else is in the file stays as it is, but for
/// its spaces. Blocks on the disk.
///
/// `known` are the tools that the server has told: if all were allowed by `*`, they take its place.
pub fn change(
    file: &Path,
    label: &str,
    tool: &str,
    allowed: bool,
    known: &[String],
) -> Result<Vec<String>, AllowError> {
    let failed = |deed: &'static str, reason: String| AllowError::File {
        file: file.display().to_string(),
        deed,
        reason,
    };
    let text = fs::read(file).map_err(|error| failed("cannot be read", error.to_string()))?;
    let mut content: Map<String, Value> = serde_json::from_slice(&text)
        .map_err(|error| failed("is not valid any more", error.to_string()))?;
    let entry = content
        .get_mut(SERVERS)
        .and_then(|servers| servers.get_mut(label))
        .and_then(Value::as_object_mut);
    let Some(entry) = entry else {
        return Err(AllowError::NotPossible(format!(
            "the server `{label}` is not in `mcp.json` any more; start Quire anew to have it read"
        )));
    };
    let before: Vec<String> = match entry.get(ALLOW).filter(|written| !written.is_null()) {
        None => Vec::new(),
        Some(written) => Vec::deserialize(written)
            .map_err(|error| failed("is not valid any more", format!("`{ALLOW}`: {error}")))?,
    };
    let after = changed(&before, label, tool, allowed, known)?;
    if after != before {
        entry.insert(ALLOW.to_owned(), after.clone().into());
        write(file, &content).map_err(|error| failed("cannot be written", error.to_string()))?;
    }
    Ok(after)
}

/// Gives the list with the change.
fn changed(
    before: &[String],
    label: &str,
    tool: &str,
    allowed: bool,
    known: &[String],
) -> Result<Vec<String>, AllowError> {
    let allows_all = before.iter().any(|name| name == ALL);
    if allowed {
        let is_known = tool == ALL || known.is_empty() || known.iter().any(|name| name == tool);
        if !is_known {
            let reason = format!("the server `{label}` has no tool `{tool}`");
            return Err(AllowError::NotPossible(reason));
        }
        let is_there = allows_all || before.iter().any(|name| name == tool);
        let added = (!is_there).then(|| tool.to_owned());
        return Ok(before.iter().cloned().chain(added).collect());
    }
    if !allows_all || tool == ALL {
        return Ok(before.iter().filter(|name| *name != tool).cloned().collect());
    }
    // The others stay allowed, by their names: so it must be known which they are.
    if known.is_empty() {
        return Err(AllowError::NotPossible(format!(
            "all tools of `{label}` are allowed by `{ALL}`, and which it has is not known yet: `quire mcp servers --connect` lists them"
        )));
    }
    let mut after: Vec<String> = Vec::new();
    for name in before.iter().chain(known) {
        if name != ALL && name != tool && !after.contains(name) {
            after.push(name.clone());
        }
    }
    Ok(after)
}

/// Writes the file beside, and then puts it in its place as a whole. A link stays one, and whoever could not read the file
/// before cannot read it then: it may hold keys.
fn write(file: &Path, content: &Map<String, Value>) -> io::Result<()> {
    let place = fs::canonicalize(file)?;
    let folder = place.parent().unwrap_or_else(|| Path::new("."));
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
    let mut text = serde_json::to_vec_pretty(content).map_err(io::Error::other)?;
    text.push(b'\n');
    unfinished.write_all(&text)?;
    unfinished.as_file().set_permissions(fs::metadata(&place)?.permissions())?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(&place).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn one_tool_is_changed_and_the_others_stay() {
        let check = |before: &[&str], tool: &str, allowed: bool, after: &[&str]| {
            let known = names(&["look", "write", "delete"]);
            let given = changed(&names(before), "files", tool, allowed, &known);
            assert_eq!(given, Ok(names(after)), "{before:?} {tool} {allowed}");
        };
        check(&[], "look", true, &["look"]);
        check(&["look"], "look", true, &["look"]);
        check(&["*"], "look", true, &["*"]);
        check(&["look", "write"], "look", false, &["write"]);
        check(&["write"], "look", false, &["write"]);
        check(&["*"], "delete", false, &["look", "write"]);
        check(&["write", "*"], "delete", false, &["write", "look"]);
        check(&["write", "*"], "*", false, &["write"]);
        check(&[], "*", true, &["*"]);
        let refused = [
            changed(&names(&["*"]), "files", "delete", false, &[]),
            changed(&[], "files", "lok", true, &names(&["look"])),
        ];
        let is_told = |refused: &Result<_, _>| matches!(refused, Err(AllowError::NotPossible(_)));
        assert!(refused.iter().all(is_told), "{refused:?}");
    }

    #[test]
    fn the_rest_of_the_file_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mcp.json");
        let written = r#"{"other": 1, "mcpServers": {"b": {"command": "x", "env": {"KEY": "${KEY}"}}, "a": {"url": "http://x"}}}"#;
        fs::write(&file, written).expect("a file");
        let after = change(&file, "b", "look", true, &[]).expect("it is changed");
        assert_eq!(after, ["look"]);
        let read: Value = serde_json::from_slice(&fs::read(&file).expect("bytes")).expect("JSON");
        let mut expected: Value = serde_json::from_str(written).expect("JSON");
        expected["mcpServers"]["b"]["allow"] = serde_json::json!(["look"]);
        assert_eq!(read.to_string(), expected.to_string(), "the order stays, too");
        assert_eq!(change(&file, "b", "look", false, &[]), Ok(Vec::new()));
        assert!(matches!(change(&file, "c", "x", true, &[]), Err(AllowError::NotPossible(_))));
        fs::write(&file, "{").expect("a file");
        assert!(matches!(change(&file, "b", "x", true, &[]), Err(AllowError::File { .. })));
        fs::remove_file(&file).expect("it goes");
        assert!(matches!(change(&file, "b", "x", true, &[]), Err(AllowError::File { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_nobody_else_may_read_the_file() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real.json"), folder.path().join("mcp.json"));
        fs::write(&real, r#"{"mcpServers": {"a": {"command": "x"}}}"#).expect("a file");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("they are set");
        symlink(&real, &link).expect("a link");
        change(&link, "a", "look", true, &[]).expect("it is changed");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        let mode = fs::metadata(&real).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert!(fs::read_to_string(&real).expect("text").contains("look"));
    }
}
