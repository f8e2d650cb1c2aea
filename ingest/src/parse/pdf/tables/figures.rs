//! What a cell holds: an amount, a sign for none, a year, or words.

/// The kind of a piece of a row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A number, an amount of money, a share or a span of them.
    Amount,
    /// A sign that stands where there is no number.
    Dash,
    /// A year, which may as well name a column.
    Year,
    /// Anything else.
    Words,
}

impl Kind {
    /// Tells the kind of a text.
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim();
        if matches!(text, "—" | "–" | "-" | "−" | "--" | "N/A" | "n/a" | "NA" | "NM" | "nm" | "*")
        {
            return Self::Dash;
        }
        if text.len() == 4 && text.parse::<u32>().is_ok_and(|year| (1900..2100).contains(&year)) {
            return Self::Year;
        }
        let digits = text.chars().filter(|letter| letter.is_numeric()).count();
        let is_part = |letter: char| {
            letter.is_numeric() || " .,'’()+-–—−/:%‰$€£¥*†‡^~<>≤≥±×".contains(letter)
        };
        // Signs of currencies may be words.
        let bare = ["US$", "CHF", "EUR", "USD", "GBP", "Rs."]
            .iter()
            .find_map(|sign| text.strip_prefix(sign));
        let is_amount = digits > 0 && bare.unwrap_or(text).chars().all(is_part);
        let is_lone_dash = "$€£¥".contains(text.chars().next().unwrap_or(' '))
            && text.chars().skip(1).all(|letter| " —–-".contains(letter));
        match (is_amount, is_lone_dash) {
            (true, _) => Self::Amount,
            (false, true) => Self::Dash,
            (false, false) => Self::Words,
        }
    }

    /// Says whether it stands where a figure does.
    pub(super) fn is_figure(self) -> bool {
        self != Self::Words
    }

    /// Says whether it is a figure that never names a column.
    pub(super) fn is_value(self) -> bool {
        matches!(self, Self::Amount | Self::Dash)
    }
}

/// Reads a plain whole number, as pages and lines are counted by.
pub(super) fn plain_number(text: &str) -> Option<u32> {
    text.trim_matches(['(', ')', '.', ' ']).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_from_years_and_words() {
        let cases = [
            ("$ 63,355", Kind::Amount),
            ("(10)", Kind::Amount),
            ("12.5%", Kind::Amount),
            ("2024 - 2044", Kind::Amount),
            ("1.234,56 €", Kind::Amount),
            ("1,250³", Kind::Amount),
            ("—", Kind::Dash),
            ("$—", Kind::Dash),
            ("$", Kind::Dash),
            ("2022", Kind::Year),
            ("Level 2", Kind::Words),
            ("June 25,", Kind::Words),
            ("", Kind::Words),
        ];
        for (text, kind) in cases {
            assert_eq!(Kind::of(text), kind, "{text}");
        }
    }
}
