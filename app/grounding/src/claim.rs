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
    /// Whether it states nothing: a question, or too little without one.
    pub is_empty: bool,
    /// Whether it is too long to be a sentence, and can only be quoted.
    pub is_long: bool,
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
        let is_short = (words < FEW_WORDS || is_name && !has(Meaning::Passive)) && !is_sentence;
        // `Here is what it says:` leads to the sentences behind it.
        let states_nothing = text.ends_with(['?', ':']);
        let is_told = words >= FEW_WORDS || !own.operators.is_empty() && words > 0;
        let says_something = news.count() > 0 || has_number || is_told;
        let has_question = asked_statement.content_tokens().next().is_some();
        let is_empty = states_nothing || !says_something || is_short && !has_question && !is_told;
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
        Self { text, statement, question: asked_statement, asked, borrowed, is_empty, is_long }
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
