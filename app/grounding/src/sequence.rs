//! Sequences: the tokens that a claim and a sentence of a passage have in common, in the same order.
//!
//! They hold the two beside each other: what stands between the same two neighbours in both stands in
//! the same slot, and says there what the other says, or something else.

use crate::statement::Statement;

/// More pairs of tokens than these are not compared: what is that long is no sentence.
const MOST_PAIRS: usize = 200_000;

/// What a pair counts beside its weight that follows the one before it directly in both.
const CLOSE: u32 = 1;

/// Finds the run of pairs (token of the claim, token of the source) that stand in the same order in both and
/// say most. `begin` is the first token of the claim that is looked at.
pub fn common(claim: &Statement, begin: usize, source: &Statement) -> Vec<(usize, usize)> {
    let (own, theirs) = (keys(claim, begin), keys(source, 0));
    if own.len() * theirs.len() > MOST_PAIRS {
        return Vec::new();
    }
    let width = theirs.len() + 1;
    let cells = (own.len() + 1) * width;
    // What the rests have in common, from each pair of tokens on: at best, and if it begins with the pair.
    let (mut best, mut paired) = (vec![0_u32; cells], vec![0_u32; cells]);
    for (row, (at, key)) in own.iter().enumerate().rev() {
        for (column, (_, other)) in theirs.iter().enumerate().rev() {
            let here = row * width + column;
            let next = here + width + 1;
            best[here] = best[here + width].max(best[here + 1]);
            if key == other {
                let follows = if paired[next] > 0 { paired[next] + CLOSE } else { 0 };
                paired[here] = weight(claim, *at) + best[next].max(follows);
                best[here] = best[here].max(paired[here]);
            }
        }
    }
    let mut pairs = Vec::new();
    let (mut row, mut column) = (0, 0);
    while row < own.len() && column < theirs.len() {
        let here = row * width + column;
        let (mut at, mut is_pair) = (here, paired[here] > 0 && paired[here] == best[here]);
        if !is_pair {
            if best[here] == best[here + 1] {
                column += 1;
            } else {
                row += 1;
            }
        }
        while is_pair {
            pairs.push((own[row].0, theirs[column].0));
            (row, column) = (row + 1, column + 1);
            let next = at + width + 1;
            is_pair = paired[next] > 0
                && paired[at] == paired[next] + CLOSE + weight(claim, own[row - 1].0);
            at = next;
        }
    }
    pairs
}

/// Lists the words and numbers of a statement with what they are compared by: a number's value, a word's stem.
fn keys(statement: &Statement, begin: usize) -> Vec<(usize, String)> {
    let said = (begin..statement.tokens.len()).filter(|at| is_said(statement, *at));
    said.map(|at| {
        let quantity = statement.quantities.iter().find(|one| one.number == at);
        let token = &statement.tokens[at];
        let key = match (quantity.and_then(|one| one.mantissa.as_ref()), token.terms.first()) {
            (Some(value), _) => format!("{value:?}"),
            (None, Some(stem)) => stem.clone(),
            (None, None) => token.lower.clone(),
        };
        (at, key)
    })
    .collect()
}

/// Returns whether a token says something: marks do not.
fn is_said(statement: &Statement, at: usize) -> bool {
    statement.tokens[at].is_word() || statement.tokens[at].is_number()
}

/// Gives what a token counts. Small words count less, for they are alike by chance.
fn weight(claim: &Statement, at: usize) -> u32 {
    if claim.content[at] || claim.tokens[at].is_number() { 4 } else { 2 }
}

/// What stands in one slot: between two pairs that follow each other, or before the first or behind the last.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The tokens of the claim there.
    pub claim: std::ops::Range<usize>,
    /// The tokens of the source there.
    pub source: std::ops::Range<usize>,
}

/// Lists the slots between pairs in which both have something.
pub fn slots(
    pairs: &[(usize, usize)],
    begin: usize,
    claim: &Statement,
    source: &Statement,
) -> Vec<Slot> {
    let ends = (claim.tokens.len(), source.tokens.len());
    let mut before = (begin, 0);
    let mut slots = Vec::new();
    for &(at, token) in pairs.iter().chain([&ends]) {
        let slot = Slot { claim: before.0..at, source: before.1..token };
        let has = |statement: &Statement, range: &std::ops::Range<usize>| {
            range.clone().any(|at| is_said(statement, at))
        };
        if has(claim, &slot.claim) && has(source, &slot.source) {
            slots.push(slot);
        }
        before = (at + 1, token + 1);
    }
    slots
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;
    use quire_language::Lexicon;

    use super::*;

    fn in_slots(claim: &str, source: &str) -> Vec<(String, String)> {
        let statement = |text: &str| Statement::of(text, Lexicon::of(Language::English));
        let (claim, source) = (statement(claim), statement(source));
        let words = |statement: &Statement, range: std::ops::Range<usize>| {
            let words = statement.tokens[range].iter().filter(|token| !token.is_mark('.'));
            words.map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ")
        };
        let pairs = common(&claim, 0, &source);
        let slots = slots(&pairs, 0, &claim, &source).into_iter();
        slots.map(|slot| (words(&claim, slot.claim), words(&source, slot.source))).collect()
    }

    #[test]
    fn what_differs_stands_in_slots() {
        let check = |claim: &str, source: &str, expected: &[(&str, &str)]| {
            let found = in_slots(claim, source);
            let found: Vec<(&str, &str)> =
                found.iter().map(|(one, other)| (one.as_str(), other.as_str())).collect();
            assert_eq!(found, expected, "{claim} and {source}");
        };
        let source = "The Ohio Company sent 22 men to Fort Duquesne in May 1754.";
        check(source, source, &[]);
        check("In May 1754 the Ohio Company sent 22 men.", source, &[]);
        check(
            "The Ohio Company sent 24 men to Logstown in May 1754.",
            source,
            &[("24", "22"), ("Logstown", "Fort Duquesne")],
        );
    }
}
