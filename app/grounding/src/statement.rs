//! Statements: a sentence taken apart into what the check compares.
//!
//! Claims and the sentences of passages are taken apart alike: tokens, times, quantities, names, and
//! the words that say how the rest is meant (denied, possible, limited), each with its segment.

use quire_domain::Span;
use quire_language::{Found, Lexicon, Meaning, Token, TokenKind};

use crate::quantity::{self, Quantity};
use crate::time::{self, Mention};

/// A number this many words behind `no more than` and the like is what they limit: `no more than the 30 days`.
const NEAR_NUMBER: usize = 3;

/// So many tokens before a word its preposition is looked for: `from the old mill`.
const PHRASE: usize = 4;
/// So many tokens before a time is what leaves open when exactly: `until the end of`, `after`.
const NEAR_TIME: usize = 2;

/// A word or phrase that says how the words around it are meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Operator {
    /// What it does.
    pub meaning: Meaning,
    /// Its first token.
    pub token: usize,
    /// How many tokens it has.
    pub length: usize,
}

/// A sentence, taken apart.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// What each token, or the phrase that begins there, means.
    pub meanings: Vec<Vec<Found>>,
    /// The times it names.
    pub times: Vec<Mention>,
    /// Its quantities, in order.
    pub quantities: Vec<Quantity>,
    /// Its names: runs of words with capitals, first and last token.
    pub names: Vec<(usize, usize)>,
    /// The words that say how it is meant.
    pub operators: Vec<Operator>,
    /// The segment of each token: what stands between marks and words that open a clause.
    pub segments: Vec<usize>,
    /// Whether a token carries a statement of its own.
    pub content: Vec<bool>,
    /// The cell of each token, if the sentence is a row of a table.
    pub cells: Option<Vec<usize>>,
    /// The addresses it has (`https://..`), first and last token. They are compared as a whole; no word, number or
    /// name in them says anything.
    pub addresses: Vec<(usize, usize)>,
}

impl Statement {
    /// Takes a sentence apart.
    pub fn of(text: &str, lexicon: &Lexicon) -> Self {
        let tokens = lexicon.tokens(text);
        let addresses = addresses(&tokens);
        let in_address = |at: usize| addresses.iter().any(|one| (one.0..=one.1).contains(&at));
        let find = |at: usize| if in_address(at) { Vec::new() } else { lexicon.find(&tokens, at) };
        let meanings: Vec<Vec<Found>> = (0..tokens.len()).map(find).collect();
        let mut times = time::find(&tokens, lexicon);
        times.retain(|one| !in_address(one.tokens.0));
        let mut taken = vec![false; tokens.len()];
        for address in &addresses {
            mark(&mut taken, *address);
        }
        for mention in &times {
            mark(&mut taken, mention.tokens);
        }
        let quantities = quantity::find(&tokens, &taken, lexicon);
        for quantity in &quantities {
            mark(&mut taken, quantity.tokens);
        }
        let cells = cells(&tokens);
        let operators = operators(&tokens, &meanings, &taken, lexicon);
        let mut is_operator = vec![false; tokens.len()];
        for operator in &operators {
            mark(&mut is_operator, (operator.token, operator.token + operator.length - 1));
        }
        let segments = segments(&tokens, &meanings, &quantities, &operators, &addresses);
        let names = names(&tokens, &taken, &is_operator);
        let content = (0..tokens.len())
            .map(|at| is_content(&tokens[at], &meanings[at]) && !taken[at] && !is_operator[at])
            .collect();
        Self {
            tokens,
            meanings,
            times,
            quantities,
            names,
            operators,
            segments,
            content,
            cells,
            addresses,
        }
    }

    /// Writes an address as one word.
    pub fn address(&self, (first, last): (usize, usize)) -> String {
        let words = self.tokens[first..=last].iter().map(|token| token.lower.as_str());
        words.collect::<String>().trim_end_matches(['.', ',', '/', '…']).to_owned()
    }

    /// Returns whether a token is part of an address.
    pub fn is_in_address(&self, at: usize) -> bool {
        self.addresses.iter().any(|(first, last)| (*first..=*last).contains(&at))
    }

    /// Tells where a movement begins or ends whose place, number or time stands at a token: by the preposition before it.
    pub fn end_of_movement(&self, at: usize) -> Option<Meaning> {
        let mut before = (at.saturating_sub(PHRASE)..at).rev();
        let preposition = before.find(|one| {
            let ends = [
                Meaning::Preposition,
                Meaning::Destination,
                Meaning::Passive,
                Meaning::ClauseOpener,
            ];
            !self.tokens[*one].is_word()
                || self.segments[*one] != self.segments[at]
                || ends.into_iter().any(|meaning| self.has(*one, meaning))
        })?;
        let is_near = self.segments[preposition] == self.segments[at];
        let mut ends = [Meaning::Origin, Meaning::Destination].into_iter();
        ends.find(|meaning| is_near && self.has(preposition, *meaning))
    }

    /// Finds the word before a time that leaves open when exactly: `before`, `since`. In `from .. until ..` there is
    /// none: both ends are told.
    pub fn time_limit(&self, first: usize) -> Option<usize> {
        let near = |at: usize, meaning| {
            (at.saturating_sub(NEAR_TIME)..at).rev().find(|before| self.has(*before, meaning))
        };
        let limit = near(first, Meaning::TimeLimit)?;
        let mut others = self.times.iter().filter(|one| one.tokens.1 < limit);
        let is_range = others.any(|one| near(one.tokens.0, Meaning::Origin).is_some());
        (!is_range && !self.is_in_time(limit)).then_some(limit)
    }

    /// Returns whether a token is part of a time.
    pub fn is_in_time(&self, at: usize) -> bool {
        self.times.iter().any(|one| (one.tokens.0..=one.tokens.1).contains(&at))
    }

    /// Returns whether a token, or the phrase that begins there, has a meaning.
    pub fn has(&self, at: usize, meaning: Meaning) -> bool {
        self.meanings.get(at).is_some_and(|found| found.iter().any(|one| one.meaning == meaning))
    }

    /// Lists the content tokens.
    pub fn content_tokens(&self) -> impl Iterator<Item = usize> {
        self.content.iter().enumerate().filter(|(_, is_content)| **is_content).map(|(at, _)| at)
    }

    /// Returns whether a token belongs to a name.
    pub fn is_name(&self, at: usize) -> bool {
        self.names.iter().any(|(first, last)| (*first..=*last).contains(&at))
    }

    /// Returns whether it says who did something behind a passive.
    pub fn is_passive(&self) -> bool {
        let mut tokens = 0..self.tokens.len();
        tokens.any(|at| self.has(at, Meaning::Passive))
            && tokens.any(|at| self.has(at, Meaning::Agent))
    }

    /// Finds the preposition right before a token, articles and the like between them.
    pub fn preposition_before(&self, at: usize) -> Option<&str> {
        let is_small = |before: &usize| {
            let token = &self.tokens[*before];
            token.is_word() && token.terms.is_empty() && !self.has(*before, Meaning::Passive)
        };
        let mut small = (0..at).rev().take_while(is_small);
        let found = small.find(|before| self.has(*before, Meaning::Preposition))?;
        Some(self.tokens[found].lower.as_str())
    }

    /// Gives the span of tokens in the sentence, in code points.
    pub fn span(&self, (first, last): (usize, usize)) -> Option<Span> {
        Some(Span::new(self.tokens.get(first)?.span.start, self.tokens.get(last)?.span.end))
    }

    /// Finds what is said to go up or down, or stands on one side of a pair, at a token.
    pub fn poles(&self, at: usize) -> impl Iterator<Item = Meaning> {
        let found = self.meanings.get(at).map(Vec::as_slice).unwrap_or_default();
        found
            .iter()
            .map(|one| one.meaning)
            .filter(|meaning| matches!(meaning, Meaning::Up | Meaning::Down | Meaning::Side(..)))
    }
}

/// Gives the pole that excludes another one.
pub fn opposite(pole: Meaning) -> Option<Meaning> {
    match pole {
        Meaning::Up => Some(Meaning::Down),
        Meaning::Down => Some(Meaning::Up),
        Meaning::Side(pair, second) => Some(Meaning::Side(pair, !second)),
        _ => None,
    }
}

fn mark(flags: &mut [bool], (first, last): (usize, usize)) {
    for flag in flags.iter_mut().take(last + 1).skip(first) {
        *flag = true;
    }
}

/// Returns whether a word carries a statement: it is no small word, no pronoun, and does not speak of
/// the answer itself.
fn is_content(token: &Token, meanings: &[Found]) -> bool {
    let is_small = meanings.iter().any(|found| {
        found.length == 1
            && matches!(
                found.meaning,
                Meaning::Small
                    | Meaning::Pronoun
                    | Meaning::Passive
                    | Meaning::Agent
                    | Meaning::Total
                    | Meaning::Asks(_)
            )
    });
    let is_pole = meanings
        .iter()
        .any(|found| found.length == 1 && matches!(found.meaning, Meaning::Up | Meaning::Down));
    token.is_word() && !is_small && (!token.terms.is_empty() || is_pole && token.lower.len() > 3)
}

/// Finds the words that say how a sentence is meant, the longest phrases first.
fn operators(
    tokens: &[Token],
    meanings: &[Vec<Found>],
    taken: &[bool],
    lexicon: &Lexicon,
) -> Vec<Operator> {
    // A preposition with nothing behind it is a part of its verb: `fand statt`.
    let is_particle = |at: usize| {
        meanings[at].iter().any(|one| one.meaning == Meaning::Preposition && one.length == 1)
            && tokens.get(at + 1).is_none_or(|next| next.kind == TokenKind::Mark)
    };
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // The longest phrase decides: before a number `no more than` limits it and denies nothing.
        let longest = meanings[at].iter().map(|one| one.length).max().unwrap_or_default();
        let operator = meanings[at].iter().find(|one| {
            let says_how = matches!(
                one.meaning,
                Meaning::Negation
                    | Meaning::Exception
                    | Meaning::Possibility
                    | Meaning::Future
                    | Meaning::Obligation
                    | Meaning::Attribution
                    | Meaning::Condition
                    | Meaning::All
                    | Meaning::Most
                    | Meaning::Some
                    | Meaning::Only
            );
            says_how && one.length == longest && !taken[at] && !is_particle(at)
        });
        let is_bound = longest > 1
            && meanings[at].iter().any(|one| {
                one.length == longest
                    && matches!(
                        one.meaning,
                        Meaning::AtLeast | Meaning::AtMost | Meaning::MoreThan | Meaning::LessThan
                    )
            });
        if is_bound {
            let phrase = at..at + longest;
            let is_negation = |one: &Found| one.meaning == Meaning::Negation && one.length == 1;
            let denies = phrase.clone().any(|word| meanings[word].iter().any(is_negation));
            let limits_number = taken.iter().skip(phrase.end).take(NEAR_NUMBER).any(|taken| *taken);
            if denies && !limits_number {
                found.push(Operator { meaning: Meaning::Negation, token: at, length: longest });
            }
            at += longest;
            continue;
        }
        match operator {
            // `May` in the middle of a sentence is a month or a name.
            Some(one)
                if !(at > 0
                    && one.length == 1
                    && tokens[at].has_capital()
                    && !lexicon.has_capital_nouns()) =>
            {
                found.push(Operator { meaning: one.meaning, token: at, length: one.length });
                at += one.length;
            }
            _ => at += 1,
        }
    }
    found
}

/// Numbers the segments of a sentence: marks end one, and words that open a clause begin one.
///
/// `and` begins one only if a number or a mark shows that it joins more than two words; without, `Johnson and
/// Smith` would be cut.
fn segments(
    tokens: &[Token],
    meanings: &[Vec<Found>],
    quantities: &[Quantity],
    operators: &[Operator],
    addresses: &[(usize, usize)],
) -> Vec<usize> {
    let mut number = 0;
    let mut segments = Vec::with_capacity(tokens.len());
    let in_quantity = |at: usize| {
        quantities.iter().any(|one| (one.tokens.0..=one.tokens.1).contains(&at))
            || addresses.iter().any(|one| (one.0..=one.1).contains(&at))
    };
    // A mark and the word that opens a clause behind it begin one segment, not two.
    let mut is_begun = true;
    for (at, token) in tokens.iter().enumerate() {
        let is_break = token.kind == TokenKind::Mark
            && matches!(token.text.as_str(), "," | ";" | ":" | "—" | "–" | "(" | ")")
            && !in_quantity(at);
        let opens = meanings[at].iter().any(|one| {
            matches!(one.meaning, Meaning::ClauseOpener | Meaning::Condition | Meaning::Exception)
        });
        let in_phrase =
            operators.iter().any(|one| (one.token + 1..one.token + one.length).contains(&at));
        if is_break || opens && !is_begun && !in_phrase {
            number += 1;
        }
        is_begun = is_break;
        segments.push(number);
    }
    segments
}

/// Finds the runs of words with capitals. The first word of a sentence counts if it is an acronym, is in
/// the genitive, or stands before another word with a capital.
fn names(tokens: &[Token], taken: &[bool], is_operator: &[bool]) -> Vec<(usize, usize)> {
    let mut names: Vec<(usize, usize)> = Vec::new();
    let mut starts = true;
    for (at, token) in tokens.iter().enumerate() {
        if token.kind == TokenKind::Mark {
            starts = starts || matches!(token.text.as_str(), ":" | "|");
            continue;
        }
        let next = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|next| next.is_mark('&')));
        let next_has_capital = tokens.get(next).is_some_and(Token::has_capital);
        let is_genitive = token.lower.ends_with("'s");
        let is_long = token.text.chars().count() > 1;
        let is_name = token.is_acronym()
            || token.has_capital()
                && is_long
                && !token.terms.is_empty()
                && (!starts || is_genitive || next_has_capital);
        if is_name && !taken[at] && !is_operator[at] {
            match names.last_mut() {
                Some((_, last)) if joins(tokens, *last, at) => *last = at,
                _ => names.push((at, at)),
            }
        }
        starts = false;
    }
    names
}

/// Finds the addresses: a scheme, `://`, and what follows without a blank.
fn addresses(tokens: &[Token]) -> Vec<(usize, usize)> {
    let touches = |at: usize| tokens[at].span.start == tokens[at - 1].span.end;
    let mut addresses: Vec<(usize, usize)> = Vec::new();
    for first in 0..tokens.len().saturating_sub(3) {
        let is_scheme = tokens[first].is_word()
            && tokens[first + 1].is_mark(':')
            && tokens[first + 2].is_mark('/')
            && tokens[first + 3].is_mark('/')
            && (first + 1..=first + 3).all(touches);
        if is_scheme && addresses.last().is_none_or(|(_, last)| *last < first) {
            let ends =
                |at: &usize| !touches(*at) || tokens[*at].is_mark(')') || tokens[*at].is_mark(',');
            let next = (first + 4..tokens.len()).find(ends).unwrap_or(tokens.len());
            addresses.push((first, next - 1));
        }
    }
    addresses
}

/// Returns whether two words with capitals are one name: nothing, `&` or `-` stands between them.
fn joins(tokens: &[Token], last: usize, at: usize) -> bool {
    let between = tokens.get(last + 1..at).unwrap_or_default();
    let joint = |token: &Token| token.is_mark('&') || token.is_mark('-') || token.is_mark('.');
    !tokens[last].lower.ends_with("'s") && between.len() <= 1 && between.iter().all(joint)
}

/// Numbers the cells of a row of a table, or gives `None` for a sentence. Bars at both ends enclose the row.
fn cells(tokens: &[Token]) -> Option<Vec<usize>> {
    let is_bar = |token: Option<&Token>| token.is_some_and(|token| token.is_mark('|'));
    let is_enclosed = tokens.len() > 1 && is_bar(tokens.first()) && is_bar(tokens.last());
    let mut cell = 0;
    let mut cells = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let encloses = is_enclosed && (at == 0 || at + 1 == tokens.len());
        if token.is_mark('|') && !encloses {
            cell += 1;
        }
        cells.push(cell);
    }
    (cell > 0 || is_enclosed).then_some(cells)
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;

    fn statement(text: &str) -> Statement {
        Statement::of(text, Lexicon::of(Language::English))
    }

    fn texts(statement: &Statement, (first, last): (usize, usize)) -> String {
        let words = statement.tokens[first..=last].iter().map(|token| token.text.as_str());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_runs_of_capitals() {
        let check = |text: &str, expected: &[&str]| {
            let statement = statement(text);
            let names: Vec<String> =
                statement.names.iter().map(|name| texts(&statement, *name)).collect();
            assert_eq!(names, expected, "{text}");
        };
        check("Intel's gross margin was 45 %.", &["Intel's"]);
        check("Johnson & Johnson bought S.C. Johnson.", &["Johnson & Johnson", "Johnson"]);
        check("Revenue of John Smith rose in May 2024.", &["John Smith"]);
        check("NVIDIA sold it.", &["NVIDIA"]);
    }

    #[test]
    fn operators_are_told_from_content() {
        let statement = statement("It is false that some companies may no longer grow.");
        let operators: Vec<Meaning> = statement.operators.iter().map(|one| one.meaning).collect();
        let expected = [Meaning::Negation, Meaning::Some, Meaning::Possibility, Meaning::Negation];
        assert_eq!(operators, expected);
        let content: Vec<&str> =
            statement.content_tokens().map(|at| statement.tokens[at].text.as_str()).collect();
        assert_eq!(content, ["companies", "grow"]);
    }

    #[test]
    fn an_address_is_one_thing_and_says_nothing() {
        let one =
            statement("The list (https://lists.orlo.org/1996/06/a1.html) of Orlo names grew.");
        let addresses: Vec<String> = one.addresses.iter().map(|it| one.address(*it)).collect();
        assert_eq!(addresses, ["https://lists.orlo.org/1996/06/a1.html"]);
        let content: Vec<&str> =
            one.content_tokens().map(|at| one.tokens[at].text.as_str()).collect();
        assert_eq!(content, ["list", "Orlo", "names", "grew"]);
        assert!(one.times.is_empty() && one.quantities.is_empty(), "{one:?}");
    }

    #[test]
    fn bars_around_a_row_are_no_cells_of_it() {
        let cells = |text: &str| statement(text).cells.and_then(|cells| cells.last().copied());
        assert_eq!(cells("Rent | 900 | 950"), Some(2));
        assert_eq!(cells("| Rent | 900 | 950 |"), Some(2));
        assert_eq!(cells("| 2022 | 2023"), Some(2), "the label is empty");
        assert_eq!(cells("Rent is 900 euros."), None);
    }

    #[test]
    fn segments_end_at_marks_and_where_clauses_begin() {
        let one = statement("The company, which is not profitable, was founded in 1990.");
        let segment = |word: &str| {
            let at = one.tokens.iter().position(|token| token.text == word).expect("is there");
            one.segments[at]
        };
        assert_ne!(segment("profitable"), segment("company"));
        assert_ne!(segment("profitable"), segment("founded"));
    }
}
