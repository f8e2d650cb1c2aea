//! Claims: sentences of an answer, with the question that they answer.

use std::collections::HashSet;

use quire_language::{Lexicon, Meaning};

use crate::ground::LONGEST_SENTENCE;
use crate::statement::Statement;

/// A claim with fewer content words than this is looked for together with its question.
const FEW_WORDS: usize = 2;
/// A claim with more tokens or quantities than these, or longer than a sentence may be, is no sentence: it can
/// be quoted, but is not compared.
const MOST_TOKENS: usize = 300;
const MOST_QUANTITIES: usize = 40;
/// The longest number of an item in a list, in digits.
const ITEM_DIGITS: usize = 2;

/// How much a sentence says, and so how it can be looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Extent {
    /// Nothing: it is a question, or leads to the sentences behind it.
    Nothing,
    /// A word or a number, which says nothing without a question.
    Fragment,
    /// A sentence that leaves open what it speaks of, such as `It weighs nine tonnes`; it can only be quoted.
    Open,
    /// A sentence that can be compared.
    Sentence,
    /// What is too long to be a sentence, and can only be quoted.
    Long,
}

/// A sentence that has to be proved.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The sentence, without the number of an item.
    pub text: String,
    /// What it says; for an answer of a word or a number, together with the question.
    pub statement: Statement,
    /// What was asked.
    pub question: Statement,
    /// The terms of the question.
    pub asked: HashSet<String>,
    /// How many tokens at the beginning of the statement are the question's.
    pub borrowed: usize,
    /// How much it says.
    pub extent: Extent,
}

impl Claim {
    /// Takes a sentence of an answer to `question` apart; an empty question is none.
    pub fn new(sentence: &str, question: &str, lexicon: &Lexicon) -> Self {
        let text = without_item_number(sentence).trim().to_owned();
        let own = Statement::of(begin_of(&text), lexicon);
        let question = begin_of(question);
        let asked_statement = Statement::of(question, lexicon);
        let asked: HashSet<String> =
            asked_statement.tokens.iter().flat_map(|token| token.terms.iter().cloned()).collect();
        let news = own
            .content_tokens()
            .filter(|at| own.tokens[*at].terms.iter().any(|term| !asked.contains(term)));
        let words = own.content_tokens().count();
        let has_number = !own.quantities.is_empty() || !own.times.is_empty();
        let has = |meaning| (0..own.tokens.len()).any(|at| own.has(at, meaning));
        // `The grant is 2.5 million euros` says by itself what the number is; `It was built in 1742` does not.
        let is_sentence = words > 0
            && has_number
            && (has(Meaning::Passive) || has(Meaning::Linking))
            && !has(Meaning::Pronoun);
        // So does no name that stands alone, however long it is.
        let is_name = words > 0 && own.content_tokens().all(|at| own.is_name(at));
        let is_short = (words < FEW_WORDS
            || is_name && !has(Meaning::Passive)
            || leans_on(&own, &asked_statement, &asked))
            && !is_sentence;
        let is_told = words >= FEW_WORDS || !own.operators.is_empty() && words > 0;
        let says_something = news.count() > 0 || has_number || is_told;
        let has_question = asked_statement.content_tokens().next().is_some();
        // `Here is what it says:` leads to the sentences behind it; a fact with a colon behind it is one.
        let end = text.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '_'));
        let states_nothing =
            end.ends_with('?') || end.ends_with(':') && !has_number && own.operators.is_empty();
        let is_little = !says_something || is_short && !has_question && !is_told;
        let is_open = says_something && is_clause(&own);
        let (statement, borrowed) = if is_short && has_question {
            let question = question.trim().trim_end_matches(['?', '.', '!', ' ']);
            let joined = Statement::of(&format!("{question}: {text}"), lexicon);
            let borrowed = joined.tokens.len().saturating_sub(own.tokens.len());
            (joined, borrowed)
        } else {
            (own, 0)
        };
        let is_long = begin_of(&text).len() < text.len()
            || statement.tokens.len() > MOST_TOKENS
            || statement.quantities.len() > MOST_QUANTITIES;
        let extent = if states_nothing {
            Extent::Nothing
        } else if is_little && is_open {
            Extent::Open
        } else if is_little {
            Extent::Fragment
        } else if is_long {
            Extent::Long
        } else {
            Extent::Sentence
        };
        Self { text, statement, question: asked_statement, asked, borrowed, extent }
    }

    /// Makes a claim of a part of it, in answer to the same question, but not leaning on it.
    #[must_use]
    pub fn part(&self, text: &str, lexicon: &Lexicon) -> Self {
        let statement = Statement::of(text, lexicon);
        let text = text.to_owned();
        let (question, asked) = (self.question.clone(), self.asked.clone());
        Self { text, statement, question, asked, borrowed: 0, extent: Extent::Sentence }
    }

    /// Returns whether a token of the statement is the question's.
    pub fn is_borrowed(&self, at: usize) -> bool {
        at < self.borrowed
    }

    /// Returns whether the question brought a word of the claim.
    pub fn is_asked(&self, at: usize) -> bool {
        self.statement
            .tokens
            .get(at)
            .is_some_and(|token| token.terms.iter().any(|term| self.asked.contains(term)))
    }
}

/// Returns whether a sentence only names what was asked for, `The command is adduser`: of which command it speaks
/// the question tells, with more words than the sentence has.
fn leans_on(own: &Statement, question: &Statement, asked: &HashSet<String>) -> bool {
    let Some(copula) = (0..own.tokens.len()).find(|at| own.has(*at, Meaning::Passive)) else {
        return false;
    };
    let is_asked = |at: &usize| own.tokens[*at].terms.iter().any(|term| asked.contains(term));
    let (before, behind): (Vec<usize>, Vec<usize>) =
        own.content_tokens().partition(|at| *at < copula);
    let is_plain = own.operators.is_empty() && own.quantities.is_empty() && own.times.is_empty();
    let is_told = |at: &usize| {
        let terms = &question.tokens[*at].terms;
        own.tokens.iter().any(|token| token.terms.iter().any(|term| terms.contains(term)))
    };
    // `Who built the roof?` knows which roof it means, and `The roof is red` speaks of it by itself.
    let is_known = |at: &usize| {
        let terms = &own.tokens[*at].terms;
        question.content_tokens().any(|at| {
            let token = &question.tokens[at];
            at > 0
                && token.terms.iter().any(|term| terms.contains(term))
                && question.has(at - 1, Meaning::DefiniteArticle)
        })
    };
    is_plain
        && before.len() == 1
        && !before.iter().any(is_known)
        && behind.len() == 1
        && before.iter().all(is_asked)
        && !behind.iter().any(is_asked)
        && !question.content_tokens().all(|at| is_told(&at))
}

/// Returns whether a short sentence has a subject, if only a pronoun, and says something of it.
fn is_clause(own: &Statement) -> bool {
    let mut words = (0..own.tokens.len()).filter(|at| own.tokens[*at].is_word());
    let begins = words.next().is_some_and(|at| own.has(at, Meaning::Pronoun));
    begins && words.any(|at| own.content[at] || own.has(at, Meaning::Passive))
}

/// Gives the beginning of a text, as far as a sentence may reach.
fn begin_of(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST_SENTENCE);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Takes the number off an item of a list, `2. ` or `2) `: it counts, and states nothing.
pub fn without_item_number(line: &str) -> &str {
    let line = line.trim_start();
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
    if !(1..=ITEM_DIGITS).contains(&(line.len() - rest.len())) {
        return line;
    }
    let item = rest.strip_prefix(['.', ')']).filter(|item| item.starts_with(char::is_whitespace));
    item.map(str::trim_start).filter(|item| !item.is_empty()).unwrap_or(line)
}
