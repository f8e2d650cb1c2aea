//! Models as Ollama lists them: on disk (`/api/tags`), one of them (`/api/show`), and in memory (`/api/ps`). Collections
//! are listed too, since they answer.

use axum::Json;
use axum::extract::State;
use quire_domain::hex::hex;
use quire_domain::{Collection, InstalledModel, ModelFormat, ModelKind, ResidentModel};
use quire_folder_sync::now_ms;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::moment::moment;
use crate::http::state::{AppState, Started};
use crate::http::v1::error::model_not_found;
use crate::http::v1::resolve::{COLLECTION_PREFIX, Target, resolve};

/// The version of Ollama whose API this is: clients ask for features by it.
const VERSION: &str = "0.12.0";

/// When a model that never leaves memory is said to leave it.
const NEVER: &str = "2318-01-01T00:00:00Z";

/// A list of models.
#[derive(Serialize)]
pub struct ModelList<T> {
    models: Vec<T>,
}

/// A model on disk.
#[derive(Serialize)]
pub struct TagEntry {
    #[serde(flatten)]
    named: Named,
    modified_at: String,
}

/// A model in memory.
#[derive(Serialize)]
pub struct LoadedEntry {
    #[serde(flatten)]
    named: Named,
    expires_at: String,
    size_vram: u64,
    context_length: u32,
}

#[derive(Serialize)]
struct Named {
    name: String,
    model: String,
    size: u64,
    /// A hash of the name: the files are not hashed for this.
    digest: String,
    details: Details,
}

#[derive(Clone, Serialize)]
struct Details {
    parent_model: &'static str,
    format: &'static str,
    family: &'static str,
    families: Vec<&'static str>,
    parameter_size: &'static str,
    quantization_level: String,
}

/// A model as `/api/show` tells of it.
#[derive(Serialize)]
pub struct Shown {
    license: &'static str,
    modelfile: &'static str,
    parameters: &'static str,
    template: &'static str,
    details: Details,
    model_info: Map<String, Value>,
    capabilities: Vec<&'static str>,
    modified_at: String,
}

/// Which model to show.
#[derive(Deserialize)]
pub struct ShowBody {
    model: Option<String>,
    name: Option<String>,
}

/// The version.
#[derive(Serialize)]
pub struct Version {
    version: &'static str,
}

/// Tells the version.
pub async fn version() -> Json<Version> {
    Json(Version { version: VERSION })
}

/// Lists the models on disk, and the collections.
pub async fn tags(State(state): State<AppState>) -> Result<Json<ModelList<TagEntry>>, ApiError> {
    let models = state.services.models.list().await?;
    let collections = state.services.collections.list().await?;
    let modified_at = started(state.started);
    let models = models
        .iter()
        .map(|model| TagEntry { named: Named::of_model(model), modified_at: modified_at.clone() });
    let collections = collections.iter().map(|collection| TagEntry {
        named: Named::of_collection(collection),
        modified_at: moment(collection.created_at_ms),
    });
    Ok(Json(ModelList { models: models.chain(collections).collect() }))
}

/// Lists the models in memory.
pub async fn ps(State(state): State<AppState>) -> Result<Json<ModelList<LoadedEntry>>, ApiError> {
    let models = state.services.models.list().await?;
    let loaded = state.services.models.list_loaded();
    let one = |resident: &ResidentModel| {
        let model = models.iter().find(|model| model.id == resident.id)?;
        let named = Named { size: resident.memory_bytes, ..Named::of_model(model) };
        Some(LoadedEntry {
            named,
            expires_at: leaves_at(resident),
            size_vram: 0,
            context_length: model.context_tokens.unwrap_or_default(),
        })
    };
    Ok(Json(ModelList { models: loaded.iter().filter_map(one).collect() }))
}

/// Shows a model or a collection.
pub async fn show(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<ShowBody>,
) -> Result<Json<Shown>, ApiError> {
    let name = body.model.or(body.name).unwrap_or_default();
    let services = &state.services;
    let target = match resolve(services, Some(&name), ModelKind::Chat).await? {
        Target::Default => Target::Model(services.config().chat_model.clone()),
        target => target,
    };
    let (details, context, capabilities, modified_at) = match target {
        Target::Collection { name, .. } => {
            let collection = services.collections.get(&name).await?;
            let details = Named::of_collection(&collection).details;
            (details, None, vec!["completion"], moment(collection.created_at_ms))
        }
        Target::Model(_) | Target::Default => {
            let models = services.models.list().await?;
            let found = models.iter().find(|model| target == Target::Model(model.id.clone()));
            let missing = || model_not_found(format!("The model `{name}` is not installed."));
            let model = found.ok_or_else(missing)?;
            let details = Named::of_model(model).details;
            (details, model.context_tokens, capabilities(model), started(state.started))
        }
    };
    let mut model_info = Map::new();
    model_info.insert("general.architecture".to_owned(), details.family.into());
    if let Some(context) = context {
        model_info.insert(format!("{}.context_length", details.family), context.into());
    }
    Ok(Json(Shown {
        license: "",
        modelfile: "",
        parameters: "",
        template: "",
        details,
        model_info,
        capabilities,
        modified_at,
    }))
}

fn capabilities(model: &InstalledModel) -> Vec<&'static str> {
    match model.kind {
        ModelKind::Chat if model.reads_images => vec!["completion", "tools", "vision"],
        ModelKind::Chat => vec!["completion", "tools"],
        ModelKind::Embedding => vec!["embedding"],
        ModelKind::Reranker | ModelKind::Judge | ModelKind::Ocr => Vec::new(),
    }
}

impl Named {
    fn of_model(model: &InstalledModel) -> Self {
        let format = match model.format {
            Some(ModelFormat::Gguf) => "gguf",
            Some(ModelFormat::Safetensors) => "safetensors",
            Some(ModelFormat::Onnx) => "onnx",
            None => "remote",
        };
        let family = match model.kind {
            ModelKind::Chat => "llm",
            ModelKind::Embedding => "embedding",
            ModelKind::Reranker => "reranker",
            ModelKind::Judge => "judge",
            ModelKind::Ocr => "ocr",
        };
        let mut details = Details::new(format, family, model.quantization.clone());
        if model.reads_images {
            // The projector's, by which older clients tell that images are read.
            details.families.push("clip");
        }
        Self::new(model.id.to_string(), model.size_bytes, details)
    }

    fn of_collection(collection: &Collection) -> Self {
        let name = format!("{COLLECTION_PREFIX}{}", collection.name);
        Self::new(name, 0, Details::new("collection", "collection", None))
    }

    fn new(name: String, size: u64, details: Details) -> Self {
        let digest = hex(&Sha256::digest(name.as_bytes()));
        Self { model: name.clone(), name, size, digest, details }
    }
}

impl Details {
    fn new(format: &'static str, family: &'static str, quantization: Option<String>) -> Self {
        Self {
            parent_model: "",
            format,
            family,
            families: vec![family],
            parameter_size: "",
            quantization_level: quantization.unwrap_or_default(),
        }
    }
}

/// When a model leaves memory by itself.
fn leaves_at(resident: &ResidentModel) -> String {
    let seconds = resident.ttl_seconds.and_then(|seconds| i64::try_from(seconds).ok());
    let left_ms = seconds.map(|seconds| seconds.saturating_mul(1000));
    left_ms.map_or_else(|| NEVER.to_owned(), |left| moment(now_ms().saturating_add(left)))
}

fn started(Started(seconds): Started) -> String {
    moment(i64::try_from(seconds).unwrap_or_default().saturating_mul(1000))
}
