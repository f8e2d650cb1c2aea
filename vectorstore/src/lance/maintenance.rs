//! Maintenance: small files are merged, search structures catch up, old versions go.
//!
//! Searches and commits go on meanwhile: each step is a commit of its own that changes no row, and
//! gives way when a document's commit comes first.

use lancedb::DistanceType;
use lancedb::index::scalar::BTreeIndexBuilder;
use lancedb::index::vector::IvfSqIndexBuilder;
use lancedb::index::{Index, IndexConfig};
use lancedb::table::{CompactionOptions, Duration, OptimizeAction, OptimizeOptions};

use crate::StoreError;

use super::tables::{Life, OpenTable, full_text};
use super::{columns, failed};

/// From this many chunks on, dense search uses an approximate index; below it, comparing with
/// every vector takes about 1 ms per 1,000.
///
/// This and the sizes below were chosen by times on made-up chunks: see
/// `docs/decisions/034-sizes-of-the-search-index.md`.
const APPROXIMATE_FROM: usize = 10_000;

/// The chunks in one cell of the approximate index.
const CELL: usize = 1_000;

/// From this many chunks on, chunks are found by id through an index.
const BY_ID_FROM: usize = 2_000;

/// So few new chunks are compared one by one as fast as an index finds them.
const FEW: u64 = 256;

/// An index grows by parts; at this many they are merged into one.
const PARTS: u32 = 4;

/// Files with fewer chunks are merged once there are several.
const SMALL_FILE: usize = 16_384;
const SEVERAL_FILES: usize = 8;

/// A search that is still running reads the version it started with; this is how long it may.
const OLDEST_READER_SECONDS: i64 = 60;

/// Does what is worth doing; next to nothing when nothing changed.
pub(super) async fn maintain(table: &OpenTable) -> Result<(), StoreError> {
    let mut maintained = table.maintained.lock().await;
    if *table.life.lock().await == Life::Removed {
        return Err(StoreError::NoSuchIndex { index: table.index.clone() });
    }
    let version = table.dataset().await?.manifest().version;
    if *maintained != Some(version) {
        merge_small_files(table).await?;
        refresh_indices(table).await?;
        *maintained = Some(table.dataset().await?.manifest().version);
    }
    remove_old_versions(table).await
}

async fn merge_small_files(table: &OpenTable) -> Result<(), StoreError> {
    let dataset = table.dataset().await?;
    let files = dataset.fragments();
    let rows = |file: &&::lance::table::format::Fragment| file.num_rows().unwrap_or_default();
    let small = files.iter().filter(|file| rows(file) < SMALL_FILE).count();
    let holed = |file: &::lance::table::format::Fragment| {
        let all = file.physical_rows.unwrap_or_default();
        file.num_rows().unwrap_or_default() * 10 < all * 9
    };
    if small < SEVERAL_FILES && !files.iter().any(holed) {
        return Ok(());
    }
    let options =
        CompactionOptions { target_rows_per_fragment: SMALL_FILE, ..CompactionOptions::default() };
    let action = OptimizeAction::Compact { options, remap_options: None };
    give_way(table.table.optimize(action).await.map(|_| ()), "merge small files")
}

async fn refresh_indices(table: &OpenTable) -> Result<(), StoreError> {
    let action = "list search structures";
    let rows = table.table.count_rows(None).await.map_err(failed(action))?;
    let indices = table.table.list_indices().await.map_err(failed(action))?;
    let find = |column: &str| indices.iter().find(|config| config.columns == [column]);

    refresh(table, columns::TERMS, find(columns::TERMS), || Index::FTS(full_text())).await?;
    if rows >= BY_ID_FROM {
        for column in [columns::DOCUMENT_ID, columns::ID] {
            let make = || Index::BTree(BTreeIndexBuilder::default());
            refresh(table, column, find(column), make).await?;
        }
    }
    if rows >= APPROXIMATE_FROM {
        refresh(table, columns::VECTOR, find(columns::VECTOR), approximate).await?;
    }
    Ok(())
}

/// Makes the index of a column if it is missing or has fallen far behind, else adds what is new.
async fn refresh(
    table: &OpenTable,
    column: &str,
    index: Option<&IndexConfig>,
    make: impl Fn() -> Index,
) -> Result<(), StoreError> {
    let behind = index.and_then(|index| index.num_unindexed_rows).unwrap_or_default();
    let covered = index.and_then(|index| index.num_indexed_rows).unwrap_or_default();
    let Some(index) = index.filter(|_| behind <= covered) else {
        let created = table.table.create_index(&[column], make()).execute().await;
        return give_way(created, "create a search structure");
    };
    if behind < FEW {
        return Ok(());
    }
    let parts = index.num_segments.unwrap_or(1);
    let mut options = if parts < PARTS {
        OptimizeOptions::append()
    } else {
        OptimizeOptions::merge(parts as usize)
    };
    options.index_names = Some(vec![index.name.clone()]);
    let refreshed = table.table.optimize(OptimizeAction::Index(options)).await;
    give_way(refreshed.map(|_| ()), "refresh a search structure")
}

/// Scalar quantisation keeps a quarter of the vectors' size in memory and is built in seconds.
fn approximate() -> Index {
    Index::IvfSq(
        IvfSqIndexBuilder::default()
            .distance_type(DistanceType::Cosine)
            .target_partition_size(CELL as u32),
    )
}

async fn remove_old_versions(table: &OpenTable) -> Result<(), StoreError> {
    let action = "remove old versions";
    if table.table.list_versions().await.map_err(failed(action))?.len() < 2 {
        return Ok(());
    }
    let prune = OptimizeAction::Prune {
        older_than: Some(Duration::seconds(OLDEST_READER_SECONDS)),
        delete_unverified: None,
        error_if_tagged_old_versions: None,
    };
    table.table.optimize(prune).await.map(|_| ()).map_err(failed(action))
}

/// Leaves a step for next time when a document's commit came first.
fn give_way(result: lancedb::Result<()>, action: &'static str) -> Result<(), StoreError> {
    match result {
        Err(lancedb::Error::Lance {
            source:
                ::lance::Error::RetryableCommitConflict { .. } | ::lance::Error::CommitConflict { .. },
        }) => {
            tracing::debug!(step = action, "a step of maintenance gave way to a commit");
            Ok(())
        }
        other => other.map_err(failed(action)),
    }
}
