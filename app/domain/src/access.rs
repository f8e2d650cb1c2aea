//! Keys that open the server: what one may do, in which collections, until when, and what was done with them.
//!
//! These are not the keys of paired devices, each of which opens one source: see [`crate::sync`].

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::CollectionName;
use crate::id::{InvalidName, refuse, string_newtype};
use crate::sync::KeyId;

/// What the owner calls a key: 1 to 64 letters, digits, spaces, `-`, `_`, `.` and `@`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(String);

string_newtype!(KeyName);

impl FromStr for KeyName {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '@');
        let is_trimmed = value.trim() == value;
        if value.is_empty() || value.chars().count() > 64 || !is_trimmed || !value.chars().all(fits)
        {
            let problem = "is not 1 to 64 letters, digits, spaces, `-`, `_`, `.` and `@`";
            return Err(refuse("key name", value, problem));
        }
        Ok(Self(value.to_owned()))
    }
}

/// A sort of thing that a key may do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// Lists, searches, and reads texts and originals.
    Read,
    /// Asks questions, and has models chat and embed.
    Ask,
    /// Adds, changes and deletes.
    Write,
    /// Has models call the tools of servers that the owner has set up.
    Tools,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Read, Self::Ask, Self::Write, Self::Tools];

    /// Gives the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Ask => "ask",
            Self::Write => "write",
            Self::Tools => "tools",
        }
    }
}

impl std::fmt::Display for Permission {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let wanted = value.trim().to_ascii_lowercase();
        let found = Self::ALL.into_iter().find(|permission| permission.as_str() == wanted);
        found.ok_or_else(|| refuse("permission", value, "is not `read`, `ask`, `write` or `tools`"))
    }
}

/// A key without what is secret about it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessKey {
    /// Names it to programs; the key cannot be told from it.
    pub id: KeyId,
    /// What the owner calls it.
    pub name: KeyName,
    /// What it may do.
    pub allow: Vec<Permission>,
    /// The collections that it opens; all of them if absent.
    pub collections: Option<Vec<CollectionName>>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_at: i64,
    /// When it ends; never if absent.
    pub expires_at: Option<i64>,
    /// When it was last used, to the minute; never if absent.
    pub used_at: Option<i64>,
}

impl AccessKey {
    /// Returns whether it has ended by this moment.
    pub fn has_ended(&self, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|end| end <= now_ms)
    }
}

/// A key to be made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessKeyRequest {
    /// What to call it; no two keys have one name.
    pub name: KeyName,
    /// What it may do.
    pub allow: Vec<Permission>,
    /// The collections that it opens, whether they exist yet or not; all of them if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collections: Option<Vec<CollectionName>>,
    /// After how many seconds it ends; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_in_s: Option<u64>,
}

/// A key that has just been made.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewKey {
    /// The key itself, which is shown this once and is not kept.
    pub key: String,
    /// What is known of it afterwards.
    #[serde(flatten)]
    pub details: AccessKey,
}

/// A request that came with a key or from another machine.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessRecord {
    /// When it came, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The key's name; absent if none was sent or it was refused.
    pub key: Option<String>,
    /// The address that it came from; empty for a request of the server's own.
    pub address: String,
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// What it was answered with.
    pub status: u16,
    /// Names it in the log of the server.
    pub request_id: String,
}

#[cfg(test)]
mod tests {
    use super::{KeyName, Permission};

    #[test]
    fn names_hold_nothing_that_a_list_would_trip_over() {
        for (name, is_one) in [
            ("phone", true),
            ("Ada's phone", false),
            ("Büro 2", true),
            (" phone", false),
            ("", false),
            ("a\nb", false),
        ] {
            assert_eq!(name.parse::<KeyName>().is_ok(), is_one, "{name:?}");
        }
    }

    #[test]
    fn permissions_are_read_as_they_are_shown() {
        for permission in Permission::ALL {
            assert_eq!(permission.to_string().parse(), Ok(permission));
        }
        assert!("admin".parse::<Permission>().is_err());
    }
}
