//! Short names: `the Edict` where a passage spoke of the Edict of Nantes before, `Manning` for Peyton Manning.

use std::collections::HashSet;

use quire_language::{Lexicon, Meaning, Token};

use crate::statement::Statement;

/// The stems of a name's words, in order.
pub type Stems = Vec<String>;

/// A name of several words.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct FullName {
    stems: Stems,
    /// How many of them stand before a preposition: `Edict` in `Edict of Nantes`. All, if there is none.
    head: usize,
}

/// Finds for each of some sentences the names in full that it calls by a short one, if nothing else in the passage or
/// beside it is called so.
pub fn find(sentences: &[&Statement], beside: &[Statement], lexicon: &Lexicon) -> Vec<Vec<Stems>> {
    // Where every noun has a capital, names are not told from other words.
    if lexicon.has_capital_nouns() {
        return vec![Vec::new(); sentences.len()];
    }
    let mut known: Vec<FullName> = beside.iter().flat_map(full_names).collect();
    let in_sentences = sentences.iter().flat_map(|one| full_names(one));
    let all: HashSet<FullName> = known.iter().cloned().chain(in_sentences).collect();
    let in_full = sentences.iter().map(|sentence| {
        let own = full_names(sentence);
        let mut found: Vec<Stems> = Vec::new();
        for (stems, has_article) in short_names(sentence) {
            let is_called = |full: &&FullName| full.is_called(&stems, has_article);
            let mut called = all.iter().filter(is_called);
            if let (Some(full), None) = (called.next(), called.next())
                && known.contains(full)
                && !own.contains(full)
            {
                found.push(full.stems.clone());
            }
        }
        known.extend(own);
        found
    });
    in_full.collect()
}

impl FullName {
    /// Returns whether a name may be short for this one: its last words, or with an article what stands before
    /// `of`. `England` is not the Bank of England.
    fn is_called(&self, short: &[String], has_article: bool) -> bool {
        if short.len() >= self.stems.len() {
            return false;
        }
        let head = &self.stems[..self.head];
        if self.head < self.stems.len() {
            has_article && head.ends_with(short)
        } else {
            head.ends_with(short)
        }
    }
}

/// Lists the names of several words, those joined by a preposition among them.
fn full_names(statement: &Statement) -> Vec<FullName> {
    let mut names = Vec::new();
    for (index, &(first, last)) in statement.names.iter().enumerate() {
        // `South Africa` is no sort of Africa.
        if statement.poles(first).next().is_some() {
            continue;
        }
        let own = stems(&statement.tokens[first..=last]);
        let behind = statement.names.get(index + 1).filter(|(next, _)| {
            let between = last + 1..*next;
            (1..=2).contains(&between.len())
                && statement.has(last + 1, Meaning::Preposition)
                && between.clone().all(|token| statement.tokens[token].is_word())
                && between.clone().all(|token| !statement.content[token])
        });
        if let Some((next, end)) = behind {
            let mut all = own.clone();
            all.extend(stems(&statement.tokens[*next..=*end]));
            names.push(FullName { stems: all, head: own.len() });
        }
        if own.len() > 1 {
            names.push(FullName { head: own.len(), stems: own });
        }
    }
    names
}

/// Lists the names of a sentence, its first word among them, and tells of each if an article stands before it.
fn short_names(statement: &Statement) -> Vec<(Stems, bool)> {
    let begins = statement.tokens.iter().position(Token::is_word);
    let begins = begins.filter(|at| statement.tokens[*at].has_capital() && !statement.is_name(*at));
    let all = statement.names.iter().copied().chain(begins.map(|at| (at, at)));
    let short = all.map(|(first, last)| {
        let has_article = first.checked_sub(1).is_some_and(|before| {
            let token = &statement.tokens[before];
            token.is_word()
                && token.terms.is_empty()
                && !statement.has(before, Meaning::Preposition)
        });
        (stems(&statement.tokens[first..=last]), has_article)
    });
    short.filter(|(stems, _)| !stems.is_empty()).collect()
}

fn stems(tokens: &[Token]) -> Stems {
    tokens.iter().filter_map(|token| token.terms.first().cloned()).collect()
}
