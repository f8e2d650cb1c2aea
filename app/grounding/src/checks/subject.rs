//! Subject: what the claim speaks of must be what the passage speaks of, and no part of it.

use quire_language::{Meaning, TokenKind};

use super::Trial;
use crate::alignment::{Match, Place};
use crate::likeness::Likeness;
use crate::statement::Statement;
use crate::verdict::WhyNot;

/// Objects if a name of the claim is neither in the window nor known of the passage, as a whole.
pub fn check_names(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    for &(first, last) in &claim.names {
        let tokens = first..=last;
        let words: Vec<usize> = tokens
            .filter(|at| claim.tokens[*at].is_word() && !claim.tokens[*at].terms.is_empty())
            .collect();
        let is_missing = |at: &usize| match trial.alignment.matches[*at] {
            Match::Missing | Match::Window(_, Likeness::Opposite) => claim.content[*at],
            Match::Window(_, Likeness::Family) => true,
            _ => false,
        };
        let name = || {
            let words = claim.tokens[first..=last].iter().map(|token| token.text.as_str());
            words.collect::<Vec<_>>().join(" ")
        };
        if words.iter().any(is_missing) {
            return Err(WhyNot::Name(name()));
        }
        if words.len() > 1 && trial.tells_names() && !stands_together(trial, &words) {
            return Err(WhyNot::Name(name()));
        }
    }
    Ok(())
}

/// Returns whether the words of a name stand close to each other in one place: a sentence of the window, a
/// header, or a line of what is known beside it.
fn stands_together(trial: &Trial<'_>, words: &[usize]) -> bool {
    let claim = trial.said();
    let terms: Vec<&String> =
        words.iter().filter_map(|at| claim.tokens[*at].terms.first()).collect();
    let holds = |statement: &Statement| {
        let words: Vec<&quire_language::Token> = statement
            .tokens
            .iter()
            .filter(|token| token.is_word() && !token.terms.is_empty())
            .collect();
        words
            .windows(terms.len())
            .any(|near| near.iter().zip(&terms).all(|(token, term)| token.terms.contains(term)))
    };
    trial
        .sentences()
        .any(|(_, one)| holds(&one.statement) || one.header.as_ref().is_some_and(holds))
        || trial.ground.context.lines.iter().any(holds)
}

/// Objects if the claim's subject is missing, is lent by another sentence to one that has a subject of its
/// own, or is a whole of which the passage names a part.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    check_presence(trial)?;
    check_facts(trial)
}

/// Objects as [`check`] does, but not to words that are only missing.
pub fn check_facts(trial: &Trial<'_>) -> Result<(), WhyNot> {
    check_foreign(trial)?;
    check_part(trial)
}

/// The words of the claim before its first verb, as far as that can be told.
fn subject(trial: &Trial<'_>) -> Vec<usize> {
    let claim = trial.said();
    let first_verb = (trial.claim.borrowed..claim.tokens.len()).find(|at| {
        claim.has(*at, Meaning::Passive)
            || claim.has(*at, Meaning::Up)
            || claim.has(*at, Meaning::Down)
            || claim.operators.iter().any(|one| one.token == *at && says_how(one.meaning))
    });
    let end = first_verb.unwrap_or(trial.claim.borrowed);
    let begin = trial.claim.borrowed;
    claim.content_tokens().filter(|at| (begin..end).contains(at)).collect()
}

fn says_how(meaning: Meaning) -> bool {
    matches!(
        meaning,
        Meaning::Negation | Meaning::Possibility | Meaning::Future | Meaning::Obligation
    )
}

fn check_presence(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    let missing = |at: &usize| {
        trial.alignment.matches[*at] == Match::Missing
            && !claim.has(*at, Meaning::Frame)
            && !trial.claim.is_asked(*at)
    };
    let missing: Vec<usize> = subject(trial).into_iter().filter(missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let words = missing.iter().map(|at| claim.tokens[*at].text.as_str());
    Err(WhyNot::Subject(words.collect::<Vec<_>>().join(" ")))
}

/// Objects if the core sentence names something of its own before what it says, while the claim's name
/// comes from elsewhere.
fn check_foreign(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let subject = subject(trial);
    let named: Vec<usize> =
        claim.content_tokens().filter(|at| claim.is_name(*at) || subject.contains(at)).collect();
    // A pronoun stands for what was named before it, and not for what is named behind.
    let comes_later = |at: &&usize| {
        claim.is_name(**at)
            && matches!(trial.alignment.matches[**at], Match::Window(place, _) if place.sentence > trial.alignment.core)
    };
    if trial.tells_names()
        && core.cells.is_none()
        && let Some(at) = named.iter().filter(|at| subject.contains(at)).find(comes_later)
    {
        return Err(WhyNot::Subject(claim.tokens[*at].text.clone()));
    }
    let is_lent = |at: usize| match trial.alignment.matches[at] {
        Match::Window(place, _) => place.sentence != trial.alignment.core,
        Match::Context => true,
        _ => false,
    };
    if !trial.tells_names() || core.cells.is_some() || !named.into_iter().any(is_lent) {
        return Ok(());
    }
    let said = trial.in_core().map(|(_, token)| token).max().unwrap_or_default();
    let foreign = core.names.iter().find(|(first, last)| {
        *first <= said && (*first..=*last).all(|token| !trial.is_known(token))
    });
    match foreign {
        Some((first, last)) => {
            let words = core.tokens[*first..=*last].iter().map(|token| token.text.as_str());
            Err(WhyNot::Subject(words.collect::<Vec<_>>().join(" ")))
        }
        None => Ok(()),
    }
}

/// Objects if what is counted or moves in the passage is limited by a word that the claim leaves out:
/// `phone sales fell` does not say that sales fell.
fn check_part(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    if core.cells.is_some() {
        return check_row(trial);
    }
    let Some(item) = item(trial) else { return Ok(()) };
    let sentence = trial.alignment.core;
    let is_word_of_claim = |token: usize| {
        core.content[token]
            && !core.has(token, Meaning::Up)
            && !core.has(token, Meaning::Down)
            && trial.alignment.is_matched(Place { sentence, token })
    };
    let segment = core.segments[item];
    let before = (0..item).rev().filter(|token| core.segments[*token] == segment);
    let behind = (item + 1..core.tokens.len()).filter(|token| core.segments[*token] == segment);
    // The one that stands first of all.
    let head = before.clone().rev().find(|token| is_word_of_claim(*token));
    let Some(head) = head.or_else(|| behind.clone().find(|token| is_word_of_claim(*token))) else {
        return Ok(());
    };
    let mut first = head;
    while first > 0 && is_word_of_claim(first - 1) {
        first -= 1;
    }
    // The first name before a family name limits nothing.
    let in_name = |token: usize| {
        core.names.iter().any(|(one, other)| {
            (*one..=*other).contains(&token) && (*one..=*other).contains(&first)
        })
    };
    let limits = |token: usize| is_limiting(trial, token) && !in_name(token);
    let object = |token: usize| Err(WhyNot::Part(core.tokens[token].text.clone()));
    // `phone` in `phone sales`.
    if first > 0 && limits(first - 1) && core.segments[first - 1] == segment {
        return object(first - 1);
    }
    // `of certain phones` in `sales of certain phones`.
    let end = if head < item { item } else { core.tokens.len() };
    let mut is_led = false;
    for token in head + 1..end {
        if core.segments[token] != segment || core.tokens[token].kind == TokenKind::Mark {
            break;
        }
        is_led |= core.has(token, Meaning::Preposition);
        if is_led && limits(token) {
            return object(token);
        }
    }
    // `Telefonumsatz` for `Umsatz`.
    let compound = trial.in_core().find(|(at, token)| {
        let Match::Window(_, likeness) = trial.alignment.matches[*at] else { return false };
        let (own, theirs) = (&trial.said().tokens[*at], &core.tokens[*token]);
        likeness == Likeness::Part
            && *token == head
            && theirs.terms.len() > own.terms.len()
            && theirs.terms.iter().skip(1).any(|term| {
                !own.terms.contains(term)
                    && !trial.claim.asked.contains(term)
                    && !trial.said().tokens.iter().any(|token| token.terms.contains(term))
            })
    });
    match compound {
        Some((_, token)) => object(token),
        None => Ok(()),
    }
}

/// Finds the token of the core sentence that the claim's number or movement is taken from.
fn item(trial: &Trial<'_>) -> Option<usize> {
    let (claim, core) = (trial.said(), trial.core());
    let own = claim.quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number));
    for quantity in own {
        let mut places = super::numbers::places_of(trial, quantity);
        if let Some((_, index)) = places.find(|(sentence, _)| *sentence == trial.alignment.core) {
            return Some(core.quantities[index].tokens.0);
        }
    }
    let moved = trial
        .in_core()
        .find(|(at, _)| claim.has(*at, Meaning::Up) || claim.has(*at, Meaning::Down))
        .map(|(_, token)| token);
    moved.or_else(|| {
        let times = core.times.iter();
        let mut said = times.filter(|one| claim.times.iter().any(|own| one.time.states(own.time)));
        said.next().map(|one| one.tokens.0)
    })
}

/// Returns whether a word limits what it stands with: it says something, and neither the claim nor the
/// question nor the passage's context has it.
fn is_limiting(trial: &Trial<'_>, token: usize) -> bool {
    let core = trial.core();
    let is_time = core.times.iter().any(|one| (one.tokens.0..=one.tokens.1).contains(&token));
    let means = |meaning| core.has(token, meaning);
    core.content[token]
        && !is_time
        && !trial.is_known(token)
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

/// Objects if the label of a row has a word that neither the claim nor the question has.
fn check_row(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    let Some(cells) = &core.cells else { return Ok(()) };
    let label = (0..core.tokens.len()).filter(|token| cells[*token] == 0);
    let mut limiting = label.filter(|token| is_limiting(trial, *token));
    let has_numbers = !trial.said().quantities.is_empty();
    match limiting.next() {
        Some(token) if has_numbers => Err(WhyNot::Part(core.tokens[token].text.clone())),
        _ => Ok(()),
    }
}
