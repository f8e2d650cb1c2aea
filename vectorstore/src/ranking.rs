//! The order of results: best first, ties by chunk id.

use crate::ScoredChunk;

/// Puts the best first and keeps `limit` of them.
pub(crate) fn best_first(mut hits: Vec<ScoredChunk>, limit: usize) -> Vec<ScoredChunk> {
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.chunk.id.cmp(&b.chunk.id)));
    hits.truncate(limit);
    hits
}
