//! Likeness: how a word of a passage stands for a word of a claim.

use quire_language::{Lexicon, Meaning, Token};

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
    one.lower.as_bytes().first() == other.lower.as_bytes().first() && bare(one) == bare(other)
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
    let may_be = long.lower.ends_with(&short.lower) || stem_of(long).ends_with(stem_of(short));
    may_be
        && short.lower.chars().count() >= 4
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
    if common < 5 {
        return false;
    }
    let (short, long) = {
        let (a, b) = (one.chars().count(), other.chars().count());
        (a.min(b), a.max(b))
    };
    common * 4 >= short * 3 && long - common <= 5
}
