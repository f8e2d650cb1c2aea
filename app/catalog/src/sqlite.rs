//! The catalog in SQLite files: `catalog.sqlite`, `vectors.sqlite` for the cache of vectors,
//! and `folders.sqlite` for what is remembered of synced folders.
//!
//! Three layers, each of which knows those before it only: the `database`, the `rows`, which are
//! read and written within a transaction, and the traits, one a file. The write-ahead log keeps a
//! crash of the process from losing or tearing a transaction.

mod database;

mod key_use;
mod rows;

mod access;
mod collections;
mod conversations;
mod documents;
mod evaluations;
mod files;
mod folders;
mod indexes;
mod kept;
mod metadata;
mod sources;
mod texts;
mod vector_stores;
mod vectors;

pub use database::SqliteCatalog;
pub use folders::SqliteFolders;
pub use vectors::SqliteVectors;

#[cfg(test)]
mod tests;
