//! Times: years, halves and quarters of them, months and days as a text names them.

use quire_language::{Lexicon, Meaning, Token};

/// A time, as far as it is named.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Time {
    /// The year, such as 2024.
    pub year: Option<u32>,
    /// The half of the year, 1 or 2.
    pub half: Option<u8>,
    /// The quarter of the year, 1 to 4.
    pub quarter: Option<u8>,
    /// The month, 1 to 12.
    pub month: Option<u8>,
    /// The day of the month, 1 to 31.
    pub day: Option<u8>,
}

impl Time {
    /// Returns whether everything that `wanted` names is named here, and alike.
    pub fn states(self, wanted: Self) -> bool {
        fn fits<T: Copy + PartialEq>(wanted: Option<T>, own: Option<T>) -> bool {
            wanted.is_none() || wanted == own
        }
        fits(wanted.year, self.year)
            && fits(wanted.half, self.half)
            && fits(wanted.quarter, self.quarter)
            && fits(wanted.month, self.month)
            && fits(wanted.day, self.day)
    }

    /// Returns whether both can be the same time: nothing that both name differs.
    pub fn may_be(self, other: Self) -> bool {
        fn agree<T: Copy + PartialEq>(one: Option<T>, other: Option<T>) -> bool {
            one.is_none() || other.is_none() || one == other
        }
        agree(self.year, other.year)
            && agree(self.half, other.half)
            && agree(self.quarter, other.quarter)
            && agree(self.month, other.month)
            && agree(self.day, other.day)
    }

    /// Adds what another mention names and this one leaves open.
    #[must_use]
    pub fn completed_by(self, other: Self) -> Self {
        if !self.may_be(other) {
            return self;
        }
        Self {
            year: self.year.or(other.year),
            half: self.half.or(other.half),
            quarter: self.quarter.or(other.quarter),
            month: self.month.or(other.month),
            day: self.day.or(other.day),
        }
    }
}

/// A time and the tokens that name it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mention {
    /// The time.
    pub time: Time,
    /// The first and the last token.
    pub tokens: (usize, usize),
}

/// Finds the times among tokens.
pub fn find(tokens: &[Token], lexicon: &Lexicon) -> Vec<Mention> {
    let reader = Reader { tokens, lexicon };
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match reader.read(at) {
            Some((time, last)) => {
                found.push(Mention { time, tokens: (at, last) });
                at = last + 1;
            }
            None => at += 1,
        }
    }
    found
}

/// Tokens that times are looked for among.
struct Reader<'a> {
    tokens: &'a [Token],
    lexicon: &'a Lexicon,
}

impl Reader<'_> {
    /// Reads the time that begins at a token, and gives its last token.
    fn read(&self, at: usize) -> Option<(Time, usize)> {
        if self.has_sign(at) {
            return None;
        }
        self.numeric(at)
            .or_else(|| self.with_month(at))
            .or_else(|| self.with_part_of_year(at))
            .or_else(|| self.year(at))
    }

    /// Returns whether a minus stands right before a number and behind a blank: it is a value.
    fn has_sign(&self, at: usize) -> bool {
        let Some(before) = at.checked_sub(1) else { return false };
        let (Some(sign), Some(number)) = (self.tokens.get(before), self.tokens.get(at)) else {
            return false;
        };
        let earlier = before.checked_sub(1).and_then(|index| self.tokens.get(index));
        number.is_number()
            && (sign.is_mark('-') || sign.is_mark('−'))
            && sign.span.end == number.span.start
            && earlier.is_none_or(|earlier| earlier.span.end < sign.span.start)
    }

    /// Reads `03.05.2024`, `3/5/2024` and `2024-05-03`. Which number is the month is told by the mark and
    /// the language, unless only one can be.
    fn numeric(&self, at: usize) -> Option<(Time, usize)> {
        let token = self.tokens.get(at).filter(|token| token.is_number())?;
        if token.text.contains('.') {
            let parts: Vec<u32> =
                token.text.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
            let [day, month, year] = parts[..] else { return None };
            // `6.3.5` is the number of a section.
            if !matches!(token.text.rsplit('.').next().map(str::len), Some(2 | 4)) {
                return None;
            }
            return date(year, month, day).map(|time| (time, at));
        }
        let number = |index: usize| -> Option<u32> {
            let token = self.tokens.get(index).filter(|token| token.is_number())?;
            token.text.parse().ok()
        };
        let separator = self.tokens.get(at + 1)?.text.clone();
        let is_separator = matches!(separator.as_str(), "-" | "/" | "\u{2011}");
        let again = self.tokens.get(at + 3).is_some_and(|token| token.text == separator);
        if !is_separator || !again || self.tokens.get(at + 4)?.span.end - token.span.start > 10 {
            return None;
        }
        let (first, second, third) = (number(at)?, number(at + 2)?, number(at + 4)?);
        let is_english = self.lexicon.language() == quire_domain::Language::English;
        let time = if first > 31 {
            date(first, second, third)
        } else if is_english && second <= 31 && first <= 12 && (second > 12 || separator == "/") {
            date(third, first, second)
        } else {
            date(third, second, first)
        };
        time.map(|time| (time, at + 4))
    }

    /// Reads `3 May 2024`, `May 3, 2024`, `3rd of May`, `May 2024`.
    fn with_month(&self, at: usize) -> Option<(Time, usize)> {
        if let Some((day, next)) = self.day(at)
            && let Some((month, last)) = self.month(next)
        {
            let time = Time { month: Some(month), day: Some(day), ..Time::default() };
            return Some(self.and_year(time, last));
        }
        let (month, last) = self.month(at)?;
        let time = Time { month: Some(month), ..Time::default() };
        if let Some((day, next)) = self.day(last + 1)
            && self.month(next).is_none()
        {
            let time = Time { day: Some(day), ..time };
            return Some(self.and_year(time, next - 1));
        }
        let (time, end) = self.and_year(time, last);
        // A month that is another word as well (`may`, `mars`) is one only with a capital.
        let is_sure = time.year.is_some() || self.tokens.get(at)?.has_capital();
        let is_other = self
            .lexicon
            .find(self.tokens, at)
            .into_iter()
            .any(|found| matches!(found.meaning, Meaning::Possibility | Meaning::Small));
        (is_sure && (time.year.is_some() || !is_other || at > 0))
            .then_some((time, end))
            .or_else(|| (!is_other && self.is_spelled_out(at)).then_some((time, end)))
    }

    /// Returns whether a month is written in full, which in most languages needs no capital.
    fn is_spelled_out(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.text.chars().count() > 3)
    }

    /// Reads the number of a day, and gives the token behind it and behind what joins it.
    fn day(&self, at: usize) -> Option<(u8, usize)> {
        let token = self.tokens.get(at)?;
        let day: u8 = if token.is_number() {
            let digits = token.text.trim_end_matches('.');
            digits.parse().ok().filter(|_| digits.len() <= 2)?
        } else {
            let found = self.lexicon.find(self.tokens, at).into_iter();
            let ordinal = found.filter_map(|found| match found.meaning {
                Meaning::Ordinal(value) => u8::try_from(value).ok(),
                _ => None,
            });
            ordinal.take(1).next()?
        };
        let mut next = at + 1;
        for joint in [".", "st", "nd", "rd", "th", "er", "º", "of", "de", "di", "den", ":e"] {
            if self.tokens.get(next).is_some_and(|token| token.lower == joint) {
                next += 1;
            }
        }
        (1..=31).contains(&day).then_some((day, next))
    }

    fn month(&self, at: usize) -> Option<(u8, usize)> {
        let found =
            self.lexicon.find(self.tokens, at).into_iter().find_map(|found| match found.meaning {
                Meaning::Month(month) => Some((month, at + found.length - 1)),
                _ => None,
            });
        let (month, last) = found?;
        let has_stop = self.tokens.get(last + 1).is_some_and(|token| token.is_mark('.'))
            && self.year_number(last + 2).is_some();
        Some((month, last + usize::from(has_stop)))
    }

    /// Adds the year that follows, past a comma or `of`.
    fn and_year(&self, time: Time, last: usize) -> (Time, usize) {
        for skipped in 0..=2 {
            let at = last + 1 + skipped;
            if let Some(year) = self.year_number(at) {
                return (Time { year: Some(year), ..time }, at);
            }
            let joins = self.tokens.get(at).is_some_and(|token| {
                matches!(token.lower.as_str(), "," | "of" | "de" | "del" | "." | "in")
            });
            if !joins {
                break;
            }
        }
        (time, last)
    }

    /// Reads `Q3`, `Q3 2023`, `third quarter of 2022`, `3. Quartal`; a half only with its year: `H1 2023`.
    fn with_part_of_year(&self, at: usize) -> Option<(Time, usize)> {
        let (part, last) = self.part_of_year(at)?;
        let skipped = [last, last + 1, last + 2, last + 3].into_iter().find(|end| {
            let behind = self.tokens.get(last + 1..=*end).unwrap_or_default();
            self.year_number(end + 1).is_some()
                && behind.iter().zip(last + 1..).all(|(token, index)| {
                    token.terms.is_empty() && token.is_word()
                        || token.is_mark(',')
                        || self.lexicon.has(self.tokens, index, Meaning::Period)
                })
        });
        match skipped {
            Some(end) => {
                let year = self.year_number(end + 1);
                Some((Time { year, ..part }, end + 1))
            }
            None => part.quarter.is_some().then_some((part, last)),
        }
    }

    /// Reads which quarter or half of a year it is, and gives the last token.
    fn part_of_year(&self, at: usize) -> Option<(Time, usize)> {
        let quarter = |number: u8| {
            let time = Time { quarter: Some(number), ..Time::default() };
            (1..=4).contains(&number).then_some(time)
        };
        let half = |number: u8| {
            let time = Time { half: Some(number), ..Time::default() };
            (1..=2).contains(&number).then_some(time)
        };
        let token = self.tokens.get(at)?;
        let short = |letters: &[char]| -> Option<u8> {
            let number = token.lower.strip_prefix(letters).filter(|_| token.is_word())?;
            number.parse().ok()
        };
        if let Some(number) = short(&['q', 't', 'k']) {
            return Some((quarter(number)?, at));
        }
        if let Some(number) = short(&['h']) {
            return Some((half(number)?, at));
        }
        let (number, next) = self.day(at)?;
        if self.lexicon.has(self.tokens, next, Meaning::Quarter) {
            return Some((quarter(number)?, next));
        }
        let found = self.lexicon.find(self.tokens, next).into_iter();
        let mut halves = found.filter(|one| one.meaning == Meaning::HalfYear);
        let length = halves.next()?.length;
        Some((half(number)?, next + length - 1))
    }

    /// Reads a year that stands alone, where it is no count: no word that could be counted follows it
    /// directly, unless a preposition, a period or a mark stands before it.
    fn year(&self, at: usize) -> Option<(Time, usize)> {
        let year = self.year_number(at)?;
        let before = at.checked_sub(1).and_then(|index| self.tokens.get(index));
        let is_led = before.is_none_or(|token| {
            token.terms.is_empty() && !token.is_mark('$') && !token.is_mark('€')
                || self.lexicon.has(self.tokens, at - 1, Meaning::Period)
                || self.lexicon.has(self.tokens, at - 1, Meaning::Quarter)
        });
        let counts = self.tokens.get(at + 1).is_some_and(|next| {
            next.is_mark('%')
                || next.is_mark('€')
                || quire_language::units::find_sign(&next.text).is_some()
                || next.is_word()
                    && self.lexicon.find(self.tokens, at + 1).iter().any(|found| {
                        matches!(found.meaning, Meaning::Unit(_) | Meaning::Magnitude(_))
                    })
        });
        let is_counted_noun = self
            .tokens
            .get(at + 1)
            .is_some_and(|next| next.is_word() && !next.terms.is_empty() && !next.has_capital());
        // `2022 revenue` may be a year, `2000 employees` is none: only what leads to a year tells.
        let leads = before.is_some_and(|token| {
            token.kind == quire_language::TokenKind::Mark
                || [Meaning::Preposition, Meaning::Period, Meaning::Quarter]
                    .into_iter()
                    .any(|meaning| self.lexicon.has(self.tokens, at - 1, meaning))
        });
        (!counts && is_led && (leads || !is_counted_noun))
            .then(|| (Time { year: Some(year), ..Time::default() }, at))
    }

    fn year_number(&self, at: usize) -> Option<u32> {
        let token = self.tokens.get(at).filter(|token| token.is_number())?;
        let is_plain = token.text.len() == 4 && token.text.bytes().all(|b| b.is_ascii_digit());
        let year: u32 = token.text.parse().ok().filter(|_| is_plain)?;
        (1000..=2199).contains(&year).then_some(year)
    }
}

fn date(year: u32, month: u32, day: u32) -> Option<Time> {
    let year = if year < 100 { 2000 + year } else { year };
    let (month, day) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
    let is_date =
        (1000..=2199).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    is_date.then_some(Time {
        year: Some(year),
        month: Some(month),
        day: Some(day),
        ..Time::default()
    })
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;

    use super::*;

    fn times(text: &str) -> Vec<Time> {
        let lexicon = Lexicon::of(Language::English);
        find(&lexicon.tokens(text), lexicon).into_iter().map(|found| found.time).collect()
    }

    fn time(year: u32, month: u8, day: u8) -> Time {
        let named = |value: u8| (value > 0).then_some(value);
        Time {
            year: (year > 0).then_some(year),
            month: named(month),
            day: named(day),
            ..Time::default()
        }
    }

    #[test]
    fn days_are_alike_however_they_are_written() {
        for text in [
            "on 3 May 2024",
            "on May 3, 2024",
            "on the 3rd of May 2024",
            "am 03.05.2024",
            "on 2024-05-03",
            "on 5/3/2024",
        ] {
            assert_eq!(times(text), [time(2024, 5, 3)], "{text}");
        }
        assert_eq!(times("in May 2024"), [time(2024, 5, 0)]);
        assert_eq!(times("It may rise in 2024."), [time(2024, 0, 0)]);
        assert_eq!(times("from 2021 to 2022"), [time(2021, 0, 0), time(2022, 0, 0)]);
    }

    #[test]
    fn quarters_are_times_and_counts_are_not() {
        let third = Time { quarter: Some(3), year: Some(2022), ..Time::default() };
        for text in ["Q3 2022", "the third quarter of 2022", "third quarter of fiscal 2022"] {
            assert_eq!(times(text), [third], "{text}");
        }
        let first = Time { half: Some(1), year: Some(2024), ..Time::default() };
        for text in ["H1 2024", "the first half of 2024", "the first half-year of fiscal 2024"] {
            assert_eq!(times(text), [first], "{text}");
        }
        assert_eq!(times("H1 is the title, and it led in the first half"), []);
        assert_eq!(times("It has 2000 employees and 1500 dollars"), []);
        assert_eq!(times("$2000"), []);
    }

    #[test]
    fn a_time_states_what_it_names_and_no_more() {
        let (day, month) = (time(2024, 5, 3), time(2024, 5, 0));
        assert!(day.states(month) && !month.states(day));
        assert!(time(0, 5, 3).may_be(month) && !time(0, 6, 3).may_be(month));
        assert_eq!(time(0, 5, 3).completed_by(time(2024, 0, 0)), day);
    }
}
