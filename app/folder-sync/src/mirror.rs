//! The other side of a folder: the protocol's calls, whatever carries them.

use async_trait::async_trait;
use quire_domain::sync::{
    BatchOp, BatchReply, BlobState, CommitReply, CommitRequest, DigestReply, FileHash, PlanReply,
    PlanRequest, Rules, Source, SyncLimits,
};

/// Why a mirror did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// It refused.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// A stable word for programs.
        code: String,
        /// A sentence for people.
        message: String,
    },
    /// It cannot be reached, or broke down; asking later may work.
    #[error("{message}")]
    Away {
        /// A sentence for people.
        message: String,
    },
}

impl MirrorError {
    /// Tells if the mirror refused with this word.
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == word)
    }

    /// Tells if it may work later without anybody doing something.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Away { .. } => true,
            Self::Refused { status, .. } => *status == 429 || *status >= 500,
        }
    }
}

/// What a source lets through and how much a call may hold.
#[derive(Clone, Debug, PartialEq)]
pub struct MirrorTerms {
    /// Which files are mirrored.
    pub rules: Rules,
    /// Names the rules.
    pub rules_hash: String,
    /// How much one call may hold.
    pub limits: SyncLimits,
}

impl From<&Source> for MirrorTerms {
    fn from(source: &Source) -> Self {
        let Source { rules, rules_hash, limits, .. } = source;
        Self { rules: rules.clone(), rules_hash: rules_hash.clone(), limits: *limits }
    }
}

/// One source of a server, as the protocol's calls show it. Every call can be repeated.
#[async_trait]
pub trait Mirror: Send + Sync {
    /// Gives the terms of the source, making it if it is missing; may be as they were last seen.
    async fn terms(&self) -> Result<MirrorTerms, MirrorError>;

    /// As [`Mirror::terms`], asking anew.
    async fn renew_terms(&self) -> Result<MirrorTerms, MirrorError>;

    /// Gives the digest of what it holds.
    async fn digest(&self) -> Result<DigestReply, MirrorError>;

    /// Compares what is there with what it holds.
    async fn plan(&self, request: PlanRequest) -> Result<PlanReply, MirrorError>;

    /// Writes files, each with a result of its own.
    async fn batch(&self, ops: Vec<BatchOp>) -> Result<BatchReply, MirrorError>;

    /// Tells how much of some bytes it has.
    async fn find_blob(&self, hash: &FileHash) -> Result<BlobState, MirrorError>;

    /// Appends a piece to bytes of `length` in all; one at another offset than where they end is
    /// refused as `offset_mismatch`.
    async fn append_blob(
        &self,
        hash: &FileHash,
        offset: u64,
        length: u64,
        piece: Vec<u8>,
    ) -> Result<(), MirrorError>;

    /// Ends a plan.
    async fn commit(&self, request: CommitRequest) -> Result<CommitReply, MirrorError>;
}
