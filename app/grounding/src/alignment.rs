//! Alignment: which word of a passage stands for which word of a claim.

use std::collections::{HashMap, HashSet};

use crate::candidates::Candidates;
use crate::claim::Claim;
use crate::ground::PreparedGround;
use crate::likeness::Likeness;
use crate::sequence;

/// The place of a word in a window: sentence of the passage, and token.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The sentence, counted in the passage.
    pub sentence: usize,
    /// The token.
    pub token: usize,
}

/// Where a word of a claim was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Match {
    /// In the window.
    Window(Place, Likeness),
    /// In the header of a row of the window: its column.
    Header(Place),
    /// In a line that names the group of a row of the window, or right above its table.
    Heading,
    /// In what is known about the passage, or in the full name of what the window calls by a short one.
    Context,
    /// Nowhere.
    Missing,
}

/// Where the words of a claim stand in some sentences of a passage.
#[derive(Clone, Debug)]
pub struct Alignment {
    /// One for each token of the claim; only content tokens are looked for.
    pub matches: Vec<Match>,
    /// The sentence that says most of it.
    pub core: usize,
    /// What claim and core sentence have in common in the same order: token of the one and of the other.
    pub common: Vec<(usize, usize)>,
}

impl Alignment {
    /// Finds the place of each word of a claim in the sentences `first..=last` of a passage.
    pub fn new(
        claim: &Claim,
        ground: &PreparedGround,
        (first, last): (usize, usize),
        candidates: &Candidates,
    ) -> Self {
        let statement = &claim.statement;
        let found: Vec<Vec<(Place, Likeness)>> = (0..statement.tokens.len())
            .map(|at| {
                let places = (first..=last).flat_map(|sentence| {
                    let there = candidates.in_sentence(sentence, at).iter();
                    there.map(move |(token, one)| (Place { sentence, token: *token }, *one))
                });
                places.collect()
            })
            .collect();
        let core = core(&found, claim, ground, first, last);
        // An active and a passive say the same in another order.
        let source = &ground.sentences[core].statement;
        let common = if statement.is_passive() == source.is_passive() {
            sequence::common(statement, claim.borrowed, source)
        } else {
            Vec::new()
        };
        let owners: HashMap<usize, usize> =
            common.iter().map(|(at, token)| (*token, *at)).collect();
        let segment = |place: &Place| {
            (place.sentence, ground.sentences[place.sentence].statement.segments[place.token])
        };
        // How many words of the claim stand in each segment.
        let mut density: HashMap<(usize, usize), usize> = HashMap::new();
        for places in &found {
            let segments: HashSet<(usize, usize)> =
                places.iter().map(|(place, _)| segment(place)).collect();
            for one in segments {
                *density.entry(one).or_default() += 1;
            }
        }
        let mut matches = vec![Match::Missing; statement.tokens.len()];
        let mut before: Option<Place> = None;
        for at in statement.content_tokens() {
            let distance = |place: Place| match before {
                Some(other) if other.sentence == place.sentence => {
                    other.token.abs_diff(place.token)
                }
                _ => usize::MAX,
            };
            let best = found[at].iter().max_by_key(|(place, likeness)| {
                let is_meant = *likeness != Likeness::Opposite;
                let near = std::cmp::Reverse(distance(*place));
                // Where the words stand in the same order in both, each is meant at its place.
                let owner = owners.get(&place.token).filter(|_| place.sentence == core);
                let in_order = owner == Some(&at);
                let is_taken = owner.is_some_and(|owner| *owner != at);
                let dense = density.get(&segment(place)).copied().unwrap_or_default();
                (is_meant, place.sentence == core, in_order, !is_taken, dense, *likeness, near)
            });
            matches[at] = match best {
                Some((place, likeness)) if *likeness != Likeness::Opposite => {
                    before = Some(*place);
                    Match::Window(*place, *likeness)
                }
                other => beside(at, candidates, first..=last)
                    .or(other.map(|(place, likeness)| Match::Window(*place, *likeness)))
                    .unwrap_or(Match::Missing),
            };
        }
        Self { matches, core, common }
    }

    /// Returns whether a token of the window stands for a word of the claim.
    pub fn is_matched(&self, place: Place) -> bool {
        self.matches.iter().any(|one| matches!(one, Match::Window(other, _) if *other == place))
    }
}

/// Finds a word in what heads a row, or in what is known about the passage.
fn beside(
    at: usize,
    candidates: &Candidates,
    mut window: std::ops::RangeInclusive<usize>,
) -> Option<Match> {
    let is_in_full = window.clone().any(|sentence| candidates.is_in_full(sentence, at));
    let is_in_heading = window.clone().any(|sentence| candidates.is_in_heading(sentence, at));
    let header = window.find_map(|sentence| {
        let token = candidates.in_header(sentence, at)?;
        Some(Match::Header(Place { sentence, token }))
    });
    let is_known = candidates.is_known(at) || is_in_full;
    header
        .or_else(|| is_in_heading.then_some(Match::Heading))
        .or_else(|| is_known.then_some(Match::Context))
}

/// What a number or a time counts beside a word, and what a word of an answer counts beside those of its
/// question, where the sentence is looked for that says most.
const FACT: usize = 2;
const OWN: usize = 3;

/// Finds the sentence that says most of a claim.
fn core(
    candidates: &[Vec<(Place, Likeness)>],
    claim: &Claim,
    ground: &PreparedGround,
    first: usize,
    last: usize,
) -> usize {
    let statement = &claim.statement;
    let weight = |at: usize| if claim.borrowed > 0 && !claim.is_borrowed(at) { OWN } else { 1 };
    let said = |sentence: usize| -> usize {
        let is_there =
            |found: &[(Place, Likeness)]| found.iter().any(|(place, _)| place.sentence == sentence);
        let words = candidates.iter().enumerate().filter(|(_, found)| is_there(found));
        let source = &ground.sentences[sentence].statement;
        let numbers = statement
            .quantities
            .iter()
            .filter(|quantity| source.quantities.iter().any(|other| quantity.has_value_of(other)));
        let times = statement
            .times
            .iter()
            .filter(|own| source.times.iter().any(|there| there.time.states(own.time)));
        words.map(|(at, _)| weight(at)).sum::<usize>()
            + numbers.map(|one| FACT * weight(one.number)).sum::<usize>()
            + times.map(|one| FACT * weight(one.tokens.0)).sum::<usize>()
    };
    (first..=last).rev().max_by_key(|sentence| said(*sentence)).unwrap_or(first)
}
