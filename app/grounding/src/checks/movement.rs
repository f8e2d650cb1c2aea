//! Movement: where something came from is not where it went, and what only dates or measures another thing is not
//! what is spoken of.

use quire_domain::Language;
use quire_language::{Meaning, TokenKind};

use super::Trial;
use super::numbers::places_of;
use crate::statement::Statement;
use crate::verdict::WhyNot;

/// So many tokens before a word it is looked for what makes it a measure of another: `before the old bridge`.
const REACH: usize = 4;

/// So many tokens before a number its preposition is looked for: `by about 3`.
const PHRASE: usize = 3;

/// Objects if a movement of the claim ends where that of the passage begins, or the other way round, or if its subject
/// is what the passage only compares with or dates by.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    if core.cells.is_some() {
        return Ok(());
    }
    check_ends(trial)?;
    check_differences(trial)?;
    check_added_limits(trial)?;
    check_subject(trial)
}

/// Objects to a `before`, `after` or `since` of the claim of which the passage has nothing. Elsewhere these words are
/// prepositions of place as well.
fn check_added_limits(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    if trial.lexicon.language() != Language::English {
        return Ok(());
    }
    for at in trial.claim.borrowed..claim.tokens.len() {
        let mut poles = claim.poles(at).filter(|_| claim.has(at, Meaning::TimeLimit)).peekable();
        let is_there = |pole: Meaning| {
            trial.sentences().any(|(_, one)| {
                let source = &one.statement;
                (0..source.tokens.len()).any(|token| source.poles(token).any(|one| one == pole))
            })
        };
        if poles.peek().is_some() && !poles.any(is_there) {
            return Err(WhyNot::Direction(claim.tokens[at].text.clone()));
        }
    }
    Ok(())
}

/// Objects if a number is how far something moved in the one, and where to in the other: `rose by 81 percent` and `rose to
/// 81 percent`.
fn check_differences(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let claim = trial.said();
    let differences = trial.lexicon.words().differences;
    // Whether the word before a number tells how far, and not whereto.
    let is_difference = |statement: &Statement, number: usize| {
        let mut before = (number.saturating_sub(PHRASE)..number).rev();
        let tells_far = |at: usize| differences.contains(&statement.tokens[at].lower.as_str());
        let word = before.find(|at| statement.has(*at, Meaning::Preposition) || tells_far(*at))?;
        let is_far = tells_far(word);
        (is_far || statement.has(word, Meaning::Destination)).then_some(is_far)
    };
    for quantity in claim.quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number)) {
        let Some(own) = is_difference(claim, quantity.tokens.0) else { continue };
        let mut there = places_of(trial, quantity)
            .map(|(sentence, index)| {
                let source = &trial.sentence(sentence).statement;
                is_difference(source, source.quantities[index].tokens.0)
            })
            .peekable();
        if there.peek().is_some() && there.all(|theirs| theirs == Some(!own)) {
            return Err(WhyNot::Binding(quantity.written.clone()));
        }
    }
    Ok(())
}

fn check_ends(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let is_turned = |own: Option<Meaning>, theirs: Option<Meaning>| {
        matches!(
            (own, theirs),
            (Some(Meaning::Origin), Some(Meaning::Destination))
                | (Some(Meaning::Destination), Some(Meaning::Origin))
        )
    };
    for (at, token) in trial.in_core() {
        let own = claim.end_of_movement(at);
        if !trial.claim.is_borrowed(at) && is_turned(own, core.end_of_movement(token)) {
            let stem = core.tokens[token].terms.first();
            let is_elsewhere = (0..core.tokens.len()).any(|other| {
                other != token
                    && core.tokens[other].terms.first() == stem
                    && !is_turned(own, core.end_of_movement(other))
            });
            if !is_elsewhere {
                return Err(WhyNot::Order);
            }
        }
    }
    for mention in claim.times.iter().filter(|one| !trial.claim.is_borrowed(one.tokens.0)) {
        let own = claim.end_of_movement(mention.tokens.0);
        let mut there = core
            .times
            .iter()
            .filter(|one| one.time.states(mention.time))
            .map(|one| is_turned(own, core.end_of_movement(one.tokens.0)))
            .peekable();
        if there.peek().is_some() && there.all(|is_turned| is_turned) {
            return Err(WhyNot::Time(claim.tokens[mention.tokens.0].text.clone()));
        }
    }
    for quantity in &claim.quantities {
        let own = claim.end_of_movement(quantity.tokens.0);
        let mut places = places_of(trial, quantity)
            .map(|(sentence, index)| {
                let source = &trial.sentence(sentence).statement;
                is_turned(own, source.end_of_movement(source.quantities[index].tokens.0))
            })
            .peekable();
        if !trial.claim.is_borrowed(quantity.number)
            && places.peek().is_some()
            && places.all(|one| one)
        {
            return Err(WhyNot::Binding(quantity.written.clone()));
        }
    }
    Ok(())
}

/// Objects if what the claim speaks of stands in the passage behind `before`, `after` or `than` only, with nothing said
/// of it: `two years before the Helm bridge` tells nothing of the Helm bridge.
fn check_subject(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let begin = trial.claim.borrowed;
    let Some(first) = claim.content_tokens().find(|at| *at >= begin) else { return Ok(()) };
    if measure(claim, first).is_some() {
        return Ok(());
    }
    let run = (first..claim.tokens.len()).take_while(|at| claim.content[*at]);
    let places: Vec<usize> =
        run.filter_map(|at| trial.in_core().find(|one| one.0 == at)).map(|one| one.1).collect();
    let (Some(begin), Some(end)) = (places.iter().min(), places.iter().max()) else {
        return Ok(());
    };
    let Some(word) = measure(core, *begin) else { return Ok(()) };
    let next = core.tokens.get(end + 1);
    let is_alone = next.is_none_or(|next| next.kind == TokenKind::Mark);
    let is_named_again = places.iter().all(|token| {
        let stem = core.tokens[*token].terms.first();
        trial.sentences().any(|(sentence, one)| {
            (0..one.statement.tokens.len()).any(|other| {
                one.statement.tokens[other].terms.first() == stem
                    && measure(&one.statement, other).is_none()
                    && (sentence, other) != (trial.alignment.core, *token)
            })
        })
    });
    if is_alone && !is_named_again {
        return Err(WhyNot::Subject(core.tokens[word].text.clone()));
    }
    Ok(())
}

/// Finds the word before a noun that makes it a measure of another thing.
fn measure(statement: &Statement, at: usize) -> Option<usize> {
    let segment = statement.segments[at];
    let mut before = (at.saturating_sub(REACH)..at)
        .rev()
        .take_while(|one| statement.tokens[*one].is_word() && statement.segments[*one] == segment);
    let word = before.find(|one| {
        [Meaning::Preposition, Meaning::Passive, Meaning::TimeLimit, Meaning::Comparison]
            .into_iter()
            .any(|meaning| statement.has(*one, meaning))
    })?;
    let is_measure = statement.has(word, Meaning::TimeLimit)
        && !statement.has(word, Meaning::Agent)
        || statement.has(word, Meaning::Comparison);
    is_measure.then_some(word)
}
