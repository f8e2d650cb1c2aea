//! How a source stands: its status, its failures, its progress.

use serde::{Deserialize, Serialize};

use super::{FileHash, Source, SourcePath};
use crate::ModelId;

/// How far the index has come with a source's files.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceIndex {
    /// Files that wait.
    pub queued: u64,
    /// Files that are being read or embedded.
    pub running: u64,
    /// Files that can be searched.
    pub done: u64,
    /// Files that could not be read.
    pub failed: u64,
    /// Files that are kept, but of a sort that is not read.
    pub skipped: u64,
    /// The model that embeds them.
    pub embedding_model: ModelId,
    /// The version of how files are read and cut.
    pub pipeline_version: u32,
}

/// How a source stands, `GET /api/sources/{sid}`; its `ETag` is `seq` in quotes.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceStatus {
    /// The source.
    #[serde(flatten)]
    pub source: Source,
    /// Files that are there.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The digest of all: see [`tree_digests`](super::tree_digests).
    pub digest: FileHash,
    /// How far the index has come.
    pub index: SourceIndex,
    /// Deletions before this time are forgotten.
    pub tombstone_horizon: i64,
    /// Why a folder that the server watches itself is not in step, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Where the work on a file stands or stopped.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FileStage {
    /// It is read.
    Parse,
    /// It is cut into chunks.
    Chunk,
    /// Its chunks are embedded.
    Embed,
    /// It can be searched.
    Done,
    /// It could not be read.
    Failed,
}

/// A file that is not indexed, and why, `GET /api/sources/{sid}/failures`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SourceFailure {
    /// Its path.
    pub path: SourcePath,
    /// Where the work stopped.
    pub stage: FileStage,
    /// A stable word for programs.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do about it, if we know.
    pub hint: Option<String>,
}

/// Which files to read and index anew, `POST /api/sources/{sid}/reindex`; all if nothing is said.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct ReindexRequest {
    /// Just these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<Vec<SourcePath>>,
    /// Those whose path starts so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    /// Those that failed.
    pub failed_only: bool,
}

/// What a reindex came to.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReindexReply {
    /// Files that are queued.
    pub queued: u64,
}

/// Progress of a source, `GET /api/sources/{sid}/events`; the name of the event is the variant's.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum SourceEvent {
    /// `event: file`: a file came further.
    File {
        /// Its path.
        path: SourcePath,
        /// How far.
        stage: FileStage,
        /// Why it failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// `event: summary`: how the source stands; the first event, and when the index comes to rest.
    Summary(Box<SourceStatus>),
}

impl SourceEvent {
    /// Shows the name of the event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::File { .. } => "file",
            Self::Summary(_) => "summary",
        }
    }
}
