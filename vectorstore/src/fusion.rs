//! Fusion of a dense and a keyword ranking into one.

use std::collections::HashMap;

use quire_domain::{Chunk, ChunkId};

use crate::ScoredChunk;

/// A chunk after fusion, with the scores it came with.
#[derive(Clone, Debug, PartialEq)]
pub struct FusedHit {
    /// The chunk.
    pub chunk: Chunk,
    /// The fused score, 0 to 1.
    pub score: f32,
    /// Its cosine similarity, if the dense search returned it.
    pub dense: Option<f32>,
    /// Its BM25 score, if the keyword search returned it.
    pub keyword: Option<f32>,
}

/// How many candidates each half gives to fusion, so that scores have a background to stand out of.
///
/// Chosen with [`FusionWeights`]: see `docs/decisions/041-fusion-by-z-score.md`.
pub const FUSION_DEPTH: usize = 100;

/// The constants of fusion that were tuned.
///
/// They were chosen together on eleven question sets. No set was held out, and how flat the optimum
/// is was not recorded: see `docs/decisions/041-fusion-by-z-score.md`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusionWeights {
    /// The keyword list's share if nothing is known against either list, 0 to 1; default 0.45.
    pub keyword_share: f32,
    /// The keyword list's share if the embedding model was not made for the collection's language,
    /// 0 to 1; default 0.7.
    pub keyword_share_foreign: f32,
    /// The highest z-score that the first hit of a list can have; default 8.
    pub max_z_score: f32,
}

impl Default for FusionWeights {
    fn default() -> Self {
        Self { keyword_share: 0.45, keyword_share_foreign: 0.7, max_z_score: 8.0 }
    }
}

/// What is known of a question beside the two lists.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FusionHints {
    /// The share of the question's terms that the best keyword hits contain, 0 to 1.
    pub term_overlap: f32,
    /// Whether the embedding model was made for the collection's language, as far as is known.
    pub embedder_fits: bool,
}

impl Default for FusionHints {
    fn default() -> Self {
        Self { term_overlap: 0.5, embedder_fits: true }
    }
}

impl FusionWeights {
    /// Gives the keyword list's share of the fused score.
    ///
    /// The fewer of the question's words the documents contain (a question in another language, or
    /// in other words), the less the keyword list is trusted.
    fn keyword_share_for(&self, hints: FusionHints) -> f32 {
        let share =
            if hints.embedder_fits { self.keyword_share } else { self.keyword_share_foreign };
        let trusted = share * (0.5 + hints.term_overlap.clamp(0.0, 1.0));
        trusted / (1.0 - share + trusted)
    }
}

/// Fuses two rankings by the sum of how far each chunk stands out in them.
///
/// Each list is weighed by the z-score of its first hit for this question: how many standard
/// deviations of the rest of the list (up to [`FUSION_DEPTH`]) it stands above the last. A list that
/// knows the answer has one chunk far above the others. One that does not is flat. So the list that
/// is surer of itself decides. Within a list scores are shifted so that its last counts nothing, as in convex
/// combination (Bruch, Gai and Ingber, "An Analysis of Fusion Functions for Hybrid Retrieval", ACM
/// TOIS 2023); chunks without any of the words have a keyword score of 0, which is their true one.
/// Returns best first, ties by chunk id; the best has a score of 1.
pub fn fuse(
    dense: Vec<ScoredChunk>,
    keyword: Vec<ScoredChunk>,
    hints: FusionHints,
    weights: &FusionWeights,
) -> Vec<FusedHit> {
    let keyword_share = weights.keyword_share_for(hints);
    let scale = |list: &[ScoredChunk], absent, share| {
        let spread = Spread::of(list, absent);
        spread.scale(share, weights.max_z_score)
    };
    let dense_scale = scale(&dense, None, 1.0 - keyword_share);
    let keyword_scale = scale(&keyword, Some(0.0), keyword_share);
    let mut by_id: HashMap<ChunkId, FusedHit> = HashMap::new();
    for ScoredChunk { chunk, score } in dense {
        let fused = dense_scale.apply(score);
        let hit = FusedHit { chunk, score: fused, dense: Some(score), keyword: None };
        by_id.insert(hit.chunk.id.clone(), hit);
    }
    for ScoredChunk { chunk, score } in keyword {
        let empty = FusedHit { chunk, score: 0.0, dense: None, keyword: None };
        let hit = by_id.entry(empty.chunk.id.clone()).or_insert(empty);
        hit.score += keyword_scale.apply(score);
        hit.keyword = Some(score);
    }
    let mut fused: Vec<FusedHit> = by_id.into_values().collect();
    fused.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.chunk.id.cmp(&b.chunk.id)));
    let best = fused.first().map_or(0.0, |hit| hit.score);
    if best > 0.0 {
        for hit in &mut fused {
            hit.score /= best;
        }
    }
    fused
}

/// How the scores of a list lie.
#[derive(Clone, Copy, Debug)]
struct Spread {
    /// The last score.
    floor: f32,
    /// How far the first score is above the last.
    height: f32,
    /// The standard deviation of all scores but the first.
    deviation: f32,
}

impl Spread {
    /// Measures a list; `absent` is the score of what is not in it, if that is known.
    fn of(list: &[ScoredChunk], absent: Option<f32>) -> Self {
        let mut scores: Vec<f32> = list.iter().map(|scored| scored.score).collect();
        if let Some(absent) = absent.filter(|_| !scores.is_empty()) {
            scores.resize(scores.len().max(FUSION_DEPTH), absent);
        }
        scores.sort_by(|a, b| b.total_cmp(a));
        let floor = scores.last().copied().unwrap_or_default();
        let height = scores.first().map_or(0.0, |first| first - floor);
        let rest = scores.get(1..).unwrap_or_default();
        let count = rest.len().max(1) as f32;
        let mean = rest.iter().sum::<f32>() / count;
        let variance = rest.iter().map(|score| (score - mean).powi(2)).sum::<f32>() / count;
        Self { floor, height, deviation: variance.sqrt() }
    }

    /// Gives the scale by which the first score becomes its z-score times the list's share.
    fn scale(self, share: f32, max_z_score: f32) -> Scale {
        let Self { floor, height, deviation } = self;
        if height <= f32::EPSILON {
            // All alike: each counts as much as a whole list that says nothing.
            return Scale { floor: floor - 1.0, factor: share };
        }
        let z_score = (height / deviation).min(max_z_score);
        Scale { floor, factor: share * z_score / height }
    }
}

/// How a list's scores become parts of the fused score.
#[derive(Clone, Copy, Debug)]
struct Scale {
    floor: f32,
    factor: f32,
}

impl Scale {
    fn apply(self, score: f32) -> f32 {
        self.factor * (score - self.floor)
    }
}

#[cfg(test)]
mod tests;
