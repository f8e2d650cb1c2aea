//! Coverage: every passage is read, not only the best.
//!
//! Search finds the passages nearest to a question, which is wrong for "list all contracts" or
//! "summarise everything". There each passage is put before the model alone (map), what it takes
//! from it is checked against the passage and kept, and the answer is written from these notes
//! (reduce). Notes are cached by model, question and passage, so that asking again after one
//! document has changed reads one document.

mod notes;
mod units;

use std::collections::VecDeque;
use std::time::Instant;

use quire_domain::{AnswerEvent, Coverage, DocumentId, DropReason};
use quire_engines::Generator;
use quire_language::Lexicon;
use tokio::sync::mpsc;

use super::selection::Selection;
use crate::{ServiceError, Services};
use quire_grounding::{PreparedGround, judge};

use notes::Noted;
use units::Units;

pub use units::wants_everything;

/// The longest reading that is begun without being asked for.
///
/// Set by hand: see `docs/decisions/054-reading-everything-is-map-and-reduce.md`.
pub const LONGEST_UNASKED_MS: u64 = 60_000;
/// Tokens that notes of one passage have, about.
const NOTE_TOKENS: u64 = 60;

/// Passages that are looked at before the first event, to estimate what all will take: those of as
/// many documents as it takes.
const SAMPLE: usize = 64;

/// Everything there is to read for a question: its beginning, and where the rest comes from.
pub struct Reading {
    /// The first documents.
    sample: VecDeque<Selection>,
    rest: Units,
    /// How much there is; estimated from the sample unless that is all.
    offer: Coverage,
}

impl Reading {
    /// Says what reading would take, without having begun.
    pub fn offer(&self) -> Coverage {
        self.offer
    }

    async fn next(&mut self, services: &Services) -> Result<Option<Selection>, ServiceError> {
        match self.sample.pop_front() {
            Some(document) => Ok(Some(document)),
            None => self.rest.next(services).await,
        }
    }
}

/// What is asked of whom.
pub struct Task<'a> {
    pub services: &'a Services,
    pub question: &'a str,
    pub generator: &'a dyn Generator,
    pub lexicon: &'a Lexicon,
    /// The most tokens of all notes together.
    pub room: usize,
}

impl Services {
    /// Looks at what there is to read in a collection, or in some of its documents: at the first of
    /// them, however many there are.
    pub(super) async fn gather(
        &self,
        collection: &quire_domain::Collection,
        scope: Option<&[DocumentId]>,
        generator: &dyn Generator,
        question: &str,
    ) -> Result<Reading, ServiceError> {
        let mut rest = Units::new(collection.clone(), scope);
        let mut sample: VecDeque<Selection> = VecDeque::new();
        let (mut sampled, mut is_all) = (0, false);
        while sampled < SAMPLE && !is_all {
            let document = rest.next(self).await?;
            is_all = document.is_none();
            sampled += document.as_ref().map_or(0, |document| document.passages().len());
            sample.extend(document);
        }
        let fingerprint = &generator.info().fingerprint;
        let passages = || sample.iter().flat_map(Selection::passages);
        let keys = passages().map(|unit| notes::key(fingerprint, question, &unit.ground.text));
        let known = self.inner.vectors.find_notes(keys.collect()).await?;
        let unread = passages().zip(&known).filter(|(_, known)| known.is_none());
        let tokens: u64 = unread
            .map(|(unit, _)| generator.count_tokens(&unit.ground.text) as u64 + NOTE_TOKENS)
            .sum();
        let times = if is_all { 1.0 } else { times_sample(&rest, collection, scope) };
        let documents = match scope {
            _ if is_all => 0,
            Some(scope) => scope.len() as u32,
            None => collection.counts.indexed as u32,
        };
        let offer = Coverage {
            documents: documents.max(rest.documents_seen),
            passages: (sampled as f64 * times) as u32,
            estimated_ms: (tokens as f64 * times * self.ms_per_token()) as u64,
            ..Coverage::default()
        };
        Ok(Reading { sample, rest, offer })
    }

    fn ms_per_token(&self) -> f64 {
        *self.inner.ms_per_token.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Learns how fast this machine reads, from the passages it reads.
    fn learn_speed(&self, tokens: usize, started: Instant) {
        let took = started.elapsed().as_secs_f64() * 1000.0 / tokens.max(1) as f64;
        let mut known =
            self.inner.ms_per_token.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *known += (took - *known) * 0.2;
    }
}

/// Tells how many times as much there is as was looked at, by what the catalog counts.
fn times_sample(
    seen: &Units,
    collection: &quire_domain::Collection,
    scope: Option<&[DocumentId]>,
) -> f64 {
    let (all, seen) = match scope {
        Some(scope) => (scope.len() as u64, u64::from(seen.documents_seen)),
        None => (collection.counts.chunks, seen.chunks_seen),
    };
    (all as f64 / seen.max(1) as f64).max(1.0)
}

/// What was read of everything: the passages that say something, the notes on them to answer from, and
/// how much it was.
pub struct Read {
    pub selection: Selection,
    pub notes: String,
    pub coverage: Coverage,
}

/// Reads everything; `None` when nobody listens any more.
pub async fn read(
    task: &Task<'_>,
    mut reading: Reading,
    sender: &mpsc::Sender<AnswerEvent>,
) -> Result<Option<Read>, ServiceError> {
    let mut report = reading.offer();
    let mut selection = Selection::default();
    let mut noted = Noted::default();
    let tell = async |report: &Coverage| {
        sender.send(AnswerEvent::Reading { coverage: *report }).await.is_ok()
    };
    if !tell(&report).await {
        return Ok(None);
    }
    let begun = Instant::now();
    while let Some(mut document) = reading.next(task.services).await? {
        report.documents_read += u32::from(!document.passages().is_empty());
        report.documents = report.documents.max(report.documents_read);
        for unit in document.passages() {
            let (lines, cached) = task.notes_of(unit).await?;
            report.passages_read += 1;
            report.passages = report.passages.max(report.passages_read);
            report.cached += u32::from(cached);
            let fresh = u64::from(report.passages_read - report.cached);
            let left = u64::from(report.passages - report.passages_read);
            if let Some(each) = (begun.elapsed().as_millis() as u64).checked_div(fresh) {
                report.estimated_ms = each * left;
            }
            // The model proposes, the program decides: a note that its passage does not bear is gone.
            let ground = [PreparedGround::new(unit.ground.clone(), task.lexicon)];
            let holds = |line: &String| {
                judge::sentence(line, task.question, &ground, task.lexicon).0.is_some()
            };
            let written = lines.len();
            let kept: Vec<String> = lines.into_iter().filter(holds).collect();
            report.notes += kept.len() as u32;
            report.notes_refused += (written - kept.len()) as u32;
            noted.add(unit, kept);
            if !tell(&report).await {
                return Ok(None);
            }
        }
        document.retain(DropReason::NothingNoted, |unit| !noted.lines(unit).is_empty());
        selection.append(document);
        task.shed(&mut selection, &mut noted);
    }
    // What was read is all there is: what was estimated is known now.
    (report.passages, report.documents) = (report.passages_read, report.documents_read);
    report.estimated_ms = 0;
    let (text, fitting) = task.fit(&mut selection, &noted);
    report.notes_without_room = report.notes - fitting as u32;
    Ok(Some(Read { selection, notes: text, coverage: report }))
}
