//! Order: who did it to whom, and which of two is the greater.

use quire_domain::Language;
use quire_language::{Meaning, TokenKind};

use super::Trial;
use crate::alignment::Match;
use crate::likeness::Likeness;
use crate::statement::Statement;
use crate::verdict::WhyNot;

/// Objects if two words stand on both sides of a third in the claim, and the other way round in the passage,
/// while both are active or both are passive.
pub fn check(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    if core.cells.is_some() || trial.claim.borrowed > 0 {
        return Ok(());
    }
    let pairs: Vec<(usize, usize, Likeness)> = trial
        .in_core()
        .filter_map(|(at, token)| match trial.alignment.matches[at] {
            Match::Window(_, likeness) => Some((at, token, likeness)),
            _ => None,
        })
        .collect();
    // Where the verb stands second, what stands before it may be any part of the sentence.
    let is_free = matches!(
        trial.lexicon.language(),
        Language::German
            | Language::Dutch
            | Language::Swedish
            | Language::Danish
            | Language::Norwegian
    );
    let is_argument =
        |statement: &Statement, at: usize| !is_free || !follows_preposition(statement, at);
    let passive_alike = claim.is_passive() == core.is_passive();
    for (a, a_place, _) in &pairs {
        for (b, b_place, _) in pairs.iter().filter(|(b, ..)| b > a) {
            if a_place <= b_place || !is_argument(claim, *a) || !is_argument(claim, *b) {
                continue;
            }
            if !is_argument(core, *a_place) || !is_argument(core, *b_place) {
                continue;
            }
            // What stands between them in both, and is no argument itself.
            let between = pairs.iter().find(|(p, place, _)| {
                (*a + 1..*b).contains(p) && (*b_place + 1..*a_place).contains(place)
            });
            let Some((_, _, likeness)) = between else { continue };
            let is_turned = *likeness == Likeness::Opposite;
            if passive_alike && !is_turned {
                return Err(WhyNot::Order);
            }
        }
    }
    check_agents(trial, &pairs, is_free)?;
    check_roles(trial)?;
    check_identity(trial, &pairs)
}

/// Objects if the claim says of one thing that it is another, and the passage has another verb between the two:
/// `Toyama is a division of Lexar` for `Toyama established its division Lexar`.
fn check_identity(trial: &Trial<'_>, pairs: &[(usize, usize, Likeness)]) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    let Some(copula) = (0..claim.tokens.len()).find(|at| claim.has(*at, Meaning::Passive)) else {
        return Ok(());
    };
    let is_article = claim.tokens.get(copula + 1).is_some_and(|next| {
        next.is_word()
            && next.terms.is_empty()
            && !claim.has(copula + 1, Meaning::Preposition)
            && !claim.has(copula + 1, Meaning::Passive)
    });
    let subject = pairs.iter().rev().find(|(at, ..)| *at < copula);
    let predicate = pairs.iter().find(|(at, ..)| *at > copula);
    let (Some((at, begin, _)), Some((_, end, _))) = (subject, predicate) else { return Ok(()) };
    if !is_article || begin >= end || !claim.tokens[*at].has_capital() || !trial.tells_names() {
        return Ok(());
    }
    let between = begin + 1..*end;
    let ties = |token: usize| {
        core.tokens[token].kind == TokenKind::Mark
            || core.has(token, Meaning::Passive)
            || core.has(token, Meaning::Linking)
    };
    let is_own = |token: &usize| trial.is_limiting(*token) && !core.is_name(*token);
    match between.clone().find(is_own) {
        Some(token) if !between.clone().any(ties) => {
            Err(WhyNot::Words(core.tokens[token].text.clone()))
        }
        _ => Ok(()),
    }
}

/// Objects if two names have changed places, and with them the prepositions that say what they are to the
/// rest.
fn check_roles(trial: &Trial<'_>) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    if claim.is_passive() != core.is_passive() {
        return Ok(());
    }
    let heads: Vec<(usize, usize)> = trial
        .in_core()
        .filter(|(at, _)| claim.names.iter().any(|(first, _)| first == at))
        .collect();
    let changes = |(at, token): &(usize, usize)| {
        let (own, theirs) = (claim.preposition_before(*at), core.preposition_before(*token));
        own != theirs
    };
    for (index, one) in heads.iter().enumerate() {
        let turned = heads[index + 1..].iter().filter(|other| other.1 < one.1);
        if turned.clone().any(|other| changes(one) && changes(other)) {
            return Err(WhyNot::Order);
        }
    }
    Ok(())
}

/// Objects if a passive has another agent than the active: `B was acquired by A` and `B acquired A`.
fn check_agents(
    trial: &Trial<'_>,
    pairs: &[(usize, usize, Likeness)],
    is_free: bool,
) -> Result<(), WhyNot> {
    let (claim, core) = (trial.said(), trial.core());
    if claim.is_passive() == core.is_passive() {
        return Ok(());
    }
    // In the same order, an active and a passive say the opposite.
    let is_kept = pairs.iter().any(|(a, a_place, _)| {
        pairs.iter().filter(|(b, ..)| b > a).any(|(b, b_place, _)| {
            // A participle may stand last: `wurde von Kolb übernommen`.
            let is_between = |at: usize, first: usize, last: usize| {
                (first + 1..last).contains(&at) || is_free && at > last
            };
            let verb = pairs.iter().any(|(p, place, _)| {
                is_between(*p, *a, *b) && is_between(*place, *a_place, *b_place)
            });
            let is_agent = |statement: &Statement, at: usize| follows_agent(statement, at);
            verb && a_place < b_place && (is_agent(claim, *b) != is_agent(core, *b_place))
        })
    });
    if is_kept { Err(WhyNot::Order) } else { Ok(()) }
}

fn follows_agent(statement: &Statement, at: usize) -> bool {
    (at.saturating_sub(3)..at).any(|before| statement.has(before, Meaning::Agent))
}

/// Returns whether a word stands behind a preposition, which makes it neither subject nor object; the agent
/// of a passive and what is compared with do not count.
fn follows_preposition(statement: &Statement, at: usize) -> bool {
    let mut words = 0;
    for before in (0..at).rev() {
        let token = &statement.tokens[before];
        if statement.has(before, Meaning::Agent) || statement.has(before, Meaning::Comparison) {
            return false;
        }
        if statement.has(before, Meaning::Preposition) {
            return true;
        }
        let ends = token.kind == TokenKind::Mark && !token.is_mark('-') && !token.is_mark('&')
            || statement.has(before, Meaning::Passive);
        if ends || words == 2 {
            return false;
        }
        words += usize::from(statement.content[before]);
    }
    false
}
