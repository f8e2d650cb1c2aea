//! The hash of a file's bytes as the sync protocol writes it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{ContentHash, InvalidName, refuse};

const PREFIX: &str = "sha256:";

/// The SHA-256 of a file's raw bytes, or of a folder's lines: `sha256:` and 64 lower-case
/// hexadecimal digits. As an `ETag` it stands in double quotes.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct FileHash(ContentHash);

impl FileHash {
    /// Makes the hash from the digest itself.
    #[expect(clippy::missing_panics_doc, reason = "64 hexadecimal digits are a hash")]
    pub fn from_digest(digest: [u8; 32]) -> Self {
        let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
        let hex: String =
            digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        Self(hex.parse().expect("64 hexadecimal digits are a hash"))
    }

    /// Shows the hash without its prefix.
    pub fn content(&self) -> &ContentHash {
        &self.0
    }

    /// Shows the strong `ETag` of a file with these bytes.
    pub fn etag(&self) -> String {
        format!("\"{self}\"")
    }
}

impl fmt::Display for FileHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{PREFIX}{}", self.0)
    }
}

impl From<ContentHash> for FileHash {
    fn from(hash: ContentHash) -> Self {
        Self(hash)
    }
}

impl From<FileHash> for ContentHash {
    fn from(hash: FileHash) -> Self {
        hash.0
    }
}

impl FromStr for FileHash {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let digits = value.strip_prefix(PREFIX);
        let digits =
            digits.ok_or_else(|| refuse("hash", value, "does not start with `sha256:`"))?;
        Ok(Self(digits.parse()?))
    }
}

impl TryFrom<String> for FileHash {
    type Error = InvalidName;

    fn try_from(value: String) -> Result<Self, InvalidName> {
        value.parse()
    }
}

impl From<FileHash> for String {
    fn from(hash: FileHash) -> Self {
        hash.to_string()
    }
}
