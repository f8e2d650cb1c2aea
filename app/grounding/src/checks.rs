//! The checks: what must hold between a claim and some sentences of a passage.
//!
//! Each check looks at one kind of fault and knows nothing of the others. A claim is supported by a
//! window if none objects. They err on the safe side: a sentence that is marked in vain costs a reader
//! a glance, one that is accepted in vain costs the trust in all.

mod answer;
mod binding;
mod cells;
mod clauses;
mod cohesion;
mod columns;
mod definite;
mod manner;
mod movement;
mod numbers;
mod order;
mod part;
mod polarity;
mod reduction;
mod replacement;
mod rows;
mod subject;
mod voice;
mod words;

use quire_language::{Lexicon, Meaning};

use crate::alignment::{Alignment, Match, Place};
use crate::candidates::Candidates;
use crate::claim::Claim;
use crate::ground::{GroundSentence, PreparedGround};
use crate::likeness::Likeness;
use crate::statement::Statement;
use crate::verdict::WhyNot;

pub(crate) use words::{MIN_COVERAGE, coverage_at_most};

/// The share of its words that a sentence must have to speak of the same thing.
const ALIKE: f32 = 0.9;

/// A claim beside some sentences of a passage.
pub(crate) struct Trial<'a> {
    /// What has to be proved.
    pub claim: &'a Claim,
    /// The passage.
    pub ground: &'a PreparedGround,
    /// The first and the last sentence of the window.
    pub window: (usize, usize),
    /// Where the claim's words stand.
    pub alignment: Alignment,
    /// The language's words.
    pub lexicon: &'a Lexicon,
}

impl<'a> Trial<'a> {
    /// Puts a claim beside the sentences of a window.
    pub fn new(
        claim: &'a Claim,
        ground: &'a PreparedGround,
        window: (usize, usize),
        (candidates, lexicon): (&Candidates, &'a Lexicon),
    ) -> Self {
        let alignment = Alignment::new(claim, ground, window, candidates);
        Self { claim, ground, window, alignment, lexicon }
    }

    /// Gives the share of the claim's words that the window has, 0 to 1.
    pub fn coverage(&self) -> f32 {
        words::coverage(self)
    }

    /// Runs all checks; the first that objects tells why.
    pub fn check(&self) -> Result<(), WhyNot> {
        numbers::check(self)?;
        subject::check_names(self)?;
        answer::check(self)?;
        words::check(self)?;
        polarity::check(self)?;
        manner::check(self)?;
        subject::check(self)?;
        cohesion::check(self)?;
        clauses::check(self)?;
        binding::check(self)?;
        rows::check(self)?;
        order::check(self)?;
        movement::check(self)?;
        voice::check(self)?;
        reduction::check(self)?;
        replacement::check(self)
    }

    /// Runs the checks of facts alone: numbers, times, names, direction, denial, manner, a part for the whole,
    /// binding, order, and facts in the place of others. What they let pass may still miss words.
    pub fn check_facts(&self) -> Result<(), WhyNot> {
        numbers::check(self)?;
        subject::check_names(self)?;
        words::check_direction(self)?;
        polarity::check(self)?;
        manner::check(self)?;
        subject::check_facts(self)?;
        cohesion::check_numbers(self)?;
        clauses::check(self)?;
        binding::check(self)?;
        rows::check(self)?;
        order::check(self)?;
        movement::check(self)?;
        voice::check(self)?;
        reduction::check(self)?;
        replacement::check_facts(self)
    }

    /// Returns whether the window says what the claim says, but with another number of the same unit, at the
    /// same time.
    pub fn differs_in_number(&self) -> bool {
        let claim = self.said();
        let [wanted] = &claim.quantities[..] else { return false };
        let source = self.core();
        let alike: Vec<_> = source
            .quantities
            .iter()
            .filter(|one| one.is_like(wanted) && one.unit == wanted.unit)
            .collect();
        let [other] = alike[..] else { return false };
        let same_times = claim.times.len() == source.times.len()
            && claim.times.iter().zip(&source.times).all(|(own, theirs)| own.time == theirs.time);
        !wanted.has_value_of(other)
            && wanted.bound == other.bound
            && same_times
            && self.coverage() >= ALIKE
            && subject::check_names(self).is_ok()
            && polarity::check(self).is_ok()
            && manner::check(self).is_ok()
            && subject::check(self).is_ok()
            && order::check(self).is_ok()
    }

    /// Returns whether capitals tell names from other words: where every noun has one, they do not.
    fn tells_names(&self) -> bool {
        !self.lexicon.has_capital_nouns()
    }

    /// Shows what the claim says.
    fn said(&self) -> &Statement {
        &self.claim.statement
    }

    /// Shows a sentence of the passage.
    fn sentence(&self, at: usize) -> &GroundSentence {
        &self.ground.sentences[at]
    }

    /// Lists the sentences of the window with their numbers.
    fn sentences(&self) -> impl Iterator<Item = (usize, &GroundSentence)> {
        let (first, last) = self.window;
        (first..=last).map(|at| (at, &self.ground.sentences[at]))
    }

    /// Shows the sentence that says most of the claim.
    fn core(&self) -> &Statement {
        &self.ground.sentences[self.alignment.core].statement
    }

    /// Gives the place in the core sentence of each word of the claim that stands there.
    fn in_core(&self) -> impl Iterator<Item = (usize, usize)> {
        self.alignment.matches.iter().enumerate().filter_map(|(at, one)| match one {
            Match::Window(place, _) if place.sentence == self.alignment.core => {
                Some((at, place.token))
            }
            _ => None,
        })
    }

    /// Lists the tokens of the core sentence that mean what a word of the claim does.
    pub fn meant_in_core(&self) -> impl Iterator<Item = usize> {
        self.in_core().filter_map(|(at, token)| match self.alignment.matches[at] {
            Match::Window(_, likeness) if likeness > Likeness::Opposite => Some(token),
            _ => None,
        })
    }

    /// Returns whether a word of the claim stands in a sentence of the window beside the core sentence.
    pub fn stands_beside(&self, at: usize) -> bool {
        matches!(self.alignment.matches[at], Match::Window(place, _) if place.sentence != self.alignment.core)
    }

    /// Gives the word of the claim that a token of the core sentence stands for.
    fn said_of(&self, token: usize) -> Option<usize> {
        self.in_core().find(|(_, place)| *place == token).map(|(at, _)| at)
    }

    /// Returns whether a word limits what it stands with: it says something, and neither the claim nor the
    /// question nor the passage's context has it.
    fn is_limiting(&self, token: usize) -> bool {
        let core = self.core();
        let means = |meaning| core.has(token, meaning);
        core.content[token]
            && !core.is_in_time(token)
            && !self.is_known(token)
            && !means(Meaning::Period)
            && !means(Meaning::Quarter)
            && !means(Meaning::Frame)
            && !means(Meaning::Linking)
            && !means(Meaning::Up)
            && !means(Meaning::Down)
            && !core.meanings[token]
                .iter()
                .any(|one| matches!(one.meaning, Meaning::Ordinal(_) | Meaning::Unit(_)))
    }

    /// Returns whether a word of the core sentence is said by the claim, or known from the question or the
    /// passage's context.
    fn is_known(&self, token: usize) -> bool {
        self.is_known_at(Place { sentence: self.alignment.core, token })
    }

    /// Returns whether a word of the window is said by the claim, or known from the question or the passage's
    /// context.
    fn is_known_at(&self, place: Place) -> bool {
        let source = &self.sentence(place.sentence).statement.tokens[place.token];
        let is_known = |term: &String| {
            self.claim.asked.contains(term)
                || self.ground.context.terms.contains(term)
                || self.said().tokens.iter().any(|token| token.terms.contains(term))
        };
        // Of a compound all parts are known, or it is as a whole: `Vermieter` is not, where `Miete` is.
        let mut parts = source.terms.iter().skip(1).peekable();
        self.alignment.is_matched(place)
            || source.terms.first().is_some_and(is_known)
            || parts.peek().is_some() && parts.all(is_known)
    }
}
