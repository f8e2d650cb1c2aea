//! Reading: dense and keyword search, and rows by id.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use futures::TryStreamExt;
use lancedb::DistanceType;
use lancedb::index::scalar::{FtsQuery, FullTextSearchQuery, MatchQuery, Operator};
use lancedb::query::{ExecutableQuery, QueryBase, Select};
use quire_domain::{Chunk, ChunkId, DocumentId};

use crate::ranking::best_first;
use crate::{ChunkFilter, ScoredChunk, StoreError};

use super::commit::{belonging_to, is_one_of};
use super::tables::OpenTable;
use super::{columns, failed, rows};

/// The approximate distance. Left out of a query, it comes with a warning in the log.
const DISTANCE: &str = "_distance";
const SCORE: &str = "_score";

/// Lance breaks ties by place, the contract by chunk id: so a search asks for a few more than it
/// needs, and for more still if the list would end within a tie.
const SPARE: usize = 16;
const MOST_SPARE: usize = 64;

/// A search among so few documents compares with all their chunks: an approximate index would
/// look in the wrong places.
///
/// Set by hand: see `docs/decisions/034-sizes-of-the-search-index.md`.
const FEW_DOCUMENTS: usize = 100;

/// How many chunks are counted at most.
const MOST_COUNTED: usize = 10_000;

/// How many cells of the approximate index a search looks into: all of them up to 200,000 chunks.
/// The cells hold vectors of one byte a dimension, so that looking costs less than planning to.
///
/// Chosen by recall on 100,000 made-up and 100,000 real passages: see
/// `docs/decisions/034-sizes-of-the-search-index.md`.
const SEARCHED_CELLS: usize = 200;

/// Finds the nearest by cosine similarity.
pub(super) async fn dense(
    table: &OpenTable,
    vector: &[f32],
    limit: usize,
    filter: &ChunkFilter,
) -> Result<Vec<ScoredChunk>, StoreError> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    let mut asked = limit + SPARE;
    loop {
        let hits = dense_with_ties(table, vector, asked, filter).await?;
        if asked >= limit + MOST_SPARE || !ends_in_a_tie(&hits, limit, asked) {
            return Ok(best_first(hits, limit));
        }
        asked = limit + MOST_SPARE;
    }
}

async fn dense_with_ties(
    table: &OpenTable,
    vector: &[f32],
    limit: usize,
    filter: &ChunkFilter,
) -> Result<Vec<ScoredChunk>, StoreError> {
    let action = "search by vector";
    let query = table.table.query().nearest_to(vector).map_err(failed(action))?;
    let mut query = query
        .column(columns::VECTOR)
        .distance_type(DistanceType::Cosine)
        .limit(limit)
        .nprobes(SEARCHED_CELLS)
        .map_err(failed(action))?
        .select(Select::columns(&with(&[columns::VECTOR, DISTANCE])));
    if let Some(documents) = &filter.documents {
        query = query.only_if(belonging_to(documents.iter()));
        if documents.len() <= FEW_DOCUMENTS {
            query = query.bypass_vector_index();
        }
    }
    let batches = collect(&query, action).await?;
    // The index gives approximate distances; the vectors come with the chunks and give exact ones.
    decode_all(&batches, |batch| rows::decode_compared(batch, vector))
}

/// Finds what shares terms with the query, by BM25.
pub(super) async fn keyword(
    table: &OpenTable,
    query: &str,
    limit: usize,
    filter: &ChunkFilter,
) -> Result<Vec<ScoredChunk>, StoreError> {
    let terms = table.analyzer.query_terms(query);
    if limit == 0 || terms.is_empty() {
        return Ok(Vec::new());
    }
    let terms = terms.join(" ");
    let mut asked = limit + SPARE;
    loop {
        let hits = keyword_with_ties(table, &terms, asked, filter).await?;
        if asked >= limit + MOST_SPARE || !ends_in_a_tie(&hits, limit, asked) {
            return Ok(best_first(hits, limit));
        }
        asked = limit + MOST_SPARE;
    }
}

async fn keyword_with_ties(
    table: &OpenTable,
    terms: &str,
    limit: usize,
    filter: &ChunkFilter,
) -> Result<Vec<ScoredChunk>, StoreError> {
    let query = matching(terms, Operator::Or);
    let mut query = table.table.query().full_text_search(query).limit(limit);
    query = query.select(Select::columns(&with(&[SCORE])));
    if let Some(documents) = &filter.documents {
        query = query.only_if(belonging_to(documents.iter()));
    }
    let batches = collect(&query, "search by keyword").await?;
    decode_all(&batches, |batch| rows::decode_scored(batch, SCORE))
}

/// Counts the chunks of each of these documents that have all terms of `words`.
pub(super) async fn count_having(
    table: &OpenTable,
    words: &str,
    documents: &[DocumentId],
) -> Result<BTreeMap<DocumentId, u64>, StoreError> {
    let terms = table.analyzer.query_terms(words);
    if terms.is_empty() || documents.is_empty() {
        return Ok(BTreeMap::new());
    }
    let query = matching(&terms.join(" "), Operator::And);
    let query = table.table.query().full_text_search(query).limit(MOST_COUNTED);
    let query = query.only_if(belonging_to(documents.iter()));
    let query = query.select(Select::columns(&[columns::DOCUMENT_ID, SCORE]));
    let batches = collect(&query, "count by keyword").await?;
    let mut counts = BTreeMap::new();
    count(&mut counts, decode_all(&batches, rows::decode_document_ids)?);
    Ok(counts)
}

/// Makes a query for chunks with any or all of some terms, which are separated by blanks.
fn matching(terms: &str, operator: Operator) -> FullTextSearchQuery {
    let query = MatchQuery::new(terms.to_owned()).with_operator(operator);
    let query = query.with_column(Some(columns::TERMS.to_owned()));
    FullTextSearchQuery::new_query(FtsQuery::Match(query))
}

/// Returns whether there may be more that are as good as number `limit`, beyond the `asked` that
/// came.
fn ends_in_a_tie(hits: &[ScoredChunk], limit: usize, asked: usize) -> bool {
    let mut scores: Vec<f32> = hits.iter().map(|hit| hit.score).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    match (scores.get(limit - 1), scores.get(asked - 1)) {
        (Some(last_kept), Some(last)) => last_kept.total_cmp(last).is_eq(),
        _ => false,
    }
}

pub(super) async fn chunks_by_id(
    table: &OpenTable,
    ids: &[ChunkId],
) -> Result<Vec<Chunk>, StoreError> {
    let wanted = is_one_of(columns::ID, ids.iter().map(ChunkId::as_str));
    read(table, &wanted, &columns::CHUNK, rows::decode).await
}

pub(super) async fn chunks_of_document(
    table: &OpenTable,
    document: &DocumentId,
) -> Result<Vec<Chunk>, StoreError> {
    let wanted = belonging_to([document].into_iter());
    let mut chunks = read(table, &wanted, &columns::CHUNK, rows::decode).await?;
    chunks.sort_by_key(|chunk| chunk.ordinal);
    Ok(chunks)
}

pub(super) async fn vectors_by_id(
    table: &OpenTable,
    ids: &[ChunkId],
) -> Result<Vec<(ChunkId, Vec<f32>)>, StoreError> {
    let wanted = is_one_of(columns::ID, ids.iter().map(ChunkId::as_str));
    read(table, &wanted, &[columns::ID, columns::VECTOR], rows::decode_vectors).await
}

pub(super) async fn count_by_document(
    table: &OpenTable,
) -> Result<BTreeMap<DocumentId, u64>, StoreError> {
    let action = "count the chunks";
    let query = table.table.query().select(Select::columns(&[columns::DOCUMENT_ID]));
    let mut batches = query.execute().await.map_err(failed(action))?;
    let mut counts = BTreeMap::new();
    while let Some(batch) = batches.try_next().await.map_err(failed(action))? {
        count(&mut counts, rows::decode_document_ids(&batch)?);
    }
    Ok(counts)
}

fn count(counts: &mut BTreeMap<DocumentId, u64>, documents: Vec<DocumentId>) {
    for id in documents {
        *counts.entry(id).or_insert(0) += 1;
    }
}

async fn read<T>(
    table: &OpenTable,
    wanted: &str,
    names: &[&str],
    decode: fn(&RecordBatch) -> Result<Vec<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let query = table.table.query().only_if(wanted).select(Select::columns(names));
    let batches = collect(&query, "read rows").await?;
    decode_all(&batches, decode)
}

async fn collect(
    query: &impl ExecutableQuery,
    action: &'static str,
) -> Result<Vec<RecordBatch>, StoreError> {
    let batches = query.execute().await.map_err(failed(action))?;
    batches.try_collect().await.map_err(failed(action))
}

fn with(extra: &[&'static str]) -> Vec<&'static str> {
    columns::CHUNK.iter().chain(extra).copied().collect()
}

fn decode_all<T>(
    batches: &[RecordBatch],
    decode: impl Fn(&RecordBatch) -> Result<Vec<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut all = Vec::new();
    for batch in batches {
        all.extend(decode(batch)?);
    }
    Ok(all)
}
