//! Models as people see them: what is installed, what it is for, what it needs.

use serde::{Deserialize, Serialize};

use crate::{Language, ModelId};

/// What a model does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Continues text and answers.
    Chat,
    /// Turns text into vectors.
    Embedding,
    /// Scores how well a passage answers a question.
    Reranker,
    /// Judges if a sentence follows from a passage.
    Judge,
}

/// How a model's weights are stored.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ModelFormat {
    /// One GGUF file, for llama.cpp.
    Gguf,
    /// A folder with safetensors, tokenizer and configuration, for candle.
    Safetensors,
}

/// A model that is on disk.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstalledModel {
    /// Its name.
    pub id: ModelId,
    /// What it does.
    pub kind: ModelKind,
    /// How it is stored.
    pub format: ModelFormat,
    /// Bytes on disk.
    pub size_bytes: u64,
    /// The longest input it takes, in tokens, if known without loading.
    pub context_tokens: Option<u32>,
    /// Such as `Q4_K_M`, if known.
    pub quantization: Option<String>,
    /// How many numbers a vector of an embedding model has, if known without loading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// Those of the languages it was made for that Quire tells apart, if somebody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub languages: Option<Vec<Language>>,
    /// Whether it is in memory now.
    pub loaded: bool,
}
