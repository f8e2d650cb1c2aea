//! Sources: what is mirrored from where into which collection.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Device, Rules};
use crate::id::{CollectionName, InvalidName, refuse, string_newtype};

/// A source's name: a UUID that the client chooses once and keeps, in lower case with dashes.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(try_from = "String", into = "String")]
pub struct SourceId(String);

string_newtype!(SourceId);

impl FromStr for SourceId {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let lower = value.to_ascii_lowercase();
        let lengths = lower.split('-').map(str::len);
        let is_hex = lower.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
        if !is_hex || !lengths.eq([8, 4, 4, 4, 12]) {
            let problem = "is not a UUID, such as `0199a4f2-7c1e-4d0b-9b57-3f1f6a2f8e10`";
            return Err(refuse("source id", value, problem));
        }
        Ok(Self(lower))
    }
}

/// What sort of thing a source mirrors.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SourceKind {
    /// An Obsidian vault that a client pushes.
    Obsidian,
    /// Any folder that a client pushes, such as `quire sync DIR`.
    Client,
    /// A folder of the server's machine that the server watches itself.
    Folder {
        /// Its absolute path.
        root: String,
    },
}

/// The vault or folder as its owner knows it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Vault {
    /// Its name, which Obsidian's links use.
    pub name: String,
    /// Obsidian's own id of it: 16 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// Makes or updates a source, `PUT /api/sources/{sid}`; the same request again changes nothing.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceRequest {
    /// What it mirrors.
    #[serde(flatten)]
    pub kind: SourceKind,
    /// The collection it is mirrored into, which must exist. Stays as it is once there are files.
    #[serde(alias = "collection_id")]
    pub collection: CollectionName,
    /// What to call it.
    pub name: String,
    /// The folder of the collection that its documents lie in; the top if empty. Stays as it is
    /// once there are files.
    #[serde(default)]
    pub folder: String,
    /// The vault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vault: Option<Vault>,
    /// The device that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// Which files are mirrored; the rules it has, or else [`Rules::all`], if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
}

/// How much one call may hold.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SyncLimits {
    /// The most ops of a batch.
    pub max_batch_ops: usize,
    /// The most bytes of files in a batch, as they lie on disk.
    pub max_batch_bytes: u64,
    /// The largest file.
    pub max_file_bytes: u64,
    /// The most bytes of one `PATCH /api/blobs/{hash}`.
    pub blob_chunk: u64,
    /// The most files of one page of a plan.
    pub max_plan_files: usize,
}

/// A source as the server knows it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// Names it.
    pub id: SourceId,
    /// What it mirrors.
    #[serde(flatten)]
    pub kind: SourceKind,
    /// The collection it is mirrored into.
    pub collection: CollectionName,
    /// What it is called.
    pub name: String,
    /// The folder of the collection that its documents lie in; the top if empty.
    pub folder: String,
    /// The vault.
    pub vault: Option<Vault>,
    /// The devices that have pushed it.
    pub devices: Vec<Device>,
    /// Which files are mirrored.
    pub rules: Rules,
    /// Names the rules; opaque.
    pub rules_hash: String,
    /// Whether it takes no changes for now.
    pub paused: bool,
    /// Rises with every change.
    pub seq: u64,
    /// When it was made.
    pub created_at: i64,
    /// When a client last called.
    pub seen_at: i64,
    /// How much one call may hold.
    pub limits: SyncLimits,
    /// What the server can do: `plan`, `move`, `blobs`, `changes`, `events`, `gzip`.
    pub capabilities: Vec<String>,
}
