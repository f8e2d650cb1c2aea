//! Units: the sentences and table rows of a passage, taken apart.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

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
    /// Which of its tokens say what its figures are of, if it is a row.
    pub label: Range<usize>,
    /// The terms of the line without figures above it that names a group of rows, if it is a row of one.
    pub group_terms: HashSet<String>,
    /// Where that line stands in the passage.
    pub group: Option<Span>,
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
        let is_row = text.contains('|') || cells(text).len() > 1;
        let leans = first.into_iter().any(|token| pronouns.contains(&token.lower.as_str()));
        Self {
            span,
            places,
            header: None,
            header_terms: HashSet::new(),
            label: if is_row { label(text, &tokens) } else { 0..0 },
            group_terms: HashSet::new(),
            group: None,
            is_row,
            is_header: false,
            leans,
            ends: text
                .trim_end_matches(['"', '”', '“', '»', '\'', '’', ')', ']'])
                .ends_with(['.', '!', '?', ':', '…']),
            asks: text.ends_with('?'),
            tokens,
        }
    }

    /// Takes the row whose label it is, or the beginning of it.
    fn take_row(&mut self, row: Self) {
        let shift = self.tokens.len();
        for (term, places) in row.places {
            self.places.entry(term).or_default().extend(places.into_iter().map(|at| at + shift));
        }
        self.tokens.extend(row.tokens);
        self.span = Span::new(self.span.start, row.span.end);
        self.label = 0..shift + if row.label.start == 0 { row.label.end } else { 0 };
        self.is_row = true;
    }

    /// Lists the terms of the words that say what its figures are of.
    pub fn label_terms(&self) -> HashSet<&str> {
        let here =
            |(_, places): &(&String, &Vec<usize>)| places.iter().any(|at| self.label.contains(at));
        self.places.iter().filter(here).map(|(term, _)| term.as_str()).collect()
    }

    /// Returns whether it is a row that gives figures of something.
    ///
    /// A line of a table of contents looks like one whose only figure is a small number; it has no columns.
    pub fn is_item(&self) -> bool {
        let is_figure = |token: &Token| {
            let may_count = self.header.is_some() && !is_year(&token.text);
            token.is_number() && (may_count || !may_be_date(&token.text))
        };
        let figures = &self.tokens[self.label.end..];
        !self.is_header && !self.label.is_empty() && figures.iter().any(is_figure)
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

/// Lists the cells of a line that are not blank: between bars, tabs, or blanks that are more than one.
fn cells(line: &str) -> Vec<Range<usize>> {
    let marks: &[&str] = if line.contains('|') { &["|"] } else { &["\t", "  ", "\n"] };
    let (mut cells, mut start) = (Vec::new(), 0);
    while start < line.len() {
        let cuts = marks.iter().filter_map(|mark| Some((line[start..].find(mark)?, mark.len())));
        let (length, mark) = cuts.min().unwrap_or((line.len() - start, 0));
        let cell = start..start + length;
        if !line[cell.clone()].trim().is_empty() {
            cells.push(cell);
        }
        start += length + mark;
    }
    cells
}

/// Finds the tokens of a row that say what its figures are of: those of the cells with words before the
/// first cell of figures alone.
fn label(line: &str, tokens: &[Token]) -> Range<usize> {
    let has_words = |cell: &Range<usize>| line[cell.clone()].contains(char::is_alphabetic);
    let is_figure =
        |cell: &Range<usize>| !has_words(cell) && line[cell.clone()].contains(char::is_numeric);
    let cells = cells(line);
    let cells: Vec<&Range<usize>> = cells
        .iter()
        .skip_while(|cell| !has_words(cell))
        .take_while(|cell| !is_figure(cell))
        .collect();
    let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return 0..0 };
    let code_points = |bytes: usize| line[..bytes].chars().count();
    let (start, end) = (code_points(first.start), code_points(last.end));
    tokens.partition_point(|token| token.span.start < start)
        ..tokens.partition_point(|token| token.span.end <= end)
}

/// Takes a passage apart.
pub fn units(source: &Source<'_>, lexicon: &Lexicon) -> Vec<Unit> {
    let chars: Vec<char> = source.text.chars().collect();
    let text = |from: usize, until: usize| {
        chars.get(from..until).unwrap_or_default().iter().collect::<String>()
    };
    let of = |span: Span| Unit::of(&text(span.start, span.end), span, lexicon);
    let mut units: Vec<Unit> = sentences::split_stored(source.text).into_iter().map(of).collect();
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
        join_labels(&mut units, start, &mut end, &text);
        name_columns(&mut units[start..end], source, start, &text);
        name_groups(&mut units[start..end]);
        start = end;
    }
    for unit in units.iter_mut().filter(|unit| unit.header.is_some()) {
        let header = unit.header.as_deref().unwrap_or_default();
        unit.header_terms = lexicon.analyzer().terms(header).into_iter().collect();
    }
    units
}

/// Joins a row to the line above it where that is its label, or the beginning of it.
fn join_labels(
    units: &mut Vec<Unit>,
    start: usize,
    end: &mut usize,
    text: &impl Fn(usize, usize) -> String,
) {
    let mut at = start + 1;
    while at < *end {
        let (label, row) = (&units[at - 1], &units[at]);
        let is_label = !label.is_row && !label.ends && !label.has_figures();
        let line = text(row.span.start, row.span.end);
        let goes_on = row.begins_with_number() || line.starts_with(char::is_lowercase);
        if !is_label || !goes_on || !row.is_row || !row.has_figures() || line.contains('|') {
            at += 1;
            continue;
        }
        let row = units.remove(at);
        *end -= 1;
        units[at - 1].take_row(row);
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
        let is_header = |line: &&str| line.contains('|') && line.contains(char::is_alphanumeric);
        let known = source.header.lines().find(is_header);
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
    let header = match last {
        Some(last) => text(above[0].span.start, above[last].span.end),
        None if start == 0 => source.header.trim().to_owned(),
        None => String::new(),
    };
    if header.is_empty() {
        return;
    }
    let rows = last.map_or(lines, |last| lines + last + 1);
    for unit in &mut block[lines..rows] {
        unit.is_header = true;
    }
    for unit in block[first..].iter_mut().filter(|unit| unit.is_row) {
        unit.header = Some(header.clone());
    }
}

/// Gives the rows of a group what the line without figures says that stands above them.
fn name_groups(block: &mut [Unit]) {
    let mut group = (HashSet::new(), None);
    for unit in block.iter_mut().filter(|unit| !unit.is_header) {
        if unit.is_item() {
            unit.group_terms.clone_from(&group.0);
            unit.group = group.1;
        } else if !unit.is_row {
            group = if unit.is_prose() {
                (HashSet::new(), None)
            } else {
                (unit.places.keys().cloned().collect(), Some(unit.span))
            };
        }
    }
}

/// Returns whether the word at a token of a unit means `meaning` in the language.
pub fn means(unit: &Unit, at: usize, meaning: impl Fn(Meaning) -> bool, lexicon: &Lexicon) -> bool {
    lexicon.find(&unit.tokens, at).iter().any(|found| meaning(found.meaning))
}
