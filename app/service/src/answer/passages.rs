//! Passages: what is put before the model, within the token budget.

use std::collections::HashMap;
use std::sync::Arc;

use quire_catalog::IndexedDocument;
use quire_domain::{AnswerMode, Collection, DocumentId, Hit, PassageUse, SearchMode, Span};
use quire_engines::{Generator, Prompt};
use quire_retrieval::{Query, SubjectQuery, Subjects, Tuning, chunk_id, documents_of, to_hit};
use quire_vectorstore::{FusedHit, IndexId, StoreError};

use super::prompt::{self, Asked};
use crate::{ServiceError, Services};
use quire_grounding::Ground;

/// Candidates for the prompt, before the budget cuts them.
///
/// Set by hand: see `docs/decisions/057-passages-are-arranged-before-the-prompt.md`.
const CANDIDATES: usize = 24;

/// A passage with the stored text it was cut from.
pub struct Passage {
    /// The passage as it was found.
    pub hit: Hit,
    /// The stored text that may be quoted, and what is known around it.
    pub ground: Ground,
    /// The whole text of its page.
    pub page_text: Arc<str>,
    /// How many of the names in the question its document is about.
    pub names: usize,
    /// Its size in the prompt, in tokens of the chat model.
    pub tokens: usize,
}

impl Passage {
    /// Accounts for the passage in a receipt.
    pub fn account(&self) -> PassageUse {
        PassageUse {
            chunk_id: self.hit.chunk_id.clone(),
            document: self.hit.document.clone(),
            page: self.hit.page,
            tokens: self.tokens as u32,
            used: false,
        }
    }
}

/// What was found for a question, best first.
pub struct Found {
    pub passages: Vec<Passage>,
    pub mode: AnswerMode,
}

/// What passages are wanted for a question.
pub struct Wanted<'a> {
    /// The words to search for.
    pub query: &'a str,
    /// Only these documents.
    pub documents: Option<Vec<DocumentId>>,
    /// How to choose, where somebody said so.
    pub mode: Option<AnswerMode>,
    /// The chat model, which has room for so many tokens of passages.
    pub generator: &'a dyn Generator,
    /// The most tokens of whole documents that were asked for.
    pub room: usize,
}

/// What fits before the model.
pub struct Chosen {
    pub passages: Vec<Passage>,
    pub dropped: Vec<PassageUse>,
    pub history: Vec<(String, String)>,
    pub dropped_turns: u32,
    /// Notes on the passages, which the model reads in their place.
    pub notes: Option<String>,
}

/// What there is room for.
pub struct Budget<'a> {
    pub generator: &'a dyn Generator,
    pub asked: Asked<'a>,
    pub passage_tokens: usize,
    pub answer_tokens: usize,
}

impl Services {
    /// Lists what searches find of a document, in its order; nothing before it is indexed.
    pub async fn list_passages(&self, id: &DocumentId) -> Result<Vec<Hit>, ServiceError> {
        let Some(indexed) = self.inner.catalog.find_indexed(id).await? else {
            return Ok(Vec::new());
        };
        let collection = self.inner.catalog.get_collection(&indexed.document.collection).await?;
        let passages = self.document_passages(&collection.index_id.parse()?, &indexed).await?;
        Ok(passages.into_iter().map(|passage| passage.hit).collect())
    }

    /// Lists a document's passages in order, as the index holds its current version.
    pub(crate) async fn document_passages(
        &self,
        index: &IndexId,
        indexed: &IndexedDocument,
    ) -> Result<Vec<Passage>, ServiceError> {
        let id = &indexed.document.id;
        let chunks = self.inner.store.list_document_chunks(index, id).await?;
        let current = chunks
            .into_iter()
            .filter(|chunk| chunk.id == chunk_id(id, &indexed.text_key, chunk.ordinal));
        let hits = current.zip(1..).map(|(chunk, rank)| {
            to_hit(FusedHit { chunk, score: 1.0, dense: None, keyword: None }, indexed, rank)
        });
        self.with_grounds(hits.collect(), &Subjects::default()).await
    }

    /// Finds the passages for a question: chosen documents whole where they fit or where that was
    /// asked for, else the best.
    ///
    /// Whole documents that were asked for and do not fit are `DocumentsTooLong`.
    pub(super) async fn find_grounds(
        &self,
        collection: &Collection,
        wanted: Wanted<'_>,
    ) -> Result<Found, ServiceError> {
        let Wanted { query, documents, mode, generator, room } = wanted;
        let hits = match (mode, &documents) {
            (Some(AnswerMode::FullDocument), _) => {
                let listed = self.inner.catalog.list_indexed(&collection.index_id).await?;
                let mut ids: Vec<DocumentId> = listed.into_iter().map(|(id, _)| id).collect();
                ids.retain(|id| documents.as_ref().is_none_or(|chosen| chosen.contains(id)));
                let hits = self.read_whole(collection, &ids, room).await?;
                let model = || generator.info().model.clone();
                Some(hits.ok_or_else(|| ServiceError::DocumentsTooLong { room, model: model() })?)
            }
            (None, Some(chosen)) => {
                let budget = self.inner.config.passage_token_budget;
                let hits = self.read_whole(collection, chosen, budget).await?;
                hits.filter(|hits| !hits.is_empty())
            }
            _ => None,
        };
        if let Some(hits) = hits {
            let passages = self.with_subjects(collection, query, hits).await?;
            return Ok(Found { passages, mode: AnswerMode::FullDocument });
        }
        let mode = SearchMode::Hybrid;
        let tuning = Tuning::default();
        let wanted =
            Query { text: query, limit: CANDIDATES, mode, rerank: true, documents, tuning };
        let hits = self.inner.retrieval.find_passages(collection, wanted).await?;
        let passages = self.with_subjects(collection, query, hits).await?;
        Ok(Found { passages, mode: AnswerMode::Retrieval })
    }

    /// Makes passages of hits, in mind which documents are about what the question names.
    async fn with_subjects(
        &self,
        collection: &Collection,
        question: &str,
        hits: Vec<Hit>,
    ) -> Result<Vec<Passage>, ServiceError> {
        let documents = documents_of(&hits);
        let query = SubjectQuery { question, documents: &documents, tuning: Tuning::default() };
        let subjects = self.inner.retrieval.find_subjects(collection, &query).await?;
        self.with_grounds(hits, &subjects).await
    }

    /// Reads chosen documents whole, or `None` where they have more than so many tokens.
    async fn read_whole(
        &self,
        collection: &Collection,
        documents: &[DocumentId],
        budget: usize,
    ) -> Result<Option<Vec<Hit>>, ServiceError> {
        let index: IndexId = collection.index_id.parse()?;
        let indexed = self.inner.catalog.get_indexed(index.as_str(), documents).await?;
        let mut hits = Vec::new();
        let mut tokens = 0;
        for one in indexed {
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
        Ok(Some(hits))
    }

    /// Adds to each hit the stored text that it may be quoted from, and what its document is about.
    async fn with_grounds(
        &self,
        hits: Vec<Hit>,
        subjects: &Subjects,
    ) -> Result<Vec<Passage>, ServiceError> {
        let mut passages = Vec::with_capacity(hits.len());
        let mut pages: HashMap<(DocumentId, Option<u32>), Arc<str>> = HashMap::new();
        for hit in hits {
            let page = (hit.document.id.clone(), hit.page);
            let text = match pages.get(&page) {
                Some(text) => Arc::clone(text),
                None => match self.get_text(&hit.document.id, hit.page).await {
                    Ok(text) => Arc::from(text.text),
                    // Deleted since it was found.
                    Err(_) => continue,
                },
            };
            pages.insert(page, Arc::clone(&text));
            let Some(stored) = Span::new(hit.start, hit.end).slice(&text) else { continue };
            let header = hit.text.strip_suffix(stored).unwrap_or_default();
            let about: Vec<&str> = subjects.names(&hit.document.id).collect();
            let context = format!(
                "{}\n{}\n{}\n{}\n{header}",
                hit.document.title,
                hit.document.path,
                about.join("\n"),
                hit.heading.join("\n")
            );
            let ground = Ground { text: stored.to_owned(), context };
            passages.push(Passage { names: about.len(), hit, ground, page_text: text, tokens: 0 });
        }
        Ok(passages)
    }
}

/// Chooses what fits: first the question, then passages, then earlier turns, newest first.
///
/// A question that leaves no room for an answer is `QuestionTooLong`.
pub fn choose(found: Vec<Passage>, budget: &Budget<'_>) -> Result<Chosen, ServiceError> {
    let generator = budget.generator;
    let context = generator.info().context_tokens;
    let Asked { question, history: turns, .. } = budget.asked;
    let frame = Prompt::Direct(prompt::build(&[], &Asked { history: &[], ..budget.asked }));
    let frame = generator.count_prompt_tokens(&frame)?;
    let Some(mut room) =
        context.checked_sub(frame + budget.answer_tokens).filter(|room| *room > 64)
    else {
        let tokens = generator.count_tokens(question);
        let limit = (context + tokens).saturating_sub(frame + budget.answer_tokens + 64);
        return Err(ServiceError::QuestionTooLong {
            tokens,
            limit,
            model: generator.info().model.clone(),
        });
    };
    let mut passage_room = budget.passage_tokens.min(room);
    let mut passages: Vec<Passage> = Vec::new();
    let mut dropped = Vec::new();
    for mut passage in found {
        let number = passages.len() + 1;
        passage.tokens = generator.count_tokens(&prompt::render_passage(&passage, number));
        if dropped.is_empty() && passage.tokens <= passage_room {
            passage_room -= passage.tokens;
            room -= passage.tokens;
            passages.push(passage);
        } else {
            dropped.push(passage.account());
        }
    }
    let mut history = Vec::new();
    for (question, answer) in turns.iter().rev() {
        // Eight tokens stand for what a chat template puts around two messages.
        let tokens = generator.count_tokens(question) + generator.count_tokens(answer) + 8;
        let Some(left) = room.checked_sub(tokens) else { break };
        room = left;
        history.push((question.clone(), answer.clone()));
    }
    history.reverse();
    let dropped_turns = (turns.len() - history.len()) as u32;
    Ok(Chosen { passages, dropped, history, dropped_turns, notes: None })
}
