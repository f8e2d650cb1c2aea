//! Claims: sentences of an answer, with the question that they answer.

use std::collections::HashSet;

use quire_language::Lexicon;

use crate::statement::Statement;

/// A claim with fewer content words than this is looked for together with its question.
const FEW_WORDS: usize = 2;
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
}

impl Claim {
    /// Takes a sentence of an answer to `question` apart; an empty question is none.
    pub fn new(sentence: &str, question: &str, lexicon: &Lexicon) -> Self {
        let text = without_item_number(sentence).trim().to_owned();
        let own = Statement::of(&text, lexicon);
        let asked_statement = Statement::of(question, lexicon);
        let asked: HashSet<String> =
            asked_statement.tokens.iter().flat_map(|token| token.terms.iter().cloned()).collect();
        let news = own
            .content_tokens()
            .filter(|at| own.tokens[*at].terms.iter().any(|term| !asked.contains(term)));
        let words = own.content_tokens().count();
        let has_number = !own.quantities.is_empty() || !own.times.is_empty();
        let is_short = words < FEW_WORDS || words == 0 && has_number;
        let is_question = text.ends_with('?');
        let says_something =
            news.count() > 0 || has_number || !own.operators.is_empty() && words > 0;
        let has_question = asked_statement.content_tokens().next().is_some();
        let is_empty = is_question || !says_something || is_short && !has_question;
        let (statement, borrowed) = if is_short && has_question {
            let question = question.trim().trim_end_matches(['?', '.', '!', ' ']);
            let joined = Statement::of(&format!("{question}: {text}"), lexicon);
            let borrowed = joined.tokens.len().saturating_sub(own.tokens.len());
            (joined, borrowed)
        } else {
            (own, 0)
        };
        Self { text, statement, question: asked_statement, asked, borrowed, is_empty }
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
