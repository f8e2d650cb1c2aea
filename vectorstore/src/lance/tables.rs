//! The tables of a store: made, opened once and kept open, listed, removed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::lance::Dataset;
use lancedb::index::scalar::FtsIndexBuilder;
use lancedb::index::{Index, IndexType};
use lancedb::{Connection, ObjectStoreRegistry, Session, Table};
use tokio::sync::{Mutex, RwLock};

use crate::{IndexId, IndexSpec, StoreError};
use quire_language::Analyzer;

use super::{columns, failed};

/// How much of the search structures of all tables is kept in memory.
///
/// Set by hand: see `docs/decisions/034-sizes-of-the-search-index.md`.
const INDEX_CACHE_BYTES: usize = 512 << 20;
/// How much of the tables' descriptions is kept in memory.
const METADATA_CACHE_BYTES: usize = 128 << 20;

/// A folder with this ending was a table; it is removed as soon as possible.
const REMOVED: &str = "removed";

const NOT_LOCAL: &str = "the table is not a local one";

/// All tables in one folder.
pub(super) struct Tables {
    root: PathBuf,
    connection: Connection,
    open: RwLock<HashMap<IndexId, Arc<OpenTable>>>,
}

/// An open table.
pub(super) struct OpenTable {
    pub(super) index: IndexId,
    pub(super) spec: IndexSpec,
    pub(super) analyzer: Arc<Analyzer>,
    pub(super) table: Table,
    /// Held while writing; a table that was removed must not be written to.
    pub(super) life: Mutex<Life>,
    /// Held while maintaining; the version that needs no more maintenance.
    pub(super) maintained: Mutex<Option<u64>>,
}

/// Whether a table is still there.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Life {
    Present,
    Removed,
}

impl OpenTable {
    /// Shows the latest version this process has made or seen.
    pub(super) async fn dataset(&self) -> Result<Arc<Dataset>, StoreError> {
        let action = "open a table";
        let versions = self.table.dataset().ok_or_else(|| failed(action)(NOT_LOCAL))?;
        versions.get().await.map_err(failed(action))
    }

    /// Makes searches see a version that was just committed.
    pub(super) fn publish(&self, dataset: Dataset) {
        if let Some(versions) = self.table.dataset() {
            versions.update(dataset);
        }
    }

    /// Looks for versions that others committed.
    pub(super) async fn reload(&self) -> Result<(), StoreError> {
        self.table.checkout_latest().await.map_err(failed("open a table"))
    }
}

impl Tables {
    pub(super) async fn open(root: &Path) -> Result<Self, StoreError> {
        let action = "open the folder of tables";
        let root = std::path::absolute(root).map_err(failed(action))?;
        std::fs::create_dir_all(&root).map_err(failed(action))?;
        sweep(&root).map_err(failed(action))?;
        let uri = root.to_str().ok_or_else(|| failed(action)("its path is not Unicode"))?;
        let registry = Arc::new(ObjectStoreRegistry::default());
        let session = Session::new(INDEX_CACHE_BYTES, METADATA_CACHE_BYTES, registry);
        let connection = lancedb::connect(uri).session(Arc::new(session)).execute().await;
        let connection = connection.map_err(failed(action))?;
        Ok(Self { root, connection, open: RwLock::default() })
    }

    /// Finds a table, opening it if it is not open yet.
    pub(super) async fn get(&self, index: &IndexId) -> Result<Arc<OpenTable>, StoreError> {
        if let Some(table) = self.open.read().await.get(index) {
            return Ok(table.clone());
        }
        let mut open = self.open.write().await;
        let found = self.find(index, &mut open).await?;
        found.ok_or_else(|| StoreError::NoSuchIndex { index: index.clone() })
    }

    pub(super) async fn create(&self, index: &IndexId, spec: IndexSpec) -> Result<(), StoreError> {
        let mut open = self.open.write().await;
        if let Some(table) = self.find(index, &mut open).await? {
            if table.spec == spec {
                return Ok(());
            }
            return Err(StoreError::SpecMismatch { index: index.clone() });
        }
        let made = self.connection.create_empty_table(index.as_str(), columns::schema(spec));
        let table = made.execute().await.map_err(failed("create a table"))?;
        open.insert(index.clone(), Arc::new(prepare(index, table).await?));
        Ok(())
    }

    pub(super) async fn list(&self) -> Result<Vec<IndexId>, StoreError> {
        let names = self.connection.table_names().execute().await;
        let names = names.map_err(failed("list the tables"))?;
        let mut open = self.open.write().await;
        let mut indexes = Vec::new();
        for index in names.iter().filter_map(|name| name.parse::<IndexId>().ok()) {
            if self.find(&index, &mut open).await?.is_some() {
                indexes.push(index);
            }
        }
        indexes.sort();
        Ok(indexes)
    }

    /// Removes a table, if it is there.
    ///
    /// The folder is renamed first, so that a process that dies half-way leaves the whole table
    /// or none.
    pub(super) async fn remove(&self, index: &IndexId) -> Result<(), StoreError> {
        let action = "remove a table";
        let mut open = self.open.write().await;
        let table = open.remove(index);
        if let Some(table) = &table {
            let _idle = table.maintained.lock().await;
            *table.life.lock().await = Life::Removed;
        }
        let folder = self.root.join(format!("{index}.lance"));
        if !folder.exists() {
            return Ok(());
        }
        let unique = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        let removed = self.root.join(format!("{index}-{unique}.{REMOVED}"));
        std::fs::rename(&folder, &removed).map_err(failed(action))?;
        tokio::fs::remove_dir_all(&removed).await.map_err(failed(action))
    }

    async fn find(
        &self,
        index: &IndexId,
        open: &mut HashMap<IndexId, Arc<OpenTable>>,
    ) -> Result<Option<Arc<OpenTable>>, StoreError> {
        if let Some(table) = open.get(index) {
            return Ok(Some(table.clone()));
        }
        let table = match self.connection.open_table(index.as_str()).execute().await {
            Ok(table) => table,
            Err(lancedb::Error::TableNotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed("open a table")(error)),
        };
        let table = Arc::new(prepare(index, table).await?);
        open.insert(index.clone(), table.clone());
        Ok(Some(table))
    }
}

/// Reads a table's specification and sees to it that it has a full-text index.
///
/// The index is what tells Lance how to read the terms, so it must be there from the start;
/// making the table and making its index are two commits, and a process can die between them.
async fn prepare(index: &IndexId, table: Table) -> Result<OpenTable, StoreError> {
    let action = "open a table";
    let schema = table.schema().await.map_err(failed(action))?;
    let spec = columns::spec(&schema)?;
    let indices = table.list_indices().await.map_err(failed(action))?;
    if !indices.iter().any(|config| config.index_type == IndexType::FTS) {
        let made = table.create_index(&[columns::TERMS], Index::FTS(full_text()));
        made.execute().await.map_err(failed("create a full-text index"))?;
    }
    Ok(OpenTable {
        index: index.clone(),
        spec,
        analyzer: Arc::new(Analyzer::new(spec.language)),
        table,
        life: Mutex::new(Life::Present),
        maintained: Mutex::default(),
    })
}

/// The column holds finished terms, so the index only splits them at spaces.
pub(super) fn full_text() -> FtsIndexBuilder {
    FtsIndexBuilder::default()
        .base_tokenizer("whitespace".to_owned())
        .max_token_length(None)
        .lower_case(false)
        .stem(false)
        .remove_stop_words(false)
        .ascii_folding(false)
        .with_position(false)
}

/// Finishes removals that were cut short.
fn sweep(root: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(root)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == REMOVED) {
            std::fs::remove_dir_all(path)?;
        }
    }
    Ok(())
}
