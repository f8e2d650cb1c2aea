//! What the pages say between their margins, and in titles: running heads repeat it.

use std::collections::HashMap;

use super::letters;
use super::rows::MARGIN;
use crate::parse::pdf::PageLines;
use crate::parse::pdf::lines::Line;

/// Lines are found by so many of their first letters; shorter ones repeat by chance.
const KEY_LENGTH: usize = 8;

/// The cells of lines between the margins, as letters, with the first page that has them.
pub(super) struct Said {
    lines: HashMap<String, Vec<(usize, String)>>,
}

impl Said {
    /// Takes down what the pages say; titles are set larger than `title_size`.
    pub(super) fn new(pages: &[PageLines], title_size: f32) -> Self {
        let mut lines: HashMap<String, Vec<(usize, String)>> = HashMap::new();
        for (index, page) in pages.iter().enumerate() {
            let is_inside = |line: &&Line| {
                let (top, bottom) = (MARGIN, 1.0 - MARGIN);
                (top..bottom).contains(&(line.y / page.size.1)) || line.size > title_size
            };
            let inside = page.lines.iter().filter(is_inside);
            let texts = inside.flat_map(|line| line.text.split("  ").map(letters));
            for text in texts {
                let Some(key) = key(&text) else { continue };
                let known = lines.entry(key).or_default();
                if !known.iter().any(|(_, other)| *other == text) {
                    known.push((index, text));
                }
            }
        }
        Self { lines }
    }

    /// Tells if a cell of this page or of one before says a text, or begins it and wraps; a text
    /// that ends in an ellipsis is only the beginning of what it repeats.
    pub(super) fn before(&self, text: &str, page: usize) -> bool {
        let wanted = letters(text);
        let is_cut =
            text.ends_with(['…', '.']) && text.trim_end_matches(['…', '.']).len() + 1 < text.len();
        let known = key(&wanted).and_then(|key| self.lines.get(&key));
        known.into_iter().flatten().any(|(first, line)| {
            *first <= page
                && (*line == wanted
                    || wanted.starts_with(line)
                    || (is_cut && line.starts_with(&wanted)))
        })
    }
}

fn key(text: &str) -> Option<String> {
    let key: String = text.chars().take(KEY_LENGTH).collect();
    (key.len() >= KEY_LENGTH).then_some(key)
}
