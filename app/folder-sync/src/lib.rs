//! The client of the sync protocol: folders of this machine and their mirrors.
//!
//! `quire sync` and the folders that the server watches itself are the same client. A [`SyncedFolder`]
//! is listed by the rules ([`listing`]), its files are hashed unless the memory knows them
//! ([`hashing`]), and a [`Round`] brings a [`Mirror`] in step with it over the protocol's own calls. A
//! [`FolderWatch`] tells when to look again; what changed is always found by looking.
//!
//! Nothing here knows how a mirror is reached or what it keeps: [`Mirror`] is HTTP for a client and the
//! services themselves for a server, and [`FolderMemory`] is whatever survives a restart. The server
//! checks what it is sent by the same [`rules`].

pub mod rules;

pub mod ignore;
pub mod obsidian;

pub mod hashing;
pub mod listing;
pub mod memory;

mod delete_limit;
pub mod mirror;
mod report;
pub mod round;
mod sending;

pub mod watch;

use quire_domain::sync::FileHash;
use sha2::{Digest, Sha256};

pub use delete_limit::DeleteLimit;
pub use hashing::{HashedFolder, SyncedFolder};
pub use listing::{FolderFile, FolderListing, LeftOut, ListingError};
pub use memory::{FileStamp, FolderMemory, KnownHash, MemoryError};
pub use mirror::{Mirror, MirrorError, MirrorTerms};
pub use report::{FileProblem, RoundReport};
pub use round::{Round, RoundError, Step};
pub use rules::{InvalidGlob, RuleSet};
pub use watch::{FolderWatch, LOOK_ANEW_AFTER, WatchError};

/// Reads the clock as the protocol and the catalog write times: milliseconds since the Unix epoch.
pub fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

/// Hashes bytes as the protocol does.
pub fn file_hash(bytes: &[u8]) -> FileHash {
    FileHash::from_digest(sha256(bytes))
}

/// Gives the digest that the protocol's hashes and trees are made of.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
