//! The key that an upstream wants: where it is found, and how it is kept out of every log.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::UpstreamFailure;

/// A secret. It is shown nowhere, not even where everything is.
#[derive(Clone, Eq, PartialEq)]
pub struct Key(String);

impl Key {
    /// Takes a secret; `None` if it is empty.
    pub fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        (!secret.is_empty()).then(|| Self(secret.to_owned()))
    }

    /// Shows the secret, for the header that carries it.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Takes the secret out of what somebody else said.
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}

/// Where a key is found. The key itself is never a setting.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyPlace {
    /// In a variable of the environment.
    Env(String),
    /// In a file, which holds nothing else.
    File(PathBuf),
}

impl fmt::Display for KeyPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(variable) => write!(formatter, "`${variable}`"),
            Self::File(path) => write!(formatter, "`{}`", path.display()),
        }
    }
}

impl KeyPlace {
    /// Reads the key: each time anew, so that a new one needs no restart where it is in a file.
    pub fn read(&self) -> Result<Key, UpstreamFailure> {
        let found = match self {
            Self::Env(variable) => std::env::var(variable).map_err(|error| error.to_string()),
            Self::File(path) => std::fs::read_to_string(path).map_err(|error| error.to_string()),
        };
        let missing = |reason: String| UpstreamFailure::NoKey { place: self.to_string(), reason };
        let text = found.map_err(missing)?;
        Key::new(&text).ok_or_else(|| missing("it is empty".to_owned()))
    }
}
