//! `mcp.json`: the servers of tools that the owner has set up, in the format of Claude Desktop, Cursor and LM Studio. Quire's
//! own are `allow`, `timeout_seconds` and `disabled`.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::variables::expand;

/// How long a call may take unless the file says otherwise.
const USUAL_TIMEOUT_SECONDS: u64 = 60;
/// The longest that it may say.
const LONGEST_TIMEOUT_SECONDS: u64 = 3600;

/// What is set up of a server.
#[derive(Clone)]
pub struct ServerSettings {
    /// How it is reached.
    pub way: Way,
    /// The tools that may be called without somebody's word if a request says so; `*` stands for all.
    pub allow: Vec<String>,
    /// How long a call may take. 60 seconds.
    pub timeout: Duration,
    /// Whether it is there to be used. Unless `disabled` is set, it is.
    pub is_enabled: bool,
}

/// How a server is reached.
#[derive(Clone)]
pub enum Way {
    /// It is started, and spoken with over its standard input and output.
    Program(Program),
    /// It runs somewhere, and is spoken with over streamable HTTP.
    Http(Place),
}

/// A program to start.
#[derive(Clone)]
pub struct Program {
    /// Its name or path.
    pub command: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment, beside `PATH` and `HOME`.
    pub environment: BTreeMap<String, String>,
    /// The folder it is started in; the home folder unless it is given.
    pub folder: Option<PathBuf>,
}

/// A place on the network.
#[derive(Clone)]
pub struct Place {
    /// The address.
    pub url: Url,
    /// Headers of every request, such as those with a key.
    pub headers: HashMap<HeaderName, HeaderValue>,
}

/// The field of the file that has the servers.
pub const SERVERS: &str = "mcpServers";
/// The field of a server that has [`ServerSettings::allow`].
pub const ALLOW: &str = "allow";

/// A server as the file has it.
#[derive(Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: Option<String>,
    command: Option<String>,
    args: Option<Vec<String>>,
    env: Option<BTreeMap<String, String>>,
    cwd: Option<String>,
    url: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    allow: Option<Vec<String>>,
    timeout_seconds: Option<u64>,
    disabled: Option<bool>,
}

/// What is read of a server: its name, and its settings or what is wrong with them.
pub type Read = (String, Result<ServerSettings, String>);

/// Reads the file; none is a file without servers. Blocks on the disk.
pub fn read(path: &Path) -> Result<Vec<Read>, String> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("`{}` cannot be read: {error}", path.display())),
    };
    read_text(&text).map_err(|error| format!("`{}` is not valid: {error}", path.display()))
}

fn read_text(text: &[u8]) -> Result<Vec<Read>, serde_json::Error> {
    let mut file: Map<String, Value> = serde_json::from_slice(text)?;
    let servers = file.remove(SERVERS).filter(|servers| !servers.is_null());
    let servers: Map<String, Value> =
        servers.map_or_else(|| Ok(Map::new()), serde_json::from_value)?;
    let find = |name: &str| std::env::var(name).ok();
    let read = |(label, written): (String, Value)| {
        let settings = serde_json::from_value(written)
            .map_err(|error| error.to_string())
            .and_then(|written| settle(written, &find));
        (label, settings)
    };
    Ok(servers.into_iter().map(read).collect())
}

fn settle(
    written: Written,
    find: &dyn Fn(&str) -> Option<String>,
) -> Result<ServerSettings, String> {
    let kind = written.kind.as_deref();
    let way = match (&written.command, &written.url) {
        (Some(_), Some(_)) => return Err("it has both `command` and `url`".to_owned()),
        (None, None) => return Err("it has neither `command` nor `url`".to_owned()),
        (Some(command), None) => {
            if kind.is_some_and(|kind| kind != "stdio") {
                return Err(format!("its type `{}` has no `command`", kind.unwrap_or_default()));
            }
            Way::Program(Program {
                command: expand(command, find)?,
                arguments: expand_all(&written.args.unwrap_or_default(), find)?,
                environment: expand_values(written.env.unwrap_or_default(), find)?,
                folder: written.cwd.map(|path| expand(&path, find)).transpose()?.map(PathBuf::from),
            })
        }
        (None, Some(url)) => {
            match kind {
                None | Some("http" | "streamable-http" | "streamableHttp" | "streamable_http") => {}
                Some(other) => {
                    return Err(format!(
                        "its type `{other}` is not known here; take `http`, which is streamable HTTP"
                    ));
                }
            }
            let headers = expand_values(written.headers.unwrap_or_default(), find)?;
            Way::Http(read_place(&expand(url, find)?, headers)?)
        }
    };
    let seconds = written.timeout_seconds.unwrap_or(USUAL_TIMEOUT_SECONDS);
    if !(1..=LONGEST_TIMEOUT_SECONDS).contains(&seconds) {
        return Err(format!(
            "`timeout_seconds` is {seconds}; it must be 1 to {LONGEST_TIMEOUT_SECONDS}"
        ));
    }
    Ok(ServerSettings {
        way,
        allow: written.allow.unwrap_or_default(),
        timeout: Duration::from_secs(seconds),
        is_enabled: !written.disabled.unwrap_or(false),
    })
}

fn expand_all(
    texts: &[String],
    find: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<String>, String> {
    texts.iter().map(|text| expand(text, find)).collect()
}

fn expand_values(
    values: BTreeMap<String, String>,
    find: &dyn Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>, String> {
    values.into_iter().map(|(name, value)| Ok((name, expand(&value, find)?))).collect()
}

/// Reads an address and the headers that are sent there. Values are not shown in errors: they may be keys.
fn read_place(url: &str, headers: BTreeMap<String, String>) -> Result<Place, String> {
    let url: Url = url.parse().map_err(|error| format!("`url` is not an address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("`url` must begin with `http://` or `https://`".to_owned());
    }
    let mut read = HashMap::new();
    for (name, value) in headers {
        let wrong = || format!("the header `{name}` cannot be sent");
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong())?;
        let mut value = HeaderValue::from_str(&value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        read.insert(key, value);
    }
    Ok(Place { url, headers: read })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_one(written: &str) -> Result<ServerSettings, String> {
        let text = format!(r#"{{"mcpServers": {{"one": {written}}}}}"#);
        read_text(text.as_bytes()).expect("JSON").pop().expect("a server").1
    }

    #[test]
    fn both_ways_are_read() {
        let read = read_one(
            r#"{"type": "stdio", "command": "npx", "args": ["-y", "x"], "env": {"A": "${NONE:-b}"},
                "cwd": "/tmp", "allow": ["look"], "timeout_seconds": 5, "unknown": 1}"#,
        )
        .expect("a program");
        let Way::Program(program) = read.way else { panic!("a program") };
        assert_eq!((program.command.as_str(), program.arguments.len()), ("npx", 2));
        assert_eq!(program.environment["A"], "b");
        assert_eq!((read.allow, read.timeout.as_secs()), (vec!["look".to_owned()], 5));
        let read = read_one(
            r#"{"url": "https://a.example/mcp", "headers": {"X-Key": "k"}, "disabled": true}"#,
        );
        let read = read.expect("a place");
        assert!(!read.is_enabled);
        let Way::Http(place) = read.way else { panic!("a place") };
        assert_eq!((place.url.host_str(), place.headers.len()), (Some("a.example"), 1));
    }

    #[test]
    fn what_is_wrong_with_a_server_is_its_own() {
        for (written, part) in [
            ("{}", "neither"),
            (r#"{"command": "a", "url": "http://b"}"#, "both"),
            (r#"{"command": 5}"#, "expected a string"),
            (r#"{"command": "a", "type": "sse"}"#, "`sse`"),
            (r#"{"url": "http://b", "type": "sse"}"#, "`sse`"),
            (r#"{"url": "file:///etc/passwd"}"#, "http"),
            (r#"{"url": "http://b", "headers": {"a b": "c"}}"#, "`a b`"),
            (r#"{"command": "a", "timeout_seconds": 0}"#, "timeout_seconds"),
            (r#"{"command": "${QUIRE_TEST_NONE}"}"#, "QUIRE_TEST_NONE"),
        ] {
            let Err(problem) = read_one(written) else { panic!("{written} is wrong") };
            assert!(problem.contains(part), "{written}: {problem}");
        }
        assert!(read_text(b"[]").is_err() && read_text(b"{").is_err());
        assert!(read_text(br#"{"mcpServers": []}"#).is_err());
        for none in ["{}", r#"{"mcpServers": null}"#, r#"{"mcpServers": {}, "other": 1}"#] {
            assert!(read_text(none.as_bytes()).expect("no servers").is_empty());
        }
    }
}
