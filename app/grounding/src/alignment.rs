//! Alignment: which word of a passage stands for which word of a claim.

use std::collections::{HashMap, HashSet};

use quire_language::{Lexicon, Meaning, Token};

use crate::claim::Claim;
use crate::ground::PreparedGround;
use crate::sequence;
use crate::statement::{Statement, opposite};

/// How a word of a passage stands for a word of a claim.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Likeness {
    /// It says the opposite.
    Opposite,
    /// Both begin alike and may be of one family: `acquire`, `acquisition`.
    Family,
    /// It has the word as a part, or is a part of it: `Kündigungsfrist`, `Frist`.
    Part,
    /// It has the same sense.
    Sense,
    /// It is the same word.
    Same,
}

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
    /// In what is known about the passage.
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
    /// Looks for the words of a claim in the sentences `first..=last` of a passage.
    pub fn new(
        claim: &Claim,
        ground: &PreparedGround,
        (first, last): (usize, usize),
        lexicon: &Lexicon,
    ) -> Self {
        let likeness = |claim: &Statement, at, source: &Statement, token| {
            likeness(claim, at, source, token, lexicon)
        };
        let statement = &claim.statement;
        let mut candidates: Vec<Vec<(Place, Likeness)>> = vec![Vec::new(); statement.tokens.len()];
        for at in statement.content_tokens() {
            for sentence in first..=last {
                let source = &ground.sentences[sentence].statement;
                let places =
                    (0..source.tokens.len()).filter(|token| source.tokens[*token].is_word());
                candidates[at].extend(places.filter_map(|token| {
                    let likeness = likeness(statement, at, source, token)?;
                    Some((Place { sentence, token }, likeness))
                }));
            }
        }
        let core = core(&candidates, claim, ground, first, last);
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
        for found in &candidates {
            let segments: HashSet<(usize, usize)> =
                found.iter().map(|(place, _)| segment(place)).collect();
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
            let best = candidates[at].iter().max_by_key(|(place, likeness)| {
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
                other => beside(statement, at, ground, (first..=last, lexicon))
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

/// Finds a word in the header of a row, or in what is known about the passage.
fn beside(
    claim: &Statement,
    at: usize,
    ground: &PreparedGround,
    (window, lexicon): (std::ops::RangeInclusive<usize>, &Lexicon),
) -> Option<Match> {
    for sentence in window {
        let Some(header) = &ground.sentences[sentence].header else { continue };
        let found = (0..header.tokens.len()).filter(|token| header.tokens[*token].is_word()).find(
            |token| {
                likeness(claim, at, header, *token, lexicon)
                    .is_some_and(|one| one > Likeness::Opposite)
            },
        );
        if let Some(token) = found {
            return Some(Match::Header(Place { sentence, token }));
        }
    }
    let token = &claim.tokens[at];
    let is_known = token.terms.first().is_some_and(|term| ground.context.terms.contains(term))
        || ground.context.lines.iter().any(|line| {
            (0..line.tokens.len()).filter(|other| line.tokens[*other].is_word()).any(|other| {
                likeness(claim, at, line, other, lexicon).is_some_and(|one| one > Likeness::Family)
            })
        });
    is_known.then_some(Match::Context)
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

/// Compares a word of a claim with a word of a passage.
pub fn likeness(
    claim: &Statement,
    at: usize,
    source: &Statement,
    token: usize,
    lexicon: &Lexicon,
) -> Option<Likeness> {
    let (one, other) = (&claim.tokens[at], &source.tokens[token]);
    if one.lower == other.lower {
        return Some(Likeness::Same);
    }
    let first = one.terms.first();
    if first.is_some() && first == other.terms.first() {
        return Some(Likeness::Same);
    }
    if is_possessive_of(one, other) {
        return Some(Likeness::Same);
    }
    if shares_sense(claim, at, source, token) {
        return Some(Likeness::Sense);
    }
    if claim.poles(at).any(|pole| source.poles(token).any(|theirs| Some(theirs) == opposite(pole)))
    {
        return Some(Likeness::Opposite);
    }
    if one.terms.iter().any(|term| other.terms.contains(term)) {
        return Some(Likeness::Part);
    }
    if negates(one, other, lexicon) {
        return Some(Likeness::Opposite);
    }
    let is_name = claim.is_name(at) || one.is_acronym() || other.is_acronym();
    (!is_name && are_family(&one.lower, &other.lower)).then_some(Likeness::Family)
}

fn is_possessive_of(one: &Token, other: &Token) -> bool {
    fn bare(token: &Token) -> &str {
        token.lower.trim_end_matches("'s").trim_end_matches('\'')
    }
    bare(one) == bare(other)
}

fn shares_sense(claim: &Statement, at: usize, source: &Statement, token: usize) -> bool {
    senses(claim, at).any(|sense| senses(source, token).any(|other| sense == other))
}

/// Lists the meanings of a word that make others of the same meaning stand for it.
fn senses(statement: &Statement, at: usize) -> impl Iterator<Item = Meaning> {
    let found = statement.meanings.get(at).into_iter().flatten().map(|one| one.meaning);
    found.filter(|meaning| {
        matches!(meaning, Meaning::Sense(_) | Meaning::Up | Meaning::Down | Meaning::Side(..))
    })
}

/// Returns whether one word is the other with a prefix that negates it.
fn negates(one: &Token, other: &Token, lexicon: &Lexicon) -> bool {
    let (long, short) =
        if one.lower.len() > other.lower.len() { (one, other) } else { (other, one) };
    short.lower.chars().count() >= 4
        && lexicon.words().negating_prefixes.iter().any(|prefix| {
            let is_rest = |word: &str, rest: &str| word.strip_prefix(prefix) == Some(rest);
            is_rest(&long.lower, &short.lower)
                || stem_of(short).len() > 3 && is_rest(stem_of(long), stem_of(short))
        })
}

fn stem_of(token: &Token) -> &str {
    token.terms.first().map_or("", String::as_str)
}

/// Returns whether two words are likely of one family: they share a long beginning.
fn are_family(one: &str, other: &str) -> bool {
    let common = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let (short, long) = {
        let (a, b) = (one.chars().count(), other.chars().count());
        (a.min(b), a.max(b))
    };
    common >= 5 && common * 4 >= short * 3 && long - common <= 5
}
