//! Passages: what is found for a question, with the stored text that it may be quoted from.

use std::collections::HashMap;
use std::sync::Arc;

use quire_catalog::IndexedDocument;
use quire_domain::{
    AnswerMode, ChunkId, Collection, DocumentId, ErrorKind, Hit, PassageUse, SearchAccount,
    SearchMode, Span,
};
use quire_engines::Generator;
use quire_retrieval::evidence::Source;
use quire_retrieval::{
    FoundPassages, Query, Scoped, SubjectQuery, Subjects, Tuning, chunk_id, to_hit,
};
use quire_vectorstore::{FusedHit, IndexId, StoreError};

use super::lead;
use super::selection::Selection;
use crate::{ServiceError, Services};
use quire_grounding::Ground;

/// Candidates for the prompt, before the budget cuts them.
///
/// Set by hand: see `docs/decisions/057-passages-are-arranged-before-the-prompt.md`.
pub(super) const CANDIDATES: usize = 24;

/// A passage with the stored text it was cut from.
#[derive(Clone)]
pub struct Passage {
    /// The passage as it was found.
    pub hit: Hit,
    /// The stored text that may be quoted, and what is known around it.
    pub ground: Ground,
    /// The whole text of its page.
    pub page_text: Arc<str>,
    /// How many of the names in the question its document is about.
    pub names: usize,
    /// Its size in the prompt, in tokens of the chat model; 0 until it is measured.
    pub tokens: usize,
    /// The chunks that were joined to it.
    pub joined: Vec<ChunkId>,
    /// Whether only a part of it, or of the notes on it, is put before the model.
    pub shortened: bool,
    /// What the model reads of it, if that is not all.
    excerpt: Option<String>,
}

impl Passage {
    /// Joins a passage of the same page to this one; gives it back if the page has no such text.
    pub fn join(&mut self, other: Self) -> Option<Self> {
        let span = Span::new(self.hit.start.min(other.hit.start), self.hit.end.max(other.hit.end));
        let Some(text) = span.slice(&self.page_text).map(str::to_owned) else { return Some(other) };
        if other.hit.start < self.hit.start {
            self.hit.heading = other.hit.heading;
            self.ground.lead = other.ground.lead;
        }
        let join = |one: Option<(u32, u32)>, other: Option<(u32, u32)>| {
            let ((first, last), other) = (one?, other?);
            Some((first.min(other.0), last.max(other.1)))
        };
        self.hit.lines = join(self.hit.lines, other.hit.lines);
        self.hit.rows = join(self.hit.rows, other.hit.rows);
        (self.hit.start, self.hit.end) = (span.start, span.end);
        self.hit.text.clone_from(&text);
        self.ground.text = text;
        self.joined.push(other.hit.chunk_id);
        self.joined.extend(other.joined);
        None
    }

    /// Gives the passage with a part of its text only, behind the header that it has.
    pub fn part(&self, part: Span) -> Option<Self> {
        let text = part.slice(&self.ground.text)?;
        let mut passage = self.clone();
        passage.hit.text = format!("{}{text}", self.header());
        passage.excerpt = None;
        passage.hit.start = self.hit.start + part.start;
        passage.hit.end = self.hit.start + part.end;
        text.clone_into(&mut passage.ground.text);
        passage.ground.lead = lead::find(&self.page_text, passage.hit.start, text);
        Some(passage)
    }

    /// Shows what names the columns of a table whose beginning stands in another passage.
    pub fn header(&self) -> &str {
        self.hit.text.strip_suffix(self.ground.text.as_str()).unwrap_or_default()
    }

    /// Has the model read only these words of it.
    pub fn take_excerpt(&mut self, words: String) {
        self.shortened = words != self.hit.text.trim();
        self.excerpt = Some(words).filter(|_| self.shortened);
    }

    /// Shows it as quotes are chosen from it; `rank` is its place in the search, from 1.
    pub fn source(&self, rank: u32) -> Source<'_> {
        let Ground { text, context, .. } = &self.ground;
        Source { text, context, header: self.header(), rank }
    }

    /// Shows what the model reads of it.
    pub fn read_text(&self) -> &str {
        self.excerpt.as_deref().unwrap_or(&self.hit.text)
    }

    /// Accounts for the passage in a receipt.
    pub fn account(&self) -> PassageUse {
        PassageUse {
            chunk_id: self.hit.chunk_id.clone(),
            document: self.hit.document.clone(),
            page: self.hit.page,
            tokens: self.tokens as u32,
            used: false,
            joined: self.joined.clone(),
            shortened: self.shortened,
            reason: None,
        }
    }
}

/// What was found for a question, best first.
pub struct Found {
    pub selection: Selection,
    pub mode: AnswerMode,
}

/// What passages are wanted for a question.
pub struct Wanted<'a> {
    /// The words to search for.
    pub query: &'a str,
    /// Where to search: one collection or several.
    pub scoped: &'a [Scoped],
    /// How to choose, where somebody said so.
    pub mode: Option<AnswerMode>,
    /// For whole documents that were asked for: the chat model, and how many tokens of them it has room for.
    pub whole: Option<(&'a dyn Generator, usize)>,
    /// How many tokens the question needs; chosen documents that have no more are read whole.
    pub needed: usize,
}

impl Services {
    /// Lists what searches find of a document, in its order; nothing before it is indexed.
    pub async fn list_passages(&self, id: &DocumentId) -> Result<Vec<Hit>, ServiceError> {
        let Some(indexed) = self.inner.catalog.find_indexed(id).await? else {
            return Ok(Vec::new());
        };
        let collection = self.inner.catalog.get_collection(&indexed.document.collection).await?;
        let passages = self.document_passages(&collection.index_id.parse()?, &indexed).await?;
        Ok(passages.into_passages().into_iter().map(|passage| passage.hit).collect())
    }

    /// Lists a document's passages in order, as the index holds its current version.
    pub(crate) async fn document_passages(
        &self,
        index: &IndexId,
        indexed: &IndexedDocument,
    ) -> Result<Selection, ServiceError> {
        let id = &indexed.document.id;
        let chunks = self.inner.store.list_document_chunks(index, id).await?;
        let current = chunks
            .into_iter()
            .filter(|chunk| chunk.id == chunk_id(id, &indexed.text_key, chunk.ordinal));
        let hits = current.zip(1..).map(|(chunk, rank)| {
            to_hit(FusedHit { chunk, score: 1.0, dense: None, keyword: None }, indexed, rank)
        });
        let found = FoundPassages { hits: hits.collect(), account: SearchAccount::default() };
        self.with_grounds(found, &Subjects::default()).await
    }

    /// Finds the passages for a question: chosen documents whole where they fit or where that was
    /// asked for, else the best.
    ///
    /// Whole documents that were asked for and do not fit are `DocumentsTooLong`.
    pub(super) async fn find_grounds(&self, wanted: Wanted<'_>) -> Result<Found, ServiceError> {
        let Wanted { query, scoped, mode, whole, needed } = wanted;
        let are_chosen = scoped.iter().all(|one| one.documents.is_some());
        let hits = match whole {
            Some((generator, room)) => {
                let mut chosen = Vec::with_capacity(scoped.len());
                for Scoped { collection, documents } in scoped {
                    let listed = self.inner.catalog.list_indexed(&collection.index_id).await?;
                    let mut ids: Vec<DocumentId> = listed.into_iter().map(|(id, _)| id).collect();
                    ids.retain(|id| documents.as_ref().is_none_or(|chosen| chosen.contains(id)));
                    chosen.push(Scoped { collection: collection.clone(), documents: Some(ids) });
                }
                let hits = self.read_whole(&chosen, room).await?;
                let model = || generator.info().model.clone();
                Some(hits.ok_or_else(|| ServiceError::DocumentsTooLong { room, model: model() })?)
            }
            None if mode.is_none() && are_chosen => {
                let hits = self.read_whole(scoped, needed).await?;
                hits.filter(|hits| !hits.is_empty())
            }
            None => None,
        };
        let collections: Vec<&Collection> = scoped.iter().map(|one| &one.collection).collect();
        if let Some(hits) = hits {
            let found = FoundPassages { hits, account: SearchAccount::default() };
            let selection = self.with_subjects(&collections, query, found).await?;
            return Ok(Found { selection, mode: AnswerMode::FullDocument });
        }
        let (mode, tuning) = (SearchMode::Hybrid, Tuning::default());
        let wanted =
            Query { text: query, limit: CANDIDATES, mode, rerank: true, documents: None, tuning };
        let found = self.inner.retrieval.find_in_all(scoped, wanted).await?;
        let selection = self.with_subjects(&collections, query, found).await?;
        Ok(Found { selection, mode: AnswerMode::Retrieval })
    }

    /// Makes passages of hits, in mind which documents are about what the question names.
    pub(super) async fn with_subjects(
        &self,
        collections: &[&Collection],
        question: &str,
        found: FoundPassages,
    ) -> Result<Selection, ServiceError> {
        let query = SubjectQuery { question, hits: &found.hits, tuning: Tuning::default() };
        let subjects = self.inner.retrieval.find_subjects(collections, &query).await?;
        self.with_grounds(found, &subjects).await
    }

    /// Reads chosen documents whole, or `None` where they have more than so many tokens. Where none are chosen nothing is
    /// read.
    async fn read_whole(
        &self,
        chosen: &[Scoped],
        budget: usize,
    ) -> Result<Option<Vec<Hit>>, ServiceError> {
        let mut hits = Vec::new();
        let mut tokens = 0;
        for Scoped { collection, documents } in chosen {
            let index: IndexId = collection.index_id.parse()?;
            let documents = documents.as_deref().unwrap_or_default();
            for one in self.inner.catalog.get_indexed(index.as_str(), documents).await? {
                let id = &one.document.id;
                let chunks = match self.inner.store.list_document_chunks(&index, id).await {
                    // Another index took its place just now; the search finds that one.
                    Err(StoreError::NoSuchIndex { .. }) => return Ok(None),
                    chunks => chunks?,
                };
                for chunk in chunks {
                    tokens += chunk.token_count as usize;
                    if tokens > budget {
                        return Ok(None);
                    }
                    if chunk.id == chunk_id(id, &one.text_key, chunk.ordinal) {
                        let rank = hits.len() as u32 + 1;
                        let whole = FusedHit { chunk, score: 1.0, dense: None, keyword: None };
                        hits.push(to_hit(whole, &one, rank));
                    }
                }
            }
        }
        Ok(Some(hits))
    }

    /// Adds to each hit the stored text that it may be quoted from, and what its document is about.
    async fn with_grounds(
        &self,
        found: FoundPassages,
        subjects: &Subjects,
    ) -> Result<Selection, ServiceError> {
        let mut selection = Selection::after(found.account);
        let mut pages: HashMap<(DocumentId, Option<u32>), Arc<str>> = HashMap::new();
        for hit in found.hits {
            let page = (hit.document.id.clone(), hit.page);
            let text = match pages.get(&page) {
                Some(text) => Arc::clone(text),
                None => match self.documents.get_text(&hit.document.id, hit.page).await {
                    Ok(text) => Arc::from(text.text),
                    // Deleted or changed since it was found.
                    Err(error) if is_gone(&error) => {
                        selection.lose(hit);
                        continue;
                    }
                    Err(error) => return Err(error),
                },
            };
            pages.insert(page, Arc::clone(&text));
            let Some(stored) = Span::new(hit.start, hit.end).slice(&text) else {
                selection.lose(hit);
                continue;
            };
            let header = hit.text.strip_suffix(stored).unwrap_or_default();
            let about: Vec<&str> = subjects.names(&hit.document.id).collect();
            let context = format!(
                "{}\n{}\n{}\n{}\n{header}",
                hit.document.title,
                hit.document.path,
                about.join("\n"),
                hit.heading.join("\n")
            );
            let lead = lead::find(&text, hit.start, stored);
            let ground = Ground { text: stored.to_owned(), context, lead };
            selection.add(Passage {
                names: about.len(),
                hit,
                ground,
                page_text: text,
                tokens: 0,
                joined: Vec::new(),
                shortened: false,
                excerpt: None,
            });
        }
        Ok(selection)
    }
}

/// Returns whether a text could not be read because it is another one by now, or none.
fn is_gone(error: &ServiceError) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidInput)
}
