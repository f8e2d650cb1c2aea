//! Measures of a ranking of documents, as the field defines them.

use std::collections::BTreeMap;

use quire_domain::RetrievalFigures;

/// What is right for one question: documents by name, with a grade of at least 1.
pub type Grades = BTreeMap<String, u32>;

/// Gives the rank, from 1, of the first right document.
pub fn first_right(ranking: &[&str], grades: &Grades) -> Option<usize> {
    ranking.iter().position(|name| grades.contains_key(*name)).map(|index| index + 1)
}

/// Normalised discounted cumulative gain of the first `k`, with linear gains as in `trec_eval`.
pub fn ndcg(ranking: &[&str], grades: &Grades, k: usize) -> f64 {
    let discounted = |gains: &mut dyn Iterator<Item = u32>| {
        gains
            .take(k)
            .enumerate()
            .map(|(index, gain)| f64::from(gain) / ((index + 2) as f64).log2())
            .sum::<f64>()
    };
    let gained = &mut ranking.iter().map(|name| grades.get(*name).copied().unwrap_or(0));
    let mut best: Vec<u32> = grades.values().copied().collect();
    best.sort_unstable_by(|a, b| b.cmp(a));
    let ideal = discounted(&mut best.into_iter());
    if ideal > 0.0 { discounted(gained) / ideal } else { 0.0 }
}

/// Adds up figures question by question.
#[derive(Default)]
pub struct RankingSum {
    sum: RetrievalFigures,
    count: u32,
    pages: [u32; 3],
    page_count: u32,
    evidence: [u32; 2],
    evidence_count: u32,
}

impl RankingSum {
    /// Adds a question's ranking; documents are named once each.
    pub fn add(&mut self, ranking: &[&str], grades: &Grades) {
        let rank = first_right(ranking, grades);
        let within = |k: usize| f64::from(u8::from(rank.is_some_and(|rank| rank <= k)));
        self.count += 1;
        self.sum.ndcg_at_10 += ndcg(ranking, grades, 10);
        self.sum.mrr_at_10 += rank.filter(|rank| *rank <= 10).map_or(0.0, |r| 1.0 / r as f64);
        self.sum.hit_at_1 += within(1);
        self.sum.hit_at_5 += within(5);
        self.sum.hit_at_10 += within(10);
        let found = ranking.iter().take(100).filter(|name| grades.contains_key(**name)).count();
        self.sum.recall_at_100 += found as f64 / grades.len().max(1) as f64;
    }

    /// Adds the rank, from 1, of the first passage on a right page.
    pub fn add_page(&mut self, rank: Option<usize>) {
        self.page_count += 1;
        for (hits, k) in self.pages.iter_mut().zip([1, 5, 10]) {
            *hits += u32::from(rank.is_some_and(|rank| rank <= k));
        }
    }

    /// Adds if the best quote, and if the three best ones, hold the known answer.
    pub fn add_evidence(&mut self, holds: [bool; 2]) {
        self.evidence_count += 1;
        for (hits, holds) in self.evidence.iter_mut().zip(holds) {
            *hits += u32::from(holds);
        }
    }

    /// Gives the means.
    pub fn mean(&self) -> RetrievalFigures {
        let mean = |sum: f64| rounded(sum / f64::from(self.count.max(1)));
        let share = |hits: u32, count: u32| {
            (count > 0).then(|| rounded(f64::from(hits) / f64::from(count)))
        };
        let page = |hits: u32| share(hits, self.page_count);
        let evidence = |hits: u32| share(hits, self.evidence_count);
        RetrievalFigures {
            ndcg_at_10: mean(self.sum.ndcg_at_10),
            mrr_at_10: mean(self.sum.mrr_at_10),
            hit_at_1: mean(self.sum.hit_at_1),
            hit_at_5: mean(self.sum.hit_at_5),
            hit_at_10: mean(self.sum.hit_at_10),
            recall_at_100: mean(self.sum.recall_at_100),
            page_hit_at_1: page(self.pages[0]),
            page_hit_at_5: page(self.pages[1]),
            page_hit_at_10: page(self.pages[2]),
            evidence_hit_at_1: evidence(self.evidence[0]),
            evidence_hit_at_3: evidence(self.evidence[1]),
        }
    }
}

/// Rounds to four decimals, which is what a few hundred questions can tell.
pub fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grades(list: &[(&str, u32)]) -> Grades {
        list.iter().map(|(name, grade)| ((*name).to_owned(), *grade)).collect()
    }

    #[test]
    fn figures_are_those_of_a_worked_example() {
        // Gains 3, 2, 3, 0, 1, 2 and an ideal of 3, 3, 2, 2, 1: see Järvelin and Kekäläinen (2002).
        let right = grades(&[("a", 3), ("b", 2), ("c", 3), ("e", 1), ("f", 2)]);
        let gained = 3.0 + 2.0 / 3_f64.log2() + 3.0 / 2.0 + 1.0 / 6_f64.log2() + 2.0 / 7_f64.log2();
        let ideal = 3.0 + 3.0 / 3_f64.log2() + 1.0 + 2.0 / 5_f64.log2() + 1.0 / 6_f64.log2();
        let found = ndcg(&["a", "b", "c", "d", "e", "f"], &right, 10);
        assert!((found - gained / ideal).abs() < 1e-12);
        assert!((ndcg(&["a", "c", "b", "f", "e"], &right, 10) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn means_count_every_question() {
        let mut sum = RankingSum::default();
        sum.add(&["x", "a"], &grades(&[("a", 1)]));
        sum.add(&["x", "y"], &grades(&[("a", 1), ("y", 1)]));
        sum.add(&[], &grades(&[("a", 1)]));
        let mean = sum.mean();
        let expected = RetrievalFigures {
            ndcg_at_10: mean.ndcg_at_10,
            mrr_at_10: 0.3333,
            hit_at_1: 0.0,
            hit_at_5: 0.6667,
            hit_at_10: 0.6667,
            recall_at_100: 0.5,
            ..RetrievalFigures::default()
        };
        assert_eq!(mean, expected);
    }
}
