//! Which models an upstream has. It is asked now and then, and never waited for long: a list of models must not hang
//! because a machine elsewhere does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quire_domain::{InstalledModel, ModelId, ModelKind};
use serde_json::Value;
use tokio::time::timeout;

use super::{RemoteModelSettings, Upstream, UpstreamFailure};

/// How long a list is taken as it is.
const FRESH: Duration = Duration::from_mins(1);
/// How long whoever wants a list waits for the first one.
const FIRST_WAIT: Duration = Duration::from_secs(3);

/// A model, as its upstream tells of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// The upstream's name for it.
    pub id: String,
    /// What it does.
    pub kind: ModelKind,
    /// The longest input in tokens, if it is told.
    pub context_tokens: Option<u32>,
}

/// What an upstream last told.
#[derive(Default)]
pub struct Listing {
    told: Mutex<Option<Told>>,
    /// Held by whoever asks, so that only one does.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Told {
    at: Instant,
    models: Result<Vec<Listed>, UpstreamFailure>,
}

impl Upstream {
    /// Lists its models, as it told within the last minute or the last time that it told; or why it never did.
    pub async fn list(self: &Arc<Self>) -> Result<Vec<Listed>, UpstreamFailure> {
        let told = self.told();
        match told {
            Some(told) if told.at.elapsed() < FRESH => told.models,
            Some(told) => {
                let upstream = Arc::clone(self);
                tokio::spawn(async move { upstream.ask().await });
                told.models
            }
            None => {
                // It goes on when nobody waits any more, and the next one finds what came of it.
                let upstream = Arc::clone(self);
                let asked = tokio::spawn(async move { upstream.ask().await });
                match timeout(FIRST_WAIT, asked).await {
                    Ok(Ok(())) => self.told().map_or(Ok(Vec::new()), |told| told.models),
                    Ok(Err(_)) | Err(_) => Err(UpstreamFailure::Silent { waited: FIRST_WAIT }),
                }
            }
        }
    }

    /// Asks for its models now, for whoever wants to know how it is.
    pub async fn list_now(&self) -> Result<Vec<Listed>, UpstreamFailure> {
        let models = self.get("models").await.and_then(|list| read(&list));
        Ok(with_settings(models?, &self.settings().models))
    }

    /// Describes a model of it by its full name.
    pub fn describe(&self, listed: &Listed) -> Option<InstalledModel> {
        let settled = self.settings().model(&listed.id);
        Some(InstalledModel {
            id: self.full_name(&listed.id)?,
            kind: listed.kind,
            format: None,
            size_bytes: 0,
            context_tokens: listed.context_tokens,
            quantization: None,
            dimensions: settled.and_then(|model| model.dimensions),
            languages: None,
            reads_images: false,
            loaded: false,
            remote_host: Some(self.host().to_owned()),
            preset: None,
        })
    }

    /// Gives the full name of a model; `None` if its own name has characters that no name of a model has here.
    pub fn full_name(&self, id: &str) -> Option<ModelId> {
        format!("{}/{id}", self.settings().name).parse().ok()
    }

    /// What a model is that the upstream does not list, or has not listed yet.
    pub fn unlisted(&self, id: &str) -> Listed {
        let mut models = vec![of_name(id.to_owned())];
        models = with_settings(models, &self.settings().models);
        models.into_iter().find(|model| model.id == id).unwrap_or_else(|| of_name(id.to_owned()))
    }

    fn told(&self) -> Option<Told> {
        self.listing.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn ask(&self) {
        let Ok(_asking) = self.listing.asking.try_lock() else {
            // Whoever asks already tells both.
            drop(self.listing.asking.lock().await);
            return;
        };
        let asked = self.list_now().await;
        let mut told = self.listing.told.lock().unwrap_or_else(PoisonError::into_inner);
        // What it told before counts as long as it does not say otherwise.
        let models = match (asked, told.take()) {
            (Err(_), Some(Told { models: Ok(before), .. })) => Ok(before),
            (Err(failure), _) => {
                let name = &self.settings().name;
                tracing::warn!(upstream = %name, "upstream `{name}` lists no models: {failure}");
                Err(failure)
            }
            (now, _) => now,
        };
        *told = Some(Told { at: Instant::now(), models });
    }
}

/// Reads a list in `OpenAI`'s shape, with what other servers add to it.
fn read(list: &Value) -> Result<Vec<Listed>, UpstreamFailure> {
    let data = list.get("data").and_then(Value::as_array).or_else(|| list.as_array());
    let entries = data.ok_or_else(|| UpstreamFailure::Unreadable {
        problem: "it is no list of models".to_owned(),
    })?;
    Ok(entries.iter().filter_map(read_entry).collect())
}

fn read_entry(entry: &Value) -> Option<Listed> {
    let id = entry.get("id")?.as_str()?.to_owned();
    let kind = entry.get("type").and_then(Value::as_str).and_then(kind_of_type);
    // vLLM, LM Studio, OpenRouter and llama.cpp, in this order.
    let lengths = ["/max_model_len", "/max_context_length", "/context_length", "/meta/n_ctx"];
    let length = lengths.iter().find_map(|place| entry.pointer(place)?.as_u64());
    let named = of_name(id);
    Some(Listed {
        kind: kind.unwrap_or(named.kind),
        context_tokens: length.and_then(|length| u32::try_from(length).ok()).filter(|it| *it > 0),
        ..named
    })
}

/// Reads the kind as LM Studio and Quire tell it.
fn kind_of_type(word: &str) -> Option<ModelKind> {
    match word {
        "llm" | "vlm" | "chat" => Some(ModelKind::Chat),
        "embeddings" | "embedding" => Some(ModelKind::Embedding),
        "reranker" | "rerank" => Some(ModelKind::Reranker),
        _ => None,
    }
}

/// Guesses from its name what a model does: most lists say nothing else.
fn of_name(id: String) -> Listed {
    let name = id.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let kind = if has(&["rerank"]) {
        ModelKind::Reranker
    } else if has(&["embed", "bge-", "e5-", "gte-", "minilm"]) {
        ModelKind::Embedding
    } else {
        ModelKind::Chat
    };
    Listed { id, kind, context_tokens: None }
}

/// Lets what is settled count for more than what is told, and adds the models that are only settled.
fn with_settings(mut models: Vec<Listed>, settled: &[RemoteModelSettings]) -> Vec<Listed> {
    for one in settled {
        let index = models.iter().position(|model| model.id == one.id).unwrap_or_else(|| {
            models.push(of_name(one.id.clone()));
            models.len() - 1
        });
        let model = &mut models[index];
        model.kind = one.kind.unwrap_or(model.kind);
        model.context_tokens = one.context_tokens.or(model.context_tokens);
    }
    models
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_of_several_servers_are_read() {
        let list = json!({"object": "list", "data": [
            {"id": "gpt-4o", "object": "model"},
            {"id": "text-embedding-3-small"},
            {"id": "BAAI/bge-reranker-v2-m3", "max_model_len": 8192},
            {"id": "collection/a", "type": "collection"},
            {"id": "x", "type": "embeddings", "max_context_length": 512},
            {"name": "without an id"},
        ]});
        let settled = vec![RemoteModelSettings {
            id: "gpt-4o".to_owned(),
            context_tokens: Some(128_000),
            ..RemoteModelSettings::default()
        }];
        let models = with_settings(read(&list).expect("a list"), &settled);
        let told: Vec<_> =
            models.iter().map(|one| (one.id.as_str(), one.kind, one.context_tokens)).collect();
        assert_eq!(
            told,
            [
                ("gpt-4o", ModelKind::Chat, Some(128_000)),
                ("text-embedding-3-small", ModelKind::Embedding, None),
                ("BAAI/bge-reranker-v2-m3", ModelKind::Reranker, Some(8192)),
                ("collection/a", ModelKind::Chat, None),
                ("x", ModelKind::Embedding, Some(512)),
            ]
        );
        assert!(read(&json!({"error": "no"})).is_err());
    }
}
