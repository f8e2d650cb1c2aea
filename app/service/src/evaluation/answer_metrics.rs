//! Measures of an answer against a known one, and of its citations against their sentences.
//!
//! They judge from the outside: nothing here asks the code that made the citations.

use std::collections::{HashMap, HashSet};

use quire_domain::{Answer, Citation, Sentence};
use quire_language::Analyzer;

use super::plain_facts::{numbers, without_item_number};

/// The share of a sentence's words that its quotes, with what stands beside them, must have.
///
/// Set by hand: see `docs/decisions/062-the-evaluation-judges-from-outside.md`.
const SUPPORTING_SHARE: f32 = 0.5;

/// Normalises as SQuAD's scorer does: lower case, no punctuation, no articles, single blanks.
pub fn normalised(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let kept: String = lower.chars().filter(|c| c.is_alphanumeric() || c.is_whitespace()).collect();
    let words = kept.split_whitespace().filter(|word| !matches!(*word, "a" | "an" | "the"));
    words.map(str::to_owned).collect()
}

/// How one answer compares with the known ones.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Match {
    pub exact: bool,
    pub f1: f64,
    pub contains: bool,
}

/// Compares an answer with each known one and takes the best.
pub fn compare(answer: &str, known: &[String]) -> Match {
    let mut best = Match::default();
    let given = normalised(answer);
    for expected in known.iter().map(|known| normalised(known)) {
        let exact = given == expected;
        let contains =
            !expected.is_empty() && given.windows(expected.len()).any(|window| window == expected);
        best.exact |= exact;
        best.contains |= contains || has_all_numbers(answer, &expected);
        best.f1 = best.f1.max(f1(&given, &expected));
    }
    best
}

/// Returns whether a known answer that is only a number stands in the answer in another spelling.
fn has_all_numbers(answer: &str, expected: &[String]) -> bool {
    let is_number = |word: &String| word.chars().all(|c| c.is_ascii_digit());
    let given = numbers(answer);
    !expected.is_empty() && expected.iter().all(|word| is_number(word) && given.contains(word))
}

fn f1(given: &[String], expected: &[String]) -> f64 {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in expected {
        *counts.entry(word).or_default() += 1;
    }
    let mut shared = 0_usize;
    for word in given {
        if let Some(count) = counts.get_mut(word.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    if shared == 0 {
        return 0.0;
    }
    let (precision, recall) =
        (shared as f64 / given.len() as f64, shared as f64 / expected.len() as f64);
    2.0 * precision * recall / (precision + recall)
}

/// Returns whether a citation's quote supports a sentence: all numbers of the sentence stand in the
/// quote or in what is known around it, and at least half of its words do.
pub fn supports(
    citation: &Citation,
    sentence: &Sentence,
    question: &str,
    analyzer: &Analyzer,
) -> bool {
    let Citation { quote, document, heading, .. } = citation;
    let around = format!("{quote}\n{}\n{}\n{}", document.title, document.path, heading.join("\n"));
    let (known, asked) = (numbers(&around), numbers(question));
    let has_numbers = numbers(&sentence.text)
        .iter()
        .all(|number| known.contains(number) || asked.contains(number));
    let terms: HashSet<String> = analyzer.terms(&around).into_iter().collect();
    let asked: HashSet<String> = analyzer.terms(question).into_iter().collect();
    let wanted: HashSet<String> = analyzer.terms(&sentence.text).into_iter().collect();
    let new: Vec<&String> = wanted.difference(&asked).collect();
    let share = |wanted: &[&String]| {
        wanted.iter().filter(|term| terms.contains(**term)).count() as f32
            / wanted.len().max(1) as f32
    };
    let all: Vec<&String> = wanted.iter().collect();
    // What the sentence says beyond the question is what the quote must hold.
    has_numbers
        && share(&all) >= SUPPORTING_SHARE
        && (new.is_empty() || share(&new) >= SUPPORTING_SHARE)
}

/// Lists the numbers of an answer that stand in no quote, title or heading cited, nor in the
/// question; and counts all its numbers.
pub fn hallucinated_numbers(answer: &Answer, question: &str) -> (Vec<String>, usize) {
    let mut known = numbers(question);
    for Citation { quote, document, heading, .. } in &answer.citations {
        let places = [quote.as_str(), &document.title, document.path.as_str()];
        for text in places.into_iter().chain(heading.iter().map(String::as_str)) {
            known.extend(numbers(text));
        }
    }
    let given: HashSet<String> =
        answer.answer.lines().flat_map(|line| numbers(without_item_number(line))).collect();
    let count = given.len();
    let mut unknown: Vec<String> =
        given.into_iter().filter(|number| !known.contains(number)).collect();
    unknown.sort();
    (unknown, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_compared_as_squad_does() {
        let known = ["The Denver Broncos".to_owned(), "Broncos".to_owned()];
        let exact = compare("Denver Broncos.", &known);
        assert!(exact.exact && exact.contains && (exact.f1 - 1.0).abs() < 1e-12);
        let longer = compare("It was the Denver Broncos who won.", &known);
        assert!(!longer.exact && longer.contains);
        assert!((longer.f1 - 2.0 * (2.0 / 6.0) / (2.0 / 6.0 + 1.0)).abs() < 1e-12);
        assert_eq!(compare("Nobody knows.", &known), Match::default());
        assert!(compare("They sold 1,234 units.", &["1234".to_owned()]).contains);
    }
}
