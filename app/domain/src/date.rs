//! Days and moments as people and files write them. Days are those of UTC.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{InvalidName, refuse};

/// Milliseconds of one day.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A day of the Gregorian calendar, written `2026-01-31`.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day {
    /// Days since 1970-01-01.
    number: i64,
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Day {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
        let format = SchemaFormat::KnownFormat(KnownFormat::Date);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Day {}

impl Day {
    /// The first moment of the day, in milliseconds since the Unix epoch.
    pub fn start_ms(self) -> i64 {
        self.number * DAY_MS
    }

    /// The first moment of the day after it.
    pub fn end_ms(self) -> i64 {
        (self.number + 1) * DAY_MS
    }

    /// Finds a day; `None` if the calendar has none.
    fn from_parts(year: i64, month: i64, day: i64) -> Option<Self> {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        if !(1..=9999).contains(&year) || !(1..=length).contains(&day) {
            return None;
        }
        // Howard Hinnant's `days_from_civil`: years that begin in March end with the leap day.
        let year = year - i64::from(month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        Some(Self { number: era * 146_097 + day_of_era - 719_468 })
    }
}

impl FromStr for Day {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let refused = || refuse("day", value, "is not a day such as `2026-01-31`");
        let mut digits = Digits { rest: value.trim() };
        digits.day('-').filter(|_| digits.rest.is_empty()).ok_or_else(refused)
    }
}

impl TryFrom<String> for Day {
    type Error = InvalidName;

    fn try_from(value: String) -> Result<Self, InvalidName> {
        value.parse()
    }
}

impl From<Day> for String {
    fn from(day: Day) -> Self {
        day.to_string()
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Howard Hinnant's `civil_from_days`.
        let shifted = self.number + 719_468;
        let (era, day) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day_of_year = day - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

/// Reads a moment as ISO 8601 or RFC 3339 writes it, in milliseconds since the Unix epoch.
///
/// A day alone is its beginning; a time without a zone is taken as UTC.
pub fn parse_moment(text: &str) -> Option<i64> {
    let mut digits = Digits { rest: text.trim() };
    let day = digits.day('-')?;
    if digits.rest.is_empty() {
        return Some(day.start_ms());
    }
    digits.skip('T').or_else(|| digits.skip('t')).or_else(|| digits.skip(' '))?;
    let (hour, minute) = (digits.number(2)?, digits.skip(':').and_then(|()| digits.number(2))?);
    let second = digits.skip(':').and_then(|()| digits.number(2)).unwrap_or(0);
    if hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut milliseconds = 0;
    if digits.skip('.').is_some() {
        let shown = digits.rest.bytes().take_while(u8::is_ascii_digit).count();
        let fraction: String = digits.rest[..shown].chars().chain("000".chars()).take(3).collect();
        milliseconds = fraction.parse().ok()?;
        digits.rest = &digits.rest[shown..];
    }
    let offset = digits.offset()?;
    let minutes = hour * 60 + minute - offset;
    Some(day.start_ms() + (minutes * 60 + second) * 1000 + milliseconds)
}

/// Reads numbers of a fixed number of digits from the front of a text.
struct Digits<'a> {
    rest: &'a str,
}

impl Digits<'_> {
    fn day(&mut self, between: char) -> Option<Day> {
        let year = self.number(4)?;
        self.skip(between)?;
        let month = self.number(2)?;
        self.skip(between)?;
        Day::from_parts(year, month, self.number(2)?)
    }

    fn number(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.rest.split_at_checked(count)?;
        let number = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse())?;
        self.rest = rest;
        number.ok()
    }

    fn skip(&mut self, c: char) -> Option<()> {
        self.rest = self.rest.strip_prefix(c)?;
        Some(())
    }

    /// Reads the zone that ends a moment, in minutes east of UTC.
    fn offset(&mut self) -> Option<i64> {
        if matches!(self.rest, "" | "Z" | "z") {
            return Some(0);
        }
        let sign = if self.skip('+').is_some() { 1 } else { self.skip('-').map(|()| -1)? };
        let hours = self.number(2)?;
        let _colon = self.skip(':');
        let minutes = if self.rest.is_empty() { 0 } else { self.number(2)? };
        self.rest.is_empty().then_some(sign * (hours * 60 + minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let start = |text: &str| text.parse::<Day>().map(Day::start_ms).ok();
        assert_eq!(start("1970-01-01"), Some(0));
        assert_eq!(start("2000-03-01"), Some(951_868_800_000));
        assert_eq!(start("2026-11-21"), Some(1_795_219_200_000));
        for wrong in ["2026-02-29", "2026-13-01", "2026-1-1", "2026-01-01x", "", "x", "2026-00-10"]
        {
            assert_eq!(start(wrong), None, "{wrong}");
        }
        let mut day: Day = "1895-12-30".parse().expect("a day");
        for _ in 0..90_000 {
            let again: Day = day.to_string().parse().expect("shows as it reads");
            assert_eq!(again, day);
            day.number += 1;
        }
    }

    #[test]
    fn moments_are_read_as_files_state_them() {
        let noon = 1_795_219_200_000 + DAY_MS / 2;
        for text in [
            "2026-11-21T12:00",
            "2026-11-21 12:00:00",
            "2026-11-21T12:00:00Z",
            "2026-11-21T14:00:00.000+02:00",
            "2026-11-21T07:30:00-0430",
        ] {
            assert_eq!(parse_moment(text), Some(noon), "{text}");
        }
        assert_eq!(parse_moment("2026-11-21"), Some(noon - DAY_MS / 2));
        assert_eq!(parse_moment("2026-11-21T12:00:00.5Z"), Some(noon + 500));
        for wrong in ["yesterday", "2026-11-21T", "2026-11-21T12", "2026-11-21T12:00 in Rome", "ä"]
        {
            assert_eq!(parse_moment(wrong), None, "{wrong}");
        }
    }
}
