//! Cohesion: what the claim says in one breath must not be put together from clauses that have subjects of
//! their own.

use std::collections::BTreeSet;

use quire_domain::Language;
use quire_language::Meaning;

use super::Trial;
use crate::alignment::{Match, Place};
use crate::statement::Statement;
use crate::time::Time;
use crate::verdict::WhyNot;

/// Objects if the claim's words stand in several segments or sentences, and one of them has words of its
/// own before the first that it shares with the claim: those are its subject, and the claim has another.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let used = used_segments(trial);
    if used.len() < 2 {
        return Ok(());
    }
    for &(sentence, segment) in &used {
        let source = &trial.sentence(sentence).statement;
        if source.cells.is_some() {
            continue;
        }
        let tokens = || (0..source.tokens.len()).filter(|token| source.segments[*token] == segment);
        let is_said = |token: usize| is_said(trial, source, Place { sentence, token });
        let foreign: Vec<usize> = tokens()
            .take_while(|token| !is_said(*token))
            .filter(|token| is_foreign(trial, Place { sentence, token: *token }))
            .collect();
        // A relative clause takes its subject from what stands before it.
        if foreign.is_empty() || is_antecedent(trial, sentence, segment) {
            continue;
        }
        let words = foreign.iter().map(|token| source.tokens[*token].text.as_str());
        return Err(WhyNot::Subject(words.collect::<Vec<_>>().join(" ")));
    }
    check_item(trial, &used)?;
    check_rivals(trial, &used)
}

/// Returns whether the claim takes nothing of a segment but the noun at its end, of which the clause behind it speaks: of
/// `the router ships with a password, which must be changed`, the password.
fn is_antecedent(trial: &Trial<'_>, sentence: usize, segment: usize) -> bool {
    let source = &trial.sentence(sentence).statement;
    let tokens: Vec<usize> =
        (0..source.tokens.len()).filter(|token| source.segments[*token] == segment).collect();
    let Some(last) = tokens.last() else { return false };
    let opens = (last + 1..source.tokens.len()).find(|at| source.tokens[*at].is_word());
    let is_spoken_of = opens
        .is_some_and(|at| source.has(at, Meaning::Relative) && source.segments[at] == segment + 1);
    let noun = tokens.iter().rev().take_while(|token| source.content[**token]).count();
    let is_said = |token: &usize| is_said(trial, source, Place { sentence, token: *token });
    is_spoken_of && noun > 0 && !tokens[..tokens.len() - noun].iter().any(is_said)
}

/// Objects if a number, time or movement of the claim is said of another of its words.
pub fn check_numbers(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let used = used_segments(trial);
    if used.len() < 2 {
        return Ok(());
    }
    check_item(trial, &used)?;
    check_rivals(trial, &used)
}

/// Objects if a number, time or movement of the claim stands in a segment that has words of its own, while
/// the claim goes on with words of a later one, or of another sentence that has a number, time or movement of
/// its own: `melts at 16.6 °C and boils at 117.9 °C` does not say that it boils at 16.6 °C.
fn check_item(trial: &Trial<'_>, used: &BTreeSet<(usize, usize)>) -> Result<(), WhyNot> {
    for (sentence, token, written) in items(trial) {
        let source = &trial.sentence(sentence).statement;
        if source.cells.is_some() {
            continue;
        }
        let segment = source.segments[token];
        if !used.contains(&(sentence, segment)) {
            continue;
        }
        let has_own = (0..source.tokens.len()).any(|at| {
            source.segments[at] == segment
                && is_foreign(trial, Place { sentence, token: at })
                && !is_said(trial, source, Place { sentence, token: at })
        });
        let has_other = |other: usize| {
            let is_there = |(first, _): (usize, usize)| source.segments[first] == other;
            source.times.iter().any(|one| is_there(one.tokens))
                || source.quantities.iter().any(|one| is_there(one.tokens))
        };
        let goes_on = trial.alignment.matches.iter().any(|found| match found {
            // What an answer borrows from its question may stand before it, with a number or time of its own.
            Match::Window(place, _) if place.sentence == sentence => {
                let other = source.segments[place.token];
                other > segment || trial.claim.borrowed > 0 && other != segment && has_other(other)
            }
            Match::Window(place, _) => has_rival(trial, place.sentence, source, token),
            _ => false,
        });
        // `One in five was invited, and 96 were hired` does not say that 96 were invited.
        let opens = (0..source.tokens.len())
            .find(|at| source.segments[*at] == segment && source.tokens[*at].is_word());
        let opens_clause = opens.is_some_and(|at| source.has(at, Meaning::ClauseOpener));
        let is_lonely = opens_clause
            && source.quantities.iter().any(|one| one.number == token)
            && !(0..source.tokens.len()).any(|at| {
                source.segments[at] == segment
                    && trial.alignment.is_matched(Place { sentence, token: at })
            })
            && (0..source.tokens.len())
                .any(|at| source.segments[at] == segment && source.has(at, Meaning::Passive));
        if has_own && (goes_on || is_lonely) {
            return Err(WhyNot::Binding(written));
        }
    }
    Ok(())
}

/// Lists the claim's numbers, times and movements as they stand in the window: sentence, token, and how the
/// claim writes them. What stands in several places is left out, for any of them may be meant.
fn items(trial: &Trial<'_>) -> Vec<(usize, usize, String)> {
    let claim = trial.said();
    let mut items = Vec::new();
    let mut add = |places: Vec<(usize, usize)>, written: &str| {
        if let [(sentence, token)] = places[..] {
            items.push((sentence, token, written.to_owned()));
        }
    };
    for quantity in &claim.quantities {
        let places = super::numbers::places_of(trial, quantity).map(|(sentence, index)| {
            (sentence, trial.sentence(sentence).statement.quantities[index].number)
        });
        if !super::binding::is_of_name(trial, quantity) {
            add(places.collect(), &quantity.written);
        }
    }
    for mention in &claim.times {
        let written = &claim.tokens[mention.tokens.0].text;
        add(times_of(trial, mention.time).collect(), written);
    }
    for at in claim.content_tokens() {
        if let Match::Window(place, _) = trial.alignment.matches[at]
            && (claim.has(at, Meaning::Up) || claim.has(at, Meaning::Down))
        {
            add(vec![(place.sentence, place.token)], &claim.tokens[at].text);
        }
    }
    items
}

/// Returns whether another sentence has something of the sort of an item: a number for a number, a time for a
/// time.
fn has_rival(trial: &Trial<'_>, other: usize, source: &Statement, token: usize) -> bool {
    let theirs = &trial.sentence(other).statement;
    let within = |(first, last): (usize, usize)| (first..=last).contains(&token);
    let is_time = source.times.iter().any(|one| within(one.tokens));
    match source.quantities.iter().find(|one| within(one.tokens)) {
        Some(quantity) => theirs.quantities.iter().any(|one| one.is_like(quantity)),
        None => is_time && !theirs.times.is_empty(),
    }
}

/// Lists the segments, with their sentences, that the claim's words and numbers stand in.
fn used_segments(trial: &Trial<'_>) -> BTreeSet<(usize, usize)> {
    let mut used = BTreeSet::new();
    for found in &trial.alignment.matches {
        if let Match::Window(place, _) = found {
            let source = &trial.sentence(place.sentence).statement;
            used.insert((place.sentence, source.segments[place.token]));
        }
    }
    for quantity in
        trial.said().quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number))
    {
        let mut places: Vec<(usize, usize)> = super::numbers::places_of(trial, quantity)
            .map(|(sentence, index)| {
                let source = &trial.sentence(sentence).statement;
                (sentence, source.segments[source.quantities[index].number])
            })
            .collect();
        // Where it stands among other words of the claim, it is meant there.
        if !places.iter().any(|place| used.contains(place)) {
            places.truncate(1);
            used.extend(places);
        }
    }
    for mention in &trial.said().times {
        let mut places: Vec<(usize, usize)> = times_of(trial, mention.time)
            .map(|(sentence, token)| (sentence, trial.sentence(sentence).statement.segments[token]))
            .collect();
        if !places.iter().any(|place| used.contains(place)) {
            places.truncate(1);
            used.extend(places);
        }
    }
    used
}

/// Lists where a time of the claim is named in the window: sentence and first token.
fn times_of<'t>(trial: &'t Trial<'_>, wanted: Time) -> impl Iterator<Item = (usize, usize)> + 't {
    trial.sentences().flat_map(move |(sentence, one)| {
        let named = one.statement.times.iter().filter(move |there| there.time.states(wanted));
        named.map(move |there| (sentence, there.tokens.0))
    })
}

/// Returns whether a token of the window is part of what the claim says: a word, or a number or time.
fn is_said(trial: &Trial<'_>, source: &Statement, place: Place) -> bool {
    if trial.alignment.is_matched(place) {
        return true;
    }
    let within = |(first, last): (usize, usize)| (first..=last).contains(&place.token);
    let claim = trial.said();
    source
        .quantities
        .iter()
        .any(|one| within(one.tokens) && claim.quantities.iter().any(|own| own.has_value_of(one)))
}

/// Returns whether a word is the passage's own, and could be a subject.
pub fn is_foreign(trial: &Trial<'_>, place: Place) -> bool {
    let (source, token) = (&trial.sentence(place.sentence).statement, place.token);
    let means = |meaning| source.has(token, meaning);
    // What stands right behind `can` or `must` is the verb.
    let is_infinitive = trial.lexicon.language() == Language::English
        && source.operators.iter().any(|one| {
            matches!(one.meaning, Meaning::Possibility | Meaning::Obligation | Meaning::Future)
                && one.length == 1
                && one.token + 1 == token
        });
    let is_title = trial.lexicon.words().titles.contains(&source.tokens[token].lower.as_str());
    source.content[token]
        && !is_infinitive
        && !is_title
        && !source.is_in_time(token)
        && !trial.is_known_at(place)
        && !means(Meaning::Linking)
        && !means(Meaning::Wish)
        && !means(Meaning::Period)
        && !means(Meaning::Quarter)
        && !means(Meaning::Up)
        && !means(Meaning::Down)
}

/// Objects if a word of the claim stands behind another number of the sort, in another segment than the
/// claim's number, which has words of its own: `18 euros for adults and 9 euros for children`.
fn check_rivals(trial: &Trial<'_>, used: &BTreeSet<(usize, usize)>) -> Result<(), WhyNot> {
    let claim = trial.said();
    for quantity in &claim.quantities {
        let mut places = super::numbers::places_of(trial, quantity).peekable();
        if places.peek().is_none() {
            continue;
        }
        let holds = places.any(|(sentence, index)| {
            let source = &trial.sentence(sentence).statement;
            let found = &source.quantities[index];
            let segment = source.segments[found.number];
            let has_own = (0..source.tokens.len()).any(|token| {
                source.segments[token] == segment
                    && is_foreign(trial, Place { sentence, token })
                    && !trial.alignment.is_matched(Place { sentence, token })
            });
            let is_rivals = |token: usize| {
                source.segments[token] != segment
                    && source.quantities.iter().any(|rival| {
                        rival.is_like(found)
                            && source.segments[rival.number] == source.segments[token]
                            && rival.tokens.1 < token
                            && !claim.quantities.iter().any(|own| own.has_value_of(rival))
                    })
            };
            let borrows = trial.alignment.matches.iter().any(|found| match found {
                Match::Window(place, _) => {
                    place.sentence == sentence
                        && is_rivals(place.token)
                        && used.contains(&(sentence, source.segments[place.token]))
                        && follows_alone(source, place.token)
                }
                _ => false,
            });
            !(has_own && borrows)
        });
        if !holds {
            return Err(WhyNot::Binding(quantity.written.clone()));
        }
    }
    Ok(())
}

/// Returns whether a word is a label of its own behind a number, and not the thing counted, which several
/// numbers may share: a preposition stands between.
fn follows_alone(source: &Statement, token: usize) -> bool {
    let number = source.quantities.iter().rev().find(|one| one.tokens.1 < token);
    number.is_some_and(|number| {
        (number.tokens.1 + 1..token).any(|between| source.has(between, Meaning::Preposition))
    })
}
