//! A reranking model of an upstream: `rerank` as Jina, Cohere, vLLM and llama.cpp have it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::client::Learned;
use super::listing::Listed;
use super::{Upstream, UpstreamFailure, estimate_tokens};
use crate::{EngineError, LoadedModel, Reranker, RerankerInfo, Reranking};

/// The longest pair, in tokens, for a model of which nobody tells it.
const USUAL_LENGTH: u32 = 512;

/// A reranking model of an upstream.
pub struct RemoteReranker {
    upstream: Arc<Upstream>,
    /// The upstream's name for it.
    id: String,
    info: RerankerInfo,
    learned: Arc<Learned>,
}

impl RemoteReranker {
    /// Makes one; nothing is sent yet.
    pub fn new(upstream: Arc<Upstream>, listed: &Listed) -> Option<Self> {
        let max_tokens = listed.context_tokens.unwrap_or(USUAL_LENGTH) as usize;
        let info = RerankerInfo {
            model: upstream.full_name(&listed.id)?,
            max_tokens,
            max_query_tokens: max_tokens / 2,
            languages: None,
        };
        let learned = upstream.learned(&listed.id);
        Some(Self { upstream, id: listed.id.clone(), info, learned })
    }

    /// Brings scores between 0 and 1: some upstreams tell what a model gives before the sigmoid. One that has done so
    /// once is taken to do so always, or scores of two calls would be of two sorts.
    fn scale(&self, scores: &mut [f32]) {
        if scores.iter().any(|score| !(0.0..=1.0).contains(score)) {
            self.learned.tells_logits.store(true, Ordering::Relaxed);
        }
        if self.learned.tells_logits.load(Ordering::Relaxed) {
            for score in scores {
                *score = 1.0 / (1.0 + (-*score).exp());
            }
        }
    }
}

impl LoadedModel for RemoteReranker {
    fn is_alive(&self) -> bool {
        true
    }
}

#[async_trait]
impl Reranker for RemoteReranker {
    fn info(&self) -> &RerankerInfo {
        &self.info
    }

    async fn rerank(&self, query: String, passages: Vec<String>) -> Result<Reranking, EngineError> {
        let RerankerInfo { model, max_tokens, max_query_tokens, .. } = &self.info;
        let tokens = estimate_tokens(&query);
        if tokens > *max_query_tokens {
            let (model, max_tokens) = (model.clone(), *max_query_tokens);
            return Err(EngineError::QueryTooLong { model, tokens, max_tokens });
        }
        if passages.is_empty() {
            return Ok(Reranking { scores: Vec::new(), cut_count: 0 });
        }
        // What would be too long is cut here, since nobody tells if it is cut there.
        let room = (max_tokens - tokens) * 3;
        let cut_count = passages.iter().filter(|passage| passage.len() > room).count();
        let cut: Vec<&str> =
            passages.iter().map(|text| &text[..text.floor_char_boundary(room)]).collect();
        let body = json!({
            "model": self.id, "query": query, "documents": cut, "top_n": cut.len(),
            "return_documents": false,
        });
        let failed = |failure| EngineError::of_upstream(model, &self.upstream, failure);
        let reply = self.upstream.post_whole("rerank", &body).await.map_err(failed)?;
        let read = read(&reply, passages.len());
        let mut scores = read.map_err(|problem| failed(UpstreamFailure::Unreadable { problem }))?;
        self.scale(&mut scores);
        Ok(Reranking { scores, cut_count })
    }
}

/// Reads the scores in the order of the passages, or says what is wrong.
fn read(reply: &Value, count: usize) -> Result<Vec<f32>, String> {
    let lists = [reply.get("results"), reply.get("data"), Some(reply)];
    let results = lists.into_iter().flatten().find_map(Value::as_array);
    let results = results.ok_or("it has no scores")?;
    let mut scores = vec![None; count];
    for result in results {
        let index = result.get("index").and_then(Value::as_u64).ok_or("a score has no index")?;
        let score = result.get("relevance_score").or_else(|| result.get("score"));
        let score = score.and_then(Value::as_f64).ok_or("a score is no number")?;
        let place = scores.get_mut(index as usize).filter(|place| place.is_none());
        *place.ok_or("its scores are numbered wrongly")? = Some(score as f32);
    }
    let scores: Option<Vec<f32>> = scores.into_iter().collect();
    scores.ok_or_else(|| format!("it has {} scores for {count} passages", results.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_of_several_servers_are_read() {
        let of = |word: &str| json!([{"index": 1, word: 0.5}, {"index": 0, word: 0.25}]);
        for reply in [json!({"results": of("relevance_score")}), of("score")] {
            assert_eq!(read(&reply, 2), Ok(vec![0.25, 0.5]));
        }
        for (reply, words) in [
            (json!({"error": "no"}), "no scores"),
            (json!([{"index": 0, "score": 0.5}]), "1 scores for 2"),
            (json!([{"index": 2, "score": 0.5}]), "numbered wrongly"),
            (json!([{"index": 0}]), "no number"),
        ] {
            let problem = read(&reply, 2).expect_err("it is wrong");
            assert!(problem.contains(words), "{problem}");
        }
    }
}
