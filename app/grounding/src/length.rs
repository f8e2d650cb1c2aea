//! Lengths: how many months a period has that a text names: `nine months`, `the quarter ended in June`, `H1 2024`.

use quire_language::Meaning;

use crate::decimal::Decimal;
use crate::quantity::Quantity;
use crate::statement::Statement;
use crate::time::Time;

/// Months of a quarter.
pub const QUARTER: u32 = 3;
/// Months of a half and of a whole year.
const HALF: u32 = 6;
const YEAR: u32 = 12;
/// A period that figures are given for is no longer than this, in months; others are terms and ages.
const LONGEST: u32 = 24;

/// A length that a text names.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Length {
    /// How many months it has.
    pub months: u32,
    /// The first and the last token.
    pub tokens: (usize, usize),
}

/// Lists the lengths that a text names, in order.
pub fn find(statement: &Statement) -> Vec<Length> {
    let counted = statement.quantities.iter().filter_map(|one| {
        let months = of_quantity(one)?;
        Some(Length { months, tokens: one.tokens })
    });
    let dated = statement.times.iter().filter_map(|one| {
        let months = of_time(one.time)?;
        Some(Length { months, tokens: one.tokens })
    });
    let is_counted = |at: usize| {
        statement.quantities.iter().any(|one| (one.tokens.0..=one.tokens.1).contains(&at))
    };
    let bare = (0..statement.tokens.len())
        .filter(|at| statement.has(*at, Meaning::Quarter))
        .filter(|at| !statement.is_in_time(*at) && !is_counted(*at))
        .map(|at| Length { months: QUARTER, tokens: (at, at) });
    let mut lengths: Vec<Length> = counted.chain(dated).chain(bare).collect();
    lengths.sort_by_key(|one| one.tokens);
    lengths
}

/// Gives the months of a quantity that is a length.
pub fn of_quantity(quantity: &Quantity) -> Option<u32> {
    let count = quantity.value.as_ref().and_then(Decimal::as_whole)?;
    let months = match quantity.unit? {
        "month" => count,
        "quarter" => count.checked_mul(QUARTER)?,
        "year" => count.checked_mul(YEAR)?,
        _ => return None,
    };
    (1..=LONGEST).contains(&months).then_some(months)
}

fn of_time(time: Time) -> Option<u32> {
    match (time.quarter, time.half) {
        (Some(_), _) => Some(QUARTER),
        (None, Some(_)) => Some(HALF),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use quire_domain::Language;
    use quire_language::Lexicon;

    use super::*;

    fn months(language: Language, text: &str) -> Vec<u32> {
        let statement = Statement::of(text, Lexicon::of(language));
        find(&statement).into_iter().map(|one| one.months).collect()
    }

    #[test]
    fn periods_are_as_long_however_they_are_named() {
        let english = Language::English;
        for (text, expected) in [
            ("Nine Months Ended June 25, 2022", 9),
            ("the 9-month period ended June 25, 2022", 9),
            ("the quarter ended June 25, 2022", 3),
            ("Q3 2022", 3),
            ("the second quarter of fiscal 2022", 3),
            ("H1 2024", 6),
        ] {
            assert_eq!(months(english, text), [expected], "{text}");
        }
        assert_eq!(months(Language::German, "1. Halbjahr 2024"), [6]);
        assert_eq!(months(Language::German, "in den ersten neun Monaten 2024"), [9]);
        assert_eq!(months(Language::Dutch, "Eerste kwartaal 2024"), [3]);
        assert_eq!(months(english, "a warranty of 120 months, 7 days, in 2022"), [0_u32; 0]);
    }
}
