//! Rewriting a text in places, and finding where its blocks have come to lie.

use std::ops::Range;

use super::syntax::Piece;

/// Places of a text to be put in other words; breaks of lines are never lost.
#[derive(Default)]
pub(super) struct Edits {
    list: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Puts `words` in place of a range. Of edits that overlap, the first one counts.
    pub(super) fn replace(&mut self, range: Range<usize>, words: impl Into<String>) {
        self.list.push((range, words.into()));
    }

    /// Makes the new text, and moves the pieces along.
    pub(super) fn apply(mut self, text: &str, mut pieces: Vec<Piece>) -> (String, Vec<Piece>) {
        self.list.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
        let mut written = String::with_capacity(text.len());
        // Bytes of the old text after an edit, and how far what follows has moved.
        let mut moves: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        let mut at = 0;
        for (range, words) in self.list {
            let Some(old) = text.get(range.clone()).filter(|_| range.start >= at) else { continue };
            written.push_str(&text[at..range.start]);
            let start = written.len();
            written.push_str(&words);
            let breaks = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
            written.extend((breaks(&words)..breaks(old)).map(|_| '\n'));
            at = range.end;
            moves.push((range, start..written.len()));
        }
        written.push_str(&text[at..]);
        for piece in &mut pieces {
            let start = moved(&moves, piece.range.start, |new| new.start);
            piece.range = start..moved(&moves, piece.range.end, |new| new.end).max(start);
        }
        (written, pieces)
    }
}

/// Finds where a byte of the old text has come to lie; one inside an edit goes to its edge.
fn moved(
    moves: &[(Range<usize>, Range<usize>)],
    byte: usize,
    edge: fn(&Range<usize>) -> usize,
) -> usize {
    let after = moves.partition_point(|(old, _)| old.start < byte);
    match moves[..after].last() {
        Some((old, new)) if byte < old.end => edge(new),
        Some((old, new)) => new.end + (byte - old.end),
        None => byte,
    }
}
