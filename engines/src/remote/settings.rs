//! What is to be known of upstreams: a file beside the models, `upstreams.json`, that people and `quire models upstream`
//! write. It holds no keys, only where they are found.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use quire_domain::ModelKind;
use serde::{Deserialize, Serialize};

use super::KeyPlace;
use crate::EngineError;

/// The name of the file in the models folder.
const FILE: &str = "upstreams.json";

/// The name of an upstream: 1 to 40 lower-case letters, digits and `-`, beginning with a letter or digit.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct UpstreamName(String);

impl UpstreamName {
    /// Shows the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UpstreamName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for UpstreamName {
    type Err = String;

    fn from_str(value: &str) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let begins = value.starts_with(|c: char| c.is_ascii_alphanumeric());
        // Collections are named as models by this.
        if !begins || value.len() > 40 || !value.chars().all(fits) || value == "collection" {
            return Err(format!(
                "`{value}` cannot name an upstream; take 1 to 40 lower-case letters, digits and `-`"
            ));
        }
        Ok(Self(value.to_owned()))
    }
}

impl TryFrom<String> for UpstreamName {
    type Error = String;

    fn try_from(value: String) -> Result<Self, String> {
        value.parse()
    }
}

impl From<UpstreamName> for String {
    fn from(value: UpstreamName) -> Self {
        value.0
    }
}

/// An upstream.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UpstreamSettings {
    /// What the names of its models begin with.
    pub name: UpstreamName,
    /// The address below which `chat/completions` lies, such as `https://api.example.com/v1`.
    pub url: String,
    /// Where its key is found. Default: it wants none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyPlace>,
    /// For how many seconds it may say nothing. Default 120: a long prompt is read first.
    #[serde(default = "usual_timeout")]
    pub timeout_seconds: u64,
    /// How often a request is made again that failed for reasons that pass. Default 3.
    #[serde(default = "usual_retries")]
    pub retries: usize,
    /// The pause before the first of them, in milliseconds; each later one is twice as long. Default 500.
    #[serde(default = "usual_pause")]
    pub retry_pause_ms: u64,
    /// How many requests it is given at a time; others wait. Default 4.
    #[serde(default = "usual_concurrency")]
    pub max_concurrent: usize,
    /// What is to be known of its models beyond what it tells itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<RemoteModelSettings>,
}

/// What is to be known of a model of an upstream.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteModelSettings {
    /// The upstream's name for it.
    pub id: String,
    /// What it does. Default: what the upstream says, or what the name sounds like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ModelKind>,
    /// The longest input in tokens. Default: what the upstream says, or 8192 for chat and 512 else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
    /// The length that vectors are to have, if the upstream cuts them. Default: its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// What an embedding model wants before a question. Default: nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query_prefix: String,
    /// What it wants before a passage. Default: nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub passage_prefix: String,
    /// Fields that requests go without because it does not take them, such as `temperature`. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leave_out: Vec<String>,
}

fn usual_timeout() -> u64 {
    120
}

fn usual_retries() -> usize {
    3
}

fn usual_pause() -> u64 {
    500
}

fn usual_concurrency() -> usize {
    4
}

impl UpstreamSettings {
    /// Makes those of an upstream without a key.
    pub fn new(name: UpstreamName, url: impl Into<String>) -> Self {
        Self {
            name,
            url: url.into(),
            key: None,
            timeout_seconds: usual_timeout(),
            retries: usual_retries(),
            retry_pause_ms: usual_pause(),
            max_concurrent: usual_concurrency(),
            models: Vec::new(),
        }
    }

    /// Finds what is settled of a model, by the upstream's name for it.
    pub fn model(&self, id: &str) -> Option<&RemoteModelSettings> {
        self.models.iter().find(|model| model.id == id)
    }
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    upstreams: Vec<UpstreamSettings>,
}

/// Reads the upstreams of a models folder; none if there is no such file. Blocks on the disk.
pub fn read_upstreams(models_folder: &Path) -> Result<Vec<UpstreamSettings>, EngineError> {
    let path = path(models_folder);
    let text = match std::fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(EngineError::Io { path, source }),
    };
    let invalid = |reason: String| EngineError::Settings { path: path.clone(), reason };
    let file: File = serde_json::from_slice(&text).map_err(|error| invalid(error.to_string()))?;
    let names: Vec<&str> = file.upstreams.iter().map(|one| one.name.as_str()).collect();
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(invalid(format!("two upstreams are called `{name}`")));
        }
    }
    Ok(file.upstreams)
}

/// Writes the upstreams of a models folder. Blocks on the disk.
pub fn write_upstreams(
    models_folder: &Path,
    upstreams: Vec<UpstreamSettings>,
) -> Result<(), EngineError> {
    crate::written_file::write_json(&path(models_folder), &File { upstreams })
}

fn path(models_folder: &Path) -> PathBuf {
    models_folder.join(FILE)
}
