//! The sync protocol: how a folder or an Obsidian vault is mirrored into a collection.
//!
//! These are the words and wire shapes that the server under `/api/sources` and its clients
//! (`quire sync`, the Obsidian plugin) share, and the pure rules both must agree on to the byte:
//! paths ([`SourcePath`]), the order of writes ([`Stamp`]), the digest of a tree ([`tree_digests`])
//! and the guard against mass deletion ([`DeleteGuard`]).
//!
//! A *source* is a folder or vault mirrored into one collection. The vault is the truth, the server
//! its mirror: every call can be repeated, and an interrupted sync is mended by starting it again.
//! Times are milliseconds since the Unix epoch, sizes are bytes.

pub mod hash;
pub mod path;

pub mod digest;
pub mod register;
pub mod rules;

pub mod blob;
pub mod device;
pub mod entry;
pub mod key;
pub mod plan;
pub mod source;
pub mod status;
pub mod write;

pub use blob::BlobState;
pub use device::{Device, DeviceId, PairReply, PairRequest, PairingCode, PairingCodeRequest};
pub use digest::{DigestReply, TreeDigests, tree_digests};
pub use entry::{ChangePage, EntryOp, EntryPage, FileEntry, FileStatus, Tombstone};
pub use hash::FileHash;
pub use key::{IssuedKey, KeyId};
pub use path::SourcePath;
pub use plan::{
    CommitReply, CommitRequest, DeleteGuard, Missing, PlanFile, PlanId, PlanReply, PlanRequest,
    PlannedMove, PlannedUpload, Scope, ServerVersion, SkipReason, Skipped, Superseded,
    UploadReason,
};
pub use register::{MAX_CLOCK_AHEAD_MS, Stamp, clamp_ts};
pub use rules::Rules;
pub use source::{Source, SourceId, SourceKind, SourceRequest, SyncLimits, Vault};
pub use status::{
    FileStage, ReindexReply, ReindexRequest, SourceEvent, SourceFailure, SourceIndex, SourceStatus,
};
pub use write::{BatchOp, BatchReply, BatchRequest, OpError, OpResult, WriteResult};
