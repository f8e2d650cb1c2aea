//! Decimals: numbers by their value, however their thousands and decimals are set off.

use quire_domain::Language;

/// A number without sign: its digits, and the power of ten that they are multiplied with.
///
/// The digits have no zeros at either end, so that equal values are equal.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Decimal {
    digits: String,
    exponent: i32,
}

impl Decimal {
    /// Reads a number as it is written in texts of `language`; `None` for what is no plain number.
    ///
    /// `1.125` is above a thousand in German and a little over one in English.
    pub fn parse(written: &str, language: Language) -> Option<Self> {
        let is_blank = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’');
        let written: String = written.chars().filter(|c| !is_blank(*c)).collect();
        if !written.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',')) {
            return None;
        }
        let (whole, fraction) = match decimal_mark(&written, language) {
            Some(at) => (&written[..at], &written[at + 1..]),
            None => (&written[..], ""),
        };
        let digits = |part: &str| part.chars().filter(char::is_ascii_digit).collect::<String>();
        let fraction = digits(fraction);
        let exponent = -(fraction.len() as i32);
        Some(Self::new(&format!("{}{fraction}", digits(whole)), exponent))
    }

    /// Makes a decimal of a whole number.
    pub fn whole(value: u32) -> Self {
        Self::new(&value.to_string(), 0)
    }

    fn new(digits: &str, exponent: i32) -> Self {
        let trimmed = digits.trim_end_matches('0');
        let exponent = exponent + (digits.len() - trimmed.len()) as i32;
        let digits = trimmed.trim_start_matches('0').to_owned();
        let exponent = if digits.is_empty() { 0 } else { exponent };
        Self { digits, exponent }
    }

    /// Returns whether another number differs in nothing but a power of ten.
    pub fn has_digits_of(&self, other: &Self) -> bool {
        self.digits == other.digits
    }

    /// Multiplies with a power of ten.
    #[must_use]
    pub fn times_ten_to(mut self, power: u8) -> Self {
        if !self.digits.is_empty() {
            self.exponent += i32::from(power);
        }
        self
    }

    /// Gives the value as a whole number, if it is one of at most nine digits.
    pub fn as_whole(&self) -> Option<u32> {
        let zeros = usize::try_from(self.exponent).ok().filter(|zeros| *zeros <= 9)?;
        if self.digits.is_empty() {
            return Some(0);
        }
        format!("{}{}", self.digits, "0".repeat(zeros)).parse().ok()
    }
}

/// Finds the mark before the decimals, as a byte offset.
fn decimal_mark(written: &str, language: Language) -> Option<usize> {
    let last = written.rfind(['.', ','])?;
    let mark = &written[last..=last];
    let behind = written.len() - last - 1;
    let other = if mark == "." { "," } else { "." };
    if written.matches(mark).count() > 1 {
        return None;
    }
    if behind != 3 || written.contains(other) || last == 0 || last > 3 || written.starts_with('0') {
        return Some(last);
    }
    let thousands = match language {
        Language::English | Language::Unknown => ",",
        _ => ".",
    };
    (mark != thousands).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, a: &str, b: &str, equal: bool) {
        let parse = |text| Decimal::parse(text, language).expect("is a number");
        assert_eq!(parse(a) == parse(b), equal, "{a} and {b} in {}", language.name());
    }

    #[test]
    fn equal_values_are_equal_however_they_are_written() {
        let (english, german) = (Language::English, Language::German);
        check(english, "82,959", "82959", true);
        check(english, "1.234.567,50", "1,234,567.5", true);
        check(english, "3.0", "3", true);
        check(english, "1.5", "15", false);
        check(english, "1.125", "1,125", false);
        check(german, "1.125", "1125", true);
        check(german, "1.125", "1,125", false);
        check(german, "12,50", "12,5", true);
        check(english, "0.125", "125", false);
        check(english, "0", "0.00", true);
        check(Language::French, "1 234,5", "1234,5", true);
        let million = Decimal::parse("2.5", english).expect("is a number").times_ten_to(6);
        assert_eq!(million, Decimal::parse("2,500,000", english).expect("is a number"));
        assert_eq!(million.as_whole(), Some(2_500_000));
        assert_eq!(Decimal::parse("½", english), None);
    }
}
