//! Records of sources: folders and vaults that are mirrored into collections.
//!
//! Every path of a source is a last-writer-wins register ([`quire_domain::sync::Stamp`]), kept as
//! one entry whether the file is there or was deleted. An entry that is there has a document; the
//! register and the ledger of documents change in the same transaction.

pub mod keys;
pub mod plans;
pub mod writes;

use async_trait::async_trait;
use quire_domain::link::VaultFile;
use quire_domain::sync::{
    Device, DeviceId, FileEntry, FileHash, PlanFile, PlanId, Rules, SourceId, SourceKind,
    SourcePath, Vault,
};
use quire_domain::{CollectionName, Document, DocumentId};

pub use keys::{NewPairingCode, NewSourceKey, SourceKey, SourceKeys};
pub use plans::{NewPlan, PlanRecord};
pub use writes::{AppliedWrite, AppliedWrites, Change, Outcome, Precondition, Write};

use crate::CatalogError;

/// A source to be made or updated.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSource {
    /// Names it.
    pub id: SourceId,
    /// What it mirrors.
    pub kind: SourceKind,
    /// The collection it is mirrored into.
    pub collection: CollectionName,
    /// What it is called.
    pub name: String,
    /// The folder of the collection that its documents lie in, without slashes around it.
    pub folder: String,
    /// The vault.
    pub vault: Option<Vault>,
    /// The device that asks.
    pub device: Option<Device>,
    /// Which files are mirrored, with their name; those it has if `None`.
    pub rules: Option<(Rules, String)>,
    /// The rules of a source that is new and is given none, with their name.
    pub default_rules: (Rules, String),
}

/// A source as it is recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceRecord {
    /// Names it.
    pub id: SourceId,
    /// What it mirrors.
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
    /// Names the rules.
    pub rules_hash: String,
    /// Whether it takes no changes for now.
    pub paused: bool,
    /// Rises with every change.
    pub seq: u64,
    /// Deletions up to this number may be forgotten.
    pub horizon_seq: u64,
    /// When it was made.
    pub created_at_ms: i64,
    /// When a client last called.
    pub seen_at_ms: i64,
}

/// How many files of a source stand where.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SourceCounts {
    /// Files that are there.
    pub files: u64,
    /// Their bytes.
    pub size_bytes: u64,
    /// Files that wait.
    pub queued: u64,
    /// Files that are being read or embedded.
    pub running: u64,
    /// Files that can be searched.
    pub indexed: u64,
    /// Files that could not be read.
    pub failed: u64,
    /// Files of a sort that is not read.
    pub unsupported: u64,
}

/// What becomes of the documents of a source that is removed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DocumentsOfSource {
    /// They stay, as if ingested by hand.
    Kept,
    /// They go with it.
    Removed,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryFilter {
    /// Only those whose path starts so.
    pub prefix: String,
    /// Only those after this path.
    pub after: Option<String>,
    /// At most this many.
    pub limit: usize,
}

/// Keeps sources and their entries. Every method is one transaction.
#[async_trait]
pub trait SourceLedger: Send + Sync {
    /// Makes a source, or updates it; another collection or folder for one that has files is
    /// `SourceHasFiles`.
    async fn put_source(&self, source: NewSource) -> Result<SourceRecord, CatalogError>;

    /// Gets a source.
    async fn get_source(&self, id: &SourceId) -> Result<SourceRecord, CatalogError>;

    /// Lists all by name.
    async fn list_sources(&self) -> Result<Vec<SourceRecord>, CatalogError>;

    /// Notes that a device of a source has called.
    async fn see_source(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
    ) -> Result<(), CatalogError>;

    /// Sets whether a source takes changes.
    async fn set_source_paused(&self, id: &SourceId, paused: bool) -> Result<(), CatalogError>;

    /// Removes a source and its keys; gives the documents that went with it.
    async fn delete_source(
        &self,
        id: &SourceId,
        documents: DocumentsOfSource,
    ) -> Result<Vec<Document>, CatalogError>;

    /// Counts a source's files.
    async fn count_entries(&self, id: &SourceId) -> Result<SourceCounts, CatalogError>;

    /// Finds what is at a path.
    async fn find_entry(
        &self,
        id: &SourceId,
        path: &SourcePath,
    ) -> Result<Option<FileEntry>, CatalogError>;

    /// Finds the source and path of a document.
    async fn find_entry_of(
        &self,
        document: &DocumentId,
    ) -> Result<Option<(SourceId, SourcePath)>, CatalogError>;

    /// Finds the file of a vault that a document is.
    async fn find_vault_file(
        &self,
        document: &DocumentId,
    ) -> Result<Option<VaultFile>, CatalogError>;

    /// Lists files that are there, by path.
    async fn list_entries(
        &self,
        id: &SourceId,
        filter: EntryFilter,
    ) -> Result<Vec<FileEntry>, CatalogError>;

    /// Lists everything at every path, deletions included, by path.
    async fn list_register(&self, id: &SourceId) -> Result<Vec<FileEntry>, CatalogError>;

    /// Lists path and hash of the files that are there and whose documents are, by path.
    async fn list_hashes(&self, id: &SourceId)
    -> Result<Vec<(SourcePath, FileHash)>, CatalogError>;

    /// Lists what was written after a sequence number, by sequence number.
    async fn list_changes(
        &self,
        id: &SourceId,
        since: u64,
        limit: usize,
    ) -> Result<Vec<FileEntry>, CatalogError>;

    /// Writes paths, one after the other. A write that is refused changes nothing; the others are
    /// done. A deletion and a put of the same bytes keep the document: it gets another path.
    async fn apply_writes(
        &self,
        id: &SourceId,
        device: Option<&DeviceId>,
        writes: Vec<Write>,
    ) -> Result<AppliedWrites, CatalogError>;

    /// Forgets deletions that were recorded before a time.
    async fn forget_tombstones(&self, before_ms: i64) -> Result<(), CatalogError>;

    /// Begins a plan and forgets those that have ended.
    async fn begin_plan(
        &self,
        plan: NewPlan,
        page: u32,
        files: Vec<PlanFile>,
    ) -> Result<PlanRecord, CatalogError>;

    /// Adds files to a plan; a page that has come before takes the place of that.
    async fn extend_plan(
        &self,
        source: &SourceId,
        plan: &PlanId,
        page: Option<u32>,
        files: Vec<PlanFile>,
    ) -> Result<PlanRecord, CatalogError>;

    /// Gets a plan of a source; one that has ended is `NoSuchPlan`.
    async fn get_plan(&self, source: &SourceId, plan: &PlanId) -> Result<PlanRecord, CatalogError>;
}
