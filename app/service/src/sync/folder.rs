//! Folders of this machine and their mirrors: what `quire sync` and the server's own watching share.
//!
//! A [`SyncedFolder`] is listed by the rules ([`listing`]), its files are hashed unless the memory
//! knows them ([`hashing`]), and a [`Round`] brings a [`Mirror`] in step with it over the protocol's own
//! calls: over HTTP for a client, straight into [`crate::Services`] for a folder of the server's machine. A
//! [`FolderWatch`] says when to look again; what changed is always found by looking.

pub mod ignore;
pub mod obsidian;

pub mod hashing;
pub mod listing;

mod delete_limit;
pub mod mirror;
mod report;
pub mod round;
mod sending;

pub mod watch;
pub(crate) mod watched;

pub use delete_limit::DeleteLimit;
pub use hashing::{HashedFolder, SyncedFolder};
pub use listing::{FolderFile, FolderListing, LeftOut, ListingError};
pub use mirror::{LocalMirror, Mirror, MirrorError, MirrorTerms};
pub use report::{FileProblem, RoundReport};
pub use round::{Round, RoundError, Step};
pub use watch::{FolderWatch, LOOK_ANEW_AFTER, WatchError};
