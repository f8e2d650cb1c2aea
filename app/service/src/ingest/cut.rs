//! From parsed text to chunks, each with the text to embed, sized by the embedder's own tokenizer.

use quire_catalog::TextKey;
use quire_domain::{Chunk, Document, ParsedDocument};
use quire_ingest::{ChunkDraft, ChunkOptions, TokenCounter};
use quire_retrieval::chunk_id;

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

/// What chunking goes by: the tokens of the model, and how many it reads.
pub(super) struct Sizes<'a> {
    pub counter: &'a dyn TokenCounter,
    /// The longest text that the model reads, special tokens included.
    pub max_tokens: usize,
}

/// A document in chunks, each with the text to embed.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub chunks: Vec<Chunk>,
    pub texts: Vec<String>,
}

/// Cuts a text into chunks that the embedder can read.
pub(super) fn cut(
    parsed: &ParsedDocument,
    document: &Document,
    text_key: &TextKey,
    sizes: &Sizes<'_>,
) -> Cut {
    let subject = words_of_title(&title(parsed, document), document);
    let room = sizes.max_tokens.saturating_sub(SPECIAL_TOKENS + CONTEXT_TOKENS);
    let options = ChunkOptions { max_tokens: room.clamp(16, MAX_CHUNK_TOKENS) };
    let drafts = quire_ingest::chunk(parsed, sizes.counter, &options);
    let finish = |draft: ChunkDraft| Chunk {
        id: chunk_id(&document.id, text_key, draft.ordinal),
        document_id: document.id.clone(),
        ordinal: draft.ordinal,
        text: draft.text,
        token_count: draft.token_count,
        locator: draft.locator,
    };
    let chunks: Vec<Chunk> = drafts.into_iter().map(finish).collect();
    let texts = chunks.iter().map(|chunk| embedding_text(sizes, chunk, &subject)).collect();
    Cut { chunks, texts }
}

/// Gives the document's own title; a number, as filing systems write there, is none.
pub(super) fn title(parsed: &ParsedDocument, document: &Document) -> String {
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

/// Makes the text to embed: with title and headings where they fit, never over the limit.
fn embedding_text(sizes: &Sizes<'_>, chunk: &Chunk, title: &str) -> String {
    let limit = sizes.max_tokens.saturating_sub(SPECIAL_TOKENS);
    let fits = |text: &str| sizes.counter.count(text) <= limit;
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
