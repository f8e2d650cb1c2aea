//! `/v1/models` as Anthropic has it: what answers messages, chat models and collections, in parts.

use axum::Json;
use axum::extract::{Path, State};
use quire_domain::{Collection, InstalledModel, ModelKind};
use quire_service::Services;
use serde::{Deserialize, Serialize};

use crate::http::error::ApiError;
use crate::http::extract::QueryOf;
use crate::http::moment::moment;
use crate::http::state::AppState;
use crate::http::v1::error::model_not_found;
use crate::http::v1::resolve::{COLLECTION_PREFIX, Target, resolve};

/// How many models a part has unless it is said, and at most.
const USUAL: usize = 20;
const MOST: usize = 1000;

/// Which part of the list is wanted.
#[derive(Debug, Deserialize)]
pub struct PartQuery {
    limit: Option<usize>,
    after_id: Option<String>,
    before_id: Option<String>,
}

/// A part of the list.
#[derive(Serialize)]
pub struct ModelPart {
    data: Vec<ModelInfo>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

/// Something that answers messages.
#[derive(Clone, Serialize)]
pub struct ModelInfo {
    #[serde(rename = "type")]
    kind: &'static str,
    id: String,
    display_name: String,
    /// The beginning of 1970 for models, of which nobody knows when they were published, as Anthropic has it.
    created_at: String,
    lifecycle: &'static str,
    max_input_tokens: Option<u32>,
    max_tokens: Option<u32>,
}

/// Lists what answers: models, then collections.
pub async fn list(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<PartQuery>,
) -> Result<Json<ModelPart>, ApiError> {
    Ok(Json(query.part_of(&answering(&state.services).await?)?))
}

/// Shows one; a name that another model answers for, such as one of Anthropic's, shows that model.
pub async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<ModelInfo>, ApiError> {
    let services = &state.services;
    let meant = match resolve(services, Some(&id), ModelKind::Chat).await? {
        Target::Default => services.config().chat_model.to_string(),
        Target::Model(model) => model.to_string(),
        Target::Collection { name, .. } => format!("{COLLECTION_PREFIX}{name}"),
    };
    let found = answering(services).await?.into_iter().find(|one| one.id == meant);
    let missing = || {
        let message = format!(
            "`{meant}` is not here, or answers no messages; GET /v1/models lists what does."
        );
        model_not_found(message)
    };
    Ok(Json(found.ok_or_else(missing)?))
}

async fn answering(services: &Services) -> Result<Vec<ModelInfo>, ApiError> {
    let models = services.models.list().await?;
    let models = models.iter().filter(|model| model.kind == ModelKind::Chat).map(ModelInfo::from);
    let collections = services.collections.list().await?;
    Ok(models.chain(collections.iter().map(ModelInfo::from)).collect())
}

impl PartQuery {
    /// Takes the part out of the list: what follows `after_id`, or what comes before `before_id`, or the beginning.
    fn part_of(&self, all: &[ModelInfo]) -> Result<ModelPart, ApiError> {
        let limit = self.limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            let message = format!("`limit` is {limit}; it must be 1 to {MOST}.");
            return Err(ApiError::invalid(message).param("limit"));
        }
        let place = |name: &'static str, id: &Option<String>| {
            let Some(id) = id.as_ref().filter(|id| !id.is_empty()) else { return Ok(None) };
            let found = all.iter().position(|one| one.id == *id);
            let missing = || {
                ApiError::invalid(format!("`{name}` is `{id}`, which is not in the list."))
                    .param(name)
            };
            found.map(Some).ok_or_else(missing)
        };
        let (data, has_more) =
            match (place("after_id", &self.after_id)?, place("before_id", &self.before_id)?) {
                (Some(_), Some(_)) => {
                    let message = "`after_id` and `before_id` cannot be used together.";
                    return Err(ApiError::invalid(message).param("before_id"));
                }
                (None, Some(before)) => {
                    let begin = before.saturating_sub(limit);
                    (all.get(begin..before), begin > 0)
                }
                (after, None) => {
                    let begin = after.map_or(0, |after| after + 1);
                    let end = all.len().min(begin.saturating_add(limit));
                    (all.get(begin..end), end < all.len())
                }
            };
        let data = data.unwrap_or_default().to_vec();
        let id = |one: Option<&ModelInfo>| one.map(|one| one.id.clone());
        Ok(ModelPart { first_id: id(data.first()), last_id: id(data.last()), data, has_more })
    }
}

impl ModelInfo {
    fn new(id: String, display_name: String, created_at_ms: i64, context: Option<u32>) -> Self {
        Self {
            kind: "model",
            id,
            display_name,
            created_at: moment(created_at_ms),
            lifecycle: "active",
            max_input_tokens: context,
            max_tokens: context,
        }
    }
}

impl From<&InstalledModel> for ModelInfo {
    fn from(model: &InstalledModel) -> Self {
        let id = model.id.to_string();
        let name = id.rsplit_once('/').map_or(id.as_str(), |(_, name)| name).to_owned();
        Self::new(id, name, 0, model.context_tokens)
    }
}

impl From<&Collection> for ModelInfo {
    fn from(collection: &Collection) -> Self {
        let name = collection.name.to_string();
        Self::new(format!("{COLLECTION_PREFIX}{name}"), name, collection.created_at_ms, None)
    }
}
