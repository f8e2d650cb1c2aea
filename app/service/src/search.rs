//! Search: the passages that match a query.

use quire_domain::{CollectionName, SearchMode, SearchResults};
use serde::{Deserialize, Serialize};

use crate::{ServiceError, Services};

/// What to search for.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct SearchRequest {
    /// The words.
    pub query: String,
    /// How many hits at most, 1 to 100.
    #[serde(default = "default_k")]
    pub k: usize,
    /// How to find them.
    #[serde(default)]
    pub mode: SearchMode,
}

fn default_k() -> usize {
    10
}

impl Services {
    /// Searches a collection.
    pub async fn search(
        &self,
        _collection: &CollectionName,
        _request: SearchRequest,
    ) -> Result<SearchResults, ServiceError> {
        todo!()
    }
}
