//! Sweeps: search with several values of one tuned constant, on questions that are divided in two.
//!
//! A value that is best on the questions that chose it may be best by chance. So a part of the
//! questions is held out, and the report says how far values around the best one do as well.

use quire_domain::{
    Collection, CollectionName, EvaluationQuestion, IndexChoice, Plateau, SearchMode, Sweep,
    SweepValue,
};
use quire_retrieval::{Query, RetrievalError, Tuning};
use quire_vectorstore::FUSION_DEPTH;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ranking_metrics::{Grades, RankingSum, rounded};
use super::run::{grades, ranking_of_documents};
use crate::{ServiceError, Services};

/// The most values of one sweep.
const MAX_VALUES: u32 = 50;
/// What a value may lose in nDCG@10 and still count as good as the best: on some hundred questions
/// a smaller difference is chance.
const TOLERANCE: f64 = 0.005;

/// A sweep to be run.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct SweepRequest {
    /// The questions; those kept with the collection if absent. Those without a known document are
    /// left out.
    #[serde(default)]
    pub questions: Option<Vec<EvaluationQuestion>>,
    /// The constant.
    pub constant: String,
    /// The values to try beside the default, 1 to 50.
    pub values: Vec<f32>,
    /// How many of a hundred questions are held out, 0 to 99.
    #[serde(default)]
    pub held_out_percent: u32,
    /// Which index to search.
    #[serde(default)]
    pub index: IndexChoice,
}

/// A value of the constant, and the figures with it.
struct Trial {
    value: f32,
    tuning: Tuning,
    chosen_on: RankingSum,
    held_out: RankingSum,
}

impl Services {
    /// Searches every question with each value of a constant.
    pub async fn sweep(
        &self,
        collection: &CollectionName,
        request: SweepRequest,
    ) -> Result<Sweep, ServiceError> {
        let collection = self.choose_index(collection, request.index).await?;
        let mut trials = plan(&request)?;
        let questions = match request.questions {
            Some(questions) => questions,
            None => self.evaluations.list_questions(&collection.name).await?,
        };
        let (mut tuned_on, mut held_out) = (0, 0);
        for question in &questions {
            let grades = grades(question);
            if grades.is_empty() || question.question.trim().is_empty() {
                continue;
            }
            let is_held_out = is_held_out(&question.id, request.held_out_percent);
            *(if is_held_out { &mut held_out } else { &mut tuned_on }) += 1;
            self.try_all(&collection, question, &grades, &mut trials, is_held_out).await?;
        }
        if tuned_on == 0 {
            return Err(ServiceError::Empty { what: "list of questions to choose a value on" });
        }
        let default = Tuning::default().get(&request.constant)?;
        let values = trials.into_iter().map(|trial| SweepValue {
            value: trial.value,
            tuning: trial.chosen_on.mean(),
            held_out: (held_out > 0).then(|| trial.held_out.mean()),
        });
        let values: Vec<SweepValue> = values.collect();
        let (best, plateau) = choose(&values, default);
        let held_out_ndcg = |value: f32| {
            let found = values.iter().find(|one| is_same(one.value, value))?;
            Some(found.held_out?.ndcg_at_10)
        };
        let gain = held_out_ndcg(best).zip(held_out_ndcg(default));
        let held_out_gain = gain.map(|(best, default)| rounded(best - default));
        let constant = request.constant;
        Ok(Sweep { constant, default, tuned_on, held_out, values, best, plateau, held_out_gain })
    }

    /// Searches one question with each value; what the halves find does not depend on it.
    async fn try_all(
        &self,
        collection: &Collection,
        question: &EvaluationQuestion,
        grades: &Grades,
        trials: &mut [Trial],
        is_held_out: bool,
    ) -> Result<(), ServiceError> {
        let documents = self.documents.resolve_scope(&collection.name, &question.scope).await?;
        let mut query = Query {
            text: question.question.trim(),
            limit: FUSION_DEPTH,
            mode: SearchMode::Hybrid,
            rerank: true,
            documents,
            tuning: Tuning::default(),
        };
        let found = self.inner.retrieval.find_candidates(collection, &query, FUSION_DEPTH).await?;
        for trial in trials {
            query.tuning = trial.tuning;
            let ranked = self.inner.retrieval.rank(collection, &query, found.clone()).await?;
            let sum = if is_held_out { &mut trial.held_out } else { &mut trial.chosen_on };
            sum.add(&ranking_of_documents(&ranked.hits), grades);
        }
        Ok(())
    }
}

/// Lists the values to try, ascending and each once, with the default among them.
fn plan(request: &SweepRequest) -> Result<Vec<Trial>, ServiceError> {
    let SweepRequest { constant, values, held_out_percent, .. } = request;
    let usual = Tuning::default();
    let default = usual.get(constant)?;
    let count = values.len() as u32;
    if !(1..=MAX_VALUES).contains(&count) {
        let what = "the number of values";
        return Err(ServiceError::OutOfRange { what, value: count, most: MAX_VALUES });
    }
    if *held_out_percent > 99 {
        let (name, value) = ("held_out_percent", *held_out_percent as f32);
        return Err(RetrievalError::NotTunable { name, value, most: 99.0 }.into());
    }
    let mut values: Vec<f32> = values.iter().copied().chain([default]).collect();
    values.sort_by(f32::total_cmp);
    values.dedup_by(|a, b| is_same(*a, *b));
    let trial = |value| {
        let tuning = usual.with(constant, value)?;
        let (chosen_on, held_out) = (RankingSum::default(), RankingSum::default());
        Ok(Trial { value, tuning, chosen_on, held_out })
    };
    values.into_iter().map(trial).collect()
}

/// Tells two values apart as they are printed: 0.67 is not 2/3, but 0.6666667 is.
fn is_same(a: f32, b: f32) -> bool {
    (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0)
}

/// Tells if a question is held out. The same id always falls into the same part, so that a question
/// more or less changes nothing for the others.
fn is_held_out(id: &str, percent: u32) -> bool {
    let digest = Sha256::digest(id.as_bytes());
    let number = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    number % 100 < percent
}

/// Chooses the best value, and measures how far values beside it do as well.
fn choose(values: &[SweepValue], default: f32) -> (f32, Plateau) {
    let ndcg = |one: &SweepValue| one.tuning.ndcg_at_10;
    let distance = |one: &SweepValue| (one.value - default).abs();
    let best = (0..values.len()).max_by(|a, b| {
        let (a, b) = (&values[*a], &values[*b]);
        ndcg(a).total_cmp(&ndcg(b)).then(distance(b).total_cmp(&distance(a)))
    });
    let Some(best) = best else {
        return (default, Plateau { from: default, to: default, tolerance: TOLERANCE });
    };
    let is_good = |one: &&SweepValue| ndcg(&values[best]) - ndcg(one) <= TOLERANCE + 1e-9;
    let below = values[..best].iter().rev().take_while(is_good).last();
    let above = values[best..].iter().take_while(is_good).last();
    let value = values[best].value;
    let plateau = Plateau {
        from: below.map_or(value, |one| one.value),
        to: above.map_or(value, |one| one.value),
        tolerance: TOLERANCE,
    };
    (value, plateau)
}

#[cfg(test)]
mod tests {
    use quire_domain::RetrievalFigures;

    use super::*;

    fn figures(list: &[(f32, f64)]) -> Vec<SweepValue> {
        let value = |&(value, ndcg_at_10): &(f32, f64)| {
            let tuning = RetrievalFigures { ndcg_at_10, ..RetrievalFigures::default() };
            SweepValue { value, tuning, held_out: None }
        };
        list.iter().map(value).collect()
    }

    #[test]
    fn the_best_value_comes_with_the_plateau_around_it() {
        let check = |list: &[(f32, f64)], expected: (f32, f32, f32)| {
            let (best, plateau) = choose(&figures(list), 0.5);
            assert_eq!((best, plateau.from, plateau.to), expected, "{list:?}");
        };
        check(&[(0.3, 0.80), (0.5, 0.90), (0.7, 0.85)], (0.5, 0.5, 0.5));
        check(&[(0.3, 0.897), (0.5, 0.90), (0.7, 0.895), (0.9, 0.8)], (0.5, 0.3, 0.7));
        // A value as good beyond a dip is not part of the plateau.
        check(&[(0.1, 0.90), (0.3, 0.80), (0.5, 0.90)], (0.5, 0.5, 0.5));
        check(&[(0.1, 0.91), (0.3, 0.80), (0.5, 0.90)], (0.1, 0.1, 0.1));
        // Among equals the one nearest to the default.
        check(&[(0.1, 0.90), (0.4, 0.90), (0.5, 0.90), (0.9, 0.90)], (0.5, 0.1, 0.9));
    }

    #[test]
    fn a_question_always_falls_into_the_same_part() {
        let ids: Vec<String> = (0..1000).map(|number| format!("q{number}")).collect();
        let held_out = |percent| ids.iter().filter(|id| is_held_out(id, percent)).count();
        assert_eq!(held_out(0), 0);
        assert!((430..570).contains(&held_out(50)), "{}", held_out(50));
        assert!(ids.iter().filter(|id| is_held_out(id, 30)).all(|id| is_held_out(id, 50)));
    }

    #[test]
    fn values_are_sorted_and_the_default_is_among_them() {
        let request = |constant: &str, values: &[f32], held_out_percent| SweepRequest {
            constant: constant.to_owned(),
            values: values.to_vec(),
            held_out_percent,
            ..SweepRequest::default()
        };
        let tried = |request| plan(&request).map(|all| all.iter().map(|one| one.value).collect());
        let tried: Vec<f32> =
            tried(request("sentence_share", &[0.7, 0.3, 0.7], 50)).expect("plans");
        assert_eq!(tried, [0.3, 0.5, 0.7]);
        let third = plan(&request("named_share", &[0.666_666_7], 0)).expect("plans");
        assert_eq!(third.len(), 1);
        for refused in [
            request("sentence_share", &[], 50),
            request("sentence_share", &[0.5], 100),
            request("sentence_share", &[-1.0], 50),
            request("share", &[0.5], 50),
        ] {
            assert!(plan(&refused).is_err(), "{refused:?}");
        }
    }
}
