//! Alignment: which word of a passage stands for which word of a claim.

use quire_language::{Lexicon, Meaning, Token};

use crate::claim::Claim;
use crate::ground::PreparedGround;
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
        let core = core(&candidates, statement, ground, first, last);
        let density = |place: Place| {
            let segment = ground.sentences[place.sentence].statement.segments[place.token];
            let there = |other: &(Place, Likeness)| {
                other.0.sentence == place.sentence
                    && ground.sentences[other.0.sentence].statement.segments[other.0.token]
                        == segment
            };
            candidates.iter().filter(|found| found.iter().any(there)).count()
        };
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
                (is_meant, place.sentence == core, density(*place), *likeness, near)
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
        Self { matches, core }
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

/// Finds the sentence that says most of a claim.
fn core(
    candidates: &[Vec<(Place, Likeness)>],
    claim: &Statement,
    ground: &PreparedGround,
    first: usize,
    last: usize,
) -> usize {
    let said = |sentence: usize| {
        let words = candidates
            .iter()
            .filter(|found| found.iter().any(|(place, _)| place.sentence == sentence))
            .count();
        let source = &ground.sentences[sentence].statement;
        let numbers = claim
            .quantities
            .iter()
            .filter(|quantity| source.quantities.iter().any(|other| quantity.has_value_of(other)));
        words + 2 * numbers.count()
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
    let bare = |token: &Token| token.lower.trim_end_matches("'s").trim_end_matches('\'').to_owned();
    bare(one) == bare(other)
}

fn shares_sense(claim: &Statement, at: usize, source: &Statement, token: usize) -> bool {
    let bears = |meaning: &Meaning| {
        matches!(meaning, Meaning::Sense(_) | Meaning::Up | Meaning::Down | Meaning::Side(..))
    };
    let single = |statement: &Statement, at: usize| -> Vec<Meaning> {
        let found = statement.meanings.get(at).map(Vec::as_slice).unwrap_or_default();
        found.iter().map(|one| one.meaning).filter(bears).collect()
    };
    let theirs = single(source, token);
    single(claim, at).iter().any(|meaning| theirs.contains(meaning))
}

/// Returns whether one word is the other with a prefix that negates it.
fn negates(one: &Token, other: &Token, lexicon: &Lexicon) -> bool {
    let (long, short) =
        if one.lower.len() > other.lower.len() { (one, other) } else { (other, one) };
    let stem = |token: &Token| token.terms.first().cloned().unwrap_or_default();
    let (long_stem, short_stem) = (stem(long), stem(short));
    short.lower.chars().count() >= 4
        && lexicon.words().negating_prefixes.iter().any(|prefix| {
            let rest = |word: &str| word.strip_prefix(prefix).map(str::to_owned);
            rest(&long.lower).is_some_and(|rest| rest == short.lower)
                || rest(&long_stem).is_some_and(|rest| rest == short_stem && rest.len() > 3)
        })
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
