//! The token ledger of a prompt: first the question, then passages, then earlier turns.

use std::collections::HashSet;

use quire_domain::{DropReason, Span};
use quire_engines::{Generator, Prompt};
use quire_language::{Lexicon, sentences};

use super::passages::Passage;
use super::prompt::{self, Asked};
use super::selection::Selection;
use crate::ServiceError;

/// The least room that passages need beside question and answer, in tokens.
const LEAST_ROOM: usize = 64;

/// What there is room for.
pub struct Budget<'a> {
    pub generator: &'a dyn Generator,
    pub lexicon: &'static Lexicon,
    pub asked: Asked<'a>,
    pub passage_tokens: usize,
    pub answer_tokens: usize,
}

/// Earlier turns of a conversation.
#[derive(Default)]
pub struct Turns {
    /// Those that fit, oldest first.
    pub kept: Vec<(String, String)>,
    /// How many did not.
    pub dropped: usize,
}

impl Budget<'_> {
    /// Counts the tokens that are left beside instructions, question and answer.
    ///
    /// A question that leaves no room is `QuestionTooLong`.
    pub fn room(&self) -> Result<usize, ServiceError> {
        let context = self.generator.info().context_tokens;
        let alone = Asked { history: &[], ..self.asked };
        let frame = Prompt::direct(prompt::build(&[], &alone));
        let taken = self.generator.count_prompt_tokens(&frame)? + self.answer_tokens;
        let room = context.checked_sub(taken).filter(|room| *room > LEAST_ROOM);
        room.ok_or_else(|| {
            let tokens = self.generator.count_tokens(self.asked.question)
                + self.generator.count_tokens(self.asked.instructions);
            ServiceError::QuestionTooLong {
                tokens,
                limit: (context + tokens).saturating_sub(taken + LEAST_ROOM),
                model: self.generator.info().model.clone(),
            }
        })
    }

    /// Chooses the passages that fit, best first, and then the turns, newest first.
    ///
    /// A passage that does not fit makes room for the next. Only the best one is shortened, for it is
    /// what search holds to be the answer.
    pub fn choose(&self, selection: &mut Selection) -> Result<Turns, ServiceError> {
        let room = self.room()?;
        let taken = self.choose_passages(selection, room);
        Ok(self.turns(room.saturating_sub(taken)))
    }

    /// Chooses the passages that fit into so many tokens, and gives how many they take.
    pub fn choose_passages(&self, selection: &mut Selection, room: usize) -> usize {
        let mut passage_room = self.passage_tokens.min(room);
        let mut number = 1;
        let mut taken = 0;
        selection.retain(DropReason::Budget, |passage| {
            passage.tokens = self.measure(passage, number);
            let fits = passage.tokens <= passage_room
                || number == 1 && self.shorten(passage, passage_room);
            if fits {
                passage_room -= passage.tokens;
                taken += passage.tokens;
                number += 1;
            }
            fits
        });
        taken
    }

    /// Chooses the turns that fit into so many tokens.
    pub fn turns(&self, mut room: usize) -> Turns {
        let mut kept = Vec::new();
        for (question, answer) in self.asked.history.iter().rev() {
            // Eight tokens stand for what a chat template puts around two messages.
            let count = |text| self.generator.count_tokens(text);
            let tokens = count(question) + count(answer) + 8;
            let Some(left) = room.checked_sub(tokens) else { break };
            room = left;
            kept.push((question.clone(), answer.clone()));
        }
        kept.reverse();
        let dropped = self.asked.history.len() - kept.len();
        Turns { kept, dropped }
    }

    fn measure(&self, passage: &Passage, number: usize) -> usize {
        self.generator.count_tokens(&prompt::render_passage(passage, number))
    }

    /// Shortens a passage to the sentence that has most of the question, and as many around it as
    /// fit; returns whether that one fits.
    fn shorten(&self, passage: &mut Passage, room: usize) -> bool {
        let spans = sentences::split(&passage.ground.text);
        let analyzer = self.lexicon.analyzer();
        let wanted: HashSet<String> = analyzer.terms(self.asked.question).into_iter().collect();
        let shared = |span: &Span| {
            let own = analyzer.terms(span.slice(&passage.ground.text).unwrap_or_default());
            let own: HashSet<String> = own.into_iter().collect();
            wanted.intersection(&own).count()
        };
        // Of equals the first is taken.
        let Some(best) = (0..spans.len()).rev().max_by_key(|index| shared(&spans[*index])) else {
            return false;
        };
        let part = |first: usize, last: usize| Span::new(spans[first].start, spans[last].end);
        let fits = |first: usize, last: usize| {
            let part = passage.part(part(first, last))?;
            (self.measure(&part, 1) <= room).then_some(part)
        };
        let Some(mut fitting) = fits(best, best) else { return false };
        let (mut first, mut last) = (best, best);
        while last + 1 < spans.len()
            && let Some(longer) = fits(first, last + 1)
        {
            (fitting, last) = (longer, last + 1);
        }
        while first > 0
            && let Some(longer) = fits(first - 1, last)
        {
            (fitting, first) = (longer, first - 1);
        }
        fitting.tokens = self.measure(&fitting, 1);
        fitting.shortened = true;
        *passage = fitting;
        true
    }
}
