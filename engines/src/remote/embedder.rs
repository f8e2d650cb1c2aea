//! An embedding model of an upstream.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::listing::Listed;
use super::{RemoteModelSettings, Upstream, UpstreamFailure, estimate_tokens};
use crate::{Embedder, EmbedderInfo, Embeddings, EngineError, LoadedModel, TextRole};

/// How many texts a request has: far below what upstreams take, so that none of them waits long.
const AT_A_TIME: usize = 32;
/// The longest text, in tokens, for a model of which nobody tells it.
const USUAL_LENGTH: u32 = 512;
/// Longer texts than this are not made for it, even if the model reads them.
const LONGEST: u32 = 2048;

/// An embedding model of an upstream.
pub struct RemoteEmbedder {
    upstream: Arc<Upstream>,
    /// The upstream's name for it.
    id: String,
    info: EmbedderInfo,
    settled: RemoteModelSettings,
}

impl RemoteEmbedder {
    /// Makes one: a word is embedded, to see how long its vectors are.
    pub async fn open(upstream: Arc<Upstream>, listed: &Listed) -> Result<Self, EngineError> {
        let settled = upstream.settings().model(&listed.id).cloned().unwrap_or_default();
        let model = upstream.full_name(&listed.id).ok_or_else(|| EngineError::InvalidUpstream {
            upstream: upstream.settings().name.to_string(),
            reason: format!("its model `{}` has a name that cannot be used here", listed.id),
        })?;
        let longest = listed.context_tokens.unwrap_or(USUAL_LENGTH).min(LONGEST) as usize;
        let prefix = settled.query_prefix.len().max(settled.passage_prefix.len());
        let info = EmbedderInfo {
            model,
            dimensions: 0,
            max_tokens: longest.saturating_sub(prefix.div_ceil(3)).max(1),
            fingerprint: String::new(),
            languages: None,
        };
        let mut embedder = Self { upstream, id: listed.id.clone(), info, settled };
        let probe = embedder.ask(&["probe".to_owned()]).await;
        let probe = probe.map_err(|failure| embedder.failed(failure))?;
        embedder.info.dimensions = probe.first().map_or(0, Vec::len);
        embedder.info.fingerprint = embedder.fingerprint();
        Ok(embedder)
    }

    /// Tells vectors apart by what they are made with, as far as that is known: who answers at an address is not.
    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let RemoteModelSettings { query_prefix, passage_prefix, .. } = &self.settled;
        for part in [self.info.model.as_str(), query_prefix, passage_prefix] {
            hash.update(part);
            hash.update([0]);
        }
        hash.update((self.info.dimensions as u64).to_le_bytes());
        quire_domain::hex::hex(&hash.finalize()[..8])
    }

    /// Asks for vectors, which come as long as they are.
    async fn ask(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, UpstreamFailure> {
        // Some refuse an empty text; a blank says as little.
        let input: Vec<&str> =
            texts.iter().map(|text| if text.is_empty() { " " } else { text }).collect();
        let mut body = json!({"model": self.id, "input": input, "encoding_format": "float"});
        if let Some(dimensions) = self.settled.dimensions {
            body["dimensions"] = dimensions.into();
        }
        for field in &self.settled.leave_out {
            body.as_object_mut().map(|body| body.shift_remove(field));
        }
        let reply = self.upstream.post_whole("embeddings", &body).await?;
        read(&reply, texts.len()).map_err(|problem| UpstreamFailure::Unreadable { problem })
    }

    async fn embed_some(&self, texts: Vec<String>) -> Result<Vec<Vec<f32>>, EngineError> {
        let mut vectors = self.ask(&texts).await.map_err(|failure| self.failed(failure))?;
        for vector in &mut vectors {
            if vector.len() != self.info.dimensions {
                let problem = format!(
                    "a vector has {} numbers, and {} before",
                    vector.len(),
                    self.info.dimensions
                );
                return Err(self.failed(UpstreamFailure::Unreadable { problem }));
            }
            let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
            for value in vector {
                *value /= length;
            }
        }
        Ok(vectors)
    }

    fn failed(&self, failure: UpstreamFailure) -> EngineError {
        EngineError::of_upstream(&self.info.model, &self.upstream, failure)
    }
}

/// Reads the vectors of a reply in the order of the texts, each of some length; or says what is wrong.
fn read(reply: &Value, count: usize) -> Result<Vec<Vec<f32>>, String> {
    let data = reply.get("data").and_then(Value::as_array).ok_or("it has no vectors")?;
    if data.len() != count {
        return Err(format!("it has {} vectors for {count} texts", data.len()));
    }
    let mut vectors = vec![Vec::new(); count];
    for (position, entry) in data.iter().enumerate() {
        let index = entry.get("index").and_then(Value::as_u64).map_or(position, |it| it as usize);
        let place = vectors.get_mut(index).filter(|place| place.is_empty());
        let place = place.ok_or("its vectors are numbered wrongly")?;
        let numbers = entry.get("embedding").and_then(Value::as_array);
        let numbers = numbers.ok_or("a vector is no list of numbers")?;
        let numbers: Option<Vec<f32>> =
            numbers.iter().map(|number| Some(number.as_f64()? as f32)).collect();
        let numbers = numbers.ok_or("a vector has what is no number")?;
        let length = numbers.iter().map(|value| value * value).sum::<f32>();
        if !length.is_finite() || length <= 0.0 {
            return Err("a vector has no length".to_owned());
        }
        *place = numbers;
    }
    Ok(vectors)
}

impl LoadedModel for RemoteEmbedder {
    fn is_alive(&self) -> bool {
        true
    }
}

#[async_trait]
impl Embedder for RemoteEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        estimate_tokens(text)
    }

    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError> {
        let token_counts: Vec<usize> = texts.iter().map(|text| estimate_tokens(text)).collect();
        let max_tokens = self.info.max_tokens;
        if let Some(index) = token_counts.iter().position(|count| *count > max_tokens) {
            let (model, tokens) = (self.info.model.clone(), token_counts[index]);
            return Err(EngineError::InputTooLong { model, index, tokens, max_tokens });
        }
        let prefix = match role {
            TextRole::Query => &self.settled.query_prefix,
            TextRole::Passage => &self.settled.passage_prefix,
        };
        let texts: Vec<String> = texts.iter().map(|text| format!("{prefix}{text}")).collect();
        let batches: Vec<Vec<String>> = texts.chunks(AT_A_TIME).map(<[String]>::to_vec).collect();
        let batches = batches.into_iter().map(|batch| self.embed_some(batch));
        let at_once = self.upstream.settings().max_concurrent.max(1);
        let vectors: Vec<Vec<Vec<f32>>> =
            stream::iter(batches).buffered(at_once).try_collect().await?;
        Ok(Embeddings { vectors: vectors.into_iter().flatten().collect(), token_counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_put_in_order_and_what_is_wrong_is_told() {
        let reply = json!({"data": [
            {"index": 1, "embedding": [0.0, 2.0]}, {"index": 0, "embedding": [1, 0.5]},
        ]});
        assert_eq!(read(&reply, 2), Ok(vec![vec![1.0, 0.5], vec![0.0, 2.0]]));
        let check = |reply: Value, words: &str| {
            let problem = read(&reply, 1).expect_err("it is wrong");
            assert!(problem.contains(words), "{problem}");
        };
        check(json!({}), "no vectors");
        check(json!({"data": []}), "0 vectors for 1");
        check(json!({"data": [{"index": 4, "embedding": [1.0]}]}), "numbered wrongly");
        check(json!({"data": [{"index": 0, "embedding": "AAAA"}]}), "no list");
        check(json!({"data": [{"index": 0, "embedding": ["a"]}]}), "no number");
        check(json!({"data": [{"index": 0, "embedding": [0.0, 0.0]}]}), "no length");
        check(json!({"data": [{"index": 0, "embedding": []}]}), "no length");
    }
}
