//! Places: the folders and documents of a collection that a question can be limited to.

use serde::{Deserialize, Serialize};

use crate::DocumentRef;

/// A folder of a collection, by the paths of its documents.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Folder {
    /// Its path, with a `/` at the end.
    pub path: String,
    /// Documents in it and in the folders below.
    pub documents: u64,
}

/// Folders and documents whose names fit some words.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Places {
    /// Folders, by path.
    pub folders: Vec<Folder>,
    /// Documents that can be searched, by path.
    pub documents: Vec<DocumentRef>,
    /// Whether there are more than are listed.
    pub more: bool,
}
