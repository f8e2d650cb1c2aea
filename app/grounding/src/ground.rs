//! Grounds: passages, taken apart once for all claims that are looked for in them.

use std::collections::HashSet;

use quire_domain::Span;
use quire_language::{Lexicon, Token, sentences};

use crate::flat_tables;
use crate::short_names::{self, Stems};
use crate::statement::Statement;
use crate::tables::{self, Heads, Line};
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
    /// If it begins within a table: the lines above it that head its rows, which stand in another passage.
    pub lead: String,
}

/// A sentence of a passage.
#[derive(Clone, Debug)]
pub struct GroundSentence {
    /// Where it stands in the passage's text.
    pub span: Span,
    /// What it says.
    pub statement: Statement,
    /// If it is a row of a table, what heads it.
    pub heads: Option<Heads>,
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
    /// The rows above it of the table that it begins within, in order.
    pub led_by: Vec<(Statement, Heads)>,
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
    /// Shows the row that names its columns, if it is a row of a table that has one.
    pub fn header(&self) -> Option<&Statement> {
        self.heads.as_ref()?.header.as_deref()
    }

    /// Lists the lines that name the groups of rows that it is one of, the widest first.
    pub fn groups(&self) -> impl Iterator<Item = &Statement> {
        self.heads.iter().flat_map(|heads| &heads.groups).map(AsRef::as_ref)
    }

    /// Lists the lines right above the table that it is a row of, the nearest first.
    pub fn captions(&self) -> impl Iterator<Item = &Statement> {
        self.heads.iter().flat_map(|heads| &heads.captions).map(AsRef::as_ref)
    }

    /// Lists all that heads it, if it is a row: names of columns, of groups, and what stands above the table.
    pub fn all_heads(&self) -> impl Iterator<Item = &Statement> {
        self.header().into_iter().chain(self.groups()).chain(self.captions())
    }

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
        let (spans, mut statements) = sentences_of(&ground.text, lexicon);
        flat_tables::find(&mut statements);
        let (led_by, heads) = find_heads(&ground, (&spans, &statements), &lines, lexicon);
        let sentences = spans.into_iter().zip(statements).zip(heads);
        let mut sentences: Vec<GroundSentence> = sentences
            .map(|((span, statement), heads)| GroundSentence {
                span,
                statement,
                heads,
                full_names: Vec::new(),
            })
            .collect();
        let statements: Vec<&Statement> = sentences.iter().map(|one| &one.statement).collect();
        let in_full = short_names::find(&statements, &lines, lexicon);
        for (sentence, names) in sentences.iter_mut().zip(in_full) {
            sentence.full_names = names;
        }
        let tokens = lines.iter().flat_map(|line| &line.tokens);
        let terms = tokens.flat_map(|token| token.terms.iter().cloned()).collect();
        let times = lines.iter().flat_map(|line| line.times.iter().map(|one| one.time)).collect();
        Self { ground, sentences, led_by, context: Context { lines, terms, times } }
    }

    /// Lists what a reader of some words of the passage is given, in whole sentences: what is known about
    /// it, what names the columns and the group of a row, and the sentences that the words stand in.
    pub fn premise(&self, span: Span) -> Vec<String> {
        let known = self.ground.context.lines().filter(|line| !line.trim().is_empty());
        let mut premise: Vec<String> = known.map(str::to_owned).collect();
        let touched =
            |one: &&GroundSentence| one.span.start < span.end && span.start < one.span.end;
        for sentence in self.sentences.iter().filter(touched) {
            let named = sentence.header().into_iter().chain(sentence.groups());
            for line in named {
                let words: Vec<&str> = line.tokens.iter().map(|one| one.text.as_str()).collect();
                premise.push(words.join(" "));
            }
            premise.extend(sentence.span.slice(&self.ground.text).map(str::to_owned));
        }
        premise
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

/// Takes the sentences of a text apart, with their places.
fn sentences_of(text: &str, lexicon: &Lexicon) -> (Vec<Span>, Vec<Statement>) {
    let chars: Vec<char> = text.chars().collect();
    let spans = sentences::split_stored(text).into_iter();
    let spans: Vec<Span> =
        spans.flat_map(|span| pieces(&chars, span).collect::<Vec<_>>()).collect();
    let statements = spans.iter().map(|span| Statement::of(&text_of(&chars, *span), lexicon));
    let statements = statements.collect();
    (spans, statements)
}

/// Finds what heads the rows of a passage, in the passage, in the lines that lead to it, or among what is known beside it; and
/// the rows among those lines.
fn find_heads(
    ground: &Ground,
    (spans, statements): (&[Span], &[Statement]),
    known: &[Statement],
    lexicon: &Lexicon,
) -> (Vec<(Statement, Heads)>, Vec<Option<Heads>>) {
    let (lead_spans, lead) = sentences_of(&ground.lead, lexicon);
    let set_off =
        set_off(&ground.lead, &lead_spans).into_iter().chain(set_off(&ground.text, spans));
    let lines: Vec<Line<'_>> = lead
        .iter()
        .chain(statements)
        .zip(set_off)
        .map(|(statement, is_set_off)| Line { statement, is_set_off })
        .collect();
    let mut heads = tables::find(&lines, known, lexicon);
    let own = heads.split_off(lead.len());
    let rows = lead.into_iter().zip(heads).filter_map(|(row, heads)| Some((row, heads?)));
    (rows.collect(), own)
}

/// Tells for each sentence of a text if a blank line stands above it.
fn set_off(text: &str, spans: &[Span]) -> Vec<bool> {
    let chars: Vec<char> = text.chars().collect();
    let mut end = 0;
    let is_set_off = spans.iter().map(|span| {
        let between = chars.get(end..span.start).unwrap_or_default();
        end = span.end;
        between.iter().filter(|c| **c == '\n').count() > 1
    });
    is_set_off.collect()
}
