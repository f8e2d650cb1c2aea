//! The cache of vectors in its own SQLite file, so that it can be thrown away.

use std::path::Path;

use async_trait::async_trait;
use quire_folder_sync::now_ms;
use rusqlite::{OptionalExtension, Transaction, params};
use rusqlite_migration::M;

use super::database::Database;
use crate::{CatalogError, NoteKey, VectorCache, VectorKey};

/// The cache of vectors in one SQLite file.
#[derive(Clone)]
pub struct SqliteVectors {
    database: Database,
}

impl SqliteVectors {
    /// Opens the file, making it if it is missing.
    pub async fn open(path: &Path) -> Result<Self, CatalogError> {
        let steps = vec![
            M::up(include_str!("../../migrations/1_vectors.sql")),
            M::up(include_str!("../../migrations/2_notes.sql")),
        ];
        Ok(Self { database: Database::open(path, steps).await? })
    }
}

fn to_bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|x| x.to_le_bytes()).collect()
}

fn from_bytes(bytes: &[u8]) -> Vec<f32> {
    let (words, _) = bytes.as_chunks::<4>();
    words.iter().map(|word| f32::from_le_bytes(*word)).collect()
}

#[async_trait]
impl VectorCache for SqliteVectors {
    async fn find_vectors(
        &self,
        keys: Vec<VectorKey>,
    ) -> Result<Vec<Option<Vec<f32>>>, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE vectors SET used_at_ms = ?3 WHERE text_hash = ?1
                AND fingerprint = ?2 RETURNING vector";
            let mut statement = transaction.prepare_cached(sql)?;
            let now = now_ms();
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                let values = params![key.text_hash.as_slice(), key.fingerprint, now];
                let bytes: Option<Vec<u8>> =
                    statement.query_row(values, |row| row.get(0)).optional()?;
                found.push(bytes.as_deref().map(from_bytes));
            }
            Ok(found)
        };
        self.database.transact(work).await
    }

    async fn put_vectors(&self, vectors: Vec<(VectorKey, Vec<f32>)>) -> Result<(), CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "INSERT OR REPLACE INTO vectors (text_hash, fingerprint, vector, used_at_ms)
                VALUES (?1, ?2, ?3, ?4)";
            let mut statement = transaction.prepare_cached(sql)?;
            let now = now_ms();
            for (key, vector) in vectors {
                let bytes = to_bytes(&vector);
                let values = params![key.text_hash.as_slice(), key.fingerprint, bytes, now];
                statement.execute(values)?;
            }
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn find_notes(&self, keys: Vec<NoteKey>) -> Result<Vec<Option<String>>, CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "UPDATE notes SET used_at_ms = ?2 WHERE key = ?1 RETURNING text";
            let mut statement = transaction.prepare_cached(sql)?;
            let now = now_ms();
            let find = |key: NoteKey| {
                let values = params![key.0.as_slice(), now];
                Ok(statement.query_row(values, |row| row.get(0)).optional()?)
            };
            keys.into_iter().map(find).collect()
        };
        self.database.transact(work).await
    }

    async fn put_note(&self, key: NoteKey, text: String) -> Result<(), CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "INSERT OR REPLACE INTO notes (key, text, used_at_ms) VALUES (?1, ?2, ?3)";
            transaction.execute(sql, params![key.0.as_slice(), text, now_ms()])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn shrink_vectors(&self, keep: usize) -> Result<(), CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let sql = "DELETE FROM vectors WHERE (text_hash, fingerprint) IN (
                SELECT text_hash, fingerprint FROM vectors
                ORDER BY used_at_ms DESC LIMIT -1 OFFSET ?1)";
            transaction.execute(sql, [keep as i64])?;
            Ok(())
        };
        self.database.transact(work).await
    }
}
