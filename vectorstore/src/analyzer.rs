//! The analyzer: turns text into terms, the units that the keyword index counts and compares.
//!
//! Every store uses this one, for chunks and for queries, so that a query finds the same words
//! whichever store answers it. A query is only ever cut into terms: no character has a meaning.

use std::collections::HashSet;

use frostem::{Algorithm, Stemmer};
use quire_domain::Language;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Longer words are cut: nobody types them, and they are mostly encoded data.
const LONGEST_TERM: usize = 64;

/// Turns text of one language into terms.
pub struct Analyzer {
    stemmer: Option<Stemmer>,
    stop_words: HashSet<&'static str>,
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
        }
    }

    /// Cuts `text` into terms, in order and with repetitions.
    ///
    /// Compatibility forms (ligatures, full-width letters) and case are unified first; then stop
    /// words go, the rest is stemmed, and last loses its diacritics. Stemming comes before folding
    /// because the stemmers know what an umlaut means.
    pub fn terms(&self, text: &str) -> Vec<String> {
        let soft_hyphen = '\u{ad}';
        let text: String = text.nfkc().filter(|c| *c != soft_hyphen).collect();
        let text = text.to_lowercase();
        let mut terms = Vec::new();
        for word in text.unicode_words() {
            if let Some(number) = number(word) {
                terms.push(number);
                continue;
            }
            for part in word.split(|c: char| !c.is_alphanumeric() && !is_combining_mark(c)) {
                if !part.is_empty() && !self.stop_words.contains(part) {
                    terms.push(self.term(part));
                }
            }
        }
        terms
    }

    /// Cuts a query into terms, each once.
    pub(crate) fn query_terms(&self, query: &str) -> Vec<String> {
        let mut seen = HashSet::new();
        let mut terms = self.terms(query);
        terms.retain(|term| seen.insert(term.clone()));
        terms
    }

    fn term(&self, word: &str) -> String {
        let word = match word.char_indices().nth(LONGEST_TERM) {
            Some((end, _)) => &word[..end],
            None => word,
        };
        match &self.stemmer {
            Some(stemmer) => fold(&stemmer.stem(word)),
            None => fold(word),
        }
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
mod tests {
    use super::*;

    fn check(language: Language, cases: &[(&str, &[&str])]) {
        let analyzer = Analyzer::new(language);
        for (text, terms) in cases {
            assert_eq!(analyzer.terms(text), *terms, "`{text}`");
        }
    }

    fn check_same(language: Language, cases: &[(&str, &str)]) {
        let analyzer = Analyzer::new(language);
        for (left, right) in cases {
            assert_eq!(analyzer.terms(left), analyzer.terms(right), "`{left}` and `{right}`");
        }
    }

    #[test]
    fn words_are_cut_at_everything_that_is_not_a_letter_or_digit() {
        check(
            Language::Unknown,
            &[
                ("", &[]),
                (" \t\n--- ...", &[]),
                ("foo AND (bar \"baz\"", &["foo", "and", "bar", "baz"]),
                ("a/b_c@d.e", &["a", "b", "c", "d", "e"]),
                ("l’homme, l'eau", &["l", "homme", "l", "eau"]),
                ("ﬁnal o\u{ad}ﬃce", &["final", "office"]),
                ("東京 2024", &["東", "京", "2024"]),
            ],
        );
    }

    #[test]
    fn numbers_have_one_spelling() {
        check(
            Language::English,
            &[
                ("1,234.5 1.234,5 1234.5", &["1234.5", "1234.5", "1234.5"]),
                ("10,000 10.000 10000", &["10000", "10000", "10000"]),
                ("3.14 3,14", &["3.14", "3.14"]),
                ("31.12.2024", &["31", "12", "2024"]),
                ("Q4 2023", &["q4", "2023"]),
            ],
        );
    }

    #[test]
    fn stop_words_of_the_language_go() {
        check(Language::English, &[("What is the company's revenue?", &["compani", "revenu"])]);
        check(Language::German, &[("Die Fristen für das Haus", &["frist", "haus"])]);
        check(Language::Unknown, &[("the house", &["the", "house"])]);
    }

    #[test]
    fn forms_of_a_word_share_a_term() {
        check_same(Language::English, &[("running", "runs"), ("policies", "policy")]);
        check_same(
            Language::German,
            &[
                ("Häuser", "Haus"),
                ("Müller", "Muller"),
                ("Straße", "Strasse"),
                ("Verträge", "Vertrag"),
            ],
        );
        check_same(Language::Dutch, &[("huizen", "huis"), ("boeken", "boek")]);
        check_same(Language::French, &[("énergies", "energie")]);
        check_same(Language::Russian, &[("документы", "документов")]);
        check_same(Language::Unknown, &[("Ångström", "angstrom"), ("smørrebrød", "smorrebrod")]);
    }

    #[test]
    fn every_language_has_stems_and_stop_words() {
        for language in Language::ALL {
            let analyzer = Analyzer::new(*language);
            assert!(analyzer.stemmer.is_some(), "{}", language.name());
            assert!(analyzer.stop_words.len() > 50, "{}", language.name());
        }
    }

    #[test]
    fn a_query_has_each_term_once() {
        let analyzer = Analyzer::new(Language::English);
        assert_eq!(analyzer.query_terms("House houses HOUSE garden"), ["hous", "garden"]);
    }
}
