//! Search: the passages that match a query.

mod candidates;
mod overlap;
mod second_stage;
mod subjects;
mod tuning;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Instant;

use quire_catalog::IndexedDocument;
use quire_domain::{
    Collection, CollectionName, DocumentId, DocumentRef, Hit, HitScores, Scope, SearchMode,
    SearchResults,
};
use quire_language::Analyzer;
use quire_vectorstore::{FUSION_DEPTH, FusedHit, FusionHints, ScoredChunk, fuse};
use serde::{Deserialize, Serialize};

use crate::ingest::chunk_id;

use crate::{ServiceError, Services};
pub(crate) use candidates::Candidates;
use overlap::Background;
pub(crate) use subjects::{SubjectQuery, Subjects};
pub(crate) use tuning::Tuning;

/// How many keyword hits are read to see how much of the question they contain.
///
/// Set with the weights of fusion: see `docs/decisions/041-fusion-by-z-score.md`.
const OVERLAP_HITS: usize = 5;
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
    /// Whether the second stage reads the best hits of a hybrid search again.
    #[serde(default = "default_rerank")]
    pub rerank: bool,
    /// Which documents count.
    #[serde(flatten)]
    pub scope: Scope,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            query: String::new(),
            k: default_k(),
            mode: SearchMode::default(),
            rerank: default_rerank(),
            scope: Scope::default(),
        }
    }
}

fn default_rerank() -> bool {
    true
}

fn default_k() -> usize {
    10
}

/// What the search inside an answer or an evaluation needs to know.
#[derive(Clone)]
pub(crate) struct Query<'a> {
    pub text: &'a str,
    pub limit: usize,
    pub mode: SearchMode,
    /// Whether the second stage reads the best hits of a hybrid search again.
    pub rerank: bool,
    pub documents: Option<Vec<DocumentId>>,
    /// The constants that were tuned; a sweep tries others.
    pub tuning: Tuning,
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
        let documents = self.resolve_scope(&collection.name, &request.scope).await?;
        let query = Query {
            text: query,
            limit,
            mode: request.mode,
            rerank: request.rerank,
            documents,
            tuning: Tuning::default(),
        };
        let hits = self.find_passages(&collection, query).await?;
        Ok(SearchResults { hits, took_ms: started.elapsed().as_millis() as u64 })
    }

    /// Finds passages whose document is indexed in just the version they are of.
    pub(crate) async fn find_passages(
        &self,
        collection: &Collection,
        query: Query<'_>,
    ) -> Result<Vec<Hit>, ServiceError> {
        let hits = self.find_in(collection, &query).await?;
        if hits.is_empty()
            && let Some(now) = self.find_successor(collection).await
        {
            return self.find_in(&now, &query).await;
        }
        Ok(hits)
    }

    async fn find_in(
        &self,
        collection: &Collection,
        query: &Query<'_>,
    ) -> Result<Vec<Hit>, ServiceError> {
        let depth = query.limit.max(FUSION_DEPTH);
        let candidates = self.find_candidates(collection, query, depth).await?;
        self.rank(collection, query, candidates).await
    }

    /// Gives the collection anew where its index went while it was searched.
    pub(crate) async fn find_successor(&self, collection: &Collection) -> Option<Collection> {
        let now = self.inner.catalog.get_collection(&collection.name).await.ok()?;
        let next = now.next_index.as_ref().map(|next| &next.index_id);
        let previous = now.previous_index.as_ref().map(|previous| &previous.index_id);
        let there = [Some(&now.index_id), next, previous];
        (!there.contains(&Some(&collection.index_id))).then_some(now)
    }

    /// Makes one list of what the halves found, as the query wants it.
    pub(crate) async fn rank(
        &self,
        collection: &Collection,
        query: &Query<'_>,
        candidates: Candidates,
    ) -> Result<Vec<Hit>, ServiceError> {
        let Candidates { dense, keyword } = candidates;
        if query.mode == SearchMode::Dense {
            let hits = dense.into_iter().map(from_dense).collect();
            return self.to_hits(collection, hits, query.limit).await;
        }
        if query.mode == SearchMode::Keyword {
            let hits = keyword.into_iter().map(from_keyword).collect();
            return self.to_hits(collection, hits, query.limit).await;
        }
        let trust = self.fusion_hints(collection, query.text, &keyword).await?;
        let read = if query.rerank { query.limit.max(second_stage::DEPTH) } else { query.limit };
        let fused = fuse(dense, keyword, trust, &query.tuning.fusion);
        let mut hits = self.to_hits(collection, fused, read).await?;
        if query.rerank {
            let ids = documents_of(&hits);
            let names = self.inner.catalog.find_names(&collection.index_id, &ids).await?;
            let asked =
                SubjectQuery { question: query.text, documents: &ids, tuning: query.tuning };
            let subjects = self.find_subjects(collection, &asked).await?;
            let background = Background { names: &names, subjects: &subjects };
            let naming = second_stage::rerank(query, collection, &background, &mut hits);
            if let Some(reranker) = self.find_reranker(collection.language).await {
                second_stage::read_together(reranker.as_ref(), query, &naming, &mut hits).await?;
            }
            hits.truncate(query.limit);
        }
        Ok(hits)
    }

    /// Judges how far either half can be trusted for this question.
    async fn fusion_hints(
        &self,
        collection: &Collection,
        question: &str,
        keyword: &[ScoredChunk],
    ) -> Result<FusionHints, ServiceError> {
        let analyzer = Analyzer::new(collection.language);
        let wanted: HashSet<String> = analyzer.terms(question).into_iter().collect();
        let overlaps = keyword.iter().take(OVERLAP_HITS).map(|hit| {
            let has: HashSet<String> = analyzer.terms(&hit.chunk.text).into_iter().collect();
            wanted.intersection(&has).count() as f32 / wanted.len().max(1) as f32
        });
        let term_overlap = overlaps.fold(0.0, f32::max);
        let embedder = self.inner.models.get_embedder(&collection.embedding_model).await?;
        let embedder_fits = embedder.info().reads(collection.language);
        Ok(FusionHints { term_overlap, embedder_fits })
    }

    pub(crate) async fn to_hits(
        &self,
        collection: &Collection,
        fused: Vec<FusedHit>,
        limit: usize,
    ) -> Result<Vec<Hit>, ServiceError> {
        let mut ids: Vec<DocumentId> =
            fused.iter().map(|hit| hit.chunk.document_id.clone()).collect();
        ids.sort();
        ids.dedup();
        let indexed = self.inner.catalog.get_indexed(&collection.index_id, &ids).await?;
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

/// Lists the documents that hits are of, each once.
pub(crate) fn documents_of(hits: &[Hit]) -> Vec<DocumentId> {
    let documents: BTreeSet<&DocumentId> = hits.iter().map(|hit| &hit.document.id).collect();
    documents.into_iter().cloned().collect()
}

/// Makes the hit that people see of a chunk that was found.
pub(crate) fn to_hit(hit: FusedHit, document: &IndexedDocument, rank: u32) -> Hit {
    let FusedHit { chunk, score, dense, keyword } = hit;
    let locator = chunk.locator;
    let obsidian_url = document
        .vault_file
        .as_ref()
        .map(|file| file.uri(&locator.heading, locator.block_id.as_deref(), locator.page));
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
        obsidian_url,
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
