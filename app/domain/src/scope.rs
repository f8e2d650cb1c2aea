//! Scope: the documents that a question or a search is limited to.

use serde::{Deserialize, Serialize};

use crate::{Day, DocumentId};

/// Which documents count; an empty scope is all of them.
///
/// Each kind narrows the others; within a kind one match is enough.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scope {
    /// Only these documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documents: Option<Vec<DocumentId>>,
    /// Only documents at these paths, or in these folders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
    /// Only documents with one of these tags, or with one below it; with or without `#`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Only these notes and those that are linked with one of them, whichever way: by path, or by
    /// name as links have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub linked_with: Vec<String>,
    /// Only documents of this day or later (`2026-01-31`, UTC): by the date that they state, else
    /// by their file's last change if it is known, else by when they were added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Day>,
    /// Only documents of this day or earlier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Day>,
}

impl Scope {
    /// Returns whether nothing is named and all documents are meant.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}
