//! The memory of synced folders in its own SQLite file, so that it can be thrown away.

use std::collections::HashMap;
use std::path::Path;

use async_trait::async_trait;
use quire_folder_sync::{FileStamp, FolderMemory, KnownHash, MemoryError};
use rusqlite::{OptionalExtension, Row, Transaction, params};
use rusqlite_migration::M;

use super::database::Database;
use super::rows;
use crate::CatalogError;

/// The memory of synced folders in one SQLite file, which several processes may use at a time.
#[derive(Clone)]
pub struct SqliteFolders {
    database: Database,
}

impl SqliteFolders {
    /// Opens the file, making it if it is missing.
    pub async fn open(path: &Path) -> Result<Self, CatalogError> {
        let steps = vec![M::up(include_str!("../../migrations/1_folders.sql"))];
        Ok(Self { database: Database::open(path, steps).await? })
    }
}

fn read_row(row: &Row<'_>) -> Result<(String, KnownHash), CatalogError> {
    let stamp = FileStamp {
        size_bytes: row.get("size_bytes")?,
        mtime_ns: row.get("mtime_ns")?,
        inode: row.get::<_, i64>("inode")?.cast_unsigned(),
    };
    Ok((row.get("path")?, KnownHash { stamp, hash: rows::parse(row, "sha256")? }))
}

impl From<CatalogError> for MemoryError {
    fn from(error: CatalogError) -> Self {
        Self(Box::new(error))
    }
}

#[async_trait]
impl FolderMemory for SqliteFolders {
    async fn list_known_hashes(
        &self,
        root: &str,
    ) -> Result<HashMap<String, KnownHash>, MemoryError> {
        let root = root.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT * FROM hashes WHERE root = ?1";
            let mut statement = transaction.prepare_cached(sql)?;
            let found = statement.query_and_then([root], read_row)?;
            found.collect()
        };
        Ok(self.database.transact(work).await?)
    }

    async fn put_known_hashes(
        &self,
        root: &str,
        known: Vec<(String, KnownHash)>,
        gone: Vec<String>,
    ) -> Result<(), MemoryError> {
        let root = root.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "INSERT OR REPLACE INTO hashes
                (root, path, size_bytes, mtime_ns, inode, sha256) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let mut insert = transaction.prepare_cached(sql)?;
            for (path, KnownHash { stamp, hash }) in known {
                let FileStamp { size_bytes, mtime_ns, inode } = stamp;
                let (inode, hash) = (inode.cast_signed(), hash.to_string());
                insert.execute(params![root, path, size_bytes, mtime_ns, inode, hash])?;
            }
            let sql = "DELETE FROM hashes WHERE root = ?1 AND path = ?2";
            let mut delete = transaction.prepare_cached(sql)?;
            for path in gone {
                delete.execute(params![root, path])?;
            }
            Ok(())
        };
        Ok(self.database.transact(work).await?)
    }

    async fn find_memo(&self, name: &str) -> Result<Option<String>, MemoryError> {
        let name = name.to_owned();
        let work = move |transaction: &Transaction<'_>| {
            let sql = "SELECT value FROM memos WHERE name = ?1";
            Ok(transaction.query_row(sql, [name], |row| row.get(0)).optional()?)
        };
        Ok(self.database.transact(work).await?)
    }

    async fn put_memo(&self, name: &str, value: &str) -> Result<(), MemoryError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        let work = move |transaction: &Transaction<'_>| {
            let sql = "INSERT OR REPLACE INTO memos (name, value) VALUES (?1, ?2)";
            transaction.execute(sql, [name, value])?;
            Ok(())
        };
        Ok(self.database.transact(work).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(byte: u8, mtime_ns: i64) -> KnownHash {
        let stamp = FileStamp { size_bytes: 3, mtime_ns, inode: u64::MAX };
        KnownHash { stamp, hash: quire_domain::sync::FileHash::from_digest([byte; 32]) }
    }

    #[tokio::test]
    async fn hashes_are_kept_by_folder_and_forgotten_with_their_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("folders.sqlite");
        let memory = SqliteFolders::open(&file).await.expect("opens");
        let both = vec![("a.md".to_owned(), known(1, 5)), ("b.md".to_owned(), known(2, -5))];
        memory.put_known_hashes("/notes", both, Vec::new()).await.expect("is kept");
        memory
            .put_known_hashes("/other", vec![("a.md".to_owned(), known(9, 1))], Vec::new())
            .await
            .expect("is kept");
        drop(memory);
        let memory = SqliteFolders::open(&file).await.expect("opens again");
        let gone = vec!["b.md".to_owned()];
        let newer = vec![("a.md".to_owned(), known(3, 6))];
        memory.put_known_hashes("/notes", newer, gone).await.expect("is kept");
        let found = memory.list_known_hashes("/notes").await.expect("lists");
        assert_eq!(found, HashMap::from([("a.md".to_owned(), known(3, 6))]));
        assert_eq!(memory.list_known_hashes("/other").await.expect("lists").len(), 1);
    }

    #[tokio::test]
    async fn memos_are_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let memory = SqliteFolders::open(&folder.path().join("x.sqlite")).await.expect("opens");
        assert_eq!(memory.find_memo("source").await.expect("asks"), None);
        for value in ["one", "two"] {
            memory.put_memo("source", value).await.expect("writes");
        }
        assert_eq!(memory.find_memo("source").await.expect("asks").as_deref(), Some("two"));
    }
}
