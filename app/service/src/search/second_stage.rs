//! The second stage: reads the best candidates again, sentence by sentence.
//!
//! The first stage compares whole chunks, in which the sentence that answers is one among many.
//! This one asks how much of the question a single sentence of each passage covers. It needs no
//! further model and takes about a millisecond.

use quire_domain::{Collection, Hit};
use quire_vectorstore::Analyzer;

use super::coverage::{PassageTerms, QuestionTerms};

/// How many hits are read again.
pub const DEPTH: usize = 30;
/// What a sentence that covers the whole question counts, where the first stage's best counts 1.
const COVERAGE_SHARE: f32 = 0.5;

/// Orders the first hits anew; their `score` and `scores.rerank` change, 0 to 1.
pub fn rerank(question: &str, collection: &Collection, hits: &mut Vec<Hit>) {
    let analyzer = Analyzer::new(collection.language);
    let read = hits.len().min(DEPTH);
    let passages: Vec<PassageTerms> =
        hits[..read].iter().map(|hit| PassageTerms::of(hit, &analyzer)).collect();
    let terms = QuestionTerms::new(question, &analyzer, &passages);
    for (hit, passage) in hits.iter_mut().zip(&passages) {
        let coverage = terms.in_best_sentence(passage);
        hit.scores.rerank = Some(coverage);
        hit.score = (hit.score + COVERAGE_SHARE * coverage) / (1.0 + COVERAGE_SHARE);
    }
    for hit in &mut hits[read..] {
        hit.score /= 1.0 + COVERAGE_SHARE;
    }
    hits[..read].sort_by(|a, b| b.score.total_cmp(&a.score).then(a.rank.cmp(&b.rank)));
    // Those not read again stay behind those that were.
    let lowest = hits[..read].last().map_or(1.0, |hit| hit.score);
    for hit in &mut hits[read..] {
        hit.score = hit.score.min(lowest);
    }
    for (hit, rank) in hits.iter_mut().zip(1..) {
        hit.rank = rank;
    }
}
