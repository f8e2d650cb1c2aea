//! From parsed text to chunks, each with the text to embed, sized by the embedder's own tokenizer.

use quire_catalog::TextKey;
use quire_domain::{Chunk, Document, ModelId, ParsedDocument};
use quire_engines::EmbedderInfo;
use quire_ingest::{ChunkDraft, ChunkOptions, TokenCounter};
use quire_retrieval::chunk_id;
use serde::{Deserialize, Serialize};

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

/// A text that is to be cut into chunks, and what that goes by.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Uncut {
    /// The text; what chunking does not look at is left out.
    text: ParsedDocument,
    /// What the title tells about the text; often nothing.
    subject: String,
    /// The model that is to embed the chunks, and whose tokens count.
    pub(super) model: ModelId,
    /// The longest text that the model reads, special tokens included.
    max_tokens: usize,
}

/// A chunk that is no part of a document yet, with the text to embed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Piece {
    draft: ChunkDraft,
    text_to_embed: String,
}

/// A document in chunks, each with the text to embed.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub chunks: Vec<Chunk>,
    pub texts: Vec<String>,
}

impl Uncut {
    /// Takes of a document what chunking needs.
    pub(super) fn new(text: ParsedDocument, document: &Document, embedder: &EmbedderInfo) -> Self {
        let subject = words_of_title(&title(&text, document), document);
        Self { subject, ..Self::of_text(text, embedder) }
    }

    /// Takes of a text that is no document's what chunking needs.
    pub(super) fn of_text(mut text: ParsedDocument, embedder: &EmbedderInfo) -> Self {
        for page in &mut text.pages {
            page.lines = Vec::new();
        }
        (text.warnings, text.left_out, text.metadata) = Default::default();
        let (model, max_tokens) = (embedder.model.clone(), embedder.max_tokens);
        Self { text, subject: String::new(), model, max_tokens }
    }

    /// How many pages the text has; one without pages has one.
    pub(super) fn page_count(&self) -> u32 {
        u32::try_from(self.text.pages.len()).unwrap_or(u32::MAX)
    }

    /// Cuts the text into chunks that the embedder can read.
    pub(super) fn cut(&self, counter: &dyn TokenCounter) -> Vec<Piece> {
        let room = self.max_tokens.saturating_sub(SPECIAL_TOKENS + CONTEXT_TOKENS);
        let options = ChunkOptions { max_tokens: room.clamp(16, MAX_CHUNK_TOKENS) };
        let drafts = quire_ingest::chunk(&self.text, counter, &options);
        let finish = |draft: ChunkDraft| {
            let text_to_embed = self.text_to_embed(&draft, counter);
            Piece { draft, text_to_embed }
        };
        drafts.into_iter().map(finish).collect()
    }

    /// Makes the text to embed: with title and headings if they fit, for they say what the
    /// passage is about; never over the limit.
    fn text_to_embed(&self, draft: &ChunkDraft, counter: &dyn TokenCounter) -> String {
        let limit = self.max_tokens.saturating_sub(SPECIAL_TOKENS);
        let fits = |text: &str| counter.count(text) <= limit;
        let headings = &draft.locator.heading;
        let mut context: Vec<&str> = vec![&self.subject];
        context.extend(headings.iter().map(String::as_str));
        context.retain(|part| !part.trim().is_empty());
        context.dedup();
        let below = |context: &str| format!("{context}\n{}", draft.text);
        let whole =
            if context.is_empty() { draft.text.clone() } else { below(&context.join(" > ")) };
        if fits(&whole) {
            return whole;
        }
        let short = headings.last().map(|heading| below(heading));
        if let Some(short) = short.filter(|short| fits(short)) {
            return short;
        }
        // A single word can be longer than the limit; its start stands for it.
        let mut text = draft.text.clone();
        while !fits(&text) {
            let half = text.chars().count() / 2;
            text = text.chars().take(half).collect();
        }
        text
    }
}

impl Cut {
    /// Makes pieces the chunks of a document.
    pub(super) fn new(pieces: Vec<Piece>, document: &Document, text_key: &TextKey) -> Self {
        let finish = |piece: Piece| {
            let ChunkDraft { ordinal, text, token_count, locator } = piece.draft;
            let id = chunk_id(&document.id, text_key, ordinal);
            let document_id = document.id.clone();
            (Chunk { id, document_id, ordinal, text, token_count, locator }, piece.text_to_embed)
        };
        let (chunks, texts) = pieces.into_iter().map(finish).unzip();
        Self { chunks, texts }
    }
}

/// Gives the document's own title; a number, as filing systems write there, is none.
pub(super) fn title(parsed: &ParsedDocument, document: &Document) -> String {
    let own = parsed.title.as_deref().filter(|title| title.contains(char::is_alphabetic));
    own.unwrap_or(document.path.file_name()).to_owned()
}

/// Gives what a title tells about the text: of a file's name only the words, and nothing if it
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
