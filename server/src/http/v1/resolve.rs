//! Which model a name means.

use quire_domain::{CollectionName, ModelId, ModelKind};
use quire_engines::EngineError;
use quire_service::{ServiceError, Services};

use super::error::{from_service, model_not_found, unsupported};
use crate::http::error::ApiError;
use crate::http::guard::stand_in;

/// What the names of collections as models begin with.
pub const COLLECTION_PREFIX: &str = "collection/";

/// What the names of chat models begin with that clients have built in.
const HOSTED_CHAT: &[&str] = &["gpt-", "chatgpt-", "claude-", "gemini-"];

/// The same of embedding models.
const HOSTED_EMBEDDING: &[&str] = &["text-embedding-"];

/// What Ollama's clients write behind names.
const NEWEST: &str = ":latest";

/// What a request's `model` means.
#[derive(Debug, Eq, PartialEq)]
pub enum Target {
    /// The default model of the kind that is needed.
    Default,
    /// This model.
    Model(ModelId),
    /// The documents of a collection.
    Collection {
        /// Its name.
        name: CollectionName,
        /// The chat model that answers; the default one if none is named.
        model: Option<ModelId>,
    },
}

/// Finds what `name` means: the exact name, then without publisher and regard to case if the model is on this machine,
/// then `<model>@<collection>`, then
/// another name that the catalog has for a model, then a name of a hosted model, for which the default one stands in and
/// a header says so. No name, and an empty one, mean the default.
pub async fn resolve(
    services: &Services,
    name: Option<&str>,
    kind: ModelKind,
) -> Result<Target, ApiError> {
    let name = name.map(str::trim).map(|name| name.strip_suffix(NEWEST).unwrap_or(name));
    let Some(name) = name.filter(|name| !name.is_empty()) else {
        return Ok(Target::Default);
    };
    if let Some(collection) = name.strip_prefix(COLLECTION_PREFIX) {
        return Ok(Target::Collection { name: collection_name(collection)?, model: None });
    }
    let models = services.models.list().await?;
    let (remote, local): (Vec<_>, Vec<_>) =
        models.into_iter().partition(quire_domain::InstalledModel::is_remote);
    let ids: Vec<ModelId> = local.into_iter().map(|model| model.id).collect();
    if let Some(id) = best_match(&ids, name) {
        return Ok(Target::Model(id.clone()));
    }
    // What leaves this machine is named in full: a short name may be one that a client has built in.
    let is_named = |id: &ModelId, name: &str| id.as_str() == name;
    let find_remote = |name: &str| remote.iter().find(|model| is_named(&model.id, name));
    if let Some(model) = find_remote(name) {
        return Ok(Target::Model(model.id.clone()));
    }
    if let Some((model, collection)) = name.rsplit_once('@')
        && let Some(model) =
            best_match(&ids, model).or_else(|| find_remote(model).map(|model| &model.id))
    {
        let name = collection_name(collection)?;
        return Ok(Target::Collection { name, model: Some(model.clone()) });
    }
    let found = match name.parse() {
        Ok(id) => services.models.find(&id).await,
        Err(_) if is_hosted(name, kind) => return Ok(stand_in(services, kind)),
        Err(error) => return Err(error.into()),
    };
    match found {
        Ok(model) => Ok(Target::Model(model.id)),
        Err(ServiceError::Engine(EngineError::UnknownModel { .. })) if is_hosted(name, kind) => {
            Ok(stand_in(services, kind))
        }
        Err(ServiceError::Engine(EngineError::UnknownModel { nearest, .. })) => {
            Err(unknown(name, &nearest))
        }
        Err(error) => Err(from_service(error)),
    }
}

/// Finds which chat model `name` means, none being the default one, where a collection cannot do `what`.
pub async fn resolve_chat_model(
    services: &Services,
    name: Option<&str>,
    what: &str,
) -> Result<Option<ModelId>, ApiError> {
    match resolve(services, name, ModelKind::Chat).await? {
        Target::Model(model) => Ok(Some(model)),
        Target::Default => Ok(None),
        Target::Collection { .. } => Err(unsupported("model", what)),
    }
}

fn collection_name(name: &str) -> Result<CollectionName, ApiError> {
    name.parse::<CollectionName>().map_err(|error| ApiError::from(error).param("model"))
}

/// Returns whether a name is that of a model of this kind that only others serve.
fn is_hosted(name: &str, kind: ModelKind) -> bool {
    let begins = |names: &[&str]| names.iter().any(|beginning| name.starts_with(beginning));
    // Such as `o3` and `o4-mini`.
    let is_o_series = || {
        name.strip_prefix('o').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    match kind {
        ModelKind::Chat => begins(HOSTED_CHAT) || is_o_series(),
        ModelKind::Embedding => begins(HOSTED_EMBEDDING),
        ModelKind::Reranker | ModelKind::Judge | ModelKind::Ocr => false,
    }
}

/// Lets the default model of a kind stand in for another, and has the reply say so.
fn stand_in(services: &Services, kind: ModelKind) -> Target {
    let config = services.config();
    match kind {
        ModelKind::Embedding => stand_in::note(&config.embedding_model),
        ModelKind::Chat | ModelKind::Reranker | ModelKind::Judge | ModelKind::Ocr => {
            stand_in::note(&config.chat_model);
        }
    }
    Target::Default
}

/// Says that a name means no model, and which ones are near.
pub fn unknown(name: &str, nearest: &[ModelId]) -> ApiError {
    let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    let meant = match names.as_slice() {
        [] => String::new(),
        names => format!(" Did you mean {}?", names.join(" or ")),
    };
    model_not_found(format!(
        "The model `{name}` does not exist.{meant} GET /v1/models lists those that do; `quire models pull` gets more."
    ))
}

fn best_match<'a>(ids: &'a [ModelId], name: &str) -> Option<&'a ModelId> {
    let short = |id: &ModelId| {
        let id = id.as_str();
        id.rsplit_once('/').map_or(id, |(_, model)| model).to_lowercase()
    };
    let wanted = name.to_lowercase();
    ids.iter()
        .find(|id| id.as_str() == name)
        .or_else(|| ids.iter().find(|id| id.as_str().to_lowercase() == wanted))
        .or_else(|| ids.iter().find(|id| short(id) == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosted_models_are_known_by_rule() {
        for (name, kind, expected) in [
            ("gpt-5.1-mini", ModelKind::Chat, true),
            ("o4-mini", ModelKind::Chat, true),
            ("claude-opus-9", ModelKind::Chat, true),
            ("text-embedding-3-large", ModelKind::Embedding, true),
            ("text-embedding-3-large", ModelKind::Chat, false),
            ("gpt-4o", ModelKind::Embedding, false),
            ("olmo", ModelKind::Chat, false),
            ("qwen", ModelKind::Chat, false),
        ] {
            assert_eq!(is_hosted(name, kind), expected, "`{name}`");
        }
    }

    #[test]
    fn names_are_found_exactly_first() {
        let ids: Vec<ModelId> =
            ["a/Model", "b/model"].map(|id| id.parse().expect("a name")).to_vec();
        let cases = [
            ("b/model", Some("b/model")),
            ("A/MODEL", Some("a/Model")),
            ("model", Some("a/Model")),
            ("other", None),
        ];
        for (name, expected) in cases {
            assert_eq!(best_match(&ids, name).map(ModelId::as_str), expected, "`{name}`");
        }
    }
}
