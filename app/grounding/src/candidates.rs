//! Candidates: which words of a passage may stand for which words of a claim.
//!
//! They are found once, and then used for every run of sentences that the claim is held against. Most runs have too
//! few to be looked at further.

use std::collections::HashMap;
use std::sync::Arc;

use quire_language::Lexicon;

use crate::claim::Claim;
use crate::ground::{GroundSentence, PreparedGround};
use crate::likeness::{Likeness, likeness};
use crate::statement::Statement;

/// A word that stands in a sentence more often than this is not looked for further.
const MOST_PLACES: usize = 64;

/// Which words of a passage may stand for which words of a claim.
#[derive(Clone, Debug)]
pub struct Candidates {
    /// By sentence and token of the claim: the tokens there, in order.
    words: Vec<Vec<Vec<(usize, Likeness)>>>,
    /// By line that heads rows, and token of the claim: the first token of the line.
    heads: Vec<Vec<Option<usize>>>,
    /// By sentence: the line that names its columns, if it is a row that has one.
    headers: Vec<Option<usize>>,
    /// By sentence: the other lines that head it, if it is a row.
    headings: Vec<Vec<usize>>,
    /// By token of the claim: if it is known about the passage beside its text.
    known: Vec<bool>,
    /// By sentence and token of the claim: if it belongs to a name that the sentence calls by a short one.
    in_full: Vec<Vec<bool>>,
}

impl Candidates {
    /// Looks for the words of a claim in a passage and in what is known about it.
    pub fn new(claim: &Claim, ground: &PreparedGround, lexicon: &Lexicon) -> Self {
        let said = &claim.statement;
        let is_content = |at: &usize| said.content[*at];
        let all = || 0..said.tokens.len();
        let places = |at: usize, source: &Statement| -> Vec<(usize, Likeness)> {
            let words = (0..source.tokens.len())
                .filter(|token| source.tokens[*token].is_word() && !source.is_in_address(*token));
            let like = words.filter_map(|token| {
                likeness(said, at, source, token, lexicon).map(|likeness| (token, likeness))
            });
            like.take(MOST_PLACES).collect()
        };
        let in_sentence = |source: &Statement| -> Vec<Vec<(usize, Likeness)>> {
            all().map(|at| if is_content(&at) { places(at, source) } else { Vec::new() }).collect()
        };
        let in_head = |head: &Statement| -> Vec<Option<usize>> {
            let first = |at: usize| {
                let mut meant =
                    places(at, head).into_iter().filter(|(_, one)| *one > Likeness::Opposite);
                meant.next().map(|(token, _)| token)
            };
            all().map(|at| if is_content(&at) { first(at) } else { None }).collect()
        };
        // Rows share what heads them.
        let (mut heads, mut known_heads) = (Vec::new(), HashMap::new());
        let mut number = |head: &Arc<Statement>| {
            *known_heads.entry(Arc::as_ptr(head)).or_insert_with(|| {
                heads.push(in_head(head));
                heads.len() - 1
            })
        };
        let (mut headers, mut headings) = (Vec::new(), Vec::new());
        for sentence in &ground.sentences {
            let own = sentence.heads.as_ref();
            headers.push(own.and_then(|own| own.header.as_ref()).map(&mut number));
            let lines =
                own.into_iter().flat_map(|own| own.groups.iter().rev().chain(&own.captions));
            headings.push(lines.map(&mut number).collect());
        }
        let is_known = |at: usize| {
            let stem = said.tokens[at].terms.first();
            stem.is_some_and(|stem| ground.context.terms.contains(stem))
                || ground.context.lines.iter().any(|line| {
                    places(at, line).iter().any(|(_, likeness)| *likeness > Likeness::Family)
                })
        };
        let in_full = |one: &GroundSentence| -> Vec<bool> {
            let is_meant = |at: usize| said.is_name(at) && one.has_in_full(&said.tokens[at]);
            all().map(|at| is_content(&at) && is_meant(at)).collect()
        };
        let sentences = || ground.sentences.iter();
        Self {
            words: sentences().map(|one| in_sentence(&one.statement)).collect(),
            heads,
            headers,
            headings,
            known: all().map(|at| is_content(&at) && is_known(at)).collect(),
            in_full: sentences().map(in_full).collect(),
        }
    }

    /// Lists the tokens of a sentence that may stand for a token of the claim.
    pub fn in_sentence(&self, sentence: usize, at: usize) -> &[(usize, Likeness)] {
        &self.words[sentence][at]
    }

    /// Gives the token of a row's header that stands for a token of the claim.
    pub fn in_header(&self, sentence: usize, at: usize) -> Option<usize> {
        self.headers[sentence].and_then(|header| self.heads[header][at])
    }

    /// Returns whether a token of the claim stands in a line that names the group of a row, or above its table.
    pub fn is_in_heading(&self, sentence: usize, at: usize) -> bool {
        self.headings[sentence].iter().any(|line| self.heads[*line][at].is_some())
    }

    /// Returns whether a token of the claim is known about the passage beside its text.
    pub fn is_known(&self, at: usize) -> bool {
        self.known[at]
    }

    /// Returns whether a token of the claim belongs to a name that a sentence calls by a short one.
    pub fn is_in_full(&self, sentence: usize, at: usize) -> bool {
        self.in_full[sentence][at]
    }

    /// Returns whether a token of the claim may be found in some sentences, or is known of them.
    pub fn may_find(&self, (first, last): (usize, usize), at: usize) -> bool {
        let is_there = |sentence: usize| {
            !self.words[sentence][at].is_empty()
                || self.in_header(sentence, at).is_some()
                || self.is_in_heading(sentence, at)
                || self.is_in_full(sentence, at)
        };
        self.known[at] || (first..=last).any(is_there)
    }
}
