//! Measuring the support check itself, on pairs of a claim and a text whose label is known.
//!
//! The pairs are made from texts: a sentence of a text is supported by it, and by no other text;
//! with a number, a name or its sense altered it is supported by none. Of the check's helpers they
//! share one, which cuts texts into sentences; what is altered is found in `plain_facts`.

use std::collections::BTreeMap;

use quire_domain::{Language, Span};
use quire_grounding::{Ground, PreparedGround, judge};
use quire_language::{Lexicon, sentences};
use serde::Serialize;

use super::plain_facts::{is_negated, numbers};
use super::ranking_metrics::rounded;

/// How the support check did on one sort of pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct SupportCount {
    /// Pairs tried.
    pub pairs: u32,
    /// Those that the check took for supported.
    pub supported: u32,
}

/// How the support check did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SupportFigures {
    /// By sort: `same` and `shortened` are supported in truth, all others are not.
    pub sorts: BTreeMap<&'static str, SupportCount>,
    /// Share of what the check took for supported that is.
    pub precision: f64,
    /// Share of what is supported that the check took for it.
    pub recall: f64,
}

/// Makes pairs from `texts` and checks them all.
pub fn measure(texts: &[String], language: Language) -> SupportFigures {
    let lexicon = Lexicon::of(language);
    let prepare = |text: &String| {
        let ground = Ground { text: text.clone(), ..Ground::default() };
        [PreparedGround::new(ground, lexicon)]
    };
    let mut sorts: BTreeMap<&'static str, SupportCount> = BTreeMap::new();
    let mut names: Vec<String> = texts.iter().flat_map(|text| names_of(text)).collect();
    names.dedup();
    for (index, text) in texts.iter().enumerate() {
        let ground = prepare(text);
        let other = &texts[(index + texts.len() / 2) % texts.len()];
        let other = prepare(other);
        for span in sentences::split(text) {
            let Some(sentence) = span.slice(text).filter(|one| one.split(' ').count() >= 6) else {
                continue;
            };
            let mut check = |sort, claim: &str, ground: &[PreparedGround]| {
                let count = sorts.entry(sort).or_default();
                count.pairs += 1;
                let (found, _) = judge::sentence(claim, "", ground, lexicon);
                count.supported += u32::from(found.is_some());
            };
            check("same", sentence, &ground);
            check("shortened", &shortened(sentence), &ground);
            check("other_text", sentence, &other);
            if let Some(claim) = with_another_number(sentence, text) {
                check("altered_number", &claim, &ground);
            }
            if let Some(claim) = with_another_name(sentence, text, &names, index) {
                check("altered_name", &claim, &ground);
            }
            if let Some(claim) = negated(sentence, language) {
                check("altered_sense", &claim, &ground);
            }
        }
    }
    let sum = |sorts: &BTreeMap<&'static str, SupportCount>, truth: bool| {
        sorts
            .iter()
            .filter(|(sort, _)| matches!(**sort, "same" | "shortened") == truth)
            .fold((0, 0), |(pairs, supported), (_, one)| {
                (pairs + one.pairs, supported + one.supported)
            })
    };
    let ((true_pairs, right), (_, wrong)) = (sum(&sorts, true), sum(&sorts, false));
    let share = |part: u32, whole: u32| rounded(f64::from(part) / f64::from(whole.max(1)));
    SupportFigures {
        sorts,
        precision: share(right, right + wrong),
        recall: share(right, true_pairs),
    }
}

/// Drops every sixth word that is no number, name or negation, and sets the rest in lower case but
/// for names: a paraphrase that a program can make.
fn shortened(sentence: &str) -> String {
    let words: Vec<&str> = sentence.split(' ').collect();
    let keeps = |(index, word): &(usize, &&str)| {
        index % 6 != 5
            || word.chars().any(|c| c.is_uppercase() || c.is_ascii_digit())
            || is_negated(word)
    };
    words.iter().enumerate().filter(keeps).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
}

/// Changes the first number to one that the text does not have.
fn with_another_number(sentence: &str, text: &str) -> Option<String> {
    let known = numbers(text);
    let start = sentence.find(|c: char| c.is_ascii_digit())?;
    let before = sentence[..start].chars().next_back();
    if before.is_some_and(char::is_alphabetic) {
        return None;
    }
    let digit = sentence[start..].chars().next()?.to_digit(10)?;
    (1..10).find_map(|step| {
        let changed = char::from_digit((digit + step) % 10, 10).filter(|c| *c != '0')?;
        let claim = format!("{}{changed}{}", &sentence[..start], &sentence[start + 1..]);
        numbers(&claim).iter().any(|number| !known.contains(number)).then_some(claim)
    })
}

/// Lists words with a capital that do not begin a sentence.
fn names_of(text: &str) -> Vec<String> {
    let spans: Vec<Span> = sentences::split(text);
    let sentences = spans.iter().filter_map(|span| span.slice(text));
    let words = sentences.flat_map(|sentence| sentence.split(' ').skip(1));
    let is_name = |word: &&str| {
        word.len() > 3
            && word.starts_with(char::is_uppercase)
            && word.chars().all(char::is_alphabetic)
    };
    words.filter(is_name).map(str::to_owned).collect()
}

/// Puts a name from another text in place of the first.
fn with_another_name(sentence: &str, text: &str, names: &[String], index: usize) -> Option<String> {
    let name = names_of(sentence).into_iter().next()?;
    let start = index * 7919 % names.len().max(1);
    let mut others = names[start..].iter().chain(&names[..start]);
    let other = others.find(|other| !text.contains(other.as_str()))?;
    Some(sentence.replacen(&name, other, 1))
}

/// Turns a sentence into its opposite, if it has a word of its language that allows it.
fn negated(sentence: &str, language: Language) -> Option<String> {
    let pairs: &[(&str, &str)] = match language {
        Language::German => {
            &[(" wurde ", " wurde nicht "), (" ist ", " ist nicht "), (" sind ", " sind nicht ")]
        }
        Language::English => &[
            (" was ", " was not "),
            (" were ", " were not "),
            (" is ", " is not "),
            (" are ", " are not "),
        ],
        _ => &[],
    };
    let (plain, turned) = pairs.iter().find(|(plain, _)| sentence.contains(plain))?;
    (!is_negated(sentence)).then(|| sentence.replacen(plain, turned, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn altered_facts_are_never_taken_for_support() {
        let texts = [
            "The Normans were the people who in the 10th century gave their name to Normandy in \
             France. They were descended from raiders and pirates from Denmark and Iceland.",
            "The price of crude oil rose to 40 dollars a barrel when the embargo of Israel began. \
             The crisis had effects on the politics and the economy of the whole world.",
        ];
        let figures = measure(&texts.map(str::to_owned), Language::English);
        for sort in ["altered_number", "altered_name", "altered_sense", "other_text"] {
            let count = figures.sorts[sort];
            assert!(count.pairs > 0, "{sort}");
            assert_eq!(count.supported, 0, "{sort}");
        }
        assert_eq!((figures.precision, figures.recall), (1.0, 1.0));
    }
}
