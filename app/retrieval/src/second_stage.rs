//! The second stage: reads the best candidates again, sentence by sentence.
//!
//! The first stage compares whole chunks, in which the sentence that answers is one among many.
//! This one asks how much of the question a single sentence of each passage covers. It needs no
//! further model and takes a few milliseconds. Where a cross-encoder is installed, it then reads
//! question and passage together, which tells more and takes longer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use quire_domain::{ChunkId, Hit, Language, ModelId, ModelKind};
use quire_engines::{EngineError, ModelRuntime, Reranker, Reranking};
use quire_language::Lexicon;

use crate::overlap::{Background, PassageTerms, QuestionTerms};
use crate::{Query, RetrievalError, Tuning};

/// How many hits are read again.
///
/// Chosen by time and nDCG@10: see `docs/decisions/042-a-second-stage-without-a-model.md`.
pub const DEPTH: usize = 30;
/// How many of the best hits a cross-encoder reads.
///
/// Chosen by time: see `docs/decisions/042-a-second-stage-without-a-model.md`.
const CROSS_ENCODER_DEPTH: usize = 20;
/// So far above the least overlap the stage is sure.
///
/// Set by hand: see `docs/decisions/042-a-second-stage-without-a-model.md`.
const RAMP: f32 = 0.3;
/// How long the list of installed reranking models is good for.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// How far hits are about what the question names.
pub struct Naming {
    /// What it counts, if the text counts 1.
    share: f32,
    /// How far, 0 to 1.
    hits: HashMap<ChunkId, f32>,
}

impl Naming {
    /// Weighs it in a score, 0 to 1.
    fn weigh(&self, score: f32, hit: &Hit) -> f32 {
        let named = self.hits.get(&hit.chunk_id).copied().unwrap_or_default();
        (score + self.share * named) / (1.0 + self.share)
    }
}

/// Orders the first hits anew; their `score` and `scores.rerank` change, 0 to 1.
pub fn rerank(
    query: &Query<'_>,
    language: Language,
    background: &Background<'_>,
    hits: &mut [Hit],
) -> Naming {
    let analyzer = Lexicon::of(language).analyzer();
    let read = hits.len().min(DEPTH);
    let passages: Vec<PassageTerms> =
        hits[..read].iter().map(|hit| PassageTerms::of(hit, background, analyzer)).collect();
    let terms = QuestionTerms::new(query.text, background.subjects, analyzer, &passages);
    let long = hits[..read].iter().filter(|hit| background.subjects.is_long(&hit.document.id));
    let Tuning { named_share, sentence_share, .. } = query.tuning;
    let share = named_share * long.count() as f32 / read.max(1) as f32;
    let named =
        |(hit, passage): (&Hit, &PassageTerms)| (hit.chunk_id.clone(), terms.in_document(passage));
    let naming = Naming { share, hits: hits.iter().zip(&passages).map(named).collect() };
    let overlaps: Vec<f32> = passages.iter().map(|it| terms.in_best_sentence(it)).collect();
    let best = overlaps.iter().copied().fold(0.0, f32::max);
    let sentence_share = sentence_share * sureness(best, query.tuning.least_overlap);
    for (hit, overlap) in hits.iter_mut().zip(overlaps) {
        hit.scores.rerank = Some(overlap);
        hit.score += sentence_share * overlap;
    }
    for hit in hits.iter_mut() {
        hit.score = naming.weigh(hit.score / (1.0 + sentence_share), hit);
    }
    order_anew(hits, read);
    naming
}

/// Tells how much this stage knows, 0 to 1, if the best sentence of all hits covers so much of the question.
///
/// Where no sentence says most of what is asked, words are chance, and the order before is the better one.
fn sureness(best: f32, least: f32) -> f32 {
    ((best - least) / RAMP).clamp(0.0, 1.0)
}

/// Orders the best hits by a cross-encoder, which reads no more than their text, and by `naming`;
/// their `score` and `scores.rerank` change, 0 to 1.
///
/// Gives the number of passages of which it read the beginning only. A question that is too long for it
/// leaves the order as it is, and gives `None`.
pub async fn read_together(
    reranker: &dyn Reranker,
    query: &Query<'_>,
    naming: &Naming,
    hits: &mut [Hit],
) -> Result<Option<usize>, RetrievalError> {
    let read = hits.len().min(CROSS_ENCODER_DEPTH);
    let passages = hits[..read].iter().map(|hit| hit.text.clone()).collect();
    let Reranking { scores, cut_count } =
        match reranker.rerank(query.text.to_owned(), passages).await {
            Ok(reranking) => reranking,
            Err(EngineError::QueryTooLong { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
    let earlier = query.tuning.earlier_share;
    for (hit, score) in hits.iter_mut().zip(scores) {
        hit.scores.rerank = Some(score);
        let score = (1.0 - earlier) * score + earlier * hit.score;
        hit.score = naming.weigh(score, hit);
    }
    order_anew(hits, read);
    Ok(Some(cut_count))
}

/// Sorts the first `read` hits by score, keeps the others behind them, and numbers all.
fn order_anew(hits: &mut [Hit], read: usize) {
    hits[..read].sort_by(|a, b| b.score.total_cmp(&a.score).then(a.rank.cmp(&b.rank)));
    let lowest = hits[..read].last().map_or(1.0, |hit| hit.score);
    for hit in &mut hits[read..] {
        hit.score = hit.score.min(lowest);
    }
    for (hit, rank) in hits.iter_mut().zip(1..) {
        hit.rank = rank;
    }
}

/// The reranking models on this machine, and when that was seen: each search asks.
#[derive(Default)]
pub struct Rerankers {
    seen: Mutex<Option<(Instant, Vec<ModelId>)>>,
}

impl Rerankers {
    /// Gives an installed cross-encoder that reads these languages, or `None`.
    ///
    /// One that cannot be loaded is told in the log; search goes on without it.
    pub async fn find(
        &self,
        models: &dyn ModelRuntime,
        languages: &[Language],
    ) -> Option<Arc<dyn Reranker>> {
        for model in self.list(models).await {
            match models.get_reranker(&model).await {
                Ok(reranker) => {
                    let known = reranker.info().languages.clone();
                    let reads =
                        |known: Vec<Language>| languages.iter().all(|one| known.contains(one));
                    if known.is_none_or(reads) {
                        return Some(reranker);
                    }
                }
                Err(error) => tracing::warn!("reranking model: {error}"),
            }
        }
        None
    }

    /// Names the reranking models on disk; one that was just added is seen within half a minute.
    async fn list(&self, models: &dyn ModelRuntime) -> Vec<ModelId> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, known)) = seen.filter(|(when, _)| when.elapsed() < LOOK_AGAIN) {
            return known;
        }
        // What is read again must not leave this machine because somebody has an upstream.
        let local = models.list_local_models().await.unwrap_or_default();
        let rerankers = local.into_iter().filter(|model| model.kind == ModelKind::Reranker);
        let known: Vec<ModelId> = rerankers.map(|model| model.id).collect();
        let seen = Some((Instant::now(), known.clone()));
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        known
    }
}
