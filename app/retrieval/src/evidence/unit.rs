//! Units: the sentences and table rows of a passage, taken apart.

use std::collections::{HashMap, HashSet};

use quire_domain::Span;
use quire_language::{Lexicon, Meaning, Token, sentences};

use super::Source;

/// What is longer than this, in code points, is no sentence that people would read as a quote.
const LONGEST_QUOTE: usize = 1_200;

/// A line with a label has at most so many tokens.
const LONGEST_LABELLED: usize = 16;

/// A sentence or a row.
#[expect(clippy::struct_excessive_bools, reason = "each is true or not of any unit")]
pub struct Unit {
    /// Where it stands in the passage.
    pub span: Span,
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Its terms, and at which tokens each stands.
    pub places: HashMap<String, Vec<usize>>,
    /// The words that name the columns, if it is a row that has some.
    pub header: Option<String>,
    /// Their terms.
    pub header_terms: HashSet<String>,
    /// Whether it is a row of a table.
    pub is_row: bool,
    /// Whether it names the columns of others.
    pub is_header: bool,
    /// Whether a pronoun among its first words carries what it is about.
    pub leans: bool,
    /// Whether it ends as sentences do.
    pub ends: bool,
    /// Whether it is a question.
    pub asks: bool,
}

/// How many words from its beginning a pronoun makes a sentence lean on the one before.
const LEANING_WORDS: usize = 3;

impl Unit {
    fn of(text: &str, span: Span, lexicon: &Lexicon) -> Self {
        let tokens = lexicon.tokens(text);
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, token) in tokens.iter().enumerate() {
            for term in terms_of(token, lexicon) {
                places.entry(term).or_default().push(at);
            }
        }
        let pronouns = lexicon.words().pronouns;
        let first = tokens.iter().filter(|token| token.is_word()).take(LEANING_WORDS);
        let leans = first.into_iter().any(|token| pronouns.contains(&token.lower.as_str()));
        Self {
            span,
            places,
            header: None,
            header_terms: HashSet::new(),
            is_row: cells(text) > 1,
            is_header: false,
            leans,
            ends: text
                .trim_end_matches(['"', '”', '“', '»', '\'', '’', ')', ']'])
                .ends_with(['.', '!', '?', ':', '…']),
            asks: text.ends_with('?'),
            tokens,
        }
    }

    /// Returns whether it can be shown as a quote: it has words or figures, and names no columns.
    pub fn is_quotable(&self) -> bool {
        let is_figure = |token: &&Token| token.is_word() || token.is_number();
        let least = if self.is_row { 2 } else { 3 };
        !self.is_header
            && self.span.len() <= LONGEST_QUOTE
            && self.tokens.iter().filter(is_figure).take(least).count() == least
    }

    /// Returns whether it is short and names something before a colon, as "Rent: 850 euros" does.
    pub fn has_colon(&self) -> bool {
        self.tokens.len() <= LONGEST_LABELLED && self.tokens.iter().any(|token| token.is_mark(':'))
    }

    /// Returns whether it has figures that are no years and no days of a month.
    fn has_figures(&self) -> bool {
        self.tokens.iter().any(|token| token.is_number() && !may_be_date(&token.text))
    }

    /// Returns whether it ends as a sentence does, and announces nothing.
    fn is_prose(&self) -> bool {
        self.ends && !self.tokens.last().is_some_and(|token| token.is_mark(':'))
    }

    fn begins_with_number(&self) -> bool {
        let first = self.tokens.iter().find(|token| token.is_word() || token.is_number());
        first.is_some_and(Token::is_number)
    }
}

/// Gives the terms of a token: those of a word, or a number as terms are.
pub fn terms_of(token: &Token, lexicon: &Lexicon) -> Vec<String> {
    if token.is_number() { lexicon.analyzer().terms(&token.text) } else { token.terms.clone() }
}

/// Returns whether a number may be the year or the day of a date.
pub fn may_be_date(number: &str) -> bool {
    number.parse::<u32>().is_ok_and(|value| value <= 31) || is_year(number)
}

/// Returns whether a number may be a year.
pub fn is_year(number: &str) -> bool {
    number.len() == 4 && number.parse::<u32>().is_ok_and(|value| (1000..2200).contains(&value))
}

/// Counts the cells of a line: between bars, tabs, or blanks that are more than one.
fn cells(line: &str) -> usize {
    if line.contains('|') {
        let parts = line.trim().trim_matches('|').split('|');
        return parts.filter(|cell| !cell.trim().is_empty()).count().max(2);
    }
    line.split(['\t'])
        .flat_map(|part| part.split("  "))
        .filter(|cell| !cell.trim().is_empty())
        .count()
}

/// Takes a passage apart.
pub fn units(source: &Source<'_>, lexicon: &Lexicon) -> Vec<Unit> {
    let chars: Vec<char> = source.text.chars().collect();
    let text = |from: usize, until: usize| {
        chars.get(from..until).unwrap_or_default().iter().collect::<String>()
    };
    let of = |span: Span| Unit::of(&text(span.start, span.end), span, lexicon);
    let mut units: Vec<Unit> = sentences::split(source.text).into_iter().map(of).collect();
    let is_next = |before: &Unit, unit: &Unit| {
        let between = chars.get(before.span.end..unit.span.start).unwrap_or_default();
        between.iter().filter(|c| **c == '\n').count() == 1
    };
    let mut start = 0;
    while start < units.len() {
        let mut end = start + 1;
        while end < units.len() && is_next(&units[end - 1], &units[end]) {
            end += 1;
        }
        let block = Span::new(units[start].span.start, units[end - 1].span.end);
        join_labels(&mut units, start, &mut end, &text);
        name_columns(&mut units[start..end], source, block.start, &text);
        start = end;
    }
    for unit in units.iter_mut().filter(|unit| unit.header.is_some()) {
        let header = unit.header.as_deref().unwrap_or_default();
        unit.header_terms = lexicon.analyzer().terms(header).into_iter().collect();
    }
    units
}

/// Joins the figures of a row to its label where a line stands between them.
fn join_labels(
    units: &mut Vec<Unit>,
    start: usize,
    end: &mut usize,
    text: &impl Fn(usize, usize) -> String,
) {
    let mut at = start + 1;
    while at < *end {
        let (label, row) = (&units[at - 1], &units[at]);
        let has_label = !label.is_row && !label.ends && !label.has_figures();
        let joins = row.is_row && row.begins_with_number() && row.has_figures() && has_label;
        if !joins || text(row.span.start, row.span.end).contains('|') {
            at += 1;
            continue;
        }
        let row = units.remove(at);
        *end -= 1;
        let label = &mut units[at - 1];
        let shift = label.tokens.len();
        for (term, places) in row.places {
            label.places.entry(term).or_default().extend(places.into_iter().map(|at| at + shift));
        }
        label.tokens.extend(row.tokens);
        label.span = Span::new(label.span.start, row.span.end);
        label.is_row = true;
    }
}

/// Finds the lines that name the columns of a table, and gives them to its rows.
///
/// A table with bars has one such line, above it or in the context. Of others it is the lines without
/// figures, but for dates, above the first row that has some.
fn name_columns(
    block: &mut [Unit],
    source: &Source<'_>,
    start: usize,
    text: &impl Fn(usize, usize) -> String,
) {
    if !block.iter().any(|unit| unit.is_row) {
        return;
    }
    let line = |unit: &Unit| text(unit.span.start, unit.span.end);
    let is_barred = block.iter().any(|unit| unit.is_row && line(unit).contains('|'));
    if is_barred {
        let known = source.context.lines().rev().find(|known| known.contains('|'));
        let first = block.iter().position(|unit| unit.is_row);
        let own = first.filter(|_| known.is_none());
        let header = known.map(str::to_owned).or_else(|| own.map(|at| line(&block[at])));
        for (at, unit) in block.iter_mut().enumerate().filter(|(_, unit)| unit.is_row) {
            unit.is_header = Some(at) == own || unit.places.is_empty();
            unit.header.clone_from(&header);
        }
        return;
    }
    let Some(first) = block.iter().position(|unit| unit.is_row && unit.has_figures()) else {
        return;
    };
    let lines = block[..first].iter().rposition(Unit::is_prose).map_or(0, |at| at + 1);
    let above = &block[lines..first];
    // A line right above the first row may be the title of a group of rows.
    let last =
        above.iter().rposition(|unit| unit.is_row || unit.tokens.iter().any(Token::is_number));
    let Some(last) = last else { return };
    let header = text(above[0].span.start.max(start), above[last].span.end);
    for unit in &mut block[lines..=lines + last] {
        unit.is_header = true;
    }
    for unit in block[first..].iter_mut().filter(|unit| unit.is_row) {
        unit.header = Some(header.clone());
    }
}

/// Returns whether the word at a token of a unit means `meaning` in the language.
pub fn means(unit: &Unit, at: usize, meaning: impl Fn(Meaning) -> bool, lexicon: &Lexicon) -> bool {
    lexicon.find(&unit.tokens, at).iter().any(|found| meaning(found.meaning))
}
