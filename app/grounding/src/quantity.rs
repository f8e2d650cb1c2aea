//! Quantities: numbers with their sign, magnitude, unit and bound.

use std::collections::HashSet;

use quire_language::{Lexicon, Meaning, Token, units};

use crate::decimal::Decimal;

/// Numbers that may be years.
const YEARS: std::ops::RangeInclusive<u32> = 1800..=2100;

/// How a number limits what it is said of.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Bound {
    /// It is the number.
    Exact,
    /// It is near the number.
    About,
    /// It is the number or more.
    AtLeast,
    /// It is the number or less.
    AtMost,
    /// It is more.
    MoreThan,
    /// It is less.
    LessThan,
}

/// A number as a text states it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantity {
    /// Its value without sign, magnitude included; `None` for what is written in another way (`½`).
    pub value: Option<Decimal>,
    /// Its value without the magnitude that is written behind it.
    pub mantissa: Option<Decimal>,
    /// The power of ten that is written behind it.
    pub magnitude: u8,
    /// Whether a minus or the brackets of accounts stand around it.
    pub negative: bool,
    /// Its unit, as `units` and the tables of words name it.
    pub unit: Option<&'static str>,
    /// How it limits.
    pub bound: Bound,
    /// The token of the number itself.
    pub number: usize,
    /// The first and the last token, with sign, magnitude and unit.
    pub tokens: (usize, usize),
    /// As the number is written, with a letter that belongs to it: `14a`.
    pub written: String,
    /// The letter of `14a`.
    pub letter: Option<char>,
}

impl Quantity {
    /// Returns whether it is a number without a unit that may name a year.
    pub fn may_be_year(&self) -> bool {
        let value = self.value.as_ref().and_then(Decimal::as_whole);
        let is_plain = self.unit.is_none() && self.magnitude == 0;
        is_plain && value.is_some_and(|value| YEARS.contains(&value))
    }

    /// Returns whether it has the value and sign of another one.
    pub fn has_value_of(&self, other: &Self) -> bool {
        let same = match (&self.value, &other.value) {
            (Some(one), Some(two)) => one == two,
            _ => self.written == other.written,
        };
        same && self.negative == other.negative && self.letter == other.letter
    }

    /// Returns whether the other's unit may stand for its own: it is the same, or one is money or
    /// nothing and the other says nothing.
    pub fn has_unit_of(&self, other: &Self) -> bool {
        match (self.unit, other.unit) {
            (Some(one), Some(two)) => one == two,
            (None, Some(two)) => units::is_money(two),
            (_, None) => true,
        }
    }

    /// Returns whether it is of the same sort: both money, both percent, both without unit.
    pub fn is_like(&self, other: &Self) -> bool {
        let sort = |unit: Option<&'static str>| match unit {
            Some(unit) if units::is_money(unit) => None,
            unit => unit,
        };
        sort(self.unit) == sort(other.unit)
    }
}

/// Lists the values of all numbers of a text, whatever they count.
pub fn values(text: &str, lexicon: &Lexicon) -> HashSet<Decimal> {
    let tokens = lexicon.tokens(text);
    let numbers = (0..tokens.len()).filter_map(|at| number(&tokens, at, lexicon));
    numbers.filter_map(|(value, _)| value).collect()
}

/// Finds the quantities among tokens; `taken` are tokens that belong to times.
pub fn find(tokens: &[Token], taken: &[bool], lexicon: &Lexicon) -> Vec<Quantity> {
    let mut found: Vec<Quantity> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let is_taken = taken.get(at).copied().unwrap_or_default();
        match (!is_taken).then(|| read(tokens, at, lexicon)).flatten() {
            Some(quantity) => {
                at = quantity.tokens.1.max(at) + 1;
                found.push(quantity);
            }
            None => at += 1,
        }
    }
    found
}

/// Reads the quantity whose number begins at `at`.
fn read(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<Quantity> {
    let (mantissa, mut last) = number(tokens, at, lexicon)?;
    let mut written = fraction(tokens, at, lexicon)
        .map_or_else(|| tokens[at].text.clone(), |(written, _)| written.to_owned());
    let (mut first, mut unit) = (at, None);
    if let Some((start, money)) = money_before(tokens, at) {
        (first, unit) = (start, Some(money));
    }
    let mut magnitude = 0u8;
    while let Some((power, end)) = magnitude_at(tokens, last + 1, unit, lexicon)
        // Past any number that has a name, the words are not a part of it.
        && let Some(sum) = magnitude.checked_add(power)
    {
        (magnitude, last) = (sum, end);
    }
    if let Some((sign, end)) = unit_at(tokens, last + 1, lexicon)
        && (unit.is_none() || unit == Some(sign))
    {
        (unit, last) = (Some(sign), end);
    }
    let letter = unit.is_none().then(|| letter_behind(tokens, last)).flatten();
    if let Some(letter) = letter {
        written.push(letter);
        last += 1;
    }
    let (negative, begin) = sign_before(tokens, first, last, lexicon);
    let value = mantissa.clone().map(|value| value.times_ten_to(magnitude));
    let bound = bound(tokens, begin, last, lexicon);
    Some(Quantity {
        value,
        mantissa,
        magnitude,
        negative,
        unit,
        bound,
        number: at,
        tokens: (begin, last),
        written,
        letter,
    })
}

/// Finds a fraction in words, as it is written in digits, and its last token.
fn fraction(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<(&'static str, usize)> {
    lexicon.find(tokens, at).into_iter().find_map(|found| match found.meaning {
        Meaning::Fraction(written) => Some((written, at + found.length - 1)),
        _ => None,
    })
}

/// Finds a single letter right behind a number, as in `14a`.
fn letter_behind(tokens: &[Token], last: usize) -> Option<char> {
    let (number, next) = (tokens.get(last)?, tokens.get(last + 1)?);
    let is_close = number.is_number() && next.is_word() && number.span.end == next.span.start;
    let mut letters = next.lower.chars();
    let letter = letters.next()?;
    (is_close && letters.next().is_none()).then_some(letter)
}

/// Reads a number, in digits or in words, and gives its last token.
fn number(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<(Option<Decimal>, usize)> {
    let token = tokens.get(at)?;
    if token.is_number() {
        return Some((Decimal::parse(&token.text, lexicon.language()), at));
    }
    let word = |at: usize| {
        lexicon.find(tokens, at).into_iter().find_map(|found| match found.meaning {
            Meaning::Number(value) => Some((value, at + found.length - 1)),
            _ => None,
        })
    };
    if let Some((_, last)) = fraction(tokens, at, lexicon) {
        return Some((None, last));
    }
    let (mut value, mut last) = word(at)?;
    if value >= 20 && value % 10 == 0 {
        let next = last + 1 + usize::from(tokens.get(last + 1).is_some_and(|one| one.is_mark('-')));
        if let Some((ones, end)) = word(next).filter(|(ones, _)| (1..10).contains(ones)) {
            (value, last) = (value + ones, end);
        }
    }
    Some((Some(Decimal::whole(value)), last))
}

/// Finds a sign of money right before a number, with its first token: `US$`, `€`, `EUR`.
fn money_before(tokens: &[Token], at: usize) -> Option<(usize, &'static str)> {
    let mut before = at.checked_sub(1)?;
    // A minus or a bracket may stand between: `$(1,234)`, `$ -5`.
    while before > 0 && (tokens[before].is_mark('(') || is_minus(&tokens[before])) {
        before -= 1;
    }
    let unit = units::find_sign(&tokens[before].text).filter(|unit| units::is_money(unit))?;
    let country = before.checked_sub(1).and_then(|index| tokens.get(index));
    let is_country = country.is_some_and(|token| matches!(token.text.as_str(), "US" | "USD"));
    Some((before - usize::from(unit == "USD" && is_country), unit))
}

/// Finds a magnitude at a token, and its last token.
fn magnitude_at(
    tokens: &[Token],
    at: usize,
    unit: Option<&'static str>,
    lexicon: &Lexicon,
) -> Option<(u8, usize)> {
    let token = tokens.get(at)?;
    // Letters stand for magnitudes only behind money: `5 m` is a length.
    let is_letter = token.text.chars().count() == 1;
    let is_money = unit.is_some_and(units::is_money);
    let found = lexicon.find(tokens, at).into_iter();
    let mut powers = found.filter_map(|found| match found.meaning {
        Meaning::Magnitude(power) => Some((power, at + found.length - 1)),
        _ => None,
    });
    let (power, end) = powers.next()?;
    if is_letter && !is_money && token.lower != "k" || token.lower == "mm" && !is_money {
        return None;
    }
    let has_stop = tokens.get(end + 1).is_some_and(|next| next.is_mark('.'));
    let is_short = token.text.chars().count() <= 4;
    let goes_on = tokens.get(end + 2).is_some_and(|next| {
        let is_unit =
            lexicon.find(tokens, end + 2).iter().any(|one| matches!(one.meaning, Meaning::Unit(_)));
        is_unit || units::find_sign(&next.text).is_some() || !next.has_capital() && next.is_word()
    });
    Some((power, end + usize::from(has_stop && is_short && goes_on)))
}

/// Finds a unit at a token, and its last token: a sign, a word, or a word behind a hyphen.
fn unit_at(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<(&'static str, usize)> {
    let token = tokens.get(at)?;
    if token.is_mark('-') {
        let next = tokens.get(at + 1)?;
        let is_close = token.span.end == next.span.start;
        return if is_close { unit_at(tokens, at + 1, lexicon) } else { None };
    }
    let phrase = lexicon.find(tokens, at).into_iter().find_map(|found| match found.meaning {
        Meaning::Unit(unit) => Some((unit, at + found.length - 1)),
        _ => None,
    });
    if token.is_mark('%') {
        return Some(points(tokens, at, lexicon).unwrap_or(("%", at)));
    }
    if token.is_mark('°')
        && let Some(scale) = tokens.get(at + 1).filter(|next| next.span.start == token.span.end)
        && let Some(unit) = units::find_sign(&format!("°{}", scale.text))
    {
        return Some((unit, at + 1));
    }
    let rate = tokens.get(at + 1).zip(tokens.get(at + 2)).and_then(|(slash, per)| {
        let joined = format!("{}/{}", token.text, per.text);
        slash.is_mark('/').then(|| units::find_sign(&joined)).flatten()
    });
    if let Some(unit) = rate {
        return Some((unit, at + 2));
    }
    phrase
        .filter(|(_, end)| *end > at)
        .or_else(|| units::find_sign(&token.text).map(|unit| (unit, at)).or(phrase))
}

/// Finds percentage points behind a percent sign: `%-points`, `% points`.
fn points(tokens: &[Token], at: usize, lexicon: &Lexicon) -> Option<(&'static str, usize)> {
    let next = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|token| token.is_mark('-')));
    let found = lexicon.find(tokens, next).into_iter();
    let mut units = found.filter(|found| found.meaning == Meaning::Unit("pp"));
    units.next().map(|found| ("pp", next + found.length - 1))
}

/// Finds a minus or the brackets of accounts around a number; gives the first token with them.
fn sign_before(tokens: &[Token], first: usize, last: usize, lexicon: &Lexicon) -> (bool, usize) {
    let Some(before) = first.checked_sub(1) else {
        return (has_inner_sign(tokens, first, last), 0);
    };
    let token = &tokens[before];
    let is_close = token.span.end == tokens[first].span.start;
    let stands_free = before.checked_sub(1).is_none_or(|index| {
        let earlier = &tokens[index];
        earlier.span.end < token.span.start || earlier.kind == quire_language::TokenKind::Mark
    });
    if is_minus(token) && is_close && stands_free {
        return (true, before);
    }
    if lexicon.has(tokens, before, Meaning::Minus) {
        return (true, before);
    }
    let closes = tokens.get(last + 1).is_some_and(|next| next.is_mark(')'));
    let alone = before.checked_sub(1).is_none_or(|index| tokens[index].is_mark('|'));
    if token.is_mark('(') && closes && alone {
        return (true, before);
    }
    (has_inner_sign(tokens, first, last), first)
}

/// Returns whether a sign stands between money and number: `$(1,234)`, `€ -5`.
fn has_inner_sign(tokens: &[Token], first: usize, last: usize) -> bool {
    let inner = || tokens.get(first..=last).unwrap_or_default().iter();
    let begins_with_money = tokens
        .get(first)
        .is_some_and(|token| units::find_sign(&token.text).is_some_and(units::is_money));
    begins_with_money
        && inner()
            .take_while(|token| !token.is_number())
            .any(|token| token.is_mark('(') || is_minus(token))
}

fn is_minus(token: &Token) -> bool {
    ['-', '−', '–', '\u{2010}', '\u{2011}'].into_iter().any(|minus| token.is_mark(minus))
}

/// Finds what limits a number: before it within two words, or behind it.
fn bound(tokens: &[Token], first: usize, last: usize, lexicon: &Lexicon) -> Bound {
    let at = |index: usize| {
        lexicon.find(tokens, index).into_iter().find_map(|found| {
            let bound = match found.meaning {
                Meaning::AtLeast => Bound::AtLeast,
                Meaning::AtMost => Bound::AtMost,
                Meaning::MoreThan => Bound::MoreThan,
                Meaning::LessThan => Bound::LessThan,
                Meaning::About => Bound::About,
                _ => return None,
            };
            Some((bound, index + found.length))
        })
    };
    // The longest phrase that ends right before the number decides.
    for start in first.saturating_sub(4)..first {
        if let Some((bound, end)) = at(start)
            && (end == first || end + 1 == first && is_article(&tokens[end], lexicon))
        {
            return bound;
        }
    }
    match at(last + 1) {
        Some((bound @ (Bound::AtLeast | Bound::AtMost), end)) if end > last + 2 => bound,
        _ => Bound::Exact,
    }
}

/// Returns whether a word carries nothing, as articles and `of` do.
fn is_article(token: &Token, lexicon: &Lexicon) -> bool {
    token.is_word()
        && token.terms.is_empty()
        && !lexicon.words().clause_openers.contains(&token.lower.as_str())
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;

    fn found(language: Language, text: &str) -> Vec<Quantity> {
        let lexicon = Lexicon::of(language);
        find(&lexicon.tokens(text), &[], lexicon)
    }

    fn same(language: Language, a: &str, b: &str, expected: bool) {
        let (one, other) = (found(language, a), found(language, b));
        let (Some(a_first), Some(b_first)) = (one.first(), other.first()) else {
            unreachable!("{a} or {b} has no number")
        };
        let equal = a_first.has_value_of(b_first) && a_first.has_unit_of(b_first);
        assert_eq!(equal, expected, "{a} and {b}: {a_first:?} {b_first:?}");
    }

    #[test]
    fn magnitudes_and_units_belong_to_the_number() {
        let english = Language::English;
        same(english, "$6bn", "6 billion dollars", true);
        same(english, "US$ 5 million", "$5m", true);
        same(english, "$5bn", "$5m", false);
        same(english, "5 million", "2.5 million", false);
        same(english, "12 %", "12 percent", true);
        same(english, "12 %", "12 percentage points", false);
        same(english, "5 kg", "5 g", false);
        same(english, "3 weeks", "three weeks", true);
        same(english, "3 weeks", "3 days", false);
        same(english, "twenty-five days", "25 days", true);
        same(english, "80 m2", "80 square metres", true);
        same(english, "5 euros", "€5", true);
        same(english, "5 euros", "5 dollars", false);
        same(english, "a 12-month term", "12 months", true);
        same(english, "5", "5 %", false);
        same(english, "5 million million", "5,000,000,000,000", true);
        let endless = found(english, &format!("5{}", " million".repeat(100)));
        assert!(endless.iter().all(|quantity| quantity.magnitude > 200), "{endless:?}");
    }

    #[test]
    fn a_minus_and_brackets_make_it_negative() {
        let english = Language::English;
        same(english, "-5 °C", "5 °C", false);
        same(english, "-5 °C", "minus 5 degrees celsius", true);
        same(english, "Net | (1,234)", "1,234", false);
        same(english, "$(1,234)", "-$1,234", true);
        same(english, "2020-2022", "2020", true);
        same(english, "sales (42) rose", "42", true);
    }

    #[test]
    fn bounds_are_read() {
        let bound = |text: &str| found(Language::English, text)[0].bound;
        assert_eq!(bound("at least 3 months"), Bound::AtLeast);
        assert_eq!(bound("no more than 3 months"), Bound::AtMost);
        assert_eq!(bound("more than 3 months"), Bound::MoreThan);
        assert_eq!(bound("about 3 months"), Bound::About);
        assert_eq!(bound("up to 3 months"), Bound::AtMost);
        assert_eq!(bound("3 months or more"), Bound::AtLeast);
        assert_eq!(bound("3 months"), Bound::Exact);
    }
}
