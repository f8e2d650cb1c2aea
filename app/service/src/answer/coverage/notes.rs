//! Notes: what the model takes from one passage for a question.

use std::collections::{HashMap, HashSet};

use quire_catalog::NoteKey;
use quire_domain::{ChunkId, DocumentId, DropReason};
use quire_engines::{ChatMessage, ChatRole, GenerateRequest, Prompt, Written};
use sha2::{Digest, Sha256};

use super::Task;
use crate::ServiceError;
use crate::answer::passages::Passage;
use crate::answer::prompt::{place, render_passage};
use crate::answer::selection::Selection;

/// The most tokens of the notes on one passage.
const MAX_TOKENS: usize = 160;
/// Passages with notes that are held at a time. Those that fit the prompt are some tens: a note and
/// its place take thirty tokens or more.
const HELD: usize = 256;
/// What the model says of a passage that has nothing to do with the question.
const NOTHING: &str = "NOTHING";

const INSTRUCTIONS: &str = "Read the passage and note what bears on the question. Write one to four \
short, complete sentences, one a line, copied as closely from the passage as you can, with its \
numbers, dates and names. Write in the language of the passage. If nothing in it bears on the \
question, reply with exactly: NOTHING";

/// Names notes: the same model, question and text give the same notes.
pub fn key(fingerprint: &str, question: &str, text: &str) -> NoteKey {
    let mut hash = Sha256::new();
    for part in [INSTRUCTIONS, fingerprint, question, text] {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    NoteKey(hash.finalize().into())
}

impl Task<'_> {
    /// Gives the notes on a passage, and whether they were known already.
    pub(super) async fn notes_of(
        &self,
        unit: &Passage,
    ) -> Result<(Vec<String>, bool), ServiceError> {
        let cache = &self.services.inner.vectors;
        let key = key(&self.generator.info().fingerprint, self.question, &unit.ground.text);
        let known = cache.find_notes(vec![key.clone()]).await?.into_iter().flatten().next();
        if let Some(text) = known {
            return Ok((lines(&text), true));
        }
        let text = self.write_notes(unit).await?;
        cache.put_note(key, text.clone()).await?;
        Ok((lines(&text), false))
    }

    async fn write_notes(&self, unit: &Passage) -> Result<String, ServiceError> {
        let passage = render_passage(unit, 1);
        let task = format!("Question: {}\n\nPassage:\n{}", self.question, passage.trim());
        let prompt = Prompt::direct(vec![
            ChatMessage::new(ChatRole::System, INSTRUCTIONS),
            ChatMessage::new(ChatRole::User, task),
        ]);
        let request = GenerateRequest::greedy(prompt, MAX_TOKENS);
        let started = std::time::Instant::now();
        let written = Written::wait_for(self.generator.generate(request).await?).await?;
        self.services.learn_speed(written.read_tokens + written.completion_tokens, started);
        Ok(written.text)
    }

    /// Chooses as many notes as there is room for, each document's in turn, so that none is left out
    /// before another has had its say. Gives for each passage which of its notes are taken, in order.
    fn choose(&self, selection: &Selection, noted: &Noted) -> Vec<Vec<usize>> {
        let mut rounds: Vec<(usize, usize, usize)> = Vec::new();
        let mut said: HashMap<&DocumentId, usize> = HashMap::new();
        for (unit, passage) in selection.passages().iter().enumerate() {
            for line in 0..noted.lines(passage).len() {
                let turn = said.entry(&passage.hit.document.id).or_default();
                rounds.push((*turn, unit, line));
                *turn += 1;
            }
        }
        rounds.sort_unstable();
        let mut room = self.room;
        let mut taken: Vec<Vec<usize>> = vec![Vec::new(); selection.passages().len()];
        for (_, unit, line) in rounds {
            let passage = &selection.passages()[unit];
            let mut cost = self.generator.count_tokens(&noted.lines(passage)[line]) + 2;
            if taken[unit].is_empty() {
                cost += self.generator.count_tokens(&place(passage)) + 6;
            }
            if let Some(left) = room.checked_sub(cost) {
                room = left;
                taken[unit].push(line);
            }
        }
        for lines in &mut taken {
            lines.sort_unstable();
        }
        taken
    }

    /// Drops passages once there are many, if none of their notes would find room: others that come
    /// have their say before a document's second note, so that what finds no room now finds none later.
    pub(super) fn shed(&self, selection: &mut Selection, noted: &mut Noted) {
        if selection.passages().len() < HELD {
            return;
        }
        let mut taken = self.choose(selection, noted).into_iter();
        selection.retain(DropReason::Budget, |_| taken.next().is_some_and(|one| !one.is_empty()));
        noted.keep(selection.passages());
    }

    /// Puts as many notes before the model as there is room for, and counts them. Passages of which no
    /// note fits are dropped.
    pub(super) fn fit(&self, selection: &mut Selection, noted: &Noted) -> (String, usize) {
        let (mut text, mut number, mut fitting) = (String::new(), 1, 0);
        let mut taken = self.choose(selection, noted).into_iter();
        selection.retain(DropReason::Budget, |passage| {
            let taken = taken.next().unwrap_or_default();
            if taken.is_empty() {
                return false;
            }
            let lines = noted.lines(passage);
            let mut part = format!("\n[{number}] {}\n", place(passage));
            for line in &taken {
                part.push_str("- ");
                part.push_str(&lines[*line]);
                part.push('\n');
            }
            passage.tokens = self.generator.count_tokens(&part);
            passage.shortened = taken.len() < lines.len();
            text.push_str(&part);
            number += 1;
            fitting += taken.len();
            true
        });
        (text, fitting)
    }
}

/// The notes on passages, each of which its passage bears.
#[derive(Default)]
pub struct Noted(HashMap<ChunkId, Vec<String>>);

impl Noted {
    /// Keeps the notes on a passage, if there are any.
    pub fn add(&mut self, passage: &Passage, lines: Vec<String>) {
        if !lines.is_empty() {
            self.0.insert(passage.hit.chunk_id.clone(), lines);
        }
    }

    /// Forgets the notes on all other passages.
    fn keep(&mut self, passages: &[Passage]) {
        let kept: HashSet<&ChunkId> = passages.iter().map(|one| &one.hit.chunk_id).collect();
        self.0.retain(|id, _| kept.contains(id));
    }

    /// Shows the notes on a passage.
    pub fn lines(&self, passage: &Passage) -> &[String] {
        self.0.get(&passage.hit.chunk_id).map_or(&[], Vec::as_slice)
    }
}

/// Cuts the model's notes into lines without bullets and numbers of lists.
fn lines(text: &str) -> Vec<String> {
    let bare = |line: &str| {
        let line = line.trim().trim_start_matches(['-', '*', '•', ' ']);
        let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
        let line =
            if rest.len() < line.len() { rest.strip_prefix(". ").unwrap_or(line) } else { line };
        line.replace("[1]", "").trim().to_owned()
    };
    let lines = text.lines().map(bare);
    lines.filter(|line| !line.is_empty() && !line.starts_with(NOTHING)).collect()
}
