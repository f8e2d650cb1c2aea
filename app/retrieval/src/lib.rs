//! Retrieval: finds the passages of a collection that match a question, best first.
//!
//! The dense and the keyword half are asked at once, fused into one list, and the best of it are
//! read again, sentence by sentence. It knows of answers and of ingest nothing but the id that a
//! chunk of a text version has.

mod candidates;
mod chunk_id;
pub mod error;
pub mod evidence;
mod overlap;
mod second_stage;
mod several;
mod subjects;
mod tuning;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use quire_catalog::{Catalog, IndexedDocument};
use quire_domain::{
    Collection, DocumentId, DocumentRef, Hit, HitScores, Language, SearchAccount, SearchMode,
};
use quire_engines::ModelRuntime;
use quire_language::Lexicon;
use quire_vectorstore::{ChunkStore, FUSION_DEPTH, FusedHit, FusionHints, ScoredChunk, fuse};

pub use candidates::Candidates;
pub use chunk_id::{chunk_id, text_version};
pub use error::RetrievalError;
pub use several::Scoped;
pub use subjects::{SubjectQuery, Subjects};
pub use tuning::Tuning;

use overlap::Background;
use second_stage::Rerankers;

/// How many keyword hits are read to see how much of the question they contain.
///
/// Set with the weights of fusion: see `docs/decisions/041-fusion-by-z-score.md`.
const OVERLAP_HITS: usize = 5;

/// What to find, and in what way.
#[derive(Clone)]
pub struct Query<'a> {
    /// The words.
    pub text: &'a str,
    /// How many hits at most.
    pub limit: usize,
    /// Which halves are asked.
    pub mode: SearchMode,
    /// Whether the second stage reads the best hits of a hybrid search again.
    pub rerank: bool,
    /// Only these documents; all of the collection if absent.
    pub documents: Option<Vec<DocumentId>>,
    /// The constants that were tuned; a sweep tries others.
    pub tuning: Tuning,
}

/// The passages found, and what was left out on the way to them.
pub struct FoundPassages {
    /// The passages, best first.
    pub hits: Vec<Hit>,
    /// What was left out of the question and of what the halves found.
    pub account: SearchAccount,
}

/// Finds passages in the index of a collection.
pub struct Retrieval {
    catalog: Arc<dyn Catalog>,
    store: Arc<dyn ChunkStore>,
    models: Arc<dyn ModelRuntime>,
    rerankers: Rerankers,
}

impl Retrieval {
    /// Makes one over the catalog that says what is indexed, the store that holds the chunks and
    /// the models that read the question.
    pub fn new(
        catalog: Arc<dyn Catalog>,
        store: Arc<dyn ChunkStore>,
        models: Arc<dyn ModelRuntime>,
    ) -> Self {
        Self { catalog, store, models, rerankers: Rerankers::default() }
    }

    /// Finds passages whose document is indexed in just the version they are of.
    pub async fn find_passages(
        &self,
        collection: &Collection,
        query: Query<'_>,
    ) -> Result<FoundPassages, RetrievalError> {
        let found = self.find_in(collection, &query).await?;
        if found.hits.is_empty()
            && let Some(now) = self.find_successor(collection).await
        {
            return self.find_in(&now, &query).await;
        }
        Ok(found)
    }

    async fn find_in(
        &self,
        collection: &Collection,
        query: &Query<'_>,
    ) -> Result<FoundPassages, RetrievalError> {
        let depth = query.limit.max(FUSION_DEPTH);
        let candidates = self.find_candidates(collection, query, depth).await?;
        self.rank(collection, query, candidates).await
    }

    /// Gives the collection anew where its index went while it was searched.
    pub async fn find_successor(&self, collection: &Collection) -> Option<Collection> {
        let now = self.catalog.get_collection(&collection.name).await.ok()?;
        let next = now.next_index.as_ref().map(|next| &next.index_id);
        let previous = now.previous_index.as_ref().map(|previous| &previous.index_id);
        let there = [Some(&now.index_id), next, previous];
        (!there.contains(&Some(&collection.index_id))).then_some(now)
    }

    /// Makes one list of what the halves found, as the query wants it.
    pub async fn rank(
        &self,
        collection: &Collection,
        query: &Query<'_>,
        candidates: Candidates,
    ) -> Result<FoundPassages, RetrievalError> {
        self.rank_all(&[collection], query, candidates).await
    }

    /// Makes one list of what the halves found in collections; questions are read in the language of the first.
    async fn rank_all(
        &self,
        collections: &[&Collection],
        query: &Query<'_>,
        candidates: Candidates,
    ) -> Result<FoundPassages, RetrievalError> {
        let Candidates { dense, keyword, embedded_query } = candidates;
        let mut account = SearchAccount { embedded_query, ..SearchAccount::default() };
        let limit = query.limit;
        let fused = match query.mode {
            SearchMode::Dense => dense.into_iter().map(from_dense).collect(),
            SearchMode::Keyword => keyword.into_iter().map(from_keyword).collect(),
            SearchMode::Hybrid => {
                let trust = self.fusion_hints(collections, query.text, &keyword).await?;
                fuse(dense, keyword, trust, &query.tuning.fusion)
            }
        };
        let mut hits = self.to_hits(collections, fused).await?;
        let found = hits.len();
        if query.mode == SearchMode::Hybrid && query.rerank {
            hits.truncate(limit.max(second_stage::DEPTH));
            self.read_again(collections, query, &mut hits, &mut account).await?;
        }
        hits.truncate(limit);
        account.over_limit = (found - hits.len()) as u32;
        Ok(FoundPassages { hits, account })
    }

    /// Orders the best hits anew by reading them, and by a cross-encoder where one is installed.
    async fn read_again(
        &self,
        collections: &[&Collection],
        query: &Query<'_>,
        hits: &mut [Hit],
        account: &mut SearchAccount,
    ) -> Result<(), RetrievalError> {
        let read = &hits[..hits.len().min(second_stage::DEPTH)];
        let ids = documents_of(read);
        let mut names = HashMap::new();
        for collection in collections {
            names.extend(self.catalog.find_names(&collection.index_id, &ids).await?);
        }
        let asked = SubjectQuery { question: query.text, hits: read, tuning: query.tuning };
        let subjects = self.find_subjects(collections, &asked).await?;
        let background = Background { names: &names, subjects: &subjects };
        let naming = second_stage::rerank(query, language_of(collections), &background, hits);
        let languages: Vec<Language> = collections.iter().map(|one| one.language).collect();
        let reranker = self.rerankers.find(self.models.as_ref(), &languages).await;
        if let Some(reranker) = reranker {
            match second_stage::read_together(reranker.as_ref(), query, &naming, hits).await? {
                Some(cut) => account.reranker_cut = cut as u32,
                None => account.reranker_skipped = true,
            }
        }
        Ok(())
    }

    /// Judges how far either half can be trusted for this question.
    async fn fusion_hints(
        &self,
        collections: &[&Collection],
        question: &str,
        keyword: &[ScoredChunk],
    ) -> Result<FusionHints, RetrievalError> {
        let analyzer = Lexicon::of(language_of(collections)).analyzer();
        let wanted: HashSet<String> = analyzer.terms(question).into_iter().collect();
        let overlaps = keyword.iter().take(OVERLAP_HITS).map(|hit| {
            let has: HashSet<String> = analyzer.terms(&hit.chunk.text).into_iter().collect();
            wanted.intersection(&has).count() as f32 / wanted.len().max(1) as f32
        });
        let term_overlap = overlaps.fold(0.0, f32::max);
        let mut embedder_fits = true;
        for collection in collections {
            let embedder = self.models.get_embedder(&collection.embedding_model).await?;
            embedder_fits &= embedder.info().reads(collection.language);
        }
        Ok(FusionHints { term_overlap, embedder_fits })
    }

    async fn to_hits(
        &self,
        collections: &[&Collection],
        fused: Vec<FusedHit>,
    ) -> Result<Vec<Hit>, RetrievalError> {
        let mut ids: Vec<DocumentId> =
            fused.iter().map(|hit| hit.chunk.document_id.clone()).collect();
        ids.sort();
        ids.dedup();
        let mut indexed: HashMap<DocumentId, IndexedDocument> = HashMap::new();
        for collection in collections {
            let held = self.catalog.get_indexed(&collection.index_id, &ids).await?;
            indexed.extend(held.into_iter().map(|one| (one.document.id.clone(), one)));
        }
        let known = fused.into_iter().filter_map(|hit| {
            let document = indexed.get(&hit.chunk.document_id)?;
            let id = chunk_id(&document.document.id, &document.text_key, hit.chunk.ordinal);
            (id == hit.chunk.id).then_some((hit, document))
        });
        let numbered = known.zip(1..);
        Ok(numbered.map(|((hit, document), rank)| to_hit(hit, document, rank)).collect())
    }
}

/// Gives the language that a question about collections is read in: that of the first.
fn language_of(collections: &[&Collection]) -> Language {
    collections.first().map_or(Language::default(), |first| first.language)
}

/// Lists the documents that hits are of, each once.
fn documents_of(hits: &[Hit]) -> Vec<DocumentId> {
    let documents: BTreeSet<&DocumentId> = hits.iter().map(|hit| &hit.document.id).collect();
    documents.into_iter().cloned().collect()
}

/// Makes the hit that people see of a chunk that was found.
pub fn to_hit(hit: FusedHit, document: &IndexedDocument, rank: u32) -> Hit {
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
            page_kind: document.document.page_kind,
        },
        page: locator.page,
        heading: locator.heading,
        lines: locator.lines,
        rows: locator.rows,
        start: locator.span.start,
        end: locator.span.end,
        version: Some(text_version(&document.text_key)),
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
