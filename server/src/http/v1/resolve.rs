//! Which model a name means.

use quire_domain::{CollectionName, ModelId, ModelKind};
use quire_engines::EngineError;
use quire_service::{ServiceError, Services};

use super::error::{from_service, model_not_found};
use crate::http::error::ApiError;

/// What the names of collections as models begin with.
pub const COLLECTION_PREFIX: &str = "collection/";

/// Names that clients have built in; they mean the default model of their kind.
const WELL_KNOWN: &[(&str, ModelKind)] = &[
    ("gpt-4", ModelKind::Chat),
    ("gpt-4o", ModelKind::Chat),
    ("gpt-4o-mini", ModelKind::Chat),
    ("gpt-4.1", ModelKind::Chat),
    ("gpt-4.1-mini", ModelKind::Chat),
    ("gpt-3.5-turbo", ModelKind::Chat),
    ("gpt-3.5-turbo-instruct", ModelKind::Chat),
    ("text-embedding-3-small", ModelKind::Embedding),
    ("text-embedding-3-large", ModelKind::Embedding),
    ("text-embedding-ada-002", ModelKind::Embedding),
];

/// What a request's `model` means.
#[derive(Debug, Eq, PartialEq)]
pub enum Target {
    /// The default model of the kind that is needed.
    Default,
    /// This model.
    Model(ModelId),
    /// The documents of this collection.
    Collection(CollectionName),
}

/// Finds what `name` means: the exact name, then without publisher and regard to case, then a
/// well-known name, then another name that the catalog has for a model. No name, and an empty one, mean the default.
pub async fn resolve(
    services: &Services,
    name: Option<&str>,
    kind: ModelKind,
) -> Result<Target, ApiError> {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else {
        return Ok(Target::Default);
    };
    if let Some(collection) = name.strip_prefix(COLLECTION_PREFIX) {
        let collection = collection.parse::<CollectionName>();
        return collection
            .map(Target::Collection)
            .map_err(|error| ApiError::from(error).param("model"));
    }
    let models = services.models.list().await?;
    let ids: Vec<ModelId> = models.into_iter().map(|model| model.id).collect();
    if let Some(id) = best_match(&ids, name) {
        return Ok(Target::Model(id.clone()));
    }
    if WELL_KNOWN.iter().any(|(known, of)| *known == name && *of == kind) {
        return Ok(Target::Default);
    }
    match services.models.find(&name.parse()?).await {
        Ok(model) => Ok(Target::Model(model.id)),
        Err(ServiceError::Engine(EngineError::UnknownModel { nearest, .. })) => {
            Err(unknown(name, &nearest))
        }
        Err(error) => Err(from_service(error)),
    }
}

fn unknown(name: &str, nearest: &[ModelId]) -> ApiError {
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
