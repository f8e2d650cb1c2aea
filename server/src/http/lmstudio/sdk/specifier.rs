//! Which model a call means: by a name, by one that a client gave an instance, or any of a sort.

use quire_domain::{InstalledModel, ModelId, ModelKind};
use serde::{Deserialize, Serialize};

use super::error::Refusal;
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::http::v1::error::{from_service, model_not_found, unsupported};
use crate::http::v1::resolve::{COLLECTION_PREFIX, Target, resolve};

/// A sort of models, as namespaces have it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Domain {
    /// Those that chat.
    Llm,
    /// Those that embed.
    Embedding,
}

/// How a client names a model.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Specifier {
    /// By what it is like.
    Query {
        /// What that is.
        query: ModelQuery,
    },
    /// By the name of an instance, which is here the same as its identifier.
    InstanceReference {
        /// It.
        instance_reference: String,
    },
}

/// What a model is to be like; nothing means any.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelQuery {
    /// Its sort.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// The machine that it is on; none is this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_identifier: Option<String>,
    /// The name of an instance, or of a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// The name of a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whether it reads pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vision: Option<bool>,
}

/// Who is meant.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "one is held at a time, for as long as a call takes")]
pub enum Found {
    /// A model.
    Model {
        /// It.
        model: InstalledModel,
        /// The name of its instance.
        identifier: String,
    },
    /// A collection, which answers from its documents.
    Collection {
        /// `collection/<name>` or `<model>@<name>`.
        identifier: String,
        /// The chat model that answers; the default one if none is named.
        model: Option<ModelId>,
    },
}

impl Domain {
    /// Gives the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Embedding => "embedding",
        }
    }

    /// Gives what such models do.
    pub fn kind(self) -> ModelKind {
        match self {
            Self::Llm => ModelKind::Chat,
            Self::Embedding => ModelKind::Embedding,
        }
    }

    /// Gives the sort of a model; the SDKs know no others.
    pub fn of(kind: ModelKind) -> Option<Self> {
        match kind {
            ModelKind::Chat => Some(Self::Llm),
            ModelKind::Embedding => Some(Self::Embedding),
            ModelKind::Reranker | ModelKind::Judge | ModelKind::Ocr => None,
        }
    }
}

impl Specifier {
    /// Names a model.
    pub fn named(identifier: String) -> Self {
        Self::Query { query: ModelQuery { identifier: Some(identifier), ..ModelQuery::default() } }
    }

    fn into_query(self) -> ModelQuery {
        match self {
            Self::Query { query } => query,
            Self::InstanceReference { instance_reference } => {
                ModelQuery { identifier: Some(instance_reference), ..ModelQuery::default() }
            }
        }
    }
}

impl Found {
    /// Gives the name of the instance.
    pub fn identifier(&self) -> &str {
        match self {
            Self::Model { identifier, .. } | Self::Collection { identifier, .. } => identifier,
        }
    }

    /// Gives the name by which the rest of the server knows it.
    pub fn name(&self) -> String {
        match self {
            Self::Model { model, .. } => model.id.to_string(),
            Self::Collection { identifier, .. } => identifier.clone(),
        }
    }

    /// Gives the model, where a collection cannot do `what`.
    pub fn model(self, what: &str) -> Result<InstalledModel, ApiError> {
        match self {
            Self::Model { model, .. } => Ok(model),
            Self::Collection { .. } => Err(unsupported("specifier", what)),
        }
    }
}

/// Finds who is meant.
pub async fn find(
    state: &AppState,
    domain: Domain,
    specifier: Specifier,
) -> Result<Found, Refusal> {
    let query = specifier.into_query();
    let missing = |error: ApiError| {
        let loaded = loaded_of(state, domain).iter().map(ModelId::to_string).collect::<Vec<_>>();
        Refusal::no_model(error, query.clone(), &loaded)
    };
    if let Some(device) = query.device_identifier.as_deref() {
        let message = format!("There are no models of other machines such as `{device}` here.");
        return Err(missing(model_not_found(message)));
    }
    if query.domain.as_deref().is_some_and(|wanted| wanted != domain.as_str()) {
        let message = format!("Models of this namespace are of the sort `{}`.", domain.as_str());
        return Err(missing(model_not_found(message)));
    }
    let found = match query.identifier.as_deref().or(query.path.as_deref()) {
        Some(name) => find_named(state, domain, name).await,
        None => any_of(state, domain).await.map_err(Refusal::from),
    };
    let found = found.map_err(|refusal| {
        let is_missing = refusal.error.detail.code.as_deref() == Some("model_not_found");
        if is_missing { missing(refusal.error) } else { refusal }
    })?;
    if query.vision == Some(true) && !reads_images(state, &found) {
        let message = format!("`{}` does not read pictures.", found.identifier());
        return Err(missing(model_not_found(message)));
    }
    Ok(found)
}

async fn find_named(state: &AppState, domain: Domain, name: &str) -> Result<Found, Refusal> {
    let services = &state.services;
    let (wanted, identifier) = match state.instances.find(name) {
        Some(model) => (model.to_string(), Some(name.to_owned())),
        None => (name.to_owned(), None),
    };
    let id = match resolve(services, Some(&wanted), domain.kind()).await? {
        Target::Model(id) => id,
        Target::Default => return Ok(any_of(state, domain).await?),
        Target::Collection { .. } if domain == Domain::Embedding => {
            return Err(unsupported("specifier", "Embedding by a collection").into());
        }
        Target::Collection { name, model } => {
            services.collections.get(&name).await?;
            let identifier = match &model {
                Some(model) => format!("{model}@{name}"),
                None => format!("{COLLECTION_PREFIX}{name}"),
            };
            return Ok(Found::Collection { identifier, model });
        }
    };
    let model = services.models.find(&id).await.map_err(from_service)?;
    if model.kind != domain.kind() {
        let actual = Domain::of(model.kind).map_or("drafter", Domain::as_str);
        return Err(Refusal::other_domain(model.id.as_str(), actual, domain.as_str()));
    }
    let identifier = identifier.unwrap_or_else(|| model.id.to_string());
    Ok(Found::Model { model, identifier })
}

/// Gives a model of a sort: the default one if it is in memory or none is, else one that is.
async fn any_of(state: &AppState, domain: Domain) -> Result<Found, ApiError> {
    let config = state.services.config();
    let usual = match domain {
        Domain::Llm => &config.chat_model,
        Domain::Embedding => &config.embedding_model,
    };
    let loaded = loaded_of(state, domain);
    let chosen = match loaded.first() {
        Some(first) if !loaded.contains(usual) => first,
        _ => usual,
    };
    let model = state.services.models.find(chosen).await.map_err(from_service)?;
    let identifier = model.id.to_string();
    Ok(Found::Model { model, identifier })
}

/// Lists the models of a sort that are in memory.
pub fn loaded_of(state: &AppState, domain: Domain) -> Vec<ModelId> {
    let loaded = state.services.models.list_loaded().into_iter();
    loaded.filter(|model| model.kind == domain.kind()).map(|model| model.id).collect()
}

fn reads_images(state: &AppState, found: &Found) -> bool {
    match found {
        Found::Model { model, .. } => {
            let capacity = state.services.models.find_capacity(&model.id);
            model.reads_images || capacity.is_some_and(|capacity| capacity.reads_images)
        }
        Found::Collection { .. } => false,
    }
}
