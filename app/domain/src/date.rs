//! Days and moments as people and files write them. Days are those of UTC.
//!
//! Jiff knows the calendar. Its printers and its parsers are for the server alone, in
//! [`parse_moment`]: they would make the page's program 200 kB larger, so what the page shows and
//! reads is put together here.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

use crate::id::{InvalidName, refuse};

/// Milliseconds of one day.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The day with which the Unix epoch begins.
const EPOCH: Date = date(1970, 1, 1);

/// A day of the Gregorian calendar, written `2026-01-31`; its years are 1 to 9999.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Day(Date);

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
        self.0.duration_since(EPOCH).as_hours() * (DAY_MS / 24)
    }

    /// The first moment of the day after it.
    pub fn end_ms(self) -> i64 {
        self.start_ms() + DAY_MS
    }
}

impl FromStr for Day {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let refused = || refuse("day", value, "is not a day such as `2026-01-31`");
        from_digits(value.trim()).map(Self).ok_or_else(refused)
    }
}

/// Reads a day that is written with ten characters.
fn from_digits(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let mut number = |length: usize| {
        let digits = parts.next().filter(|part| part.len() == length)?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse::<i16>().ok())?
    };
    let year = number(4).filter(|year| *year > 0)?;
    let mut small = || number(2).and_then(|number| i8::try_from(number).ok());
    let (month, day) = (small()?, small()?);
    parts.next().is_none().then(|| Date::new(year, month, day).ok())?
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
        let Self(date) = self;
        write!(formatter, "{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    }
}

/// Reads a moment as ISO 8601 or RFC 3339 writes it, in milliseconds since the Unix epoch.
///
/// A day alone is its beginning; a time without a zone is taken as UTC.
pub fn parse_moment(text: &str) -> Option<i64> {
    let text = text.trim();
    let in_utc = || Offset::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    let moment = text.parse::<Timestamp>().ok().or_else(in_utc)?;
    Some(moment.as_millisecond())
}

/// Shows a moment, given in milliseconds since the Unix epoch: `21 Nov 2026, 06:49`.
///
/// Nothing is shown of a moment outside of the calendar, which ends with the year 9999.
pub fn show_moment(at_ms: i64) -> String {
    let Ok(moment) = Timestamp::from_millisecond(at_ms) else { return String::new() };
    let time = Offset::UTC.to_datetime(moment);
    let month = match time.month() {
        1 => "Jan",
        2 => "Feb",
        3 => "Mar",
        4 => "Apr",
        5 => "May",
        6 => "Jun",
        7 => "Jul",
        8 => "Aug",
        9 => "Sep",
        10 => "Oct",
        11 => "Nov",
        _ => "Dec",
    };
    format!("{} {month} {}, {:02}:{:02}", time.day(), time.year(), time.hour(), time.minute())
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
        for wrong in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "2026-01-01x",
            "",
            "x",
            "2026-00-10",
            "0000-01-01",
            "20260101",
            "+002026-01-01",
            "2026-01-01T12:00",
            "2026-01-01-",
            "+026-01-01",
            "2026-01-ä",
        ] {
            assert_eq!(start(wrong), None, "{wrong}");
        }
        let first: Day = "0001-01-01".parse().expect("a day");
        let last: Day = "9999-12-31".parse().expect("a day");
        assert_eq!(last.end_ms() - first.start_ms(), 3_652_059 * DAY_MS);
        assert_eq!(last.to_string(), "9999-12-31");
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
            "2026-11-21t13+01",
        ] {
            assert_eq!(parse_moment(text), Some(noon), "{text}");
        }
        assert_eq!(parse_moment("2026-11-21"), Some(noon - DAY_MS / 2));
        assert_eq!(parse_moment("2026-11-21T12:00:00.5Z"), Some(noon + 500));
        assert_eq!(parse_moment("2016-12-31T23:59:60Z"), Some(1_483_228_799_000));
        for wrong in
            ["yesterday", "2026-11-21T", "2026-11-21T25:00", "2026-11-21T12:00 in Rome", "ä"]
        {
            assert_eq!(parse_moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn moments_are_shown_as_dates() {
        let check = |at_ms: i64, shown: &str| assert_eq!(show_moment(at_ms), shown);
        check(0, "1 Jan 1970, 00:00");
        check(951_782_399_000, "28 Feb 2000, 23:59");
        check(951_782_400_000, "29 Feb 2000, 00:00");
        check(1_767_225_599_000, "31 Dec 2025, 23:59");
        check(-1, "31 Dec 1969, 23:59");
        check(i64::MAX, "");
    }
}
