//! Where the key that an upstream wants is found.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::UpstreamFailure;
use crate::key::Key;

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
