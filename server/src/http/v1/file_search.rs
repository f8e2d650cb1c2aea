//! The tool `file_search`: which vector stores an answer rests on.

use quire_service::AttributeFilter;
use serde::Deserialize;
use serde_json::Value;

use super::vector_stores::search::RankingOptions;
use crate::http::error::ApiError;

/// The type of the tool.
pub const FILE_SEARCH: &str = "file_search";

/// The most stores of one answer.
const MOST_STORES: usize = 8;

/// The tool.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct FileSearchTool {
    /// The stores, by their identifiers or their collections' names.
    pub vector_store_ids: Vec<String>,
    /// How many passages are told at most.
    pub max_num_results: Option<usize>,
    /// Which files count.
    pub filters: Option<AttributeFilter>,
    /// How passages are ordered.
    pub ranking_options: Option<RankingOptions>,
}

impl FileSearchTool {
    /// Reads the tool; its settings may stand in a field of its name.
    pub fn read(tool: &Value, place: &str) -> Result<Self, ApiError> {
        let fields = tool.get(FILE_SEARCH).unwrap_or(tool);
        let read = Self::deserialize(fields);
        let read =
            read.map_err(|error| ApiError::invalid(format!("{place}: {error}")).param(place))?;
        if (1..=MOST_STORES).contains(&read.vector_store_ids.len()) {
            return Ok(read);
        }
        let message = format!("`vector_store_ids` must name 1 to {MOST_STORES} stores.");
        Err(ApiError::invalid(message).param(place))
    }
}
