//! The figures of a report: what each is called, how it is shown, and which way is better.

use quire_domain::{AnswerFigures, Evaluation, RetrievalFigures};

use crate::show;

/// The ways to search in the order they are shown: each half, both, and what people get.
const MODES: [(&str, &str); 4] = [
    ("dense", "Dense"),
    ("keyword", "Keyword"),
    ("hybrid", "Hybrid"),
    ("hybrid+rerank", "Hybrid + rerank"),
];

/// What a figure counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Unit {
    /// A mean between 0 and 1, to three places.
    Score,
    /// A part of a whole, as a percentage.
    Share,
    /// A time.
    Milliseconds,
}

impl Unit {
    /// Rounds as it is shown, so that what looks the same is the same.
    pub(crate) fn rounded(self, value: f64) -> f64 {
        match self {
            Self::Score | Self::Share => (value * 1000.0).round() / 1000.0,
            Self::Milliseconds if value.abs() >= 1000.0 => (value / 100.0).round() * 100.0,
            Self::Milliseconds => (value * 10.0).round() / 10.0,
        }
    }

    /// Shows a value.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Score => format!("{value:.3}"),
            Self::Share => format!("{:.1} %", value * 100.0),
            Self::Milliseconds if value >= 1000.0 => show::duration(value as u64),
            Self::Milliseconds => format!("{value:.1} ms"),
        }
    }
}

/// Which way is better.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Better {
    /// More.
    Higher,
    /// Less.
    Lower,
}

/// A figure of `T`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure<T> {
    /// What it is called.
    pub(crate) name: &'static str,
    /// How it is shown.
    pub(crate) unit: Unit,
    /// Which way is better.
    pub(crate) better: Better,
    /// Takes it from its report; absent if nothing was to be counted.
    pub(crate) value: fn(&T) -> Option<f64>,
}

const fn score<T>(name: &'static str, value: fn(&T) -> Option<f64>) -> Figure<T> {
    Figure { name, unit: Unit::Score, better: Better::Higher, value }
}

const fn share<T>(name: &'static str, value: fn(&T) -> Option<f64>) -> Figure<T> {
    Figure { name, unit: Unit::Share, better: Better::Higher, value }
}

/// What is measured of one way to search.
pub(crate) const RETRIEVAL: [Figure<RetrievalFigures>; 11] = [
    score("nDCG@10", |figures| Some(figures.ndcg_at_10)),
    score("MRR@10", |figures| Some(figures.mrr_at_10)),
    score("hit@1", |figures| Some(figures.hit_at_1)),
    score("hit@5", |figures| Some(figures.hit_at_5)),
    score("hit@10", |figures| Some(figures.hit_at_10)),
    score("recall@100", |figures| Some(figures.recall_at_100)),
    score("page hit@1", |figures| figures.page_hit_at_1),
    score("page hit@5", |figures| figures.page_hit_at_5),
    score("page hit@10", |figures| figures.page_hit_at_10),
    score("evidence hit@1", |figures| figures.evidence_hit_at_1),
    score("evidence hit@3", |figures| figures.evidence_hit_at_3),
];

/// What is measured of search as a whole.
pub(crate) const SPEED: [Figure<Evaluation>; 2] = [
    lower("Search, median", Unit::Milliseconds, |report| Some(report.query_ms_p50)),
    lower("Search, 95 of 100", Unit::Milliseconds, |report| Some(report.query_ms_p95)),
];

/// What is measured of answers.
pub(crate) const ANSWERS: [Figure<AnswerFigures>; 10] = [
    share("Contains a known answer", |figures| figures.contains),
    share("Is a known answer to the letter", |figures| figures.exact_match),
    score("Overlap with it (F1)", |figures| figures.f1),
    share("Citations that support their sentence", |figures| figures.citation_precision),
    share("Sentences with a citation", |figures| figures.citation_recall),
    share("Quotes to the letter", |figures| figures.quotes_verbatim),
    share("Rightly not answered", |figures| part(figures.right_refusals, figures.unanswerable)),
    lower("Wrongly not answered", Unit::Share, |figures| {
        part(figures.wrong_refusals, figures.answerable)
    }),
    lower("Numbers from nowhere", Unit::Share, |figures| {
        part(figures.hallucinated_numbers, figures.numbers)
    }),
    lower("Whole answer, median", Unit::Milliseconds, |figures| Some(figures.total_ms_p50 as f64)),
];

const fn lower<T>(name: &'static str, unit: Unit, value: fn(&T) -> Option<f64>) -> Figure<T> {
    Figure { name, unit, better: Better::Lower, value }
}

fn part(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| f64::from(part) / f64::from(whole))
}

/// Lists the ways to search that a report has figures of, in the order they are shown.
pub(crate) fn modes(report: &Evaluation) -> Vec<(String, RetrievalFigures)> {
    let place = |mode: &str| MODES.iter().position(|(known, _)| *known == mode);
    let mut modes: Vec<(String, RetrievalFigures)> =
        report.modes.iter().map(|(mode, figures)| (mode.clone(), *figures)).collect();
    modes.sort_by_key(|(mode, _)| place(mode).unwrap_or(MODES.len()));
    modes
}

/// Names a way to search for people.
pub(crate) fn mode_name(mode: &str) -> String {
    let known = MODES.iter().find(|(known, _)| *known == mode);
    known.map_or_else(|| mode.to_owned(), |(_, name)| (*name).to_owned())
}

/// Finds the way to search that people get: the last stage that was measured.
pub(crate) fn headline(report: &Evaluation) -> Option<(String, RetrievalFigures)> {
    modes(report).pop()
}

/// Finds the best of a column as it is shown, unless all are the same.
pub(crate) fn best(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.flatten().map(|value| Unit::Score.rounded(value)).collect();
    let best = values.iter().copied().reduce(f64::max)?;
    values.iter().any(|value| *value < best).then_some(best)
}

/// Shows a value, or a dash if there is none.
pub(crate) fn show_or_dash(unit: Unit, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| unit.show(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_of_a_column_is_marked_only_where_it_differs() {
        let check = |values: &[Option<f64>], expected: Option<f64>| {
            assert_eq!(best(values.iter().copied()), expected, "{values:?}");
        };
        check(&[Some(0.5), Some(0.75), None], Some(0.75));
        check(&[Some(0.5), Some(0.5)], None);
        // They look the same with three places.
        check(&[Some(0.50001), Some(0.5)], None);
        check(&[None, None], None);
    }

    #[test]
    fn values_are_shown_with_their_unit() {
        assert_eq!(Unit::Score.show(0.83349), "0.833");
        assert_eq!(Unit::Share.show(1.0), "100.0 %");
        assert_eq!(Unit::Milliseconds.show(12.34), "12.3 ms");
        assert_eq!(Unit::Milliseconds.show(12_340.0), "12.3 s");
        assert_eq!(show_or_dash(Unit::Share, None), "–");
    }
}
