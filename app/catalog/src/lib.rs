//! The catalog: what exists, and how far each document has come.
//!
//! The traits say what a catalog keeps; [`SqliteCatalog`] keeps it in one SQLite file. The catalog
//! is the truth: the chunk store and the originals on disk are brought in line with it.

pub mod access;
pub mod collections;
pub mod conversations;
pub mod documents;
pub mod error;
pub mod evaluations;
pub mod files;
pub mod indexes;
pub mod kept;
pub mod metadata;
pub mod reach;
pub mod sources;
pub mod sqlite;
pub mod texts;
pub mod vector_stores;
pub mod vectors;

pub use access::{AccessKeys, NewAccessKey};
pub use collections::{CollectionRecords, NewCollectionRecord};
pub use conversations::ConversationRecords;
pub use documents::{
    Accepted, CommittedDocument, DocumentFilter, DocumentLedger, IndexedDocument, NewVersion,
    PendingRemoval, WorkItem,
};
pub use error::CatalogError;
pub use evaluations::EvaluationRecords;
pub use files::{
    AttachedFile, AttachedFilter, FileBatch, FileFilter, FileRecords, NewFile, Order, Paging,
};
pub use indexes::{
    IndexRecord, IndexRecords, IndexRole, NewIndexRecord, Outgoing, UnbuiltDocument,
};
pub use kept::{KeptRecords, KeptResponse, Thread, ThreadItem};
pub use metadata::{LinkFrom, MetadataRecords, Selector};
pub use reach::Reach;
pub use sources::{
    AppliedWrite, AppliedWrites, Change, DocumentsOfSource, EntryFilter, NewPairingCode, NewPlan,
    NewSource, NewSourceKey, Outcome, PlanRecord, Precondition, SourceCounts, SourceKey,
    SourceKeys, SourceLedger, SourceRecord, Write,
};
pub use sqlite::{SqliteCatalog, SqliteFolders, SqliteVectors};
pub use texts::{TextKey, TextRecords};
pub use vector_stores::{VectorStoreChange, VectorStoreRecord, VectorStoreRecords};
pub use vectors::{NoteKey, VectorCache, VectorKey};

/// Everything a catalog keeps, for holders of one trait object.
pub trait Catalog:
    CollectionRecords
    + IndexRecords
    + DocumentLedger
    + TextRecords
    + MetadataRecords
    + ConversationRecords
    + EvaluationRecords
    + SourceLedger
    + SourceKeys
    + FileRecords
    + VectorStoreRecords
    + KeptRecords
    + AccessKeys
    + Send
    + Sync
{
}

impl<T> Catalog for T where
    T: CollectionRecords
        + IndexRecords
        + DocumentLedger
        + TextRecords
        + MetadataRecords
        + ConversationRecords
        + EvaluationRecords
        + SourceLedger
        + SourceKeys
        + FileRecords
        + VectorStoreRecords
        + KeptRecords
        + AccessKeys
        + Send
        + Sync
{
}
