//! `/v1/embeddings`: vectors as numbers or as base64 of little-endian `f32`.
//!
//! Arrays of tokens are turned into the text that they are: clients send those of OpenAI's tokenizer for models whose
//! tokenizer they do not know.

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use quire_domain::{ModelId, ModelKind, TimeToLive};
use quire_engines::{Embedder, Embeddings, TextRole};
use quire_service::Services;
use serde::Deserialize;
use serde_json::{Value, json};
use tiktoken_rs::cl100k_base_singleton;

use super::error::{from_service, unsupported};
use super::resolve::{Target, resolve};
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;

/// The most texts of one request.
const MAX_INPUTS: usize = 2048;

/// An embedding request.
#[derive(Debug, Deserialize)]
pub struct EmbeddingBody {
    input: Option<Value>,
    model: Option<String>,
    encoding_format: Option<String>,
    dimensions: Option<usize>,
    input_type: Option<String>,
    /// How long the model stays in memory from now on, in seconds; Quire's own.
    ttl: Option<i64>,
}

/// How vectors are written.
#[derive(Clone, Copy)]
enum Encoding {
    Float,
    Base64,
}

/// Turns texts into vectors.
pub async fn embed(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<EmbeddingBody>,
) -> Result<Json<Value>, ApiError> {
    let texts = texts(body.input.as_ref())?;
    let encoding = encoding(body.encoding_format.as_deref())?;
    let role = match body.input_type.as_deref() {
        Some("query" | "search_query") => TextRole::Query,
        _ => TextRole::Passage,
    };
    let ttl = body.ttl.map(TimeToLive::from_seconds);
    let wanted = Wanted { model: body.model, texts, role, dimensions: body.dimensions, ttl };
    let (model, made) = make(&state.services, wanted).await?;
    let data: Vec<Value> = made
        .vectors
        .iter()
        .enumerate()
        .map(|(index, vector)| {
            json!({"object": "embedding", "index": index, "embedding": encode(vector, encoding)})
        })
        .collect();
    let tokens: usize = made.token_counts.iter().sum();
    Ok(Json(json!({
        "object": "list",
        "data": data,
        "model": model,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    })))
}

/// Vectors that are wanted.
pub struct Wanted {
    /// The name of the model.
    pub model: Option<String>,
    /// The texts.
    pub texts: Vec<String>,
    /// What they are.
    pub role: TextRole,
    /// How many numbers a vector is to have.
    pub dimensions: Option<usize>,
    /// How long the model stays in memory from now on.
    pub ttl: Option<TimeToLive>,
}

/// Makes vectors, and gives them with the model's name.
pub async fn make(services: &Services, wanted: Wanted) -> Result<(ModelId, Embeddings), ApiError> {
    let target = resolve(services, wanted.model.as_deref(), ModelKind::Embedding).await?;
    let model = match target {
        Target::Model(model) => Some(model),
        Target::Default => None,
        Target::Collection { .. } => return Err(unsupported("model", "Embedding by a collection")),
    };
    let embedder = services.models.get_embedder(model.as_ref()).await.map_err(from_service)?;
    let model = embedder.info().model.clone();
    services.models.keep(&model, wanted.ttl);
    check_dimensions(embedder.as_ref(), wanted.dimensions)?;
    let made = embedder.embed(wanted.texts, wanted.role).await;
    Ok((model, made.map_err(|error| from_service(error.into()))?))
}

fn texts(input: Option<&Value>) -> Result<Vec<String>, ApiError> {
    let refuse = |message: &str| Err(ApiError::invalid(message).param("input"));
    match input {
        Some(Value::String(text)) => Ok(vec![text.clone()]),
        Some(Value::Array(items)) if items.is_empty() => refuse("`input` is empty."),
        // Of one text.
        Some(Value::Array(items)) if items.iter().all(Value::is_number) => {
            Ok(vec![text_of_tokens(items)?])
        }
        Some(Value::Array(items)) if items.len() > MAX_INPUTS => {
            refuse(&format!("`input` has more than {MAX_INPUTS} entries."))
        }
        Some(Value::Array(items)) => items.iter().map(text).collect(),
        _ => refuse("`input` must be a string or an array of strings."),
    }
}

fn text(item: &Value) -> Result<String, ApiError> {
    match item {
        Value::String(text) => Ok(text.clone()),
        Value::Array(tokens) if !tokens.is_empty() => text_of_tokens(tokens),
        _ => {
            Err(ApiError::invalid("`input` must be a string or an array of strings.")
                .param("input"))
        }
    }
}

/// Gives the text of tokens of the tokenizer `cl100k`, which OpenAI's embedding models have and clients take for others.
fn text_of_tokens(tokens: &[Value]) -> Result<String, ApiError> {
    let numbers = tokens.iter().map(|token| u32::try_from(token.as_u64()?).ok());
    let numbers: Option<Vec<u32>> = numbers.collect();
    let bytes = numbers.and_then(|numbers| cl100k_base_singleton().decode_bytes(&numbers).ok());
    let refuse = || {
        let message = "`input` has numbers that are no tokens of OpenAI's `cl100k_base`; send strings. In LangChain: `OpenAIEmbeddings(..., check_embedding_ctx_length=False)`.";
        ApiError::invalid(message).param("input").code("unsupported_value")
    };
    Ok(String::from_utf8_lossy(&bytes.ok_or_else(refuse)?).into_owned())
}

fn encoding(name: Option<&str>) -> Result<Encoding, ApiError> {
    match name {
        None | Some("float") => Ok(Encoding::Float),
        Some("base64") => Ok(Encoding::Base64),
        Some(other) => {
            let what = format!("The encoding `{other}` (only `float` and `base64` are)");
            Err(unsupported("encoding_format", &what))
        }
    }
}

/// None of the models can be cut short, so only the native length will do.
fn check_dimensions(embedder: &dyn Embedder, wanted: Option<usize>) -> Result<(), ApiError> {
    let native = embedder.info().dimensions;
    match wanted {
        Some(wanted) if wanted != native => {
            let message = format!(
                "`{}` makes vectors of {native} dimensions, which cannot be changed to {wanted}.",
                embedder.info().model
            );
            Err(ApiError::invalid(message).param("dimensions").code("unsupported_value"))
        }
        _ => Ok(()),
    }
}

fn encode(vector: &[f32], encoding: Encoding) -> Value {
    match encoding {
        Encoding::Float => json!(vector),
        Encoding::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            BASE64_STANDARD.encode(bytes).into()
        }
    }
}
