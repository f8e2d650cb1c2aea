//! Coverage: every passage is read, not only the best.
//!
//! Search finds the passages nearest to a question, which is wrong for "list all contracts" or
//! "summarise everything". There each passage is put before the model alone (map), what it takes
//! from it is checked against the passage and kept, and the answer is written from these notes
//! (reduce). Notes are cached by model, question and passage, so that asking again after one
//! document has changed reads one document.

mod notes;
mod units;

use std::collections::HashSet;
use std::time::Instant;

use quire_domain::{AnswerEvent, Coverage, DocumentId, DropReason};
use quire_engines::Generator;
use quire_language::Lexicon;
use tokio::sync::mpsc;

use super::selection::Selection;
use crate::{ServiceError, Services};
use quire_grounding::{PreparedGround, judge};

use notes::Noted;
pub use units::wants_everything;

/// The longest reading that is begun without being asked for.
///
/// Set by hand: see `docs/decisions/054-reading-everything-is-map-and-reduce.md`.
pub const LONGEST_UNASKED_MS: u64 = 60_000;
/// Tokens that notes of one passage have, about.
const NOTE_TOKENS: u64 = 60;

/// Everything there is to read for a question.
pub struct Reading {
    /// The passages, in the order of documents and pages.
    pub units: Selection,
    /// How many documents they are from.
    pub documents: u32,
    /// How long it will take, by what reading took before.
    pub estimated_ms: u64,
}

impl Reading {
    /// Says what reading would take, without having begun.
    pub fn offer(&self) -> Coverage {
        Coverage {
            documents: self.documents,
            passages: self.units.passages().len() as u32,
            estimated_ms: self.estimated_ms,
            ..Coverage::default()
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
    /// Gathers all passages of a collection, or of some of its documents.
    pub(super) async fn gather(
        &self,
        collection: &quire_domain::Collection,
        scope: Option<&[DocumentId]>,
        generator: &dyn Generator,
        question: &str,
    ) -> Result<Reading, ServiceError> {
        let units = self.units(collection, scope).await?;
        let passages = units.passages();
        let documents: HashSet<&DocumentId> =
            passages.iter().map(|unit| &unit.hit.document.id).collect();
        let documents = documents.len() as u32;
        let fingerprint = &generator.info().fingerprint;
        let keys = passages.iter().map(|unit| notes::key(fingerprint, question, &unit.ground.text));
        let known = self.inner.vectors.find_notes(keys.collect()).await?;
        let unread = passages.iter().zip(&known).filter(|(_, known)| known.is_none());
        let tokens: u64 = unread
            .map(|(unit, _)| generator.count_tokens(&unit.ground.text) as u64 + NOTE_TOKENS)
            .sum();
        let estimated_ms = (tokens as f64 * self.ms_per_token()) as u64;
        Ok(Reading { units, documents, estimated_ms })
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
    reading: Reading,
    sender: &mpsc::Sender<AnswerEvent>,
) -> Result<Option<Read>, ServiceError> {
    let mut report = reading.offer();
    let mut selection = reading.units;
    let mut seen: HashSet<DocumentId> = HashSet::new();
    let mut noted = Noted::default();
    let tell = async |report: &Coverage| {
        sender.send(AnswerEvent::Reading { coverage: *report }).await.is_ok()
    };
    if !tell(&report).await {
        return Ok(None);
    }
    let begun = Instant::now();
    for unit in selection.passages() {
        let (lines, cached) = task.notes_of(unit).await?;
        report.passages_read += 1;
        report.cached += u32::from(cached);
        seen.insert(unit.hit.document.id.clone());
        report.documents_read = seen.len() as u32;
        let fresh = u64::from(report.passages_read - report.cached);
        let left = u64::from(report.passages - report.passages_read);
        if let Some(each) = (begun.elapsed().as_millis() as u64).checked_div(fresh) {
            report.estimated_ms = each * left;
        }
        // The model proposes, the program decides: a note that its passage does not bear is gone.
        let ground = [PreparedGround::new(unit.ground.clone(), task.lexicon)];
        let holds =
            |line: &String| judge::sentence(line, task.question, &ground, task.lexicon).0.is_some();
        noted.add(unit, lines.into_iter().filter(holds).collect());
        if !tell(&report).await {
            return Ok(None);
        }
    }
    selection.retain(DropReason::NothingNoted, |unit| !noted.lines(unit).is_empty());
    let notes = task.fit(&mut selection, &noted);
    Ok(Some(Read { selection, notes, coverage: report }))
}
