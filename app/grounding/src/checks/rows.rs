//! Rows: a figure of a table is said of the label of its row and of the group that the row stands in, and not of those of
//! another row.

use std::collections::HashSet;

use quire_language::{Meaning, Token};

use super::Trial;
use super::cells::Cell;
use super::numbers::{is_loss, places_of};
use crate::ground::GroundSentence;
use crate::likeness::{Likeness, likeness};
use crate::statement::{Statement, opposite};
use crate::tables::{self, Heads};
use crate::verdict::WhyNot;

/// So many words behind `70 % of` may name the whole: `of the net revenue`.
const WHOLE: usize = 3;

/// Objects if the claim says a figure of the core row of something else.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let sentence = trial.alignment.core;
    let row = trial.sentence(sentence);
    let own = trial.said().quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number));
    let figures: Vec<usize> = own
        .flat_map(|one| places_of(trial, one))
        .filter(|(at, _)| *at == sentence)
        .map(|(_, index)| index)
        .collect();
    if row.statement.cells.is_none() || trial.said().quantities.is_empty() {
        return Ok(());
    }
    check_label(trial, row)?;
    let figures = figures.iter().map(|index| &row.statement.quantities[*index]);
    let cells: Vec<Cell<'_>> = figures.map(|figure| Cell { sentence, row, figure }).collect();
    let Some(heads) = row.heads.as_ref().filter(|_| !cells.is_empty()) else { return Ok(()) };
    check_alternative(trial, &cells)?;
    let others = trial.ground.sentences.iter().filter(|other| {
        let is_row = |it: &Heads| it.table == heads.table && !it.is_header;
        other.heads.as_ref().is_some_and(is_row) && !std::ptr::eq(*other, row)
    });
    let others: Vec<&GroundSentence> = others.collect();
    check_group(trial, row, &others)?;
    check_rivals(trial, &cells, &others)
}

/// Objects if the label of a row has a word that neither the claim nor the question has. Of `income/(expense)` one is enough.
fn check_label(trial: &Trial<'_>, row: &GroundSentence) -> Result<(), WhyNot> {
    let statement = &row.statement;
    let alternatives = alternatives(trial, statement);
    let is_left_out = |token: &usize| {
        alternatives.iter().any(|(one, other)| {
            *token == *other || *token == *one && says(trial, statement, *other)
        })
    };
    // Income before taxes is other income.
    let turns = |token: usize| {
        let word = &statement.tokens[token].lower;
        let is_said = |said: &Statement| said.tokens.iter().any(|one| one.lower == *word);
        [Meaning::TimeLimit, Meaning::Exception].iter().any(|it| statement.has(token, *it))
            && !is_said(trial.said())
            && !is_said(&trial.claim.question)
    };
    let limits = |token: &usize| trial.is_limiting(*token) || turns(*token);
    let mut limiting = tables::label(statement).filter(limits);
    match limiting.find(|token| !is_left_out(token)) {
        Some(token) => Err(WhyNot::Part(statement.tokens[token].text.clone())),
        None => Ok(()),
    }
}

/// Lists what stands in brackets for a figure with the other sign, behind what stands for others: `income (loss)`,
/// `income/(expense)`, `growth (decline)`.
fn alternatives(trial: &Trial<'_>, line: &Statement) -> Vec<(usize, usize)> {
    let losses = trial.lexicon.words().losses;
    let is_mark = |at: usize, mark| line.tokens.get(at).is_some_and(|token| token.is_mark(mark));
    let opens = (1..line.tokens.len()).filter(|at| is_mark(*at, '(') && is_mark(at + 2, ')'));
    let pairs = opens.filter_map(|at| {
        let (one, other) = ((at - 1).checked_sub(usize::from(is_mark(at - 1, '/')))?, at + 1);
        let are_opposites =
            || line.poles(one).any(|pole| line.poles(other).any(|it| opposite(pole) == Some(it)));
        let is_loss = || losses.contains(&line.tokens[other].lower.as_str());
        (line.tokens[one].is_word() && (is_loss() || are_opposites())).then_some((one, other))
    });
    pairs.collect()
}

/// Returns whether the claim says of a row what stands in brackets for a figure with the other sign, and not what stands
/// before them: in its label, its group or its header, else above the table.
pub fn says_alternative(trial: &Trial<'_>, cell: Cell<'_>) -> bool {
    let row = &cell.row.statement;
    let label: Vec<usize> = tables::label(row).collect();
    let header: Vec<usize> = cell.header(true).map(|(_, at)| at).collect();
    let is_said = |line: &Statement, counts: &dyn Fn(usize) -> bool| {
        let mut pairs = alternatives(trial, line).into_iter().filter(|(one, _)| counts(*one));
        pairs.any(|(one, other)| says(trial, line, other) && !says(trial, line, one))
    };
    let near = is_said(row, &|at| label.contains(&at))
        || cell.row.groups().any(|line| is_said(line, &|_| true))
        || cell.row.header().is_some_and(|line| is_said(line, &|at| header.contains(&at)));
    // `Unrealized losses` are none of the losses that the title of a table speaks of.
    let has_word = label.iter().any(|at| says(trial, row, *at) && row.poles(*at).next().is_some());
    near || !has_word && cell.row.captions().any(|line| is_said(line, &|_| true))
}

/// Objects if the claim tells a loss where a figure is none, and the table has both.
fn check_alternative(trial: &Trial<'_>, cells: &[Cell<'_>]) -> Result<(), WhyNot> {
    for cell in cells.iter().filter(|cell| !cell.figure.negative) {
        if says_alternative(trial, *cell) {
            let claim = trial.said();
            let mut words = 0..claim.tokens.len();
            let word = words.find(|at| is_loss(trial, *at)).map(|at| claim.tokens[at].text.clone());
            return Err(WhyNot::Direction(word.unwrap_or_else(|| cell.figure.written.clone())));
        }
    }
    Ok(())
}

/// Objects if a label that several groups have, or none, is said of the wrong group or of no group.
fn check_group(
    trial: &Trial<'_>,
    row: &GroundSentence,
    others: &[&GroundSentence],
) -> Result<(), WhyNot> {
    let label = label_stems(&row.statement);
    let Some(group) = row.groups().last() else { return Ok(()) };
    let is_unnamed = label.is_empty()
        && !tables::label(&row.statement).any(|at| tables::is_total(&row.statement, at));
    let mut rivals = others
        .iter()
        .filter(|other| label_stems(&other.statement) == label && !has_same_group(row, other))
        .peekable();
    if rivals.peek().is_none() && !is_unnamed {
        return Ok(());
    }
    let words = group_words(trial, group);
    let is_new = |at: &usize| !has_stem(&label, group, *at);
    // What the label says as well tells no groups apart.
    let naming: Vec<usize> = words.iter().copied().filter(is_new).collect();
    if !naming.is_empty() && !naming.iter().any(|at| says_of_group(trial, group, *at)) {
        return Err(WhyNot::Part(text_of(group)));
    }
    for rival in rivals {
        let Some(other) = rival.groups().last() else { continue };
        let other_words = group_words(trial, other);
        let (own_stems, other_stems) = (stems(group, &words), stems(other, &other_words));
        let is_unsaid = |at: &&usize| {
            !has_stem(&other_stems, group, **at) && !says_of_group(trial, group, **at)
        };
        if let Some(at) = naming.iter().find(is_unsaid) {
            return Err(WhyNot::Part(group.tokens[*at].text.clone()));
        }
        let is_said = |at: &&usize| {
            let is_others = !has_stem(&own_stems, other, **at) && !has_stem(&label, other, **at);
            is_others && says(trial, other, **at) && !is_in_header(row, other, **at)
        };
        if let Some(at) = other_words.iter().find(is_said) {
            return Err(WhyNot::Subject(other.tokens[*at].text.clone()));
        }
    }
    Ok(())
}

/// Objects if the claim names another row or group of the table, with a word that its own one lacks.
fn check_rivals(
    trial: &Trial<'_>,
    cells: &[Cell<'_>],
    others: &[&GroundSentence],
) -> Result<(), WhyNot> {
    let Some(cell) = cells.first() else { return Ok(()) };
    let row = cell.row;
    let mut own: HashSet<&str> = label_stems(&row.statement);
    own.extend(row.groups().flat_map(|group| stems(group, &all(group))));
    // The first name over the columns says what the labels are: `Region`.
    if let Some((header, columns)) = row.header().and_then(|it| Some((it, it.cells.as_deref()?))) {
        let heads = |column: usize| column == 0 || cells.iter().any(|cell| cell.column() == column);
        let words: Vec<usize> = (0..columns.len()).filter(|at| heads(columns[*at])).collect();
        own.extend(stems(header, &words));
    }
    let said = said_stems(trial);
    let is_named = |stems: &HashSet<&str>| {
        !stems.is_empty()
            && stems.iter().all(|stem| said.contains(stem) || own.contains(stem))
            && stems.iter().any(|stem| !own.contains(stem))
    };
    for other in others {
        let statement = &other.statement;
        let is_sum = tables::label(statement).any(|at| tables::is_total(statement, at));
        let label = label_stems(statement);
        if !is_sum && is_named(&label) {
            return Err(WhyNot::Subject(label_text(statement)));
        }
        let mut groups = other.groups();
        if let Some(group) = groups.find(|it| is_named(&stems(it, &group_words(trial, it)))) {
            return Err(WhyNot::Subject(text_of(group)));
        }
    }
    Ok(())
}

/// Returns whether two rows stand in one group.
fn has_same_group(row: &GroundSentence, other: &GroundSentence) -> bool {
    let last = |row: &GroundSentence| row.groups().last().map(std::ptr::from_ref);
    last(row) == last(other)
}

/// Lists the words of a line that tell groups apart, but those in brackets for another sign.
fn group_words(trial: &Trial<'_>, group: &Statement) -> Vec<usize> {
    let pairs = alternatives(trial, group);
    let tells =
        |at: &usize| !pairs.iter().any(|one| one.1 == *at) && !group.has(*at, Meaning::Period);
    group.content_tokens().filter(tells).collect()
}

fn label_stems(row: &Statement) -> HashSet<&str> {
    let words: Vec<usize> = tables::label(row).filter(|at| row.content[*at]).collect();
    stems(row, &words)
}

fn all(line: &Statement) -> Vec<usize> {
    (0..line.tokens.len()).collect()
}

fn stems<'s>(line: &'s Statement, tokens: &[usize]) -> HashSet<&'s str> {
    tokens.iter().filter_map(|at| line.tokens[*at].terms.first().map(String::as_str)).collect()
}

fn has_stem(stems: &HashSet<&str>, line: &Statement, at: usize) -> bool {
    line.tokens[at].terms.first().is_some_and(|stem| stems.contains(stem.as_str()))
}

/// Lists the stems of what the claim says, but for the whole that a share is of: `70 % of revenue`.
fn said_stems<'t>(trial: &'t Trial<'_>) -> HashSet<&'t str> {
    let wholes = trial.lexicon.words().wholes;
    let claim = trial.said();
    let is_whole = |at: usize| {
        claim.quantities.iter().any(|one| {
            let next = one.tokens.1 + 1;
            let leads = |token: &Token| wholes.contains(&token.lower.as_str());
            let begins = claim.tokens.get(next).is_some_and(leads);
            one.unit == Some("%") && begins && (next + 1..=next + WHOLE).contains(&at)
        })
    };
    let words: Vec<usize> = (0..claim.tokens.len()).filter(|at| !is_whole(*at)).collect();
    stems(claim, &words)
}

/// Returns whether the claim says a word of a line, or another that means the same.
fn says(trial: &Trial<'_>, line: &Statement, at: usize) -> bool {
    is_said(trial, trial.said(), line, at)
}

fn is_said(trial: &Trial<'_>, said: &Statement, line: &Statement, at: usize) -> bool {
    (0..said.tokens.len()).any(|own| {
        said.tokens[own].is_word()
            && likeness(said, own, line, at, trial.lexicon)
                .is_some_and(|likeness| likeness > Likeness::Family)
    })
}

/// Returns whether claim or question say a word of a group, or the figure does: a percentage has its sign, and `income (loss)` is a loss
/// as well.
fn says_of_group(trial: &Trial<'_>, group: &Statement, at: usize) -> bool {
    let word = group.tokens[at].lower.as_str();
    let units = trial.lexicon.words().units.iter().filter(|(sign, _)| *sign == "%");
    let mut names = units.flat_map(|(_, names)| names.iter());
    let is_share = names.any(|name| word.starts_with(name))
        && trial.said().quantities.iter().any(|one| one.unit == Some("%"));
    let mut pairs = alternatives(trial, group).into_iter().filter(|pair| pair.0 == at);
    let is_asked = || is_said(trial, &trial.claim.question, group, at);
    is_share || says(trial, group, at) || is_asked() || pairs.any(|pair| says(trial, group, pair.1))
}

fn is_in_header(row: &GroundSentence, line: &Statement, at: usize) -> bool {
    let stem = line.tokens[at].terms.first();
    row.header().is_some_and(|header| header.tokens.iter().any(|token| token.terms.first() == stem))
}

fn label_text(row: &Statement) -> String {
    let words = tables::label(row).map(|at| row.tokens[at].text.as_str());
    words.collect::<Vec<_>>().join(" ")
}

fn text_of(line: &Statement) -> String {
    let words = line.tokens.iter().filter(|token| token.is_word()).map(|token| token.text.as_str());
    words.collect::<Vec<_>>().join(" ")
}
