//! Evidence: the words of a passage that a sentence rests on.

use std::collections::{HashMap, HashSet};

use quire_domain::{Span, Support};
use quire_language::Analyzer;

use super::facts::{is_negated, names, numbers, without_item_number};
use quire_language::sentences;

/// A passage as evidence is looked for in it.
pub struct Ground {
    /// The stored text of the passage.
    pub text: String,
    /// What is known about it beside its text: title, path, headings, a table's header.
    pub context: String,
}

/// Words found for a sentence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// `Quoted` or `Supported`.
    pub support: Support,
    /// Where they stand in the passage's text.
    pub span: Span,
    /// How much of the sentence they cover, 0 to 1.
    pub coverage: f32,
}

/// The share of a sentence's terms that one sentence of a passage must have, or two or three in a
/// row: the longer the run, the sooner words meet in it by chance.
const MIN_COVERAGE: [f32; WINDOW_SENTENCES] = [0.6, 0.7, 0.8];
/// What a term counts. Whole numbers add up alike in any order.
const WEIGHT: u32 = 3;
/// What a term of the question counts in its answer: "the term given to it is" is how the question
/// was put, and what the passage must bear is the answer.
const ASKED_WEIGHT: u32 = 1;
/// The longest run of a passage's sentences that is quoted for one sentence.
const WINDOW_SENTENCES: usize = 3;
/// The longest quote, in code points.
const WINDOW_CHARS: usize = 600;
/// Quotes shorter than this, in code points, are shown with the sentence around them.
const SHORT_QUOTE: usize = 24;

/// Finds the best evidence for a sentence in one passage.
///
/// A sentence whose words stand in the passage, but for case, blanks and marks of emphasis, is
/// `Quoted`. Otherwise it is `Supported` by the run of at most three sentences that covers most of its
/// terms, if that is enough, all its numbers and names are there, and both or neither are negated. A
/// question states nothing that could be supported.
pub fn find(sentence: &str, ground: &Ground, analyzer: &Analyzer) -> Option<Evidence> {
    find_for(sentence, &HashSet::new(), ground, analyzer)
}

/// As [`find`], for a sentence that answers a question with the terms `asked`, which count less.
///
/// An answer of one word is looked for in one sentence together with what was asked.
pub fn find_for(
    sentence: &str,
    asked: &HashSet<String>,
    ground: &Ground,
    analyzer: &Analyzer,
) -> Option<Evidence> {
    let sentence = without_item_number(sentence);
    if sentence.trim_end().ends_with('?') {
        return None;
    }
    if let Some(span) = find_quote(sentence, &ground.text) {
        let span = with_context(span, &ground.text);
        return Some(Evidence { support: Support::Quoted, span, coverage: 1.0 });
    }
    let claim = Claim::of(sentence, asked, analyzer)?;
    let context: HashSet<String> = analyzer.terms(&ground.context).into_iter().collect();
    let context_numbers = numbers(&ground.context);
    let spans = sentences::split(&ground.text);
    let mut best: Option<Evidence> = None;
    for first in 0..spans.len() {
        for last in first..spans.len().min(first + claim.longest_run()) {
            let span = Span::new(spans[first].start, spans[last].end);
            if span.len() > WINDOW_CHARS && last > first {
                break;
            }
            let Some(window) = span.slice(&ground.text) else { break };
            let terms: HashSet<String> = analyzer.terms(window).into_iter().collect();
            let coverage = claim.coverage(&terms, &context);
            // More of the sentence is better, and then the shorter quote.
            let better = best.is_none_or(|best| {
                let shorter = span.len() < best.span.len();
                coverage > best.coverage + 0.05 || (coverage >= best.coverage && shorter)
            });
            if coverage >= MIN_COVERAGE[last - first] && better {
                let here = numbers(window);
                let known = |number| here.contains(number) || context_numbers.contains(number);
                let named = |name| terms.contains(name) || context.contains(name);
                let core = core(&spans[first..=last], &ground.text, &claim, analyzer);
                let facts = claim.numbers.iter().all(known) && claim.names.iter().all(named);
                if facts && is_negated(sentence) == is_negated(core) {
                    best = Some(Evidence { support: Support::Supported, span, coverage });
                }
            }
        }
    }
    best
}

/// What is looked for of a sentence.
struct Claim {
    /// Its terms, and what each counts.
    terms: HashMap<String, u32>,
    numbers: HashSet<String>,
    names: HashSet<String>,
    /// The one term of an answer of one word: the others are those of the question.
    answer: Option<String>,
}

impl Claim {
    /// Takes a sentence apart; one that says too little to be looked for gives `None`.
    fn of(sentence: &str, asked: &HashSet<String>, analyzer: &Analyzer) -> Option<Self> {
        let mut terms: HashSet<String> = analyzer.terms(sentence).into_iter().collect();
        let (numbers, names) = (numbers(sentence), names(sentence, analyzer));
        let mut answer = None;
        if terms.len() < 2 && numbers.is_empty() {
            let is_news = |word: &&String| !asked.is_empty() && !asked.contains(*word);
            answer = Some(terms.iter().next().filter(is_news)?.clone());
            terms.extend(asked.iter().cloned());
        }
        let weigh = |term: String| {
            let counts_less = answer.is_none() && asked.contains(&term);
            (term, if counts_less { ASKED_WEIGHT } else { WEIGHT })
        };
        Some(Self { terms: terms.into_iter().map(weigh).collect(), numbers, names, answer })
    }

    /// Says how many sentences in a row may support it together.
    fn longest_run(&self) -> usize {
        if self.answer.is_some() { 1 } else { WINDOW_SENTENCES }
    }

    /// Gives the share of its terms that stand in a text or are known of it, 0 where most are only
    /// known.
    fn coverage(&self, text: &HashSet<String>, known: &HashSet<String>) -> f32 {
        let (mut own, mut lent, mut found) = (0, 0, 0);
        for (term, weight) in &self.terms {
            if text.contains(term) {
                own += 1;
            } else if known.contains(term) {
                lent += 1;
            } else {
                continue;
            }
            found += weight;
        }
        let is_answered = self.answer.as_ref().is_none_or(|word| text.contains(word));
        if own == 0 || own < lent || !is_answered {
            return 0.0;
        }
        found as f32 / self.terms.values().sum::<u32>().max(1) as f32
    }
}

/// Widens a quote of a word or two to its sentence or row: a bare number tells a reader nothing.
fn with_context(span: Span, text: &str) -> Span {
    if span.len() >= SHORT_QUOTE {
        return span;
    }
    let around = sentences::split(text).into_iter();
    let mut around = around.filter(|one| one.len() <= WINDOW_CHARS);
    around.find(|one| one.start <= span.start && span.end <= one.end).unwrap_or(span)
}

/// Gives the sentence of a window that has most of the terms of a claim: its negation counts.
fn core<'a>(spans: &[Span], text: &'a str, claim: &Claim, analyzer: &Analyzer) -> &'a str {
    let shared = |sentence: &&str| {
        analyzer.terms(sentence).iter().filter(|term| claim.terms.contains_key(*term)).count()
    };
    spans.iter().filter_map(|span| span.slice(text)).max_by_key(shared).unwrap_or_default()
}

/// Finds the words of `sentence` in `text`, alike but for case, blanks, quotes and emphasis.
fn find_quote(sentence: &str, text: &str) -> Option<Span> {
    let needle: Vec<char> = normalised(sentence).into_iter().map(|(c, _)| c).collect();
    let end = needle.iter().rposition(|c| c.is_alphanumeric() || matches!(c, '%' | ')'))?;
    let start = needle.iter().position(|c| c.is_alphanumeric() || matches!(c, '$' | '€' | '('))?;
    let needle = needle.get(start..=end)?;
    let words = needle.split(|c| *c == ' ').count();
    if words < 3 && !needle.iter().any(char::is_ascii_digit) {
        return None;
    }
    let haystack = normalised(text);
    let letters: Vec<char> = haystack.iter().map(|(c, _)| *c).collect();
    let at_edge = |position: usize| {
        let inside = |index: usize| letters.get(index).is_some_and(|c| c.is_alphanumeric());
        position == 0 || !inside(position) || !inside(position - 1)
    };
    let found = letters.windows(needle.len()).enumerate().find(|(position, window)| {
        *window == needle && at_edge(*position) && at_edge(position + needle.len())
    });
    let (position, _) = found?;
    let first = haystack.get(position)?.1;
    let last = haystack.get(position + needle.len() - 1)?.1;
    Some(Span::new(first, last + 1))
}

/// Folds text for comparison; each character keeps its place in the original.
fn normalised(text: &str) -> Vec<(char, usize)> {
    let mut folded: Vec<(char, usize)> = Vec::new();
    for (position, c) in text.chars().enumerate() {
        let c = match c {
            '‘' | '’' | '‚' | '`' => '\'',
            '“' | '”' | '„' | '«' | '»' => '"',
            '–' | '—' | '−' | '\u{2010}' | '\u{2011}' => '-',
            c if c.is_whitespace() => ' ',
            '*' | '_' | '#' | '|' | '\u{ad}' => continue,
            c => c,
        };
        if c == ' ' && folded.last().is_none_or(|(last, _)| *last == ' ') {
            continue;
        }
        folded.extend(c.to_lowercase().map(|c| (c, position)));
    }
    folded
}

#[cfg(test)]
mod tests;
