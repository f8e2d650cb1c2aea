//! The database below the catalog: one connection a file, used by one blocking thread at a time.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use crate::{CatalogError, Reach};

/// The catalog in one SQLite file.
#[derive(Clone)]
pub struct SqliteCatalog {
    pub(super) database: Database,
}

impl SqliteCatalog {
    /// Opens the file, making it if it is missing, and brings its tables up to date.
    pub async fn open(path: &Path) -> Result<Self, CatalogError> {
        let steps = vec![
            M::up(include_str!("../../migrations/1_catalog.sql")),
            M::up(include_str!("../../migrations/2_evaluations.sql")),
            M::up(include_str!("../../migrations/3_indexes.sql")),
            M::up(include_str!("../../migrations/4_metadata.sql")),
            M::up(include_str!("../../migrations/5_sources.sql")),
            M::up(include_str!("../../migrations/6_left_out.sql")),
            M::up(include_str!("../../migrations/7_ingest.sql")),
            M::up(include_str!("../../migrations/8_files.sql")),
            M::up(include_str!("../../migrations/9_access.sql")),
        ];
        Ok(Self { database: Database::open(path, steps).await? })
    }

    /// Gives the same catalog with another reach.
    #[must_use]
    pub fn within(&self, reach: Reach) -> Self {
        Self { database: Database { reach, ..self.database.clone() } }
    }

    /// Shows how far it reaches.
    pub fn reach(&self) -> &Reach {
        &self.database.reach
    }
}

/// A connection that blocking threads take in turn.
#[derive(Clone)]
pub(super) struct Database {
    connection: Arc<Mutex<Connection>>,
    /// What its transactions can reach.
    reach: Reach,
}

impl Database {
    pub(super) async fn open(path: &Path, steps: Vec<M<'static>>) -> Result<Self, CatalogError> {
        let path = path.to_owned();
        let open = move || {
            let mut connection = Connection::open(path)?;
            connection.busy_timeout(Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            connection.pragma_update(None, "synchronous", "NORMAL")?;
            connection.pragma_update(None, "foreign_keys", "ON")?;
            Migrations::new(steps).to_latest(&mut connection).map_err(CatalogError::Migration)?;
            Ok(Self { connection: Arc::new(Mutex::new(connection)), reach: Reach::default() })
        };
        tokio::task::spawn_blocking(open).await.map_err(|_| CatalogError::Stopped)?
    }

    /// Runs one transaction on a blocking thread.
    pub(super) async fn transact<T, F>(&self, work: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Transaction<'_>) -> Result<T, CatalogError> + Send + 'static,
    {
        let (connection, reach) = (Arc::clone(&self.connection), self.reach.clone());
        let run = move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction()?;
            let value = reach.within(|| work(&transaction))?;
            transaction.commit()?;
            Ok(value)
        };
        tokio::task::spawn_blocking(run).await.map_err(|_| CatalogError::Stopped)?
    }
}
