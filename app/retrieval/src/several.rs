//! Several collections searched as one: what their halves find is put into one list each before it is fused and ranked, so
//! that a passage is ranked against those of all. The score of a passage holds only within the search that gave it.

use std::collections::HashMap;

use futures::future::try_join_all;
use quire_domain::{ChunkId, Collection, DocumentId};
use quire_vectorstore::{FUSION_DEPTH, ScoredChunk};

use crate::{Candidates, FoundPassages, Query, Retrieval, RetrievalError};

/// What softens the first places of a list whose scores cannot be compared with those of others, as in reciprocal rank
/// fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
const PLACE_OFFSET: f32 = 60.0;

/// A collection, and those of its documents that count.
#[derive(Clone)]
pub struct Scoped {
    /// The collection.
    pub collection: Collection,
    /// Only these documents; all of the collection if absent.
    pub documents: Option<Vec<DocumentId>>,
}

/// What the halves of all collections found.
struct Joined {
    candidates: Candidates,
    /// The cosines of chunks whose scores in `candidates` are none.
    cosines: HashMap<ChunkId, f32>,
}

impl Retrieval {
    /// Finds passages in collections, ranked together. Each says which of its documents count; those of `query` are passed
    /// over. The question is read in the language of the first collection.
    pub async fn find_in_all(
        &self,
        scoped: &[Scoped],
        query: Query<'_>,
    ) -> Result<FoundPassages, RetrievalError> {
        if let [one] = scoped {
            let query = Query { documents: one.documents.clone(), ..query };
            return self.find_passages(&one.collection, query).await;
        }
        let depth = query.limit.max(FUSION_DEPTH);
        let searches = scoped.iter().map(|one| self.find_halves(one, &query, depth));
        let (collections, found): (Vec<Collection>, Vec<Candidates>) =
            try_join_all(searches).await?.into_iter().unzip();
        let is_one_model =
            collections.windows(2).all(|pair| pair[0].embedding_model == pair[1].embedding_model);
        let Joined { candidates, cosines } = join(found, is_one_model, depth);
        let collections: Vec<&Collection> = collections.iter().collect();
        let mut found = self.rank_all(&collections, &query, candidates).await?;
        for hit in found.hits.iter_mut().filter(|_| !is_one_model) {
            hit.scores.dense = cosines.get(&hit.chunk_id).copied();
        }
        Ok(found)
    }

    /// Asks both halves of a collection, anew if its index went meanwhile.
    async fn find_halves(
        &self,
        scoped: &Scoped,
        query: &Query<'_>,
        depth: usize,
    ) -> Result<(Collection, Candidates), RetrievalError> {
        let query = Query { documents: scoped.documents.clone(), ..query.clone() };
        let found = self.find_candidates(&scoped.collection, &query, depth).await?;
        if found.dense.is_empty()
            && found.keyword.is_empty()
            && let Some(now) = self.find_successor(&scoped.collection).await
        {
            let found = self.find_candidates(&now, &query, depth).await?;
            return Ok((now, found));
        }
        Ok((scoped.collection.clone(), found))
    }
}

/// Makes one list of each half, of so many chunks at most, as one collection would have given them.
///
/// Cosines can be compared if one model made all vectors. If not, the places of chunks in their lists stand for them, so that
/// the words of passages decide between collections.
fn join(found: Vec<Candidates>, is_one_model: bool, depth: usize) -> Joined {
    let mut candidates =
        Candidates { dense: Vec::new(), keyword: Vec::new(), embedded_query: None };
    let mut cosines = HashMap::new();
    for Candidates { mut dense, keyword, embedded_query } in found {
        if !is_one_model {
            for (place, found) in dense.iter_mut().enumerate() {
                cosines.insert(found.chunk.id.clone(), found.score);
                found.score = 1.0 / (PLACE_OFFSET + place as f32 + 1.0);
            }
        }
        candidates.dense.extend(dense);
        candidates.keyword.extend(keyword);
        candidates.embedded_query = candidates.embedded_query.or(embedded_query);
    }
    for list in [&mut candidates.dense, &mut candidates.keyword] {
        // A sort that keeps the order of equals: of them the first collection's comes first.
        list.sort_by(|one: &ScoredChunk, other| other.score.total_cmp(&one.score));
        list.truncate(depth);
    }
    Joined { candidates, cosines }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quire_domain::{Chunk, Locator, Span};

    fn chunk(id: &str, score: f32) -> ScoredChunk {
        let chunk = Chunk {
            id: id.parse().expect("an id"),
            document_id: "d".parse().expect("an id"),
            ordinal: 0,
            text: id.to_owned(),
            token_count: 1,
            locator: Locator { span: Span::new(0, 1), ..Locator::default() },
        };
        ScoredChunk { chunk, score }
    }

    fn ids(list: &[ScoredChunk]) -> Vec<&str> {
        list.iter().map(|found| found.chunk.id.as_str()).collect()
    }

    fn two() -> Vec<Candidates> {
        let of =
            |dense: Vec<ScoredChunk>, keyword| Candidates { dense, keyword, embedded_query: None };
        vec![
            of(vec![chunk("a1", 0.4), chunk("a2", 0.3)], vec![chunk("a1", 2.0)]),
            of(vec![chunk("b1", 0.9), chunk("b2", 0.35)], vec![chunk("b2", 3.0)]),
        ]
    }

    #[test]
    fn cosines_of_one_model_are_compared() {
        let Joined { candidates, cosines } = join(two(), true, 3);
        assert_eq!(ids(&candidates.dense), ["b1", "a1", "b2"]);
        assert_eq!(ids(&candidates.keyword), ["b2", "a1"]);
        assert!(cosines.is_empty());
    }

    #[test]
    fn those_of_several_models_are_not() {
        let Joined { candidates, cosines } = join(two(), false, 4);
        assert_eq!(ids(&candidates.dense), ["a1", "b1", "a2", "b2"]);
        assert!((cosines[&candidates.dense[1].chunk.id] - 0.9).abs() < f32::EPSILON);
    }
}
