//! What holds for every pair of rankings.

use proptest::prelude::*;
use quire_domain::{Chunk, Locator};

use super::*;
use crate::ranking::best_first;

fn scored(number: usize, score: f32) -> ScoredChunk {
    let chunk = Chunk {
        id: format!("c{number:02}").parse().expect("a valid id"),
        document_id: "d".parse().expect("a valid id"),
        ordinal: 0,
        text: String::new(),
        token_count: 0,
        locator: Locator::default(),
    };
    ScoredChunk { chunk, score }
}

/// Makes rankings of up to 12 of 20 chunks; few different scores, so that there are ties.
fn rankings() -> impl Strategy<Value = Vec<ScoredChunk>> {
    let scores = prop::collection::hash_map(0..20_usize, -4..9_i8, 0..12);
    scores.prop_map(|scores| {
        let list = scores.into_iter();
        let list = list.map(|(number, score)| scored(number, f32::from(score) / 8.0)).collect();
        best_first(list, usize::MAX)
    })
}

/// The same with scores as BM25 gives them: above 0.
fn keyword_rankings() -> impl Strategy<Value = Vec<ScoredChunk>> {
    rankings().prop_map(|list| {
        list.into_iter().map(|hit| ScoredChunk { score: hit.score + 1.0, ..hit }).collect()
    })
}

const HINTS: FusionHints = FusionHints { term_overlap: 0.7, embedder_fits: true };

fn fuse(dense: Vec<ScoredChunk>, keyword: Vec<ScoredChunk>, hints: FusionHints) -> Vec<FusedHit> {
    super::fuse(dense, keyword, hints, &FusionWeights::default())
}

fn ids(hits: &[FusedHit]) -> Vec<String> {
    hits.iter().map(|hit| hit.chunk.id.to_string()).collect()
}

fn scores_of(list: &[ScoredChunk]) -> HashMap<&str, f32> {
    list.iter().map(|scored| (scored.chunk.id.as_str(), scored.score)).collect()
}

proptest! {
    #[test]
    fn every_chunk_is_there_once_with_the_scores_it_came_with(
        dense in rankings(),
        keyword in keyword_rankings(),
    ) {
        let hits = fuse(dense.clone(), keyword.clone(), HINTS);
        let (dense, keyword) = (scores_of(&dense), scores_of(&keyword));
        let both = dense.keys().filter(|id| keyword.contains_key(*id)).count();
        prop_assert_eq!(hits.len(), dense.len() + keyword.len() - both);
        for hit in &hits {
            prop_assert_eq!(hit.dense, dense.get(hit.chunk.id.as_str()).copied());
            prop_assert_eq!(hit.keyword, keyword.get(hit.chunk.id.as_str()).copied());
            prop_assert!(hit.dense.is_some() || hit.keyword.is_some());
            prop_assert!((0.0..=1.0).contains(&hit.score), "{}", hit.score);
        }
    }

    #[test]
    fn best_come_first_and_ties_go_by_id(dense in rankings(), keyword in keyword_rankings()) {
        let hits = fuse(dense, keyword, HINTS);
        for pair in hits.windows(2) {
            let order = pair[1].score.total_cmp(&pair[0].score);
            prop_assert!(order.then(pair[0].chunk.id.cmp(&pair[1].chunk.id)).is_lt());
        }
    }

    #[test]
    fn one_list_alone_keeps_its_order(list in rankings()) {
        let expected: Vec<String> = list.iter().map(|hit| hit.chunk.id.to_string()).collect();
        prop_assert_eq!(ids(&fuse(list.clone(), Vec::new(), HINTS)), expected.clone());
        prop_assert_eq!(ids(&fuse(Vec::new(), list, HINTS)), expected);
    }

    #[test]
    fn better_in_both_lists_is_better(dense in rankings(), keyword in keyword_rankings()) {
        let hits = fuse(dense, keyword, HINTS);
        for (place, ahead) in hits.iter().enumerate() {
            for behind in &hits[place + 1..] {
                let beats = behind.dense > ahead.dense && behind.keyword > ahead.keyword;
                prop_assert!(!(beats && ahead.dense.is_some() && ahead.keyword.is_some()));
            }
        }
    }

    #[test]
    fn neither_the_order_nor_the_scale_of_a_list_matters(
        dense in rankings(),
        keyword in keyword_rankings(),
    ) {
        let expected = fuse(dense.clone(), keyword.clone(), HINTS);
        let mut turned = keyword.clone();
        turned.reverse();
        prop_assert_eq!(&fuse(dense.clone(), turned, HINTS), &expected);
        let scaled: Vec<ScoredChunk> =
            keyword.into_iter().map(|hit| ScoredChunk { score: hit.score * 8.0, ..hit }).collect();
        prop_assert_eq!(ids(&fuse(dense, scaled, HINTS)), ids(&expected));
    }
}

/// A list of 20 whose first stands `gap` above the rest, which lie close together.
fn list_with_gap(first: usize, gap: f32) -> Vec<ScoredChunk> {
    let rest = (0..20).filter(|number| *number != first);
    let rest = rest.enumerate().map(|(place, number)| scored(number, 0.5 - place as f32 / 100.0));
    std::iter::once(scored(first, 0.5 + gap)).chain(rest).collect()
}

#[test]
fn the_list_that_is_surer_of_itself_decides() {
    let first = |dense_gap, keyword_gap| {
        let (dense, mut keyword) = (list_with_gap(3, dense_gap), list_with_gap(15, keyword_gap));
        for hit in &mut keyword {
            // The last of many words' matches scores next to nothing.
            hit.score -= 0.3;
        }
        ids(&fuse(dense, keyword, HINTS))[0].clone()
    };
    assert_eq!(first(0.4, 0.02), "c03");
    assert_eq!(first(0.02, 0.4), "c15");
}

#[test]
fn the_keyword_list_counts_more_where_the_embedder_is_foreign_and_less_where_words_are_missing() {
    let weights = FusionWeights::default();
    let share = |term_overlap, embedder_fits| {
        weights.keyword_share_for(FusionHints { term_overlap, embedder_fits })
    };
    assert!(share(0.7, false) > share(0.7, true));
    assert!(share(0.1, true) < share(0.9, true));
    assert!((share(0.5, true) - weights.keyword_share).abs() < 1e-6);
}

#[test]
fn what_both_lists_find_beats_what_one_finds() {
    let dense = vec![scored(1, 0.9), scored(2, 0.8), scored(3, 0.1)];
    let keyword = vec![scored(2, 9.0), scored(4, 8.0), scored(5, 1.0)];
    assert_eq!(ids(&fuse(dense, keyword, HINTS))[0], "c02");
    assert!(fuse(Vec::new(), Vec::new(), HINTS).is_empty());
}
