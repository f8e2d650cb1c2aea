//! Definite nouns: `the pump` is the circulation pump if no other pump is spoken of.
//!
//! What is counted or measured is left to the stricter rule: sales are more than phone sales, whatever else is
//! spoken of.

use std::collections::HashSet;

use quire_domain::Language;
use quire_language::{Lexicon, Meaning, Token};

use super::Trial;
use crate::alignment::{Match, Place};
use crate::statement::Statement;

/// A phrase behind a noun is not followed further than this, in tokens.
const REACH: usize = 7;
/// What is shorter than this, in letters, has no ending that makes it definite.
const SHORTEST_DEFINITE: usize = 4;

/// Returns whether a word of the core sentence only tells more of a thing that the claim names with fewer words:
/// `circulation` in `the circulation pump`, of which the claim speaks as `the pump`.
pub fn tells_more(trial: &Trial<'_>, token: usize) -> bool {
    nouns(trial).into_iter().any(|noun| {
        phrase(trial, noun).is_some_and(|phrase| phrase.contains(&token))
            && is_the_only_one(trial, noun)
    })
}

/// Returns whether a word of the core sentence is a compound of a thing that the claim names by its last part,
/// and no other is spoken of.
pub fn is_compound_of_the_only_one(trial: &Trial<'_>, token: usize) -> bool {
    nouns(trial).contains(&token) && phrase(trial, token).is_some() && is_the_only_one(trial, token)
}

/// Lists where the core sentence has the words of the claim's definite nouns: one thing each, and not a figure.
fn nouns(trial: &Trial<'_>) -> Vec<usize> {
    let claim = trial.said();
    let mut found = Vec::new();
    for first in claim.content_tokens().filter(|at| is_definite(trial, *at)) {
        let run: Vec<usize> = (first..claim.tokens.len())
            .take_while(|at| claim.content[*at] && (*at == first || !is_verb(claim, *at)))
            .collect();
        let noun = head(claim, first, first + run.len());
        let is_figure = run.iter().any(|at| claim.has(*at, Meaning::Figure));
        if is_figure || is_plural(trial.lexicon, claim, first, noun) {
            continue;
        }
        let places: Option<Vec<usize>> = run
            .iter()
            .filter(|at| **at <= noun)
            .map(|at| match trial.alignment.matches[*at] {
                Match::Window(place, _) if place.sentence == trial.alignment.core => {
                    Some(place.token)
                }
                _ => None,
            })
            .collect();
        found.extend(places.unwrap_or_default());
    }
    found
}

/// Returns whether an article or an ending makes a noun a known one.
fn is_definite(trial: &Trial<'_>, at: usize) -> bool {
    let (claim, words) = (trial.said(), trial.lexicon.words());
    let lower = &claim.tokens[at].lower;
    let has_article = at.checked_sub(1).is_some_and(|at| claim.has(at, Meaning::DefiniteArticle));
    let is_joined = |article: &&&str| article.ends_with('\'') && lower.starts_with(**article);
    let is_long = lower.chars().count() >= SHORTEST_DEFINITE;
    has_article
        || words.definite_articles.iter().any(|article| is_joined(&article))
        || is_long && words.definite_endings.iter().any(|ending| lower.ends_with(ending))
}

/// Finds the noun at the end of a run of words: its last one, unless that is the verb, because the sentence has no
/// other: `the safety valve opens`.
fn head(claim: &Statement, first: usize, next: usize) -> usize {
    let has_verb = claim.operators.iter().any(|one| one.token >= next)
        || (next..claim.tokens.len()).any(|at| is_verb(claim, at));
    if has_verb || next - first < 2 { next - 1 } else { next - 2 }
}

fn is_verb(statement: &Statement, at: usize) -> bool {
    [Meaning::Linking, Meaning::Up, Meaning::Down, Meaning::Passive]
        .into_iter()
        .any(|meaning| statement.has(at, meaning))
}

/// Returns whether a noun is likely one of many things: by its ending, or by that of the verb behind it.
fn is_plural(lexicon: &Lexicon, claim: &Statement, first: usize, noun: usize) -> bool {
    let lower = |at: usize| claim.tokens.get(at).map_or("", |token| token.lower.as_str());
    let last = lower(noun);
    let ends = |endings: &[&str]| endings.iter().any(|ending| last.ends_with(ending));
    match lexicon.language() {
        Language::English | Language::Unknown => ends(&["s"]) && !ends(&["ss", "us", "is"]),
        Language::German => {
            let article = first.checked_sub(1).map_or("", lower);
            let verb = lower(noun + 1);
            matches!(article, "die" | "den") && (verb.ends_with('n') || verb == "sind")
        }
        Language::Dutch => ends(&["en", "s"]),
        // What has an article or ending of one thing is one thing.
        _ => false,
    }
}

/// Lists the words of the core sentence that stand with a noun: those right before it, and what prepositions tie
/// to it behind; `None` if one of them makes another thing of it, or one of several.
fn phrase(trial: &Trial<'_>, noun: usize) -> Option<Vec<usize>> {
    let core = trial.core();
    let before = chain(core, noun);
    let begin = noun - before.len();
    if before.iter().any(|token| tells_apart(core, *token))
        || begin.checked_sub(1).is_some_and(|token| is_counted(core, token))
    {
        return None;
    }
    let mut phrase = before;
    let sentence = trial.alignment.core;
    let is_said = |token: usize| trial.alignment.is_matched(Place { sentence, token });
    let mut is_tied = has_late_adjectives(trial.lexicon);
    let mut is_noun = true;
    for token in noun + 1..core.tokens.len().min(noun + 1 + REACH) {
        is_noun &= core.content[token];
        let ends = core.segments[token] != core.segments[noun]
            || !core.tokens[token].is_word()
            || core.has(token, Meaning::Passive)
            || core.operators.iter().any(|one| one.token == token)
            || core.content[token] && is_said(token) && !is_noun;
        if ends {
            break;
        }
        is_tied |= core.has(token, Meaning::Preposition);
        if is_tied && core.content[token] {
            if tells_apart(core, token) {
                return None;
            }
            phrase.push(token);
        }
    }
    Some(phrase)
}

/// Returns whether adjectives stand behind their nouns.
fn has_late_adjectives(lexicon: &Lexicon) -> bool {
    matches!(
        lexicon.language(),
        Language::French | Language::Spanish | Language::Italian | Language::Portuguese
    )
}

/// Lists the words that stand right before a noun.
fn chain(statement: &Statement, noun: usize) -> Vec<usize> {
    let before = (0..noun).rev();
    let segment = statement.segments[noun];
    before.take_while(|at| statement.content[*at] && statement.segments[*at] == segment).collect()
}

/// Returns whether a word tells one thing from others of its kind, or makes another thing of it: `upper`, `first`,
/// `former`.
fn tells_apart(statement: &Statement, at: usize) -> bool {
    statement.meanings[at].iter().any(|one| {
        matches!(
            one.meaning,
            Meaning::Up
                | Meaning::Down
                | Meaning::Side(..)
                | Meaning::Ordinal(_)
                | Meaning::Privative
                | Meaning::Figure
        )
    })
}

/// Returns whether what stands behind a token is counted: `two pumps`, `each pump`.
fn is_counted(statement: &Statement, at: usize) -> bool {
    let within = |(first, last): (usize, usize)| (first..=last).contains(&at);
    let counts = |meaning| {
        matches!(meaning, Meaning::All | Meaning::Most | Meaning::Some | Meaning::Negation)
    };
    statement.quantities.iter().any(|one| within(one.tokens))
        || statement.meanings[at].iter().any(|one| {
            matches!(one.meaning, Meaning::Ordinal(_) | Meaning::Number(_) | Meaning::Privative)
        })
        || statement
            .operators
            .iter()
            .any(|one| within((one.token, one.token + one.length - 1)) && counts(one.meaning))
}

/// Returns whether the passage, what is known beside it and the question speak of no other thing of the same name:
/// of none that is limited by another word, counted, or named in the plural.
fn is_the_only_one(trial: &Trial<'_>, noun: usize) -> bool {
    let core = trial.core();
    let token = &core.tokens[noun];
    let Some(phrase) = phrase(trial, noun) else { return false };
    let mut own: HashSet<&String> = token.terms.iter().collect();
    own.extend(phrase.iter().flat_map(|token| &core.tokens[*token].terms));
    let said = trial.said_of(noun).map_or(token, |at| &trial.said().tokens[at]);
    let (wanted, name): (Vec<&String>, _) = (said.terms.iter().collect(), said.lower.clone());
    let has_cases = matches!(
        trial.lexicon.language(),
        Language::German | Language::Finnish | Language::Russian
    );
    let is_other = |statement: &Statement, at: usize| {
        let here = &statement.tokens[at];
        let is_foreign = |at: usize| {
            statement.content[at]
                && !statement.tokens[at].terms.iter().any(|term| own.contains(term))
        };
        let is_verb = |at: usize| statement.has(at, Meaning::Linking);
        let is_other_compound = !here.terms.iter().any(|term| wanted.contains(&term))
            || here.terms.len() > 1 && here.terms.iter().any(|term| !own.contains(term));
        let is_other_form = !has_cases
            && here.lower.trim_end_matches("'s") != token.lower.trim_end_matches("'s")
            && here.terms.len() == token.terms.len();
        let before = chain(statement, at);
        let begin = at - before.len();
        let is_limited = before.first().is_some_and(|at| is_foreign(*at) && !is_verb(*at))
            || before.iter().any(|at| statement.has(*at, Meaning::Privative))
            || begin.checked_sub(1).is_some_and(|at| is_counted(statement, at));
        let is_numbered =
            statement.tokens.get(at + 1).is_some_and(Token::is_number) && statement.cells.is_none();
        let leads = statement.has(at + 1, Meaning::Preposition)
            || has_late_adjectives(trial.lexicon)
                && statement.content.get(at + 1) == Some(&true)
                && !is_verb(at + 1);
        let is_tied = leads
            && (at + 1..statement.tokens.len().min(at + 6))
                .find(|at| statement.content[*at])
                .is_some_and(is_foreign);
        is_other_compound || is_other_form || is_limited || is_numbered || is_tied
    };
    // A compound that the analyzer does not know ends in the noun.
    let is_called_so = |here: &Token| {
        here.terms.iter().any(|term| wanted.contains(&term)) || here.lower.ends_with(&name)
    };
    let has_no_other = |statement: &Statement| {
        (0..statement.tokens.len())
            .filter(|at| is_called_so(&statement.tokens[*at]))
            .all(|at| !is_other(statement, at))
    };
    trial.ground.sentences.iter().all(|one| has_no_other(&one.statement))
        && trial.ground.context.lines.iter().all(has_no_other)
        && has_no_other(&trial.claim.question)
}
