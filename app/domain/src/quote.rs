//! Quotes found again: where the words of a citation stand after their document has changed.

use crate::Span;

/// A quote that is looked for, and where it stood.
#[derive(Clone, Copy, Debug)]
pub struct WantedQuote<'a> {
    /// Its words.
    pub words: &'a str,
    /// The number of its page among the pages, from 0.
    pub page: usize,
    /// Where it stood there.
    pub span: Span,
}

impl WantedQuote<'_> {
    /// Finds the quote in the pages of a text: where it stood, else the same words elsewhere, nearest
    /// first, else the same words with other blanks between.
    ///
    /// Gives the page, from 0, and the place on it. A place never begins or ends inside a word or a
    /// number: "82" does not stand in "82,959".
    pub fn find(&self, pages: &[&str]) -> Option<(usize, Span)> {
        let stood = pages.get(self.page).and_then(|page| self.span.slice(page));
        if stood == Some(self.words) {
            return Some((self.page, self.span));
        }
        let mut order: Vec<usize> = (0..pages.len()).collect();
        order.sort_by_key(|page| page.abs_diff(self.page));
        let pieces = |with_blanks: bool| {
            order.iter().find_map(|&page| {
                let place = self.find_on(&Pieces::of(pages[page], with_blanks), with_blanks)?;
                Some((page, place))
            })
        };
        pieces(true).or_else(|| pieces(false))
    }

    /// Finds the place on a page that is nearest to where the quote stood.
    fn find_on(&self, page: &Pieces, with_blanks: bool) -> Option<Span> {
        let words = Pieces::of(self.words.trim(), with_blanks).chars;
        if words.is_empty() {
            return None;
        }
        let places = page.chars.windows(words.len()).enumerate();
        let same =
            places.filter(|(_, place)| *place == words).map(|(at, _)| (at, at + words.len()));
        let whole = same.filter(|(start, end)| {
            !is_inside(&page.chars, *start) && !is_inside(&page.chars, *end)
        });
        let spans = whole.map(|(start, end)| Span::new(page.at[start], page.at[end - 1] + 1));
        spans.min_by_key(|span| span.start.abs_diff(self.span.start))
    }
}

/// The characters of a text, each with its place in it.
struct Pieces {
    chars: Vec<char>,
    at: Vec<usize>,
}

impl Pieces {
    /// Cuts a text: with its blanks as they are, or with one for each run of them.
    fn of(text: &str, with_blanks: bool) -> Self {
        let mut pieces = Self { chars: Vec::new(), at: Vec::new() };
        for (at, c) in text.chars().enumerate() {
            let is_blank = !with_blanks && c.is_whitespace();
            if is_blank && pieces.chars.last() == Some(&' ') {
                continue;
            }
            pieces.chars.push(if is_blank { ' ' } else { c });
            pieces.at.push(at);
        }
        pieces
    }
}

/// Returns whether a place lies inside a word or a number.
fn is_inside(chars: &[char], at: usize) -> bool {
    let Some((before, after)) = at.checked_sub(1).and_then(|i| chars.get(i)).zip(chars.get(at))
    else {
        return false;
    };
    let digit = |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(char::is_ascii_digit);
    let is_separator = |c: &char| matches!(c, '.' | ',' | '\'' | '’');
    let splits_number = before.is_ascii_digit() && is_separator(after) && digit(Some(at + 1))
        || is_separator(before) && after.is_ascii_digit() && digit(at.checked_sub(2));
    before.is_alphanumeric() && after.is_alphanumeric() || splits_number
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks for words that stood at `start` of the page `page`, and gives what stands where they are
    /// found.
    fn check(
        words: &str,
        (page, start): (usize, usize),
        pages: &[&str],
        found: Option<(usize, &str)>,
    ) {
        let span = Span::new(start, start + words.chars().count());
        let place = WantedQuote { words, page, span }.find(pages);
        let text = place.map(|(page, span)| (page, span.slice(pages[page]).expect("lies within")));
        assert_eq!(text, found, "{words}");
    }

    #[test]
    fn a_quote_is_found_where_it_stood_or_where_it_went() {
        check("It is red.", (0, 0), &["It is red. It is red."], Some((0, "It is red.")));
        check("It is red.", (0, 0), &["New. Über alles. It is red."], Some((0, "It is red.")));
        check("It is red.", (0, 0), &["A title page.", "It is red."], Some((1, "It is red.")));
        check("It is red.", (2, 0), &["It is red."], Some((0, "It is red.")));
        check("It is red.", (0, 4), &["It\nis  red."], Some((0, "It\nis  red.")));
        check("It\nis red", (0, 0), &["So: It is red."], Some((0, "It is red")));
        let wanted = WantedQuote { words: "red", page: 0, span: Span::new(9, 12) };
        let nearest = wanted.find(&["red and blue, red and green"]);
        assert_eq!(nearest, Some((0, Span::new(14, 17))), "the nearest of equals is taken");
    }

    #[test]
    fn other_words_are_never_taken_for_it() {
        check("It is red.", (0, 0), &["It is blue."], None);
        check("It is red.", (0, 0), &[""], None);
        check("costs 82", (0, 0), &["It costs 82,959 euros."], None);
        check("costs 82", (0, 0), &["It costs 82.5 euros."], None);
        check("costs 82", (0, 0), &["It costs 82. More."], Some((0, "costs 82")));
        check("5 million", (0, 0), &["2.5 million"], None);
        check("234 men", (0, 0), &["1,234 men"], None);
        check("able", (0, 0), &["unable tables"], None);
        check("a b", (0, 0), &["ab"], None);
        check("  ", (0, 0), &["some words"], None);
    }
}
