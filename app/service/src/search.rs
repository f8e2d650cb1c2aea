//! Search: the passages that match a query.

use std::collections::HashMap;
use std::time::Instant;

use quire_catalog::IndexedDocument;
use quire_domain::{
    Collection, CollectionName, DocumentId, DocumentRef, Hit, HitScores, SearchMode, SearchResults,
};
use quire_engines::TextRole;
use quire_vectorstore::{ChunkFilter, FusedHit, IndexId, ScoredChunk, StoreError, fuse};
use serde::{Deserialize, Serialize};

use crate::ingest::chunk_id;
use crate::{ServiceError, Services};

/// How many candidates each half of a hybrid search gives to fusion, at least.
const CANDIDATES: usize = 50;
/// The most hits that can be asked for.
const MAX_K: usize = 100;

/// What to search for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SearchRequest {
    /// The words.
    pub query: String,
    /// How many hits at most, 1 to 100.
    #[serde(default = "default_k")]
    pub k: usize,
    /// How to find them.
    #[serde(default)]
    pub mode: SearchMode,
}

fn default_k() -> usize {
    10
}

/// What the search inside an answer needs to know.
pub(crate) struct Query<'a> {
    pub text: &'a str,
    pub limit: usize,
    pub mode: SearchMode,
    pub documents: Option<Vec<DocumentId>>,
}

impl Services {
    /// Searches a collection.
    pub async fn search(
        &self,
        collection: &CollectionName,
        request: SearchRequest,
    ) -> Result<SearchResults, ServiceError> {
        let started = Instant::now();
        let query = request.query.trim();
        if query.is_empty() {
            return Err(ServiceError::Empty { what: "query" });
        }
        let collection = self.inner.catalog.get_collection(collection).await?;
        let limit = request.k.clamp(1, MAX_K);
        let query = Query { text: query, limit, mode: request.mode, documents: None };
        let hits = self.find_passages(&collection, query).await?;
        Ok(SearchResults { hits, took_ms: started.elapsed().as_millis() as u64 })
    }

    /// Finds passages whose document is indexed in just the version they are of.
    pub(crate) async fn find_passages(
        &self,
        collection: &Collection,
        query: Query<'_>,
    ) -> Result<Vec<Hit>, ServiceError> {
        let index: IndexId = collection.index_id.parse()?;
        let wanted = query.limit.max(CANDIDATES);
        let filter = ChunkFilter { documents: query.documents };
        let dense = async {
            if query.mode == SearchMode::Keyword {
                return Ok(Vec::new());
            }
            let embedder = self.inner.models.get_embedder(&collection.embedding_model).await?;
            let text = shorten(query.text, |text| {
                embedder.count_tokens(text) + 2 <= embedder.info().max_tokens
            });
            let answer = embedder.embed(vec![text], TextRole::Query).await?;
            let vector = answer.vectors.into_iter().next().unwrap_or_default();
            let found = self.inner.store.search_dense(&index, &vector, wanted, &filter).await;
            found_or_empty(found)
        };
        let keyword = async {
            if query.mode == SearchMode::Dense {
                return Ok(Vec::new());
            }
            found_or_empty(
                self.inner.store.search_keyword(&index, query.text, wanted, &filter).await,
            )
        };
        let (dense, keyword) = futures::try_join!(dense, keyword)?;
        let fused = match query.mode {
            SearchMode::Hybrid => fuse(dense, keyword),
            SearchMode::Dense => dense.into_iter().map(from_dense).collect(),
            SearchMode::Keyword => keyword.into_iter().map(from_keyword).collect(),
        };
        self.to_hits(fused, query.limit).await
    }

    async fn to_hits(&self, fused: Vec<FusedHit>, limit: usize) -> Result<Vec<Hit>, ServiceError> {
        let mut ids: Vec<DocumentId> =
            fused.iter().map(|hit| hit.chunk.document_id.clone()).collect();
        ids.sort();
        ids.dedup();
        let indexed = self.inner.catalog.get_indexed(&ids).await?;
        let indexed: HashMap<DocumentId, IndexedDocument> =
            indexed.into_iter().map(|one| (one.document.id.clone(), one)).collect();
        let known = fused.into_iter().filter_map(|hit| {
            let document = indexed.get(&hit.chunk.document_id)?;
            let id = chunk_id(&document.document.id, &document.text_key, hit.chunk.ordinal);
            (id == hit.chunk.id).then_some((hit, document))
        });
        let numbered = known.take(limit).zip(1..);
        Ok(numbered.map(|((hit, document), rank)| to_hit(hit, document, rank)).collect())
    }
}

/// Makes the hit that people see of a chunk that was found.
pub(crate) fn to_hit(hit: FusedHit, document: &IndexedDocument, rank: u32) -> Hit {
    let FusedHit { chunk, score, dense, keyword } = hit;
    let locator = chunk.locator;
    Hit {
        rank,
        score,
        scores: HitScores { dense, keyword, rerank: None },
        chunk_id: chunk.id,
        ordinal: chunk.ordinal,
        text: chunk.text,
        document: DocumentRef {
            id: document.document.id.clone(),
            path: document.document.path.clone(),
            title: document.document.title.clone(),
        },
        page: locator.page,
        heading: locator.heading,
        lines: locator.lines,
        rows: locator.rows,
        start: locator.span.start,
        end: locator.span.end,
    }
}

fn from_dense(found: ScoredChunk) -> FusedHit {
    let ScoredChunk { chunk, score } = found;
    FusedHit { chunk, score, dense: Some(score), keyword: None }
}

fn from_keyword(found: ScoredChunk) -> FusedHit {
    let ScoredChunk { chunk, score } = found;
    FusedHit { chunk, score, dense: None, keyword: Some(score) }
}

/// A collection without an indexed document has no index yet.
fn found_or_empty(
    found: Result<Vec<ScoredChunk>, StoreError>,
) -> Result<Vec<ScoredChunk>, ServiceError> {
    match found {
        Err(StoreError::NoSuchIndex { .. }) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

/// Drops words from the front of a long query until it fits: people end with what they want.
fn shorten(text: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut rest = text;
    while !fits(rest) {
        let words = rest.split_whitespace().count();
        let Some((byte, _)) = rest
            .char_indices()
            .filter(|(_, c)| c.is_whitespace())
            .nth(words / 4)
            .filter(|_| words > 4)
        else {
            let half = rest.chars().count() / 2;
            return shorten(&rest.chars().take(half).collect::<String>(), fits);
        };
        rest = rest[byte..].trim_start();
    }
    rest.to_owned()
}
