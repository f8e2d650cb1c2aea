//! Whether what was said speaks of what was asked: words may be true, and answer another question.

use std::collections::HashSet;

use quire_language::Lexicon;

use super::Source;
use super::asked::{Asked, Word};
use super::unit::{Unit, units};

/// What is said in answer to a question.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    /// A sentence, and the quotes that it rests on.
    pub words: &'a str,
    /// The passages that the quotes are from, and what is known beside them.
    pub around: &'a str,
}

/// An answer speaks of what was asked if it has so large a part of the question's words. The lesser one holds where the
/// question does not tell what sort of answer it wants: "What is this about?" has words that no answer repeats.
///
/// Set by hand: see `docs/decisions/151-an-answer-speaks-of-what-was-asked.md`.
const LEAST_SHARE: f32 = 0.4;
const LEAST_SHARE_OF_OPEN: f32 = 0.25;
/// Questions with fewer words that tell something are not judged by their share.
const FEWEST_WORDS: usize = 2;
const FEWEST_WORDS_OF_OPEN: usize = 4;
/// A word of the question is there if some word is as near to it as one of its family.
const IS_THERE: f32 = 0.6;

/// Returns whether anything said speaks of what a question asks: all that the question names stands around it, and
/// enough of the question's words in it.
pub fn is_addressed(question: &str, said: &[Said<'_>], lexicon: &Lexicon) -> bool {
    let taken: Vec<Vec<Unit>> = said.iter().map(|one| units_of(one.words, lexicon)).collect();
    let around: Vec<HashSet<String>> =
        said.iter().map(|one| lexicon.analyzer().terms(one.around).into_iter().collect()).collect();
    let asked = Asked::new(question, (&taken, &around), lexicon);
    let telling: Vec<&Word> = asked.words.iter().filter(|word| !word.asks).collect();
    let (least, fewest) = match asked.kind {
        Some(_) => (LEAST_SHARE, FEWEST_WORDS),
        None => (LEAST_SHARE_OF_OPEN, FEWEST_WORDS_OF_OPEN),
    };
    let has =
        |word: &Word, at: usize| taken[at].iter().map(|unit| word.is_in(unit)).fold(0.0, f32::max);
    (0..said.len()).any(|at| {
        let near = |word: &Word| has(word, at).max(word.is_known(&around[at]));
        let is_named = telling.iter().filter(|word| word.names).all(|word| near(word) >= IS_THERE);
        let all: f32 = telling.iter().map(|word| word.weight).sum();
        let had: f32 = telling.iter().map(|word| word.weight * has(word, at)).sum();
        is_named && (telling.len() < fewest || had >= all * least)
    })
}

fn units_of(text: &str, lexicon: &Lexicon) -> Vec<Unit> {
    units(&Source { text, context: "", header: "", rank: 1 }, lexicon)
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;

    fn is_met(question: &str, words: &str, around: &str) -> bool {
        is_addressed(question, &[Said { words, around }], Lexicon::of(Language::English))
    }

    #[test]
    fn what_names_and_says_what_was_asked_speaks_of_it() {
        let around = "The lease of the house in Ghent. Rent and costs.";
        for (question, words) in [
            ("How much is the rent?", "The rent is 950 euros a month."),
            ("How much is the rent in Ghent?", "The rent is 950 euros a month."),
            ("What does heating cost?", "140 euros. | Heating costs | 140 |"),
            ("Who invented the heating?", "The invention of the heating is due to Anna Weber."),
            ("When?", "It was built in 1742."),
        ] {
            assert!(is_met(question, words, around), "{question} {words}");
        }
    }

    #[test]
    fn what_speaks_of_another_place_or_of_something_else_does_not() {
        let around = "The massacre of Paris. Thousands of Huguenots were killed in the provinces.";
        for (question, words) in [
            (
                "How many Huguenots were slain in Toulouse?",
                "Between 2,000 and 3,000 Huguenots were slain in Paris.",
            ),
            (
                "Why should I not work as root every day?",
                "The plugins are loaded from the runtime path.",
            ),
            (
                "What is the minimum amount of data to make up a packet?",
                "Each is labeled with an address.",
            ),
        ] {
            assert!(!is_met(question, words, around), "{question} {words}");
        }
    }
}
