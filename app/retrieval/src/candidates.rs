//! Candidates: what the dense and the keyword half find for a question.

use quire_domain::{Collection, SearchMode};
use quire_engines::TextRole;
use quire_vectorstore::{ChunkFilter, IndexId, ScoredChunk, StoreError};

use crate::{Query, Retrieval, RetrievalError};

/// What each half found, best first; empty for a half that was not asked.
#[derive(Clone)]
pub struct Candidates {
    /// By meaning.
    pub dense: Vec<ScoredChunk>,
    /// By words.
    pub keyword: Vec<ScoredChunk>,
    /// What the embedding model read of the question, if the whole was too long for it.
    pub embedded_query: Option<String>,
}

impl Retrieval {
    /// Asks both halves at once for `limit` chunks each.
    pub async fn find_candidates(
        &self,
        collection: &Collection,
        query: &Query<'_>,
        limit: usize,
    ) -> Result<Candidates, RetrievalError> {
        let index: IndexId = collection.index_id.parse()?;
        let filter = ChunkFilter { documents: query.documents.clone() };
        let dense = async {
            if query.mode == SearchMode::Keyword {
                return Ok((Vec::new(), None));
            }
            let embedder = self.models.get_embedder(&collection.embedding_model).await?;
            let text = shorten(query.text, |text| {
                embedder.count_tokens(text) + 2 <= embedder.info().max_tokens
            });
            let shortened = (text != query.text).then(|| text.clone());
            let answer = embedder.embed(vec![text], TextRole::Query).await?;
            let vector = answer.vectors.into_iter().next().unwrap_or_default();
            let found = self.store.search_dense(&index, &vector, limit, &filter).await;
            Ok::<_, RetrievalError>((found_or_empty(found)?, shortened))
        };
        let keyword = async {
            if query.mode == SearchMode::Dense {
                return Ok(Vec::new());
            }
            let store = &self.store;
            found_or_empty(store.search_keyword(&index, query.text, limit, &filter).await)
        };
        let ((dense, embedded_query), keyword) = futures::try_join!(dense, keyword)?;
        Ok(Candidates { dense, keyword, embedded_query })
    }
}

/// A collection without an indexed document has no index yet.
fn found_or_empty(
    found: Result<Vec<ScoredChunk>, StoreError>,
) -> Result<Vec<ScoredChunk>, RetrievalError> {
    match found {
        Err(StoreError::NoSuchIndex { .. }) => Ok(Vec::new()),
        found => Ok(found?),
    }
}

/// Drops words from the front of a long query until it fits: people end with what they want.
fn shorten(text: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut rest = text;
    while !fits(rest) {
        let words = rest.split_whitespace().count();
        let Some((byte, _)) = rest
            .char_indices()
            .filter(|(_, c)| c.is_whitespace())
            .nth(words / 4)
            .filter(|_| words > 4)
        else {
            let half = rest.chars().count() / 2;
            return shorten(&rest.chars().take(half).collect::<String>(), fits);
        };
        rest = rest[byte..].trim_start();
    }
    rest.to_owned()
}
