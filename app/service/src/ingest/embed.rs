//! From parsed text to chunks with vectors.

use std::sync::Arc;

use quire_catalog::{TextKey, VectorKey, WorkItem};
use quire_domain::{Chunk, Document, DocumentId, IngestEvent, ParsedDocument};
use quire_engines::{Embedder, TextRole};
use quire_ingest::{ChunkDraft, ChunkOptions, TokenCounter};
use quire_retrieval::chunk_id;
use quire_vectorstore::StoredChunk;
use sha2::{Digest, Sha256};

use super::commit::Ready;
use crate::{ServiceError, Services};

/// Tokens kept free in an embedder's input for title and headings.
///
/// Set by hand: see `docs/decisions/027-the-size-of-chunks.md`.
const CONTEXT_TOKENS: usize = 40;
/// Special tokens that embedders put around a text.
const SPECIAL_TOKENS: usize = 2;
/// The longest chunk, whatever the embedder could read: longer passages blur.
///
/// Set by hand; no sweep was recorded: see `docs/decisions/027-the-size-of-chunks.md`.
const MAX_CHUNK_TOKENS: usize = 320;
/// Texts sent to the embedder at a time; between two of these a shutdown is heeded.
const EMBED_TEXTS: usize = 64;

struct Counter<'a>(&'a dyn Embedder);

impl TokenCounter for Counter<'_> {
    fn count(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }
}

/// The version of a document that is being prepared.
pub(super) struct Subject<'a> {
    pub document: &'a Document,
    pub text_key: &'a TextKey,
}

/// A document in chunks, each with the text to embed.
pub(super) struct Cut {
    chunks: Vec<Chunk>,
    texts: Vec<String>,
}

impl Services {
    /// Chunks and embeds a parsed document; `None` when the service is stopping or the document
    /// has changed meanwhile.
    pub(super) async fn prepare(
        &self,
        item: &WorkItem,
        parsed: ParsedDocument,
    ) -> Result<Option<Ready>, ServiceError> {
        let document = &item.document;
        let collection = self.inner.catalog.get_collection(&document.collection).await?;
        let embedder = self.inner.models.get_embedder(&collection.embedding_model).await?;
        let title = title(&parsed, document);
        let language = parsed.language;
        let text_key = TextKey::new(&document.sha256, &document.path);
        let cut = self.cut(&Subject { document, text_key: &text_key }, parsed, &embedder).await?;
        let chunk_count = cut.chunks.len() as u32;
        if self.inner.catalog.set_parsed(document, &title, chunk_count).await? {
            let document = self.inner.catalog.get_document(&document.id).await?;
            self.announce(&document).await?;
        }
        let progress = |done, total| {
            let collection = document.collection.clone();
            let document_id = document.id.clone();
            self.send(IngestEvent::Embedding { collection, document_id, done, total });
        };
        let Some(chunks) = self.embed(cut, embedder.as_ref(), progress).await? else {
            return Ok(None);
        };
        if self.inner.catalog.set_embedded(document).await? {
            let document = self.inner.catalog.get_document(&document.id).await?;
            self.announce(&document).await?;
        }
        let dimensions = embedder.info().dimensions;
        let (item, embedding_model) = (item.clone(), collection.embedding_model);
        Ok(Some(Ready { item, text_key, language, embedding_model, dimensions, chunks }))
    }

    /// Cuts a text into chunks that the embedder can read.
    pub(super) async fn cut(
        &self,
        subject: &Subject<'_>,
        parsed: ParsedDocument,
        embedder: &Arc<dyn Embedder>,
    ) -> Result<Cut, ServiceError> {
        let embedder = Arc::clone(embedder);
        let (document, key) = (subject.document.clone(), subject.text_key.clone());
        let work = move || {
            let subject = words_of_title(&title(&parsed, &document), &document);
            let chunks = cut(embedder.as_ref(), &parsed, &document.id, &key);
            let text = |chunk| embedding_text(embedder.as_ref(), chunk, &subject);
            let texts = chunks.iter().map(text).collect();
            Cut { chunks, texts }
        };
        let done = tokio::task::spawn_blocking(work).await;
        done.map_err(|_| ServiceError::TaskStopped { task: "chunking a document" })
    }

    /// Gives each chunk its vector: from the cache, or embedded now and cached. `None` when the
    /// service is stopping.
    pub(super) async fn embed(
        &self,
        cut: Cut,
        embedder: &dyn Embedder,
        progress: impl Fn(u32, u32) + Send,
    ) -> Result<Option<Vec<StoredChunk>>, ServiceError> {
        let Cut { chunks, texts } = cut;
        let fingerprint = &embedder.info().fingerprint;
        let keys: Vec<VectorKey> = texts
            .iter()
            .map(|text| VectorKey {
                text_hash: Sha256::digest(text.as_bytes()).into(),
                fingerprint: fingerprint.clone(),
            })
            .collect();
        let mut vectors = self.inner.vectors.find_vectors(keys.clone()).await?;
        let total = texts.len() as u32;
        let mut missing: Vec<usize> =
            (0..texts.len()).filter(|&index| vectors[index].is_none()).collect();
        // Batches of like lengths, longest first, so that little is padded.
        missing.sort_by_key(|&index| std::cmp::Reverse(texts[index].len()));
        let mut done = total - missing.len() as u32;
        for part in missing.chunks(EMBED_TEXTS) {
            if self.is_stopping() {
                return Ok(None);
            }
            let batch = part.iter().map(|&index| texts[index].clone()).collect();
            let fresh = embedder.embed(batch, TextRole::Passage).await?;
            let fresh = part.iter().copied().zip(fresh.vectors);
            let fresh: Vec<(usize, Vec<f32>)> = fresh.collect();
            let cached = fresh.iter().map(|(index, vector)| (keys[*index].clone(), vector.clone()));
            self.inner.vectors.put_vectors(cached.collect()).await?;
            for (index, vector) in fresh {
                vectors[index] = Some(vector);
            }
            done += part.len() as u32;
            progress(done, total);
        }
        let chunks = chunks.into_iter().zip(vectors.into_iter().flatten());
        Ok(Some(chunks.map(|(chunk, vector)| StoredChunk { chunk, vector }).collect()))
    }
}

/// Gives the document's own title; a number, as filing systems write there, is none.
fn title(parsed: &ParsedDocument, document: &Document) -> String {
    let own = parsed.title.as_deref().filter(|title| title.contains(char::is_alphabetic));
    own.unwrap_or(document.path.file_name()).to_owned()
}

/// Gives what a title tells about the text: of a file's name only the words, and nothing where it
/// is made of numbers and single letters.
fn words_of_title(title: &str, document: &Document) -> String {
    if title != document.path.file_name() {
        return title.to_owned();
    }
    let stem = title.rsplit_once('.').map_or(title, |(stem, _)| stem);
    let words: Vec<&str> =
        stem.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_word = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() >= 3;
    if words.iter().any(is_word) { words.join(" ") } else { String::new() }
}

fn cut(
    embedder: &dyn Embedder,
    parsed: &ParsedDocument,
    document: &DocumentId,
    text_key: &TextKey,
) -> Vec<Chunk> {
    let room = embedder.info().max_tokens.saturating_sub(SPECIAL_TOKENS + CONTEXT_TOKENS);
    let max_tokens = room.clamp(16, MAX_CHUNK_TOKENS);
    let options = ChunkOptions { max_tokens };
    let drafts = quire_ingest::chunk(parsed, &Counter(embedder), &options);
    let finish = |draft: ChunkDraft| Chunk {
        id: chunk_id(document, text_key, draft.ordinal),
        document_id: document.clone(),
        ordinal: draft.ordinal,
        text: draft.text,
        token_count: draft.token_count,
        locator: draft.locator,
    };
    drafts.into_iter().map(finish).collect()
}

/// Makes the text to embed: with title and headings where they fit, never over the limit.
fn embedding_text(embedder: &dyn Embedder, chunk: &Chunk, title: &str) -> String {
    let limit = embedder.info().max_tokens.saturating_sub(SPECIAL_TOKENS);
    let fits = |text: &str| embedder.count_tokens(text) <= limit;
    let whole = chunk.embedding_text(title);
    if fits(&whole) {
        return whole;
    }
    let innermost = chunk.locator.heading.last();
    let short = innermost.map(|heading| format!("{heading}\n{}", chunk.text));
    if let Some(short) = short.filter(|short| fits(short)) {
        return short;
    }
    // A single word can be longer than the limit; its start stands for it.
    let mut text = chunk.text.clone();
    while !fits(&text) {
        let half = text.chars().count() / 2;
        text = text.chars().take(half).collect();
    }
    text
}
