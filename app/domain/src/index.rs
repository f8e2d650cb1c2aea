//! Indexes of a collection: the active one answers, the next one is being built beside it, the
//! previous one is kept for going back.

use serde::{Deserialize, Serialize};

use crate::{Language, ModelId};

/// How far an index is that is being built.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IndexState {
    /// Some documents of the active index are missing in it.
    Building,
    /// It holds just the documents of the active index and can take its place.
    Ready,
    /// It cannot be built; `error` says why.
    Failed,
}

/// When an index that is complete takes the place of the active one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IndexSwitch {
    /// At once.
    WhenReady,
    /// When somebody says so, for instance after both were evaluated.
    OnRequest,
}

/// Which index of a collection to use.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IndexChoice {
    /// The one that answers.
    #[default]
    Active,
    /// The one that is to take its place; it must be ready.
    Next,
}

impl IndexChoice {
    /// Shows the word for the choice.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Next => "next",
        }
    }
}

/// An index that is to take the place of the active one.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextIndex {
    /// Names it.
    pub index_id: String,
    /// The model that embeds its chunks and questions.
    pub embedding_model: ModelId,
    /// The language of its keyword index.
    pub language: Language,
    /// How far it is.
    pub state: IndexState,
    /// When it becomes the active one.
    pub switch: IndexSwitch,
    /// Documents that it holds in the version that the active index holds.
    pub done: u64,
    /// Documents of the active index.
    pub total: u64,
    /// Why it cannot be built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// The index that was active before, kept for going back.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviousIndex {
    /// Names it.
    pub index_id: String,
    /// The model that embedded its chunks.
    pub embedding_model: ModelId,
    /// The language of its keyword index.
    pub language: Language,
}
