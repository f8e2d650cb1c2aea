//! Places: the lines and rows of a file in which a quote stands, which are fewer than those of its passage.

use quire_domain::Span;

/// First and last, from 1.
type Range = (u32, u32);

/// Gives the lines of a file that a quote stands in, of those that its passage has.
///
/// All of them are given if the passage is not stored a line for each line of the file.
pub fn lines_of(text: &str, lines: Range, quote: Span) -> Range {
    let (first, last) = lines_at(text, quote);
    if breaks(text) != lines.1.saturating_sub(lines.0) {
        return lines;
    }
    (lines.0 + first, lines.0 + last)
}

/// Gives the rows of a table that a quote stands in, of those that its passage has.
///
/// The rows are a block of lines, a row a line, which may begin with what names the columns. All of them are
/// given for a quote that is none of them.
pub fn rows_of(text: &str, rows: Range, quote: Span) -> Range {
    let (first, last) = lines_at(text, quote);
    let lines: Vec<&str> = text.split('\n').collect();
    let is_blank = |line: &&str| line.trim().is_empty();
    let before = lines.get(..first as usize).unwrap_or_default();
    let behind = lines.get(first as usize..).unwrap_or_default();
    let start = before.iter().rposition(&is_blank).map_or(0, |blank| blank + 1) as u32;
    let end = first + behind.iter().position(is_blank).unwrap_or(behind.len()) as u32;
    let count = rows.1.saturating_sub(rows.0) + 1;
    let header_lines = (end - start).checked_sub(count).filter(|header| *header <= 1);
    let row = |line: u32| line.checked_sub(start + header_lines?).map(|row| rows.0 + row);
    match (row(first), row(last)) {
        (Some(first), Some(last)) if last <= rows.1 => (first, last),
        _ => rows,
    }
}

/// Gives the first and the last line of a text that a quote in it stands in, from 0.
fn lines_at(text: &str, quote: Span) -> Range {
    let before = Span::new(0, quote.start).slice(text).unwrap_or_default();
    let first = breaks(before);
    (first, first + breaks(quote.slice(text).unwrap_or_default().trim_end()))
}

fn breaks(text: &str) -> u32 {
    text.bytes().filter(|byte| *byte == b'\n').count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str, quote: &str) -> Span {
        let byte = text.find(quote).expect("it stands there");
        let start = text[..byte].chars().count();
        Span::new(start, start + quote.chars().count())
    }

    #[test]
    fn a_quote_has_the_rows_that_it_stands_in() {
        let table = "Größe | 2022\nRent | 900\nHeating | 120\nWater | 30";
        let check = |text: &str, rows: Range, quote: &str, expected: Range| {
            assert_eq!(rows_of(text, rows, span(text, quote)), expected, "{quote}");
        };
        check(table, (1, 3), "Rent | 900", (1, 1));
        check(table, (1, 3), "Water | 30", (3, 3));
        check(table, (1, 3), "120\nWater", (2, 3));
        check(table, (1, 3), "Größe | 2022", (1, 3));
        // A later part of a table has no header of its own.
        check("Power | 70\nGas | 85", (41, 42), "Gas | 85", (42, 42));
        // Words beside the table are none of its rows.
        let mixed =
            "Costs of the house.\n\nItem | 2022\nRent | 900\nHeating | 120\n\nAll in euros.";
        check(mixed, (1, 2), "Heating | 120", (2, 2));
        check(mixed, (1, 2), "All in euros.", (1, 2));
        // A row too long for one passage is the row in all its parts.
        check("the second half of a row", (7, 7), "second half", (7, 7));
    }

    #[test]
    fn a_quote_has_the_lines_that_it_stands_in() {
        let text = "The roof is red.\n\nThe door is blue.\nThe rent\nis 950 euros.";
        let check = |lines: Range, quote: &str, expected: Range| {
            assert_eq!(lines_of(text, lines, span(text, quote)), expected, "{quote}");
        };
        check((5, 9), "The roof is red.", (5, 5));
        check((5, 9), "The door is blue.\n", (7, 7));
        check((5, 9), "The rent\nis 950 euros.", (8, 9));
        // The file has more lines than the text that is stored of it.
        check((5, 20), "The door is blue.", (5, 20));
    }
}
