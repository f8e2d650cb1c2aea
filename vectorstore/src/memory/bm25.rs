//! BM25 over term counts held in memory.
//!
//! Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
//! the always positive inverse document frequency that Lucene uses.

use std::collections::HashMap;

/// How soon a repeated term counts no more, and how much the length of a chunk counts.
///
/// These are Lucene's values, not tuned: see `docs/decisions/035-keyword-ranking.md`.
const K1: f32 = 1.2;
const B: f32 = 0.75;

/// How often each term is in one chunk.
pub(super) struct TermCounts {
    counts: HashMap<String, u32>,
    length: usize,
}

impl TermCounts {
    pub(super) fn of(terms: Vec<String>) -> Self {
        let length = terms.len();
        let mut counts = HashMap::new();
        for term in terms {
            *counts.entry(term).or_insert(0) += 1;
        }
        Self { counts, length }
    }

    pub(super) fn contains(&self, term: &str) -> bool {
        self.counts.contains_key(term)
    }
}

/// What a query's terms are worth among some chunks.
pub(super) struct Weights {
    terms: Vec<(String, f32)>,
    mean_length: f32,
}

/// Weighs the terms of a query by how rare they are in `chunks`.
pub(super) fn weigh(terms: &[String], chunks: &[&TermCounts]) -> Weights {
    let total = chunks.len() as f32;
    let weigh_one = |term: &String| {
        let having = chunks.iter().filter(|chunk| chunk.contains(term)).count() as f32;
        (term.clone(), (1.0 + (total - having + 0.5) / (having + 0.5)).ln())
    };
    let length: usize = chunks.iter().map(|chunk| chunk.length).sum();
    Weights {
        terms: terms.iter().map(weigh_one).collect(),
        mean_length: length as f32 / total.max(1.0),
    }
}

/// Scores one chunk; 0 when it has none of the terms.
pub(super) fn score(weights: &Weights, chunk: &TermCounts) -> f32 {
    let length = chunk.length as f32 / weights.mean_length.max(1.0);
    let norm = K1 * (1.0 - B + B * length);
    let score_one = |(term, weight): &(String, f32)| {
        let count = chunk.counts.get(term).copied().unwrap_or(0) as f32;
        weight * (K1 + 1.0) * count / (count + norm)
    };
    weights.terms.iter().map(score_one).sum()
}
