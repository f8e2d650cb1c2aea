//! Search: the passages that match a query.

use std::time::Instant;

use quire_domain::{Collection, CollectionName, Scope, SearchMode, SearchResults};
use quire_retrieval::{Query, Scoped, Tuning};
use serde::{Deserialize, Serialize};

use crate::{ServiceError, Services};

/// The most hits that can be asked for.
const MAX_K: usize = 100;

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
    /// Whether the second stage reads the best hits of a hybrid search again.
    #[serde(default = "default_rerank")]
    pub rerank: bool,
    /// Which documents count.
    #[serde(flatten)]
    pub scope: Scope,
    /// Collections that count as well. What is found in all of them is ranked together.
    #[serde(skip)]
    pub beside: Vec<Beside>,
}

/// A collection that counts beside the one that is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Beside {
    /// The collection.
    pub collection: CollectionName,
    /// Which of its documents count.
    pub scope: Scope,
}

impl Default for SearchRequest {
    fn default() -> Self {
        Self {
            query: String::new(),
            k: default_k(),
            mode: SearchMode::default(),
            rerank: default_rerank(),
            scope: Scope::default(),
            beside: Vec::new(),
        }
    }
}

fn default_rerank() -> bool {
    true
}

fn default_k() -> usize {
    10
}

impl Services {
    /// Searches a collection, and those beside it.
    pub async fn search(
        &self,
        collection: &CollectionName,
        request: SearchRequest,
    ) -> Result<SearchResults, ServiceError> {
        let started = Instant::now();
        let query = request.query.trim();
        if query.is_empty() {
            return Err(ServiceError::Empty { what: "query" });
        }
        let collection = self.inner.catalog.get_collection(collection).await?;
        let limit = request.k.clamp(1, MAX_K);
        let scoped = self.resolve_all((collection, &request.scope), &request.beside).await?;
        let query = Query {
            text: query,
            limit,
            mode: request.mode,
            rerank: request.rerank,
            documents: None,
            tuning: Tuning::default(),
        };
        let found = self.inner.retrieval.find_in_all(&scoped, query).await?;
        let hits = found.hits;
        Ok(SearchResults { hits, took_ms: started.elapsed().as_millis() as u64 })
    }

    /// Finds which documents count, of a collection and of those beside it. The first is the collection's.
    pub(crate) async fn resolve_all(
        &self,
        (collection, scope): (Collection, &Scope),
        beside: &[Beside],
    ) -> Result<Vec<Scoped>, ServiceError> {
        let documents = self.documents.resolve_scope(&collection.name, scope).await?;
        let mut all = vec![Scoped { collection, documents }];
        for Beside { collection, scope } in beside {
            let collection = self.inner.catalog.get_collection(collection).await?;
            let documents = self.documents.resolve_scope(&collection.name, scope).await?;
            all.push(Scoped { collection, documents });
        }
        Ok(all)
    }
}
