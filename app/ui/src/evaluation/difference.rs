//! The difference of two reports: figure by figure, and the questions that went otherwise.

use std::collections::HashMap;

use quire_domain::{Evaluation, QuestionResult};

use super::figures::{ANSWERS, Better, Figure, RETRIEVAL, SPEED, Unit};
use super::verdict::Verdict;

/// What a change is worth.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Worth {
    /// For the worse.
    Worse,
    /// For the better.
    Better,
    /// Otherwise, and neither better nor worse.
    Other,
    /// No change.
    Same,
}

impl Worth {
    /// Says it in a word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Other => "changed",
            Self::Same => "same",
        }
    }

    fn of<T: PartialOrd>(before: &T, after: &T, better: Better) -> Self {
        match (before.partial_cmp(after), better) {
            (Some(std::cmp::Ordering::Less), Better::Higher)
            | (Some(std::cmp::Ordering::Greater), Better::Lower) => Self::Better,
            (Some(std::cmp::Ordering::Equal) | None, _) => Self::Same,
            _ => Self::Worse,
        }
    }
}

/// One figure in both reports.
#[derive(Clone, Debug, PartialEq)]
pub struct FigureChange {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How it is shown.
    pub(crate) unit: Unit,
    /// In the first report.
    pub(crate) before: Option<f64>,
    /// In the second.
    pub(crate) after: Option<f64>,
    /// What the change is worth; `None` if one report has no such figure.
    pub(crate) worth: Option<Worth>,
}

impl FigureChange {
    /// Shows the difference with its sign; empty if there is none to speak of.
    pub(crate) fn difference(&self) -> String {
        let (Some(before), Some(after)) = (self.before, self.after) else { return String::new() };
        let by = self.unit.rounded(after) - self.unit.rounded(before);
        let sign = if by < 0.0 { '−' } else { '+' };
        match (self.worth, self.unit) {
            (None | Some(Worth::Same), _) => String::new(),
            (_, Unit::Share) => format!("{sign}{:.1} points", by.abs() * 100.0),
            (_, unit) => format!("{sign}{}", unit.show(by.abs())),
        }
    }
}

/// Compares one way to search and its speed; figures that neither report has are left out.
pub(crate) fn search_changes(
    before: &Evaluation,
    after: &Evaluation,
    mode: &str,
) -> Vec<FigureChange> {
    let mut found = changes(&RETRIEVAL, before.modes.get(mode), after.modes.get(mode));
    found.extend(changes(&SPEED, Some(before), Some(after)));
    found
}

/// Compares the answers, if either report has some.
pub(crate) fn answer_changes(before: &Evaluation, after: &Evaluation) -> Vec<FigureChange> {
    changes(&ANSWERS, before.answers.as_ref(), after.answers.as_ref())
}

fn changes<T>(figures: &[Figure<T>], before: Option<&T>, after: Option<&T>) -> Vec<FigureChange> {
    let change = |figure: &Figure<T>| {
        let Figure { name, unit, better, value } = *figure;
        let (before, after) = (before.and_then(value), after.and_then(value));
        let worth = before
            .zip(after)
            .map(|(before, after)| Worth::of(&unit.rounded(before), &unit.rounded(after), better));
        let is_known = before.is_some() || after.is_some();
        is_known.then_some(FigureChange { name, unit, before, after, worth })
    };
    figures.iter().filter_map(change).collect()
}

/// A question that went otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QuestionChange {
    /// Its result in the first report.
    pub(crate) before: QuestionResult,
    /// In the second.
    pub(crate) after: QuestionResult,
    /// The rank of its document in each.
    pub(crate) ranks: (Option<u32>, Option<u32>),
    /// What became of that rank.
    pub(crate) rank: Worth,
    /// What became of its answer.
    pub(crate) answer: Worth,
}

/// The questions of two reports beside each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct QuestionChanges {
    /// Those that went otherwise, the worse ones first.
    pub(crate) changed: Vec<QuestionChange>,
    /// How many went the same way.
    pub(crate) same: usize,
    /// How many are in the first report alone.
    pub(crate) only_before: usize,
    /// How many are in the second alone.
    pub(crate) only_after: usize,
}

/// Compares the questions that both reports ask in the same words; ranks are those of `mode`.
pub(crate) fn question_changes(
    before: &Evaluation,
    after: &Evaluation,
    mode: &str,
) -> QuestionChanges {
    let mut left: HashMap<(&str, &str), &QuestionResult> =
        before.results.iter().map(|result| (key(result), result)).collect();
    let mut found = QuestionChanges::default();
    for after in &after.results {
        let Some(before) = left.remove(&key(after)) else {
            found.only_after += 1;
            continue;
        };
        let ranks = (before.ranks.get(mode).copied(), after.ranks.get(mode).copied());
        let place = |rank: Option<u32>| rank.unwrap_or(u32::MAX);
        let rank = Worth::of(&place(ranks.0), &place(ranks.1), Better::Lower);
        let answer = answer_change(before, after);
        if rank == Worth::Same && answer == Worth::Same {
            found.same += 1;
        } else {
            let (before, after) = (before.clone(), after.clone());
            found.changed.push(QuestionChange { before, after, ranks, rank, answer });
        }
    }
    found.only_before = left.len();
    found.changed.sort_by_key(|change| {
        let worst = change.rank.min(change.answer);
        (worst, change.answer, change.rank)
    });
    found
}

fn key(result: &QuestionResult) -> (&str, &str) {
    (&result.id, &result.question)
}

fn answer_change(before: &QuestionResult, after: &QuestionResult) -> Worth {
    let (Some(before), Some(after)) = (&before.answer, &after.answer) else { return Worth::Same };
    let faults = |answer: &quire_domain::QuestionAnswer| {
        (Verdict::of(answer).is_failure(), answer.hallucinated_numbers.len())
    };
    match Worth::of(&faults(before), &faults(after), Better::Lower) {
        Worth::Same if before.text != after.text => Worth::Other,
        worth => worth,
    }
}

#[cfg(test)]
mod tests;
