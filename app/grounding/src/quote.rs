//! Quotes: words of a claim that stand in a passage, alike but for case, blanks, quotation marks and emphasis.

use quire_domain::Span;

/// Finds the words of `sentence` in `text`, from the first to the last that says something.
///
/// The place neither begins nor ends inside a word or a number.
pub fn find(sentence: &str, text: &str) -> Option<Span> {
    let needle: Vec<char> = normalised(sentence).into_iter().map(|(c, _)| c).collect();
    let end =
        needle.iter().rposition(|c| c.is_alphanumeric() || matches!(c, '%' | ')' | '€' | '$'))?;
    let start = needle
        .iter()
        .position(|c| c.is_alphanumeric() || matches!(c, '$' | '€' | '£' | '(' | '-'))?;
    let needle = needle.get(start..=end)?;
    let haystack = normalised(text);
    let letters: Vec<char> = haystack.iter().map(|(c, _)| *c).collect();
    let found = letters.windows(needle.len()).enumerate().find(|(position, window)| {
        *window == needle
            && is_edge(&letters, *position)
            && is_edge(&letters, position + needle.len())
    });
    let (position, _) = found?;
    let first = haystack.get(position)?.1;
    let last = haystack.get(position + needle.len() - 1)?.1;
    Some(Span::new(first, last + 1))
}

/// Returns whether a word or a number may begin or end at a position: `82` may not be cut out of `82,959.5`,
/// `-82`, `82 %` or `$82`.
fn is_edge(letters: &[char], position: usize) -> bool {
    let at = |index: Option<usize>| index.and_then(|index| letters.get(index)).copied();
    let (before, after) = (at(position.checked_sub(1)), at(Some(position)));
    let (earlier, later) = (at(position.checked_sub(2)), at(Some(position + 1)));
    let is_digit = |c: Option<char>| c.is_some_and(char::is_numeric);
    let is_inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let separates = |c: Option<char>| matches!(c, Some('.' | ',' | '\''));
    let is_sign = |c: Option<char>| matches!(c, Some('-' | '$' | '€' | '£' | '('));
    let inside = is_inside(before) && is_inside(after);
    let in_number = is_digit(before) && separates(after) && is_digit(later)
        || is_digit(earlier) && separates(before) && is_digit(after);
    let cuts_sign = is_sign(before) && is_digit(after) && !is_inside(earlier)
        || is_digit(before) && matches!(after, Some('%' | '‰' | '°' | '€'))
        || is_digit(before) && after == Some(' ') && matches!(later, Some('%' | '‰' | '°' | '€'));
    !inside && !in_number && !cuts_sign
}

/// Folds text for comparison; each character keeps its place in the original.
fn normalised(text: &str) -> Vec<(char, usize)> {
    let mut folded: Vec<(char, usize)> = Vec::new();
    for (position, c) in text.chars().enumerate() {
        let c = match c {
            '‘' | '’' | '‚' | '`' => '\'',
            '“' | '”' | '„' | '«' | '»' => '"',
            '–' | '—' | '−' | '\u{2010}' | '\u{2011}' => '-',
            c if c.is_whitespace() => ' ',
            '*' | '_' | '#' | '|' | '\u{ad}' => continue,
            c => c,
        };
        if c == ' ' && folded.last().is_none_or(|(last, _)| *last == ' ') {
            continue;
        }
        folded.extend(c.to_lowercase().map(|c| (c, position)));
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'t>(sentence: &str, text: &'t str) -> Option<&'t str> {
        find(sentence, text).and_then(|span| span.slice(text))
    }

    #[test]
    fn case_blanks_and_emphasis_do_not_matter() {
        let text = "Total net sales were $82,959 million. It’s so.";
        assert_eq!(
            found("**total  net sales** were $82,959 million.", text),
            Some("Total net sales were $82,959 million")
        );
        assert_eq!(found("It's so", text), Some("It’s so"));
    }

    #[test]
    fn no_number_is_cut() {
        for (cut, text) in [
            ("costs were $82", "The costs were $82,959.5 million."),
            ("the rate is 5", "The rate is 5.3 %"),
            ("5 million", "It was 2.5 million."),
            ("234 employees", "It has 1,234 employees."),
            ("rate is 5", "The rate is 5 %."),
            ("rate is 5", "The rate is 5%."),
            ("7 degrees", "It was -7 degrees."),
            ("9 million", "It was $9 million."),
        ] {
            assert_eq!(found(cut, text), None, "{cut}");
        }
        assert_eq!(found("The rate is 5", "The rate is 5."), Some("The rate is 5"));
    }
}
