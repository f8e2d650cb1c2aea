//! The analyzer: turns text into terms, the units that the keyword index counts and compares.
//!
//! Every store uses this one, for chunks and for queries, so that a query finds the same words
//! whichever store answers it. A query is only ever cut into terms: no character has a meaning.
//!
//! A word can give several terms: a compound gives itself and its parts, a word with hyphens its
//! pieces and all of them in one. Chunks and queries are treated alike, so that "Frist" finds
//! "Kündigungsfrist" and the other way round, and what shares the whole word shares most terms.

mod compounds;

use std::borrow::Cow;
use std::collections::HashSet;

use frostem::{Algorithm, Stemmer};
use quire_domain::Language;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use crate::tokens;
use compounds::Compounds;

/// The version of the terms: it grows whenever the same text gives other terms than before.
///
/// Terms are kept on disk. An index that was made with another version still works, but a query
/// may not find what it would find in one that is made anew.
pub const ANALYZER_VERSION: u32 = 3;

/// Longer words are cut: nobody types them, and they are mostly encoded data.
const LONGEST_TERM: usize = 64;

/// More words than these with hyphens between are a phrase and not one word.
///
/// Set by hand: see `docs/decisions/035-keyword-ranking.md`.
const MOST_HYPHENATED: usize = 4;

/// Stands before a stop word in the index, so that it is not taken for the stem of another word:
/// German "Wille" has the stem "will". No other term has this character.
const STOP_WORD_MARK: char = '_';

/// Turns text of one language into terms.
pub struct Analyzer {
    stemmer: Option<Stemmer>,
    stop_words: HashSet<&'static str>,
    compounds: Option<&'static Compounds>,
}

/// What becomes of stop words.
#[derive(Clone, Copy, Eq, PartialEq)]
enum StopWords {
    Leave,
    Mark,
}

impl Analyzer {
    /// Makes the analyzer of a language.
    pub fn new(language: Language) -> Self {
        let stop_words = match language {
            Language::Unknown => None,
            _ => stop_words::lookup(language.code()),
        };
        Self {
            stemmer: algorithm(language).map(Stemmer::new),
            stop_words: stop_words.unwrap_or_default().iter().copied().collect(),
            compounds: Compounds::of(language),
        }
    }

    /// Returns whether a word in lower case is one that says nothing by itself.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.contains(word)
    }

    /// Cuts `text` into terms, in order and with repetitions.
    ///
    /// Compatibility forms (ligatures, full-width letters) and case are unified first; then stop
    /// words go, the rest is stemmed, and last loses its diacritics. Stemming comes before folding
    /// because the stemmers know what an umlaut means.
    pub fn terms(&self, text: &str) -> Vec<String> {
        self.cut(text, StopWords::Leave)
    }

    /// Cuts `text` into the terms of an index: stop words, too, each with a mark.
    pub fn index_terms(&self, text: &str) -> Vec<String> {
        self.cut(text, StopWords::Mark)
    }

    /// Cuts a query into the terms to look for in an index, each once. Stop words are among them
    /// only if the query has nothing else.
    pub fn query_terms(&self, query: &str) -> Vec<String> {
        let mut terms = self.terms(query);
        if terms.is_empty() {
            terms = self.index_terms(query);
        }
        let mut seen = HashSet::new();
        terms.retain(|term| seen.insert(term.clone()));
        terms
    }

    fn cut(&self, text: &str, stop_words: StopWords) -> Vec<String> {
        let soft_hyphen = '\u{ad}';
        let text = apart(text);
        let text: String = text.nfkc().filter(|c| *c != soft_hyphen).collect();
        let text = text.to_lowercase();
        let mut found = FoundTerms { analyzer: self, stop_words, terms: Vec::new() };
        let mut hyphenated: Vec<&str> = Vec::new();
        let mut end = 0;
        for (start, word) in text.unicode_word_indices() {
            if !matches!(&text[end..start], "-" | "\u{2010}") {
                found.joined(&hyphenated);
                hyphenated.clear();
            }
            found.word(word);
            hyphenated.push(word);
            end = start + word.len();
        }
        found.joined(&hyphenated);
        found.terms
    }

    fn term(&self, word: &str) -> String {
        fold(&self.stem(shortened(word)))
    }

    fn stem(&self, word: &str) -> String {
        match &self.stemmer {
            Some(stemmer) => stemmer.stem(word).into(),
            None => word.to_owned(),
        }
    }
}

/// Sets raised digits apart from the number they stand behind, which they would else become a part of: `1,250³`, `10⁶`.
fn apart(text: &str) -> Cow<'_, str> {
    if !text.contains(tokens::is_raised) {
        return Cow::Borrowed(text);
    }
    let mut set = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if tokens::is_raised(c) && set.ends_with(|before: char| before.is_ascii_digit()) {
            set.push(' ');
        }
        set.push(c);
    }
    Cow::Owned(set)
}

/// The terms of a text, as they are found one after the other.
struct FoundTerms<'a> {
    analyzer: &'a Analyzer,
    stop_words: StopWords,
    terms: Vec<String>,
}

impl FoundTerms<'_> {
    fn word(&mut self, word: &str) {
        if let Some(number) = number(word) {
            self.terms.push(number);
            return;
        }
        let pieces = word.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c));
        for piece in pieces.filter(|piece| !piece.is_empty()) {
            if !self.analyzer.stop_words.contains(piece) {
                self.content(piece);
            } else if self.stop_words == StopWords::Mark {
                self.terms.push(format!("{STOP_WORD_MARK}{}", fold(piece)));
            }
        }
        self.name(word);
    }

    fn content(&mut self, word: &str) {
        let word = shortened(word);
        let stem = self.analyzer.stem(word);
        let parts = match self.analyzer.compounds {
            Some(compounds) if !compounds.is_whole(&stem) => compounds.parts(word),
            _ => Vec::new(),
        };
        self.take(fold(&stem));
        for part in parts {
            self.take(self.analyzer.term(part));
        }
    }

    /// Takes a term, unless nothing is left of it: accents may stand without a letter, and are folded away.
    fn take(&mut self, term: String) {
        if !term.is_empty() {
            self.terms.push(term);
        }
    }

    /// Adds a name like O'Reilly in one, too. Other short words before an apostrophe are articles
    /// and the like (l'homme, d'accord), and are no part of the word behind it.
    fn name(&mut self, word: &str) {
        if let Some((initial, rest)) = word.split_once(['\'', '’'])
            && initial == "o"
            && rest.chars().all(char::is_alphabetic)
        {
            self.take(self.analyzer.term(&format!("{initial}{rest}")));
        }
    }

    /// Adds words with hyphens between in one: "e-mail" is "email", too.
    fn joined(&mut self, words: &[&str]) {
        let has_letters = |words: &[&str]| words.concat().contains(char::is_alphabetic);
        if !(2..=MOST_HYPHENATED).contains(&words.len()) || !has_letters(words) {
            return;
        }
        self.take(self.analyzer.term(&words.concat()));
        for pair in words.windows(2).filter(|_| words.len() > 2) {
            if pair.iter().any(|word| word.chars().count() == 1) && has_letters(pair) {
                self.take(self.analyzer.term(&pair.concat()));
            }
        }
    }
}

fn shortened(word: &str) -> &str {
    match word.char_indices().nth(LONGEST_TERM) {
        Some((end, _)) => &word[..end],
        None => word,
    }
}

fn algorithm(language: Language) -> Option<Algorithm> {
    Some(match language {
        Language::Unknown => return None,
        Language::English => Algorithm::English,
        Language::German => Algorithm::German,
        Language::Dutch => Algorithm::Dutch,
        Language::French => Algorithm::French,
        Language::Spanish => Algorithm::Spanish,
        Language::Italian => Algorithm::Italian,
        Language::Portuguese => Algorithm::Portuguese,
        Language::Swedish => Algorithm::Swedish,
        Language::Danish => Algorithm::Danish,
        Language::Norwegian => Algorithm::Norwegian,
        Language::Finnish => Algorithm::Finnish,
        Language::Russian => Algorithm::Russian,
    })
}

/// Takes diacritics away: `é` becomes `e`, `ü` becomes `u`, `ß` becomes `ss`.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut folded = String::with_capacity(word.len());
    for c in word.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).nfc() {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            other => folded.push(other),
        }
    }
    folded
}

/// Writes a number in one way, however its thousands and decimals are set off: `1,234.5` and
/// `1.234,5` are both `1234.5`. What has more than one reading (`1.234`) is taken for thousands.
fn number(word: &str) -> Option<String> {
    let groups: Vec<&str> = word.split(['.', ',']).collect();
    let (first, rest) = groups.split_first()?;
    let all_digits = |group: &&str| !group.is_empty() && group.bytes().all(|b| b.is_ascii_digit());
    if rest.is_empty() || !groups.iter().all(all_digits) {
        return None;
    }
    if let [decimals] = rest
        && decimals.len() != 3
    {
        return Some(format!("{first}.{decimals}"));
    }
    let thousands = |groups: &[&str]| groups.iter().all(|group| group.len() == 3);
    if first.len() <= 3 && thousands(rest) {
        return Some(groups.concat());
    }
    let (decimals, middle) = rest.split_last()?;
    let marks: Vec<char> =
        word.matches(['.', ',']).filter_map(|mark| mark.chars().next()).collect();
    let (last_mark, other_marks) = marks.split_last()?;
    if first.len() <= 3 && thousands(middle) && !other_marks.contains(last_mark) {
        return Some(format!("{first}{}.{decimals}", middle.concat()));
    }
    None
}

#[cfg(test)]
mod tests;
