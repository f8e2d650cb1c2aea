//! Documents: one file at one path in a collection, at one content hash.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::refuse;
use crate::{
    CollectionName, ContentHash, DocumentId, DocumentPath, InvalidName, Language, LeftOut, Link,
    PageKind,
};

/// How far a document has come in the ledger.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum DocumentStatus {
    /// The original is stored; nothing has been read yet.
    Accepted,
    /// Text, blocks and chunks are stored.
    Parsed,
    /// Every chunk has its vector.
    Embedded,
    /// Every chunk can be searched.
    Indexed,
    /// It could not be read; `error` says why.
    Failed,
    /// Its format is not one that is read.
    Unsupported,
}

impl DocumentStatus {
    /// Every status, in the order of a document's life.
    pub const ALL: &[Self] = &[
        Self::Accepted,
        Self::Parsed,
        Self::Embedded,
        Self::Indexed,
        Self::Failed,
        Self::Unsupported,
    ];

    /// Shows the word used on the wire and in the catalog.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Parsed => "parsed",
            Self::Embedded => "embedded",
            Self::Indexed => "indexed",
            Self::Failed => "failed",
            Self::Unsupported => "unsupported",
        }
    }

    /// Returns whether no more work will be done unless somebody asks.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Indexed | Self::Failed | Self::Unsupported)
    }
}

impl FromStr for DocumentStatus {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let problem = "is not one of accepted, parsed, embedded, indexed, failed, unsupported";
        let found = Self::ALL.iter().copied().find(|status| status.as_str() == value);
        found.ok_or_else(|| refuse("status", value, problem))
    }
}

/// Something of a document that was not read, or read with doubt.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Warning {
    /// A stable word for programs, such as `page_without_text`.
    pub code: String,
    /// A sentence for people.
    pub message: String,
    /// The page it is about, from 1.
    #[serde(default)]
    pub page: Option<u32>,
}

impl Warning {
    /// Makes a warning about the whole document.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), page: None }
    }

    /// Makes a warning about one page.
    pub fn on_page(page: u32, code: &str, message: impl Into<String>) -> Self {
        Self { page: Some(page), ..Self::new(code, message) }
    }
}

/// Why a document failed, and what its owner can do.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// A stable word for programs, such as `encrypted`.
    pub code: String,
    /// What happened, as a sentence.
    pub message: String,
    /// What to do about it, if we know.
    pub hint: Option<String>,
}

/// A document as the catalog knows it.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Document {
    /// Its identifier.
    pub id: DocumentId,
    /// Its collection.
    pub collection: CollectionName,
    /// Its path, as ingested, relative to the folder given.
    pub path: DocumentPath,
    /// The title found in it, or its file name.
    pub title: String,
    /// How far it has come.
    pub status: DocumentStatus,
    /// The hash of the original's bytes.
    pub sha256: ContentHash,
    /// The original's size.
    pub size_bytes: u64,
    /// How many pages it has, for formats that have pages.
    pub pages: Option<u32>,
    /// What its pages are: sheets, slides or chapters in formats that have such; absent for pages of paper.
    #[serde(default, skip_serializing_if = "PageKind::is_page")]
    pub page_kind: PageKind,
    /// How many chunks it was cut into.
    pub chunk_count: u32,
    /// The language found in it.
    pub language: Language,
    /// Its tags, without `#`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The date that scopes go by: the one that it states, else its file's last change if that
    /// is known, else when it was added; in milliseconds since the Unix epoch.
    #[serde(default)]
    pub dated_at_ms: i64,
    /// What was not read.
    pub warnings: Vec<Warning>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// When it was first added, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it last changed, in milliseconds since the Unix epoch.
    pub updated_at_ms: i64,
}

/// A document, and what reading it left out of its text.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentDetails {
    /// The document.
    #[serde(flatten)]
    pub document: Document,
    /// Lines at the edges of its pages that are no part of its text, each once.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

/// Enough of a document to name it and link to it.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentRef {
    /// Its identifier.
    pub id: DocumentId,
    /// Its path in the collection.
    pub path: DocumentPath,
    /// Its title.
    pub title: String,
    /// What its pages are: sheets, slides or chapters in formats that have such; absent for pages of paper.
    #[serde(default, skip_serializing_if = "PageKind::is_page")]
    pub page_kind: PageKind,
}

/// A link of a document, and the document that it leads to.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResolvedLink {
    /// The link as written.
    #[serde(flatten)]
    pub link: Link,
    /// Where it leads; nothing in the collection if absent.
    pub document: Option<DocumentRef>,
}

/// A link from another document.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Backlink {
    /// The document that it stands in.
    pub document: DocumentRef,
    /// The link as written.
    #[serde(flatten)]
    pub link: Link,
}

/// The links of a document, both ways.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DocumentLinks {
    /// Where it links to, in the order of its text.
    pub links: Vec<ResolvedLink>,
    /// What links to it, by path.
    pub backlinks: Vec<Backlink>,
}

/// A tag of a collection.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TagCount {
    /// The tag, without `#`.
    pub tag: String,
    /// How many documents have it, or one below it.
    pub documents: u64,
}
