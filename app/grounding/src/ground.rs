//! Grounds: passages, taken apart once for all claims that are looked for in them.

use std::collections::HashSet;

use quire_domain::Span;
use quire_language::{Lexicon, Token, sentences};

use crate::flat_tables;
use crate::quantity::Quantity;
use crate::short_names::{self, Stems};
use crate::statement::Statement;
use crate::time::Time;

/// What is longer than this, in code points, is no sentence; it is looked at piece by piece.
pub const LONGEST_SENTENCE: usize = 1_200;

/// A passage as evidence is looked for in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ground {
    /// The stored text of the passage, which may be quoted.
    pub text: String,
    /// What is known about it beside its text, a line each: title, path, names that its document is
    /// about, headings, a table's header.
    pub context: String,
}

/// A sentence of a passage.
#[derive(Clone, Debug)]
pub struct GroundSentence {
    /// Where it stands in the passage's text.
    pub span: Span,
    /// What it says.
    pub statement: Statement,
    /// If it is a row of a table, the row that names its columns.
    pub header: Option<Statement>,
    /// The names in full, by their stems, that it calls by a short one.
    pub full_names: Vec<Stems>,
}

/// A passage, taken apart.
#[derive(Clone, Debug)]
pub struct PreparedGround {
    /// The passage.
    pub ground: Ground,
    /// Its sentences, in order.
    pub sentences: Vec<GroundSentence>,
    /// What is known about it beside its text.
    pub context: Context,
}

/// What is known about a passage beside its text.
#[derive(Clone, Debug)]
pub struct Context {
    /// What its lines say.
    pub lines: Vec<Statement>,
    /// The terms of its words.
    pub terms: HashSet<String>,
    /// The times that it names.
    pub times: Vec<Time>,
}

impl GroundSentence {
    /// Returns whether a word belongs to a name that the sentence calls by a short one.
    pub fn has_in_full(&self, word: &Token) -> bool {
        let stem = word.terms.first();
        stem.is_some_and(|stem| self.full_names.iter().flatten().any(|name| name == stem))
    }
}

impl PreparedGround {
    /// Takes a passage apart.
    pub fn new(ground: Ground, lexicon: &Lexicon) -> Self {
        let lines: Vec<&str> =
            ground.context.lines().filter(|line| !line.trim().is_empty()).collect();
        let lines: Vec<Statement> = lines
            .into_iter()
            .flat_map(|line| {
                let chars: Vec<char> = line.chars().collect();
                pieces(&chars, Span::new(0, chars.len()))
                    .map(|span| Statement::of(&text_of(&chars, span), lexicon))
                    .collect::<Vec<_>>()
            })
            .collect();
        let chars: Vec<char> = ground.text.chars().collect();
        let spans = sentences::split(&ground.text).into_iter();
        let mut sentences: Vec<GroundSentence> = Vec::with_capacity(spans.len());
        let spans: Vec<Span> =
            spans.flat_map(|span| pieces(&chars, span).collect::<Vec<_>>()).collect();
        let mut statements: Vec<Statement> =
            spans.iter().map(|span| Statement::of(&text_of(&chars, *span), lexicon)).collect();
        flat_tables::find(&mut statements);
        for (span, statement) in spans.into_iter().zip(statements) {
            let header = find_header(&statement, &sentences, &lines);
            sentences.push(GroundSentence { span, statement, header, full_names: Vec::new() });
        }
        let statements: Vec<&Statement> = sentences.iter().map(|one| &one.statement).collect();
        let in_full = short_names::find(&statements, &lines, lexicon);
        for (sentence, names) in sentences.iter_mut().zip(in_full) {
            sentence.full_names = names;
        }
        let tokens = lines.iter().flat_map(|line| &line.tokens);
        let terms = tokens.flat_map(|token| token.terms.iter().cloned()).collect();
        let times = lines.iter().flat_map(|line| line.times.iter().map(|one| one.time)).collect();
        Self { ground, sentences, context: Context { lines, terms, times } }
    }

    /// Lists what a reader of some words of the passage is given, in whole sentences: what is known about
    /// it, the header of a row, and the sentences that the words stand in.
    pub fn premise(&self, span: Span) -> Vec<String> {
        let known = self.ground.context.lines().filter(|line| !line.trim().is_empty());
        let mut premise: Vec<String> = known.map(str::to_owned).collect();
        let touched =
            |one: &&GroundSentence| one.span.start < span.end && span.start < one.span.end;
        for sentence in self.sentences.iter().filter(touched) {
            if let Some(header) = &sentence.header {
                let words: Vec<&str> = header.tokens.iter().map(|one| one.text.as_str()).collect();
                premise.push(words.join(" "));
            }
            premise.extend(sentence.span.slice(&self.ground.text).map(str::to_owned));
        }
        premise
    }

    /// Gives the sentence right above the table that a row belongs to.
    pub fn caption(&self, row: usize) -> Option<&Statement> {
        let mut above = self.sentences[..row].iter().rev().map(|one| &one.statement);
        above.find(|one| one.cells.is_none())
    }

    /// Returns whether the passage or its context says that numbers are in such powers of ten, as in
    /// `(in millions)`.
    pub fn declares(&self, magnitude: u8, lexicon: &Lexicon) -> bool {
        let has = |statement: &Statement| {
            (0..statement.tokens.len()).any(|at| {
                let is_counted = statement
                    .quantities
                    .iter()
                    .any(|one| (one.tokens.0..=one.tokens.1).contains(&at));
                !is_counted
                    && lexicon.has(
                        &statement.tokens,
                        at,
                        quire_language::Meaning::Magnitude(magnitude),
                    )
            })
        };
        self.context.lines.iter().any(has) || self.sentences.iter().any(|one| has(&one.statement))
    }
}

/// Cuts a span of a text that is longer than any sentence into pieces, at blanks if there are any, so that the
/// time for a passage grows with its length and no faster.
fn pieces(chars: &[char], span: Span) -> impl Iterator<Item = Span> {
    let mut start = span.start;
    std::iter::from_fn(move || {
        let rest = chars.get(start..span.end).filter(|rest| !rest.is_empty())?;
        let length = if rest.len() <= LONGEST_SENTENCE {
            rest.len()
        } else {
            let blank = rest[..LONGEST_SENTENCE].iter().rposition(|c| c.is_whitespace());
            blank.map_or(LONGEST_SENTENCE, |at| at + 1)
        };
        let piece = Span::new(start, start + length);
        start += length;
        Some(piece)
    })
}

fn text_of(chars: &[char], span: Span) -> String {
    chars.get(span.start..span.end).unwrap_or_default().iter().collect()
}

/// Finds the row that names the columns of a row: the first of the rows right above it that has as
/// many cells, if it has fewer quantities, else one among the context.
fn find_header(
    row: &Statement,
    above: &[GroundSentence],
    context: &[Statement],
) -> Option<Statement> {
    let count = cell_count(row)?;
    let block = above.iter().rev().take_while(|one| one.statement.cells.is_some());
    let first = block.last().map(|one| &one.statement);
    let names_columns = |header: &&Statement| {
        cell_count(header) == Some(count) && counted(header).len() < counted(row).len().max(1)
    };
    let known = context.iter().filter(|line| line.cells.is_some());
    first.into_iter().chain(known).find(names_columns).cloned()
}

fn counted(statement: &Statement) -> &[Quantity] {
    &statement.quantities
}

fn cell_count(statement: &Statement) -> Option<usize> {
    let cells = statement.cells.as_ref()?;
    cells.last().map(|last| last + 1)
}
