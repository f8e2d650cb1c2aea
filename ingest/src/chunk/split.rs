//! Splitting a text that is too long for one chunk, at the highest boundary that serves.
//!
//! The `text-splitter` crate chooses the boundaries. It asks for the size of many overlapping
//! pieces, which would run a real tokenizer over the same text again and again; so each word is
//! counted once and sizes are sums. Every finished piece is then counted as a whole.

use std::collections::HashMap;
use std::ops::Range;

use text_splitter::{ChunkConfig, ChunkSizer, TextSplitter};
use unicode_segmentation::UnicodeSegmentation;

use super::TokenCounter;

/// The text handed to the splitter at once, in bytes for each token of a chunk. A chunk takes four
/// to six, and the splitter looks at all that it is given again for every chunk.
///
/// Chosen by time and not by quality: see `docs/decisions/027-the-size-of-chunks.md`.
const WINDOW_BYTES_PER_TOKEN: usize = 24;
/// The longest piece that is counted as one word, in code points.
const LONGEST_WORD: usize = 48;

/// Splits `text` into pieces of at most `max_tokens`, each with its count.
pub(super) fn split(
    text: &str,
    counter: &dyn TokenCounter,
    max_tokens: usize,
) -> Vec<(Range<usize>, usize)> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = window_end(text, start, max_tokens.saturating_mul(WINDOW_BYTES_PER_TOKEN));
        let mut parts = split_window(text, start..end, (counter, max_tokens));
        start = end;
        // The last piece may be short only because the window ended there.
        if end < text.len() && parts.len() > 1 {
            start = parts.pop().map_or(end, |(part, _)| part.start);
        }
        pieces.extend(parts);
    }
    pieces
}

fn split_window(
    text: &str,
    window: Range<usize>,
    (counter, max_tokens): (&dyn TokenCounter, usize),
) -> Vec<(Range<usize>, usize)> {
    let source = &text[window.clone()];
    let sizer = WordSums::new(source, counter);
    let mut target = max_tokens;
    loop {
        let splitter = TextSplitter::new(ChunkConfig::new(target).with_sizer(&sizer));
        let measured: Vec<(Range<usize>, usize)> = splitter
            .chunk_indices(source)
            .map(|(start, piece)| (window.start + start, piece))
            .map(|(start, piece)| (start..start + piece.len(), counter.count(piece)))
            .collect();
        // Sums of words are estimates for some tokenizers: aim lower if one was wrong.
        let lower = target * 3 / 4;
        if lower == 0 || measured.iter().all(|(_, tokens)| *tokens <= max_tokens) {
            return measured;
        }
        target = lower;
    }
}

/// Ends a window at a line end or a blank if there is one.
fn window_end(text: &str, start: usize, length: usize) -> usize {
    let length = length.max(1_024);
    if text.len() - start <= length {
        return text.len();
    }
    let limit = text.floor_char_boundary(start + length);
    let half = text.floor_char_boundary(start + length / 2);
    let tail = &text[half..limit];
    let edge = tail.rfind('\n').or_else(|| tail.rfind(char::is_whitespace));
    edge.map_or(limit, |offset| half + offset)
}

/// Sizes any piece of one text from the sizes of its words.
struct WordSums<'a> {
    counter: &'a dyn TokenCounter,
    base: usize,
    length: usize,
    /// The end of each word in bytes, and the tokens up to there.
    words: Vec<(usize, usize)>,
}

impl<'a> WordSums<'a> {
    fn new(text: &'a str, counter: &'a dyn TokenCounter) -> Self {
        let overhead = counter.count("");
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut words = Vec::new();
        let mut total = 0;
        let mut end = 0;
        for word in text.split_word_bounds().flat_map(short_pieces) {
            end += word.len();
            if !word.trim().is_empty() {
                let count = || counter.count(word).saturating_sub(overhead);
                total += *known.entry(word).or_insert_with(count);
            }
            words.push((end, total));
        }
        Self { counter, base: text.as_ptr() as usize, length: text.len(), words }
    }

    fn tokens_before(&self, byte: usize) -> (usize, usize) {
        match self.words.partition_point(|word| word.0 <= byte) {
            0 => (0, 0),
            after => self.words[after - 1],
        }
    }
}

impl ChunkSizer for &WordSums<'_> {
    fn size(&self, chunk: &str) -> usize {
        let start = (chunk.as_ptr() as usize).wrapping_sub(self.base);
        let end = start.saturating_add(chunk.len());
        if start > self.length || end > self.length {
            return self.counter.count(chunk);
        }
        let (_, from) = self.tokens_before(start);
        let (edge, to) = self.tokens_before(end);
        // A piece that ends inside a word has that word's beginning as well; count it as it is.
        let rest = if edge < end { chunk.len() - (end - edge.max(start)) } else { chunk.len() };
        let tail = chunk.get(rest..).filter(|tail| !tail.is_empty());
        to.saturating_sub(from) + tail.map_or(0, |tail| self.counter.count(tail))
    }
}

fn short_pieces(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.char_indices().nth(LONGEST_WORD).map_or(rest.len(), |(byte, _)| byte);
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}
