//! What is to be said of one question's result, and which results failed.

use std::cmp::Reverse;

use quire_domain::{QuestionAnswer, QuestionResult};

/// A right document beyond this rank does not count as found.
const FOUND_WITHIN: u32 = 10;

/// What an answer was worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// It contains a known answer.
    Right,
    /// It was given although no answer is known to compare it with.
    Given,
    /// The documents do not answer it, and it said so.
    RightlyRefused,
    /// The documents answer it, and it said that they do not.
    WronglyRefused,
    /// It contains no known answer.
    Wrong,
    /// The documents do not answer it, and it answered.
    Invented,
}

impl Verdict {
    /// Judges an answer.
    pub(crate) fn of(answer: &QuestionAnswer) -> Self {
        match (answer.answerable, answer.answered, answer.contains) {
            (false, false, _) => Self::RightlyRefused,
            (false, true, _) => Self::Invented,
            (true, false, _) => Self::WronglyRefused,
            (true, true, Some(true)) => Self::Right,
            (true, true, Some(false)) => Self::Wrong,
            (true, true, None) => Self::Given,
        }
    }

    /// Says it in a few words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Right => "Right",
            Self::Given => "Answered",
            Self::RightlyRefused => "Rightly not answered",
            Self::WronglyRefused => "Wrongly not answered",
            Self::Wrong => "Without the known answer",
            Self::Invented => "Answered without a basis",
        }
    }

    /// Returns whether it is a failure.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::WronglyRefused | Self::Wrong | Self::Invented)
    }
}

/// Returns whether a question failed: its document was not found by `mode`, or its answer is no good.
///
/// Without a mode, or if the question `expects` no document, only the answer counts.
pub(crate) fn is_failure(result: &QuestionResult, mode: Option<&str>, expects: bool) -> bool {
    let found = |mode| result.ranks.get(mode).is_some_and(|rank| *rank <= FOUND_WITHIN);
    let lost = expects && mode.is_some_and(|mode| !found(mode));
    let answer = result.answer.as_ref();
    lost || answer.is_some_and(|answer| {
        Verdict::of(answer).is_failure() || !answer.hallucinated_numbers.is_empty()
    })
}

/// Puts failures first, and within each part the worst rank first.
pub(crate) fn failures_first(
    results: &mut [QuestionResult],
    mode: Option<&str>,
    expects: impl Fn(&QuestionResult) -> bool,
) {
    let rank = |result: &QuestionResult| {
        mode.and_then(|mode| result.ranks.get(mode)).copied().unwrap_or(u32::MAX)
    };
    results.sort_by_key(|result| {
        let expects = expects(result);
        let rank = if expects { rank(result) } else { 0 };
        (!is_failure(result, mode, expects), Reverse(rank))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(id: &str, rank: Option<u32>, answer: Option<QuestionAnswer>) -> QuestionResult {
        let ranks = rank.map(|rank| ("hybrid".to_owned(), rank)).into_iter().collect();
        QuestionResult { id: id.to_owned(), question: id.to_owned(), ranks, answer }
    }

    #[test]
    fn failures_come_first_and_the_worst_of_them_before_the_others() {
        let right = QuestionAnswer {
            answered: true,
            answerable: true,
            contains: Some(true),
            ..QuestionAnswer::default()
        };
        let wrong = QuestionAnswer { contains: Some(false), ..right.clone() };
        let refused = QuestionAnswer::default();
        let mut results = [
            result("first", Some(1), Some(right.clone())),
            result("third", Some(3), Some(right.clone())),
            result("wrong", Some(1), Some(wrong)),
            result("unanswerable", None, Some(refused)),
            result("lost", None, Some(right.clone())),
            result("eleventh", Some(11), Some(right)),
        ];
        failures_first(&mut results, Some("hybrid"), |result| result.id != "unanswerable");
        let ids: Vec<&str> = results.iter().map(|result| result.id.as_str()).collect();
        assert_eq!(ids, ["lost", "eleventh", "wrong", "third", "first", "unanswerable"]);
    }

    #[test]
    fn a_number_from_nowhere_is_a_failure_of_a_right_answer() {
        let answer = QuestionAnswer {
            answered: true,
            answerable: true,
            contains: Some(true),
            hallucinated_numbers: vec!["42".to_owned()],
            ..QuestionAnswer::default()
        };
        assert!(is_failure(&result("a", Some(1), Some(answer)), Some("hybrid"), true));
        assert!(!is_failure(&result("a", None, None), None, true));
    }
}
