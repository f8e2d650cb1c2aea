//! Tokens: the words, numbers and marks of a sentence, each with its place.
//!
//! A number is one token with its separators (`82,959.5`), never a part of it, so that nothing that
//! is compared or quoted token by token can cut one.

use quire_domain::Span;

use crate::Analyzer;

/// What a token is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TokenKind {
    /// Letters, and digits behind letters: `rent`, `Q3`, `don't`.
    Word,
    /// Digits with their separators: `82,959.5`.
    Number,
    /// One other character that is no blank.
    Mark,
}

/// One token of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// As it is written.
    pub text: String,
    /// In lower case, with plain apostrophes and hyphens.
    pub lower: String,
    /// Where it stands, in code points of the text.
    pub span: Span,
    /// What the analyzer makes of a word: its stem, and the parts of a compound. Empty for stop words.
    pub terms: Vec<String>,
}

impl Token {
    /// Returns whether it is a word.
    pub fn is_word(&self) -> bool {
        self.kind == TokenKind::Word
    }

    /// Returns whether it is a number.
    pub fn is_number(&self) -> bool {
        self.kind == TokenKind::Number
    }

    /// Returns whether it is the mark `mark`.
    pub fn is_mark(&self, mark: char) -> bool {
        self.kind == TokenKind::Mark && self.text.starts_with(mark)
    }

    /// Returns whether it has a digit.
    pub fn has_digits(&self) -> bool {
        self.text.contains(|c: char| c.is_ascii_digit())
    }

    /// Returns whether it begins with a capital.
    pub fn has_capital(&self) -> bool {
        self.is_word() && self.text.starts_with(char::is_uppercase)
    }

    /// Returns whether it is written in capitals, two or more (`NVIDIA`, `Q3`, `10-K`'s `K` is not).
    pub fn is_acronym(&self) -> bool {
        let letters = || self.text.chars().filter(|c| c.is_alphabetic());
        let capitals = letters().filter(|c| c.is_uppercase()).count();
        self.is_word() && capitals >= 2 && capitals == letters().count()
            || self.is_word() && capitals >= 1 && self.text.chars().any(|c| c.is_ascii_digit())
    }
}

/// Cuts a text into tokens.
pub fn tokens(text: &str, analyzer: &Analyzer) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let (kind, end) = if is_digit(c) {
            (TokenKind::Number, number_end(&chars, at))
        } else if c.is_alphabetic() {
            (TokenKind::Word, word_end(&chars, at))
        } else if c.is_whitespace() || matches!(c, '\u{ad}' | '\u{200b}' | '\u{feff}') {
            at += 1;
            continue;
        } else {
            (TokenKind::Mark, at + 1)
        };
        let text: String = chars[at..end].iter().filter(|c| **c != '\u{ad}').collect();
        let lower = plain(&text);
        let terms = if kind == TokenKind::Word { analyzer.terms(&lower) } else { Vec::new() };
        tokens.push(Token { kind, text, lower, span: Span::new(at, end), terms });
        at = end;
    }
    tokens
}

/// Writes a word in lower case with plain apostrophes.
fn plain(word: &str) -> String {
    word.to_lowercase().replace(['’', '‘', 'ʼ', '´', '`'], "'")
}

/// Finds where a word ends that begins at `at`. An apostrophe between letters belongs to it, a hyphen
/// does not.
fn word_end(chars: &[char], at: usize) -> usize {
    let mut end = at;
    while let Some(&c) = chars.get(end) {
        let is_letter = c.is_alphanumeric() && (!is_raised(c) || is_of_word(c, end - at));
        let is_part = is_letter || is_joined(c);
        let next = chars.get(end + 1);
        let is_apostrophe =
            matches!(c, '\'' | '’' | 'ʼ') && next.is_some_and(|next| next.is_alphabetic());
        if !is_part && !is_apostrophe {
            break;
        }
        end += 1;
    }
    end
}

/// Returns whether a character is a digit of a number. A raised one is not: `1,250³` is a number with the mark of a note.
fn is_digit(c: char) -> bool {
    c.is_numeric() && !is_raised(c)
}

/// Returns whether a small digit belongs to the word before it, which has so many letters: `CO₂`, and units, which are
/// short (`km²`). Behind a longer word it is the mark of a note.
fn is_of_word(digit: char, letters: usize) -> bool {
    matches!(digit, '\u{2080}'..='\u{2089}') || matches!(digit, '²' | '³') && letters <= 2
}

/// Returns whether a character is a small digit above or below the line.
pub(crate) fn is_raised(c: char) -> bool {
    matches!(c, '²' | '³' | '¹' | '\u{2070}' | '\u{2074}'..='\u{2079}' | '\u{2080}'..='\u{2089}')
}

/// Returns whether a character belongs to the letter before it: accents of their own, soft hyphens.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}')
}

/// Finds where a number ends that begins at `at`, its separators within.
fn number_end(chars: &[char], at: usize) -> usize {
    let digits = |from: usize| {
        let rest = chars.get(from..).unwrap_or_default();
        rest.iter().take_while(|c| is_digit(**c)).count()
    };
    let first = digits(at);
    let mut end = at + first;
    let mut has_mark = false;
    while let Some(&separator) = chars.get(end) {
        let group = digits(end + 1);
        let joins = match separator {
            '.' | ',' => group > 0,
            '\'' | '’' => group == 3,
            '\u{a0}' | '\u{202f}' | '\u{2009}' => group == 3 && first <= 3,
            // A row of numbers without separators looks the same; there, erring costs a quote at most.
            ' ' => group == 3 && first <= 3 && !has_mark,
            _ => false,
        };
        if !joins {
            break;
        }
        has_mark |= matches!(separator, '.' | ',');
        end += 1 + group;
    }
    end
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;

    fn check(language: Language, text: &str, expected: &[&str]) {
        let analyzer = Analyzer::new(language);
        let found = tokens(text, &analyzer);
        let texts: Vec<&str> = found.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts, expected, "{text}");
        for token in &found {
            assert_eq!(token.span.slice(text), Some(token.text.as_str()));
        }
    }

    #[test]
    fn a_number_is_one_token_with_all_its_digits() {
        let english = Language::English;
        check(english, "$82,959.5 million.", &["$", "82,959.5", "million", "."]);
        check(english, "1,250³ and 10⁶", &["1,250", "³", "and", "10", "⁶"]);
        check(english, "sales¹ of 12 m²", &["sales", "¹", "of", "12", "m²"]);
        check(english, "Net sales² of CO₂", &["Net", "sales", "²", "of", "CO₂"]);
        check(english, "was 5.3%, or 1.", &["was", "5.3", "%", ",", "or", "1", "."]);
        check(english, "40kg in Q3", &["40", "kg", "in", "Q3"]);
        check(english, "rows 1 234 and 2023 345", &["rows", "1 234", "and", "2023", "345"]);
        check(Language::French, "1 234 567,50 €", &["1 234 567,50", "€"]);
        check(Language::German, "1'234 und 12\u{202f}500", &["1'234", "und", "12\u{202f}500"]);
    }

    #[test]
    fn words_keep_their_apostrophes_and_lose_their_hyphens() {
        check(
            Language::English,
            "Intel’s don't 12-month",
            &["Intel’s", "don't", "12", "-", "month"],
        );
    }
}
