//! Words broken at line ends: which hyphens are part of the word, and which only broke it.

use std::collections::HashSet;

use super::{PageLines, east_asia};

/// The words of a document, to tell a broken word from a hyphenated one.
pub(super) struct Vocabulary {
    words: HashSet<String>,
}

/// How two lines of a paragraph are joined.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Join {
    /// With a blank.
    Blank,
    /// Directly; if there is a hyphen, it stays.
    Directly,
    /// Directly, the hyphen goes.
    DropHyphen,
}

/// Words that follow a hyphen that stands for the rest of a compound, as in `Ein- und Ausgabe`.
const AFTER_ELLIPSIS: &[&str] =
    &["und", "oder", "bzw", "sowie", "bis", "en", "of", "and", "or", "to", "et", "ou", "y", "o"];

impl Vocabulary {
    /// Collects the words inside lines; those broken at an end are left out.
    pub(super) fn new(pages: &[PageLines]) -> Self {
        let mut words = HashSet::new();
        for line in pages.iter().flat_map(|page| &page.lines) {
            for word in line.text.split(' ') {
                let word = bare(word);
                if word.chars().count() > 3 && !word.ends_with('-') {
                    words.insert(word.to_lowercase());
                }
            }
        }
        Self { words }
    }

    /// Decides how a line is joined to the next.
    pub(super) fn join(&self, before: &str, after: &str) -> Join {
        if before.ends_with(east_asia::is_wide) && after.starts_with(east_asia::is_wide) {
            return Join::Directly;
        }
        let Some(stem) = before.strip_suffix(['-', '\u{2010}']) else { return Join::Blank };
        let last = stem.rsplit([' ', '/', '(']).next().unwrap_or_default();
        if !last.ends_with(char::is_alphanumeric) {
            return Join::Blank;
        }
        let next = after.split(' ').next().unwrap_or_default();
        let next_bare = bare(next);
        let Some(first) = next_bare.chars().next() else { return Join::Directly };
        let ellipsis = next_bare.to_lowercase();
        if AFTER_ELLIPSIS.contains(&ellipsis.as_str()) {
            return Join::Blank;
        }
        let last_bare = bare(last);
        let last = last_bare.to_lowercase();
        let whole = format!("{last}{ellipsis}");
        let is_shouted = last_bare.chars().all(char::is_uppercase) && self.words.contains(&whole);
        if is_shouted && first.is_uppercase() {
            return Join::DropHyphen;
        }
        if !first.is_lowercase() || !last.ends_with(char::is_alphabetic) {
            return Join::Directly;
        }
        let hyphenated = format!("{last}-{ellipsis}");
        if self.words.contains(&whole) {
            return Join::DropHyphen;
        }
        // A part with a hyphen of its own, as in `up-to-date`, tends to be hyphenated throughout, and so does one that
        // follows a whole word, as in `touch-and-go`.
        let has_others = last.matches('-').count() >= 2
            || (ellipsis.contains('-') && self.words.contains(last.as_str()));
        if self.words.contains(&hyphenated) || has_others {
            return Join::Directly;
        }
        Join::DropHyphen
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_are_kept_where_they_belong_to_the_word() {
        let words = ["Festplatte", "file-system", "installieren", "touch"];
        let vocabulary =
            Vocabulary { words: words.iter().map(|word| word.to_lowercase()).collect() };
        let cases = [
            ("auf der Fest-", "platte liegt", Join::DropHyphen),
            ("the file-", "system check", Join::Directly),
            ("Ein-", "und Ausgabe", Join::Blank),
            ("das Debian-", "System", Join::Directly),
            ("a new com-", "puter", Join::DropHyphen),
            ("pages 12-", "14", Join::Directly),
            ("he said -", "nothing", Join::Blank),
            ("a touch-", "and-go landing", Join::Directly),
            ("is com-", "puter-aided", Join::DropHyphen),
            ("in Baden-", "Baden war", Join::Directly),
            ("no hyphen", "here", Join::Blank),
            ("第一条の規", "定による。", Join::Directly),
            ("東京は", "Tokyo", Join::Blank),
        ];
        for (before, after, join) in cases {
            assert_eq!(vocabulary.join(before, after), join, "{before} {after}");
        }
    }
}
