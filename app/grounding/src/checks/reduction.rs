//! Reduction: a word that makes another thing of what stands behind it may not be left out. `The former mayor` is not
//! the mayor, `the third working day` not the third day, `the proposal to raise fees` raises none, and `of the 48
//! members 27 agreed` says nothing of 48.

use quire_language::Meaning;

use super::Trial;
use super::numbers::places_of;
use crate::statement::Statement;
use crate::verdict::WhyNot;

/// So many words before a number its preposition is looked for: `of the committee's nine members`.
const WHOLE_REACH: usize = 4;

/// Objects if the claim leaves such a word out.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    if trial.core().cells.is_some() {
        return Ok(());
    }
    check_privatives(trial)?;
    check_ordinals(trial)?;
    check_prospects(trial)?;
    check_wholes(trial)?;
    check_denied_bounds(trial)?;
    check_limited(trial)?;
    check_frequencies(trial)
}

/// Objects if a thing is `former`, `acting` or `planned` in the passage, wherever it is named there, and not in the claim.
fn check_privatives(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    let makes_another = |token: usize| {
        core.has(token, Meaning::Privative)
            && !core.has(token, Meaning::Small)
            && !trial.is_known(token)
    };
    for (at, token) in trial.in_core() {
        let Some(before) = token.checked_sub(1).filter(|before| makes_another(*before)) else {
            continue;
        };
        let stem = core.tokens[token].terms.first();
        let is_plain_elsewhere = trial.ground.sentences.iter().any(|one| {
            let there = &one.statement;
            (0..there.tokens.len()).any(|other| {
                there.tokens[other].terms.first() == stem
                    && !other.checked_sub(1).is_some_and(|it| there.has(it, Meaning::Privative))
            })
        });
        if !trial.claim.is_borrowed(at) && !is_plain_elsewhere {
            return Err(WhyNot::Part(core.tokens[before].text.clone()));
        }
    }
    Ok(())
}

/// Objects if a word between an ordinal and what it counts is left out.
fn check_ordinals(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let ordinal = |statement: &Statement, at: usize| {
        statement.meanings.get(at)?.iter().find_map(|one| match one.meaning {
            Meaning::Ordinal(value) => Some(value),
            _ => None,
        })
    };
    for (at, token) in trial.in_core() {
        let own = at.checked_sub(1).and_then(|before| ordinal(claim, before));
        let (Some(own), Some(narrowing)) = (own, token.checked_sub(1)) else { continue };
        let counts = narrowing.checked_sub(1).and_then(|before| ordinal(core, before));
        if counts == Some(own) && core.content[narrowing] && !trial.is_known(narrowing) {
            return Err(WhyNot::Part(core.tokens[narrowing].text.clone()));
        }
    }
    Ok(())
}

/// Objects if what was only proposed, tried or asked for is told as if it were done.
fn check_prospects(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let core = trial.core();
    for word in (0..core.tokens.len()).filter(|at| core.has(*at, Meaning::Prospect)) {
        let is_said = if let Some(at) = trial.said_of(word) {
            // Not only by a word of its family: `proposed` for `proposal`.
            trial.said().has(at, Meaning::Prospect)
        } else {
            let terms = &core.tokens[word].terms;
            let is_same = |at: usize| {
                let own = &trial.said().tokens[at].terms;
                trial.said().has(at, Meaning::Prospect) && own.iter().any(|it| terms.contains(it))
            };
            terms.iter().any(|term| trial.claim.asked.contains(term))
                || (0..trial.said().tokens.len()).any(is_same)
        };
        if is_said {
            continue;
        }
        // What is proposed stands behind `to` or, in some languages, in the clause behind the comma.
        let Some(next) = core.tokens.get(word + 1) else { continue };
        let segment = core.segments[word];
        let in_clause = |token: usize| match core.segments[token] {
            own if own == segment => token > word + 1 && is_infinitive_mark(trial, &next.lower),
            other => next.is_mark(',') && other == segment + 1 && has_infinitive(trial, other),
        };
        if trial.meant_in_core().any(in_clause) {
            return Err(WhyNot::Modality);
        }
    }
    Ok(())
}

fn is_infinitive_mark(trial: &Trial<'_>, word: &str) -> bool {
    trial.lexicon.words().infinitive_marks.contains(&word)
}

fn has_infinitive(trial: &Trial<'_>, segment: usize) -> bool {
    let core = trial.core();
    let mut tokens = core.tokens.iter().zip(&core.segments);
    tokens.any(|(token, own)| *own == segment && is_infinitive_mark(trial, &token.lower))
}

/// Objects if the claim counts as a part what is the whole in the passage: `of the 48 members`, beside another number.
fn check_wholes(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let wholes = trial.lexicon.words().wholes;
    let is_of_whole = |statement: &Statement, number: usize| {
        let begin = number.saturating_sub(WHOLE_REACH);
        let mut before = (begin..number).rev();
        let opening = before.find(|at| {
            statement.has(*at, Meaning::Preposition) || !statement.tokens[*at].is_word()
        });
        opening.is_some_and(|at| wholes.contains(&statement.tokens[at].lower.as_str()))
    };
    for quantity in claim.quantities.iter().filter(|one| !trial.claim.is_borrowed(one.number)) {
        let there: Vec<usize> = places_of(trial, quantity)
            .filter(|(sentence, _)| *sentence == trial.alignment.core)
            .map(|(_, index)| core.quantities[index].tokens.0)
            .collect();
        // Only at the beginning of a statement: `a fine of 20 euros` is no part of anything.
        let begins = |number: usize| {
            let segment = core.segments[number];
            let words = (0..number).filter(|at| core.segments[*at] == segment);
            let is_first = words.filter(|at| core.tokens[*at].is_word()).count() <= WHOLE_REACH;
            // `One in five of the 2,300`.
            let mut counted = core.quantities.iter().map(|one| one.tokens.1);
            is_first || counted.any(|end| end < number && number - end <= WHOLE_REACH)
        };
        let is_whole = quantity.unit.is_none()
            && !there.is_empty()
            && there.iter().all(|number| begins(*number) && is_of_whole(core, *number));
        let is_part = core.quantities.iter().any(|other| {
            other.unit.is_none() && !claim.quantities.iter().any(|own| own.has_value_of(other))
        });
        // `27 of the 48` counts a part of it.
        let counts_part = claim
            .quantities
            .iter()
            .any(|own| own.number < quantity.number && own.number + WHOLE_REACH > quantity.number);
        if is_whole && is_part && !counts_part && !is_of_whole(claim, quantity.number) {
            return Err(WhyNot::Binding(quantity.written.clone()));
        }
    }
    Ok(())
}

/// Objects if what holds only of some, or somewhere, is told without saying so: `free for students` is not free.
fn check_limited(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let limited = trial.lexicon.words().limited;
    for (at, token) in trial.in_core() {
        let is_limited = limited.contains(&core.tokens[token].lower.as_str());
        let says_another = claim.has(at + 1, Meaning::Preposition);
        if !is_limited || says_another || !core.has(token + 1, Meaning::Preposition) {
            continue;
        }
        let phrase: Vec<usize> = (token + 2..core.tokens.len())
            .take_while(|at| core.tokens[*at].is_word() && !core.has(*at, Meaning::Preposition))
            .filter(|at| core.content[*at])
            .collect();
        let is_said = phrase.iter().any(|at| trial.is_known(*at) || core.is_in_time(*at));
        if !phrase.is_empty() && !is_said {
            return Err(WhyNot::Condition);
        }
    }
    Ok(())
}

/// Objects if what is denied beyond a bound is denied altogether: `never more than twice` is not never.
fn check_denied_bounds(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let bounds = [Meaning::MoreThan, Meaning::LessThan, Meaning::AtLeast, Meaning::AtMost];
    let has_bound = |statement: &Statement, at: usize| {
        bounds.into_iter().any(|meaning| statement.has(at, meaning))
    };
    let is_bound =
        |statement: &Statement| (0..statement.tokens.len()).any(|at| has_bound(statement, at));
    let denial = |statement: &Statement| {
        let mut denials = statement.operators.iter().filter(|one| one.meaning == Meaning::Negation);
        denials.next().map(|one| one.token + one.length)
    };
    let (Some(_), Some(begin)) = (denial(claim), denial(core)) else { return Ok(()) };
    let bound = (begin..core.tokens.len())
        .take_while(|at| core.segments[*at] == core.segments[begin - 1])
        .find(|at| has_bound(core, *at));
    let is_meant = trial.in_core().any(|(_, token)| token >= begin);
    match bound {
        Some(at) if is_meant && !is_bound(claim) => {
            Err(WhyNot::Bound(core.tokens[at].text.clone()))
        }
        _ => Ok(()),
    }
}

/// Objects if the claim says of one thing how often it is, and the passage says that of another: `800 a month, raised
/// each year` is not raised each month.
fn check_frequencies(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let rates = trial.lexicon.words().rates;
    let own: Vec<usize> =
        frequencies(claim, rates).filter(|at| !trial.claim.is_borrowed(*at)).collect();
    let theirs: Vec<usize> = frequencies(core, rates).collect();
    let [period] = own[..] else { return Ok(()) };
    let is_same = |token: &usize| {
        core.tokens[*token].terms.iter().any(|term| claim.tokens[period].terms.contains(term))
    };
    let (same, others): (Vec<usize>, Vec<usize>) = theirs.into_iter().partition(is_same);
    let [place] = same[..] else { return Ok(()) };
    // How many words of the claim stand between it and the nearest other one on each side.
    let shared = |token: usize| {
        let segment = core.segments[token];
        let mut words: Vec<usize> = trial.meant_in_core().collect();
        words.retain(|word| core.segments[*word] == segment && *word != token);
        words.len()
    };
    let is_others = others.iter().any(|other| {
        core.segments[*other] != core.segments[place] && shared(*other) > shared(place)
    });
    if is_others {
        return Err(WhyNot::Time(claim.tokens[period].text.clone()));
    }
    Ok(())
}

/// Lists the periods behind `each`, `per` and the like.
fn frequencies<'s>(
    statement: &'s Statement,
    rates: &'s [&'s str],
) -> impl Iterator<Item = usize> + 's {
    (1..statement.tokens.len()).filter(move |at| {
        let is_time = statement.has(*at, Meaning::Period)
            || statement.meanings[*at].iter().any(|one| matches!(one.meaning, Meaning::Unit(_)));
        is_time && rates.contains(&statement.tokens[at - 1].lower.as_str())
    })
}
