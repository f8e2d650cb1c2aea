//! Files: bytes as they were uploaded. Every document is a file; a file may be a document of several collections, or of
//! none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ContentHash, DocumentId, FileId};

/// What begins the identifier of a file.
const PREFIX: &str = "file-";

/// What stands in a document's identifier between that of its file and the number of the copy.
const COPY: char = '_';

/// A file.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct FileRecord {
    /// Its identifier.
    pub id: FileId,
    /// Its name; of a document, its path.
    pub name: String,
    /// What it was uploaded for, in the words of whoever did.
    pub purpose: String,
    /// The hash of its bytes.
    pub sha256: ContentHash,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// When it came, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it is to go.
    pub expires_at_ms: Option<i64>,
}

/// What a client attached to a document, by names.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// One of them.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(f64),
    /// Words.
    Text(String),
}

impl FileId {
    /// Gives the file that a document is.
    #[expect(clippy::missing_panics_doc, reason = "what is made of an identifier is one")]
    pub fn of_document(document: &DocumentId) -> Self {
        let id = document.as_str();
        let stem = id.split_once(COPY).map_or(id, |(stem, _)| stem);
        let id = format!("{PREFIX}{}", stem.chars().take(70).collect::<String>());
        id.parse().expect("letters, digits and hyphens, and short enough")
    }

    /// Gives the identifier of the file's document in the first collection; those in others have a number behind it.
    pub fn stem(&self) -> &str {
        self.as_str().strip_prefix(PREFIX).unwrap_or(self.as_str())
    }

    /// Gives the identifier of the file's document: 0 is that of the first collection.
    pub fn document(&self, copy: u32) -> Option<DocumentId> {
        match copy {
            0 => self.stem().parse().ok(),
            _ => format!("{}{COPY}{copy}", self.stem()).parse().ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_says_which_file_it_is() {
        let file: FileId = "file-0191".parse().expect("an id");
        for copy in [0, 1, 12] {
            let document = file.document(copy).expect("an id");
            assert_eq!(FileId::of_document(&document), file, "{document}");
        }
    }
}
