//! Rating: what speaks for a sentence or row, as numbers, and what each counts.

mod stated;

use std::collections::HashSet;

use quire_language::{AnswerKind, Lexicon, Meaning};

use super::asked::Asked;
use super::unit::{Unit, is_year, means};

/// How many things speak for a unit.
pub const COUNT: usize = 15;

/// What they are called, in order.
pub const FEATURES: [&str; COUNT] = [
    "own", "leaning", "before", "behind", "context", "passage", "names", "pairs", "kind", "bound",
    "news", "fragment", "length", "rank", "item",
];

/// What a unit has of each feature.
pub type Features = [f32; COUNT];

/// What each feature counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights(pub Features);

impl Default for Weights {
    /// Fitted on half of the articles of a set of questions, but for the last, which was chosen on questions about
    /// figures: see `docs/decisions/048-evidence-first.md`.
    fn default() -> Self {
        Self([6.4, 2.0, 2.5, 0.8, 4.5, 0.0, 1.2, 2.5, 1.8, 2.4, 0.2, -1.8, 0.2, -1.2, 6.0])
    }
}

impl Weights {
    /// Gives the score of a unit.
    pub fn score(&self, features: &Features) -> f32 {
        self.0.iter().zip(features).map(|(weight, feature)| weight * feature).sum()
    }
}

/// Words of a question are near each other in a unit if no more tokens are between.
const NEAR: usize = 3;
/// A number belongs to a word no further from it than so many tokens.
const BOUND: usize = 4;
/// So many new terms are enough for a unit to tell something.
const NEWS: usize = 4;

/// A passage as the question is looked for in it.
pub struct Surroundings<'a> {
    pub(super) asked: &'a Asked,
    units: &'a [Unit],
    pub(super) lexicon: &'a Lexicon,
    /// How far each unit has each word of the question.
    own: Vec<Vec<f32>>,
    /// How far the context has each word.
    pub(super) context: Vec<f32>,
    /// The terms of the context.
    pub(super) known: &'a HashSet<String>,
    /// The rank of the passage, from 1.
    rank: u32,
}

impl<'a> Surroundings<'a> {
    /// Looks for the words of a question in a passage, which has these units and terms beside its text.
    pub fn new(
        asked: &'a Asked,
        (units, known): (&'a [Unit], &'a HashSet<String>),
        rank: u32,
        lexicon: &'a Lexicon,
    ) -> Self {
        let own =
            units.iter().map(|unit| asked.words.iter().map(|word| word.is_in(unit)).collect());
        let context = asked.words.iter().map(|word| word.is_known(known)).collect();
        Self { asked, units, lexicon, own: own.collect(), context, known, rank }
    }

    /// Tells what speaks for a unit.
    pub fn features(&self, at: usize) -> Features {
        let (unit, asked) = (&self.units[at], self.asked);
        let own = |word: usize| {
            let around = [&unit.header_terms, &unit.group_terms];
            let around = around.map(|known| asked.words[word].is_known(known));
            around.into_iter().fold(self.own[at][word], f32::max)
        };
        let neighbour = |place: Option<usize>, word: usize| {
            place.and_then(|place| self.own.get(place)).map_or(0.0, |own| own[word])
        };
        // The rows beside a row speak of other things.
        let before = |word: usize| neighbour(at.checked_sub(1).filter(|_| !unit.is_row), word);
        let behind = |word: usize| neighbour(at.checked_add(1).filter(|_| !unit.is_row), word);
        let anywhere = |word: usize| self.own.iter().map(|own| own[word]).fold(0.0, f32::max);
        let in_context = |word: usize| self.context[word];
        let base = asked.share(own);
        let beyond =
            |has: &dyn Fn(usize) -> f32| asked.share(|word| own(word).max(has(word))) - base;
        let leaning = if unit.leans { beyond(&before) } else { 0.0 };
        let named = asked.words.iter().enumerate().filter(|(_, word)| word.names);
        let missed: f32 = named.map(|(word, _)| 1.0 - anywhere(word).max(in_context(word))).sum();
        let numbers = unit.tokens.iter().filter(|token| token.is_word() || token.is_number());
        [
            base,
            leaning,
            beyond(&before),
            beyond(&behind),
            beyond(&in_context),
            beyond(&anywhere),
            -missed.min(2.0),
            self.pairs(unit),
            self.kind(unit),
            self.bound(unit),
            self.news(unit),
            if unit.ends || unit.is_row { 0.0 } else { 1.0 } + if unit.asks { 1.0 } else { 0.0 },
            (1.0 + numbers.count() as f32).ln() / 3.0,
            (self.rank.max(1) as f32).ln(),
            self.item(unit),
        ]
    }

    /// Gives the share of neighbouring words of the question that are near each other in a unit, too.
    fn pairs(&self, unit: &Unit) -> f32 {
        let words = &self.asked.words;
        let places: Vec<Vec<usize>> =
            words.iter().map(|word| word.places(unit).collect()).collect();
        let (mut had, mut all) = (0.0, 0.0);
        for (pair, places) in words.windows(2).zip(places.windows(2)) {
            let weight = pair[0].weight.min(pair[1].weight);
            let is_near = places[0]
                .iter()
                .any(|one| places[1].iter().any(|other| one.abs_diff(*other) <= NEAR));
            all += weight;
            had += if is_near { weight } else { 0.0 };
        }
        if all > 0.0 { had / all } else { 0.0 }
    }

    /// Tells if a unit has what is asked for, which the question itself does not say: 1 or 0, and one half
    /// where the question does not tell what it asks for.
    fn kind(&self, unit: &Unit) -> f32 {
        let Some(kind) = self.asked.kind else { return 0.5 };
        let has = (0..unit.tokens.len()).any(|at| self.is_of_kind(unit, at, kind));
        if has { 1.0 } else { 0.0 }
    }

    fn is_of_kind(&self, unit: &Unit, at: usize, kind: AnswerKind) -> bool {
        let token = &unit.tokens[at];
        let is_new = !token.terms.iter().any(|term| self.asked.terms.contains(term));
        let is_asked = || {
            let terms = self.lexicon.analyzer().terms(&token.text);
            terms.iter().any(|term| self.asked.terms.contains(term))
        };
        let counts = |meaning| matches!(meaning, Meaning::Number(_) | Meaning::Fraction(_));
        let times = |meaning| matches!(meaning, Meaning::Month(_));
        match kind {
            AnswerKind::Time if token.is_number() => is_year(&token.text) && !is_asked(),
            AnswerKind::Time => {
                token.is_word() && is_new && means(unit, at, times, self.lexicon)
                    || self.is_ordinal_time(unit, at)
            }
            // The number behind a line of a table of contents is that of a page.
            AnswerKind::Amount if unit.is_row && !unit.is_item() => false,
            AnswerKind::Amount if token.is_number() => !is_asked(),
            AnswerKind::Amount => token.is_word() && means(unit, at, counts, self.lexicon),
            AnswerKind::Person => is_new && self.is_name(unit, at),
            AnswerKind::Place => {
                let before = at.saturating_sub(2)..at;
                let preposition = |meaning| meaning == Meaning::Preposition;
                let is_placed =
                    || before.clone().any(|at| means(unit, at, preposition, self.lexicon));
                is_new && token.has_capital() && is_placed()
            }
        }
    }

    /// Returns whether a unit has a century or another unit of time behind an ordinal here.
    fn is_ordinal_time(&self, unit: &Unit, at: usize) -> bool {
        let unit_of_time =
            |meaning| matches!(meaning, Meaning::Unit("century" | "decade" | "year"));
        at > 0
            && unit.tokens[at].is_word()
            && means(unit, at, unit_of_time, self.lexicon)
            && unit.tokens[at.saturating_sub(2)..at].iter().any(quire_language::Token::has_digits)
    }

    /// Returns whether a token looks like part of a name. Where nouns have capitals, two stand together.
    fn is_name(&self, unit: &Unit, at: usize) -> bool {
        let tokens = &unit.tokens;
        let is_capital = |at: usize| tokens.get(at).is_some_and(quire_language::Token::has_capital);
        let has_neighbour = || is_capital(at + 1) || at > 0 && is_capital(at - 1);
        if at == 0 || self.lexicon.has_capital_nouns() {
            return is_capital(at) && has_neighbour();
        }
        is_capital(at)
    }

    /// Tells if a number that is asked for stands by a word of the question: 1 or 0.
    fn bound(&self, unit: &Unit) -> f32 {
        if self.asked.kind != Some(AnswerKind::Amount) {
            return 0.0;
        }
        let words = &self.asked.words;
        let places: Vec<usize> = words.iter().flat_map(|word| word.places(unit)).collect();
        let is_bound = (0..unit.tokens.len()).any(|at| {
            self.is_of_kind(unit, at, AnswerKind::Amount)
                && (unit.is_item() || places.iter().any(|place| place.abs_diff(at) <= BOUND))
        });
        if is_bound { 1.0 } else { 0.0 }
    }

    /// Tells how much a unit says that the question does not, 0 to 1.
    fn news(&self, unit: &Unit) -> f32 {
        let new = unit.places.keys().filter(|term| !self.asked.terms.contains(*term));
        new.take(NEWS).count() as f32 / NEWS as f32
    }
}
