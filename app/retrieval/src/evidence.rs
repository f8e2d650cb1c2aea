//! Evidence: the last stage of retrieval, which chooses the quotes that answer a question best.
//!
//! The stages before it find passages; people read sentences. Every sentence of the passages found, and
//! every row of their tables, is rated against the question: by the words it has of it, what stands around
//! it, and if it has what is asked for (a name, a time, a place, a number). No model is asked. Pure: it knows
//! texts alone.

mod asked;
mod figures;
mod rating;
mod unit;

use std::collections::HashSet;

use quire_domain::Span;
use quire_language::Lexicon;

use asked::Asked;
use rating::Surroundings;
use unit::{Unit, units};

pub use rating::{FEATURES, Features, Weights};

/// Two sentences are quoted together if they are no longer than this, in code points.
const LONGEST_PAIR: usize = 600;

/// A passage that quotes are chosen from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its stored text, which may be quoted.
    pub text: &'a str,
    /// What is known about it beside its text, a line each: title, path, headings.
    pub context: &'a str,
    /// What names the columns of a table that began in another passage; empty if it has none.
    pub header: &'a str,
    /// Its place in the ranking of the search, from 1; 1 for all if nothing ranks them.
    pub rank: u32,
}

/// A quote: a whole sentence, with the one before it if it needs that to be understood, or a row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The place of its passage in the list of sources.
    pub source: usize,
    /// Where it stands in the passage's text.
    pub span: Span,
    /// The words that name the columns, if it is a row: lines that stand above it in the document, though
    /// not always in the passage.
    pub header: Option<String>,
    /// Where the line without figures stands in the passage that names the group of rows that it is one of, if it is a row.
    pub group: Option<Span>,
    /// How well it answers; only comparable among the quotes for one question.
    pub score: f32,
}

/// A sentence or row with what its score is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Rated {
    /// As it may be quoted.
    pub quote: Quote,
    /// What it has of each feature.
    pub features: Features,
    /// What it states of the thing asked for, if it does in so many words: the word that the answer ends with.
    pub stated: Option<String>,
}

/// The quotes that answer a question best.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chosen {
    /// The quotes, best first.
    pub quotes: Vec<Quote>,
    /// Whether the first states in so many words what is asked, and no other sentence states something else.
    pub is_stated: bool,
}

/// Chooses the quotes that answer a question best, at most `most`.
pub fn choose(question: &str, sources: &[Source<'_>], lexicon: &Lexicon, most: usize) -> Chosen {
    let rated = rate(question, sources, lexicon, &Weights::default());
    let is_stated = is_stated(&rated);
    Chosen { quotes: take_best(rated, sources, most), is_stated }
}

/// Returns whether the best of what was rated states in so many words what is asked, and nothing else that was rated
/// states something else.
pub fn is_stated(rated: &[Rated]) -> bool {
    let best = rated.iter().max_by(|a, b| a.quote.score.total_cmp(&b.quote.score));
    let Some(stated) = best.and_then(|best| best.stated.as_ref()) else { return false };
    rated.iter().filter_map(|one| one.stated.as_ref()).all(|other| other == stated)
}

/// Takes the best of what was rated. What says the same as a better quote, or is a part of it, is left out.
pub fn take_best(mut rated: Vec<Rated>, sources: &[Source<'_>], most: usize) -> Vec<Quote> {
    rated.sort_by(|a, b| b.quote.score.total_cmp(&a.quote.score));
    let mut said: HashSet<String> = HashSet::new();
    let mut chosen: Vec<Quote> = Vec::new();
    for Rated { quote, .. } in rated {
        if chosen.len() == most {
            break;
        }
        let words = quote.span.slice(sources[quote.source].text).unwrap_or_default();
        let overlaps = |other: &Quote| {
            other.source == quote.source
                && other.span.start < quote.span.end
                && quote.span.start < other.span.end
        };
        if !chosen.iter().any(overlaps) && said.insert(plain(words)) {
            chosen.push(quote);
        }
    }
    chosen
}

/// Rates all sentences and rows of the passages, in the order in which they stand.
pub fn rate(
    question: &str,
    sources: &[Source<'_>],
    lexicon: &Lexicon,
    weights: &Weights,
) -> Vec<Rated> {
    let texts: Vec<Vec<Unit>> = sources.iter().map(|source| units(source, lexicon)).collect();
    let terms =
        |source: &Source<'_>| lexicon.analyzer().terms(source.context).into_iter().collect();
    let contexts: Vec<HashSet<String>> = sources.iter().map(terms).collect();
    let asked = Asked::new(question, (&texts, &contexts), lexicon);
    let mut rated = Vec::new();
    for (source, units) in texts.iter().enumerate() {
        let around =
            Surroundings::new(&asked, (units, &contexts[source]), sources[source].rank, lexicon);
        for (at, unit) in units.iter().enumerate().filter(|(_, unit)| unit.is_quotable()) {
            let features = around.features(at);
            let score = weights.score(&features);
            let header = unit.header.clone();
            let (span, group) = (readable(units, at), unit.group);
            let quote = Quote { source, span, header, group, score };
            let stated = around.stated(at);
            rated.push(Rated { quote, features, stated });
        }
    }
    rated
}

/// Gives the place of a unit that people can read by itself: a sentence whose subject is a pronoun comes with
/// the one before it.
fn readable(units: &[Unit], at: usize) -> Span {
    let unit = &units[at];
    let before = at.checked_sub(1).and_then(|before| units.get(before));
    let start = before.filter(|before| unit.leans && before.ends && !before.is_row && !unit.is_row);
    let span = start.map(|before| Span::new(before.span.start, unit.span.end));
    span.filter(|span| span.len() <= LONGEST_PAIR).unwrap_or(unit.span)
}

/// Writes words alike that differ in case, marks and blanks only.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests;
