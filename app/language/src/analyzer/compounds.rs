//! Compound words: which words a long word of German or Dutch is put together from.
//!
//! A word is only ever split completely, into parts that are known to make compounds. The lists of
//! parts are in `compounds/`, one for each language; their openings say where they come from. They
//! are small because a part must be common in compounds, and exact because the endings that a part
//! takes, at the end of a word and before another part, are written here.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use quire_domain::Language;

/// Shorter words, in characters, are not looked at.
///
/// Set by hand, with the next: see `docs/decisions/036-compounds-are-found-by-their-parts.md`.
const SHORTEST_COMPOUND: usize = 7;
/// The shortest part, in characters. Those of three are few, and chosen by hand.
const SHORTEST_PART: usize = 3;

static GERMAN: LazyLock<Compounds> = LazyLock::new(|| Compounds {
    lists: Lists::read(include_str!("compounds/german.txt")),
    links: &["s", "n", "e", "en", "es", "er", "ens"],
    endings: &["e", "en", "er", "ern", "n", "s", "es", "ns", "ens", "nen"],
});

static DUTCH: LazyLock<Compounds> = LazyLock::new(|| Compounds {
    lists: Lists::read(include_str!("compounds/dutch.txt")),
    links: &["s", "n", "e", "en", "er", "es", "eren"],
    endings: &["s", "en", "n", "e", "eren", "jes", "je", "tje", "tjes"],
});

/// What is known about the compounds of a language.
pub(super) struct Compounds {
    lists: Lists,
    /// What may stand between a part and the next one.
    links: &'static [&'static str],
    /// What the last part may end in, beside its plain form.
    endings: &'static [&'static str],
}

#[derive(Default)]
struct Lists {
    before: HashMap<&'static str, bool>,
    last: HashMap<&'static str, bool>,
    whole: HashSet<&'static str>,
}

impl Lists {
    /// Reads a list: `#` opens a comment, `part` may stand anywhere, `part-` before another one
    /// and `-part` at the end; `!` before it says that it may not, though it looks like a part
    /// with an ending; `=stem` is the stem of words that are never split.
    fn read(text: &'static str) -> Self {
        let mut lists = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(stem) = line.strip_prefix('=') {
                lists.whole.insert(stem);
                continue;
            }
            let (part, allowed) = match line.strip_prefix('!') {
                Some(part) => (part, false),
                None => (line, true),
            };
            if !part.starts_with('-') {
                lists.before.insert(part.trim_end_matches('-'), allowed);
            }
            if !part.ends_with('-') {
                lists.last.insert(part.trim_start_matches('-'), allowed);
            }
        }
        lists
    }
}

/// How the rest of a word, from some place on, is split best.
#[derive(Clone, Copy)]
enum Rest {
    Unknown,
    Impossible,
    /// Into so many parts, the first of which ends at this place.
    Parts(usize, usize),
}

impl Compounds {
    /// Gives what is known about a language, if anything is.
    pub(super) fn of(language: Language) -> Option<&'static Self> {
        match language {
            Language::German => Some(&GERMAN),
            Language::Dutch => Some(&DUTCH),
            _ => None,
        }
    }

    /// Returns whether words with this stem are never split.
    pub(super) fn is_whole(&self, stem: &str) -> bool {
        self.lists.whole.contains(stem)
    }

    /// Splits a word, in lower case, into its parts without what links them; a part that is a
    /// compound itself is followed by its own parts. Gives none for a word that is no compound.
    ///
    /// Of several ways to split a word, that with the fewest parts is taken, then that where nothing
    /// links the first part, and then that with the longest first part.
    pub(super) fn parts<'w>(&self, word: &'w str) -> Vec<&'w str> {
        let mut parts = Vec::new();
        self.collect(word, &mut parts);
        parts
    }

    fn collect<'w>(&self, word: &'w str, parts: &mut Vec<&'w str>) {
        let places: Vec<usize> =
            word.char_indices().map(|(place, _)| place).chain([word.len()]).collect();
        if places.len() <= SHORTEST_COMPOUND {
            return;
        }
        let mut rests = vec![Rest::Unknown; places.len()];
        let mut start = 0;
        while let Rest::Parts(_, end) = self.rest(word, &places, start, &mut rests) {
            let part = &word[places[start]..places[end]];
            let part =
                if end + 1 == places.len() { part } else { self.before(part).unwrap_or(part) };
            parts.push(part);
            if !self.is_whole(part) {
                self.collect(part, parts);
            }
            start = end;
        }
    }

    fn rest(&self, word: &str, places: &[usize], start: usize, rests: &mut [Rest]) -> Rest {
        if let known @ (Rest::Impossible | Rest::Parts(..)) = rests[start] {
            return known;
        }
        let end = places.len() - 1;
        let mut best = Rest::Impossible;
        if start > 0 && end - start >= SHORTEST_PART && self.is_last(&word[places[start]..]) {
            best = Rest::Parts(1, end);
        } else {
            let mut best_rank = (usize::MAX, true);
            for cut in (start + SHORTEST_PART..=end.saturating_sub(SHORTEST_PART)).rev() {
                let part = &word[places[start]..places[cut]];
                let Some(plain) = self.before(part) else { continue };
                if let Rest::Parts(more, _) = self.rest(word, places, cut, rests) {
                    let rank = (more + 1, plain.len() < part.len());
                    if rank < best_rank {
                        best_rank = rank;
                        best = Rest::Parts(more + 1, cut);
                    }
                }
            }
        }
        rests[start] = best;
        best
    }

    /// Gives the part without its link, if it may stand before another one.
    fn before<'w>(&self, part: &'w str) -> Option<&'w str> {
        if let Some(allowed) = self.lists.before.get(part) {
            return allowed.then_some(part);
        }
        let plain = |link: &&str| part.strip_suffix(*link);
        self.links.iter().filter_map(plain).find(|part| self.lists.before.get(part) == Some(&true))
    }

    fn is_last(&self, part: &str) -> bool {
        if let Some(allowed) = self.lists.last.get(part) {
            return *allowed;
        }
        let plain = |ending: &&str| part.strip_suffix(*ending);
        self.endings.iter().filter_map(plain).any(|part| self.lists.last.get(part) == Some(&true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, cases: &[(&str, &[&str])]) {
        let compounds = Compounds::of(language).expect("compounds of this language are known");
        for (word, parts) in cases {
            assert_eq!(compounds.parts(word), *parts, "`{word}`");
        }
    }

    #[test]
    fn german_compounds_are_split() {
        check(
            Language::German,
            &[
                ("krankenversicherungsbeitrag", &["kranke", "versicherung", "beitrag"]),
                ("arbeitsamt", &["arbeit", "amt"]),
                ("mietverträge", &["miet", "verträge"]),
                ("häuserblock", &["häuser", "block"]),
                ("dateinamen", &["datei", "namen"]),
                (
                    "einkommensteuererklärung",
                    &["einkommensteuer", "einkommen", "steuer", "erklärung"],
                ),
            ],
        );
    }

    #[test]
    fn dutch_compounds_are_split() {
        check(
            Language::Dutch,
            &[
                ("zorgverzekeringspremie", &["zorg", "verzekering", "premie"]),
                ("arbeidsovereenkomsten", &["arbeid", "overeenkomsten"]),
                ("huurcontract", &["huur", "contract"]),
            ],
        );
    }

    #[test]
    fn what_only_looks_like_a_compound_is_left_alone() {
        for word in [
            "abteilung",
            "versicherung",
            "verein",
            "wirtschaft",
            "gesellschaften",
            "dramatischen",
            "gemeinsamen",
            "untersucht",
            "vereinbart",
            "vielleicht",
            "folgende",
            "deutschland",
            "donnerstag",
            "schriftsteller",
            "transport",
        ] {
            let stemmer = frostem::Stemmer::new(frostem::Algorithm::German);
            let whole = GERMAN.is_whole(&stemmer.stem(word));
            assert!(whole || GERMAN.parts(word).is_empty(), "{:?}", GERMAN.parts(word));
        }
        for word in ["maandag", "verzekering", "universiteit", "combinatie", "achteroverleunen"] {
            assert!(
                DUTCH.is_whole(word) || DUTCH.parts(word).is_empty(),
                "{:?}",
                DUTCH.parts(word)
            );
        }
    }
}
