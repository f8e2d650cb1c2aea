//! How near vectors are, and the order of results: best first, ties by chunk id.

use crate::ScoredChunk;

/// Puts the best first and keeps `limit` of them.
pub(crate) fn best_first(mut hits: Vec<ScoredChunk>, limit: usize) -> Vec<ScoredChunk> {
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.chunk.id.cmp(&b.chunk.id)));
    hits.truncate(limit);
    hits
}

/// Measures the cosine similarity of two vectors of one length; 0 if one has no direction.
pub(crate) fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let norms = (dot(a, a) * dot(b, b)).sqrt();
    if norms > 0.0 { dot(a, b) / norms } else { 0.0 }
}
