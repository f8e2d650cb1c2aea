//! Search: a query's mode, hits and scores, in the shape of `search --json`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::refuse;
use crate::{ChunkId, DocumentRef, DocumentTarget, InvalidName, TextVersion};

/// How passages are found.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum SearchMode {
    /// Both, fused.
    #[default]
    Hybrid,
    /// By the meaning of the text: nearest embedding vectors.
    Dense,
    /// By the words of the text: BM25.
    Keyword,
}

impl FromStr for SearchMode {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        match value {
            "hybrid" => Ok(Self::Hybrid),
            "dense" => Ok(Self::Dense),
            "keyword" => Ok(Self::Keyword),
            _ => Err(refuse("search mode", value, "is not one of hybrid, dense, keyword")),
        }
    }
}

/// A hit's score in each stage that saw it.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HitScores {
    /// Cosine similarity, -1 to 1.
    pub dense: Option<f32>,
    /// BM25, 0 and up.
    pub keyword: Option<f32>,
    /// The second stage's score.
    pub rerank: Option<f32>,
}

/// One passage found.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hit {
    /// Its place in the list, from 1.
    pub rank: u32,
    /// The score it is ranked by.
    pub score: f32,
    /// The scores behind it.
    pub scores: HitScores,
    /// The chunk.
    pub chunk_id: ChunkId,
    /// The chunk's number in its document, from 0.
    pub ordinal: u32,
    /// The chunk's text.
    pub text: String,
    /// The document it is from.
    pub document: DocumentRef,
    /// The page, from 1.
    pub page: Option<u32>,
    /// The headings above, outermost first.
    pub heading: Vec<String>,
    /// First and last line in the file.
    pub lines: Option<(u32, u32)>,
    /// First and last data row.
    pub rows: Option<(u32, u32)>,
    /// Where the passage starts in the page's stored text, in code points.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// The version of the text that `start` and `end` count in; hits of before were kept without it.
    #[serde(default)]
    pub version: Option<TextVersion>,
    /// A link that opens Obsidian there, if the document is a file of a vault.
    #[serde(default)]
    pub obsidian_url: Option<String>,
}

impl Hit {
    /// Points to the passage in its document.
    pub fn target(&self) -> DocumentTarget {
        DocumentTarget {
            id: self.document.id.to_string(),
            page: self.page,
            start: Some(self.start),
            end: Some(self.end),
            version: self.version.clone(),
            quote: None,
        }
    }
}

/// The answer to a search.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResults {
    /// The hits, best first.
    pub hits: Vec<Hit>,
    /// How long it took.
    pub took_ms: u64,
}
