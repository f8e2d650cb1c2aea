//! Arranging what was found: repetitions go, neighbours become one, and where a question compares
//! documents, several are heard.

use std::collections::{HashMap, HashSet};

use quire_domain::{DocumentId, DropReason};
use quire_language::{Lexicon, Words};

use super::passages::Passage;
use super::selection::Selection;
use quire_grounding::decimal::Decimal;
use quire_grounding::quantity::values;

/// Passages that share this much of their terms say the same, if their numbers are alike too.
///
/// Set by hand, with the next two: see `docs/decisions/057-passages-are-arranged-before-the-prompt.md`.
const ALIKE: f32 = 0.9;
/// How many of the best passages are arranged; the others stay behind them.
const DEPTH: usize = 12;
/// The longest passage that joining makes, in code points.
const LONGEST: usize = 3_000;
/// Arranges passages, best first.
pub fn arrange(question: &str, selection: &mut Selection, lexicon: &Lexicon) {
    drop_repetitions(selection, lexicon);
    if compares(question) {
        take_turns(selection);
    }
    join_neighbours(selection);
}

/// Returns whether a question sets several things or times side by side.
pub fn compares(question: &str) -> bool {
    let lower = question.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    let stands = |phrase: &&str| {
        if phrase.contains(' ') { lower.contains(phrase) } else { words.contains(phrase) }
    };
    Words::all().any(|table| table.comparing.iter().any(stands))
}

/// Drops passages that say what a better one says, word for word or nearly.
///
/// Two tables with other numbers are not the same, however alike their words are.
fn drop_repetitions(selection: &mut Selection, lexicon: &Lexicon) {
    let mut seen: Vec<(HashSet<String>, HashSet<Decimal>)> = Vec::new();
    selection.retain(DropReason::Duplicate, |passage| {
        let terms: HashSet<String> =
            lexicon.analyzer().terms(&passage.ground.text).into_iter().collect();
        let own = values(&passage.ground.text, lexicon);
        let is_repetition = seen.iter().any(|(other, other_numbers)| {
            let shared = terms.intersection(other).count() as f32;
            let all = terms.union(other).count().max(1) as f32;
            shared / all >= ALIKE && own == *other_numbers
        });
        if !is_repetition {
            seen.push((terms, own));
        }
        !is_repetition
    });
}

/// Takes the best of each document in turn; documents that are about less of what the question
/// names come after the others.
fn take_turns(selection: &mut Selection) {
    let passages = selection.passages();
    let most = passages.iter().map(|passage| passage.names).max().unwrap_or_default();
    // How many passages of a document came before, and the place of its first one.
    let mut heard: HashMap<(bool, &DocumentId), (usize, usize)> = HashMap::new();
    let mut keys = Vec::with_capacity(passages.len());
    for (place, passage) in passages.iter().enumerate() {
        let is_other = passage.names != most;
        let (turn, first) = heard.entry((is_other, &passage.hit.document.id)).or_insert((0, place));
        *turn += 1;
        keys.push((is_other, *turn, *first));
    }
    selection.order_by(keys);
}

/// Joins passages that follow each other in a page; the joined one stands where the better stood.
fn join_neighbours(selection: &mut Selection) {
    selection.join(|index, before, passage| {
        let mut best = before.iter().take(DEPTH);
        best.position(|other| index < DEPTH && follow_each_other(other, passage))
    });
}

/// Joins passages that follow each other, in the order in which they stand.
pub fn join_in_order(selection: &mut Selection) {
    selection.join(|_, before, passage| {
        let last = before.len().checked_sub(1)?;
        follow_each_other(&before[last], passage).then_some(last)
    });
}

fn follow_each_other(a: &Passage, b: &Passage) -> bool {
    let same_page = a.hit.document.id == b.hit.document.id && a.hit.page == b.hit.page;
    let (first, second) = if a.hit.start <= b.hit.start { (a, b) } else { (b, a) };
    let gap = second.hit.start.saturating_sub(first.hit.end);
    // A passage of a cut table has a header before its own text, which must stay.
    let plain = |one: &Passage| one.hit.text == one.ground.text;
    same_page
        && plain(a)
        && plain(b)
        && gap <= 4
        && second.hit.end >= first.hit.end
        && second.hit.end - first.hit.start <= LONGEST
}
