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
    /// Its cosine similarity, where the dense search returned it.
    pub dense: Option<f32>,
    /// Its BM25 score, where the keyword search returned it.
    pub keyword: Option<f32>,
}

/// The dense list's share of the fused score where both lists are equally sure of themselves.
const DENSE_SHARE: f32 = 0.5;

/// Fuses two rankings by a convex combination of their min-max normalised scores.
///
/// A chunk that one list lacks counts there as its lowest. See Bruch, Gai and Ingber, "An Analysis
/// of Fusion Functions for Hybrid Retrieval" (ACM TOIS 2023): convex combination beats reciprocal
/// rank fusion, most of all where one of the two is weak. Returns best first, ties by chunk id.
pub fn fuse(dense: Vec<ScoredChunk>, keyword: Vec<ScoredChunk>) -> Vec<FusedHit> {
    let dense_range = Range::of(&dense);
    let keyword_range = Range::of(&keyword);
    let dense_share = match (dense.is_empty(), keyword.is_empty()) {
        (false, true) => 1.0,
        (true, false) => 0.0,
        _ => DENSE_SHARE,
    };
    let mut hits: HashMap<ChunkId, FusedHit> = HashMap::new();
    for ScoredChunk { chunk, score } in dense {
        let hit = FusedHit { chunk, score: 0.0, dense: Some(score), keyword: None };
        hits.insert(hit.chunk.id.clone(), hit);
    }
    for ScoredChunk { chunk, score } in keyword {
        hits.entry(chunk.id.clone())
            .or_insert(FusedHit { chunk, score: 0.0, dense: None, keyword: None })
            .keyword = Some(score);
    }
    let mut hits: Vec<FusedHit> = hits.into_values().collect();
    for hit in &mut hits {
        let dense = hit.dense.map_or(0.0, |score| dense_range.normalise(score));
        let keyword = hit.keyword.map_or(0.0, |score| keyword_range.normalise(score));
        hit.score = dense_share * dense + (1.0 - dense_share) * keyword;
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.chunk.id.cmp(&b.chunk.id)));
    hits
}

#[derive(Clone, Copy)]
struct Range {
    low: f32,
    high: f32,
}

impl Range {
    fn of(list: &[ScoredChunk]) -> Self {
        let scores = || list.iter().map(|scored| scored.score);
        Self {
            low: scores().fold(f32::INFINITY, f32::min),
            high: scores().fold(f32::NEG_INFINITY, f32::max),
        }
    }

    fn normalise(self, score: f32) -> f32 {
        let width = self.high - self.low;
        if width > f32::EPSILON { (score - self.low) / width } else { 1.0 }
    }
}

#[cfg(test)]
mod tests;
