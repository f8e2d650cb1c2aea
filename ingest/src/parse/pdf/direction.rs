//! Text that runs from right to left: a page has it as it is seen, the stored text as it is read.
//!
//! Lines are put together from left to right. Where a line is Hebrew or Arabic, the order of its letters is turned round, and
//! that of numbers and Latin words inside stays.

use super::lines::Line;

/// A line on a page that runs from right to left has so many Latin letters for each of the page's own, if it is foreign.
const FOREIGN_LINE: usize = 4;

/// Says whether a letter runs from right to left.
pub(super) fn is_rtl(letter: char) -> bool {
    matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        && !is_arabic_digit(letter)
}

fn is_arabic_digit(letter: char) -> bool {
    matches!(letter, '\u{660}'..='\u{669}' | '\u{6f0}'..='\u{6f9}')
}

/// Says whether a letter runs from left to right.
fn is_ltr(letter: char) -> bool {
    letter.is_alphabetic() && !is_rtl(letter)
}

fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit() || is_arabic_digit(letter)
}

/// Says whether most letters of a text run from right to left.
pub(super) fn is_mostly_rtl(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let rtl = text.chars().filter(|letter| is_rtl(*letter)).count();
    rtl > 0 && rtl >= text.chars().filter(|letter| is_ltr(*letter)).count()
}

/// Writes the text of one glyph as it is seen: a ligature of letters that run to the left has them in their order.
pub(super) fn push_glyph(text: &mut String, letters: &str) {
    if letters.chars().any(is_rtl) {
        text.extend(letters.chars().rev());
    } else {
        text.push_str(letters);
    }
}

/// Says whether a line runs from right to left, on a page most of whose letters do or do not. A line of the other
/// direction is one in which hardly any letter is of the page's own.
fn is_rtl_line(seen: &str, is_rtl_page: bool) -> bool {
    if !is_rtl_page {
        return is_mostly_rtl(seen);
    }
    let rtl = seen.chars().filter(|letter| is_rtl(*letter)).count();
    rtl * FOREIGN_LINE >= seen.chars().filter(|letter| is_ltr(*letter)).count()
}

/// Puts the lines of a page, which are written as they are seen, into the order in which they are read.
pub(super) fn put_in_order(lines: &mut [Line]) {
    if lines.iter().all(|line| line.text.is_ascii()) {
        return;
    }
    let is_rtl_page =
        is_mostly_rtl(&lines.iter().map(|line| line.text.as_str()).collect::<String>());
    for line in lines.iter_mut() {
        line.is_rtl = is_rtl_page && !line.text.contains(is_ltr);
        if let Some((text, is_rtl)) = logical(&line.text, is_rtl_page) {
            (line.text, line.is_rtl) = (text, is_rtl);
        }
    }
}

/// Puts a line into the order in which it is read, and says if that is from right to left. `None` if it has no letter
/// that runs so.
fn logical(seen: &str, is_rtl_page: bool) -> Option<(String, bool)> {
    if seen.is_ascii() || !seen.contains(is_rtl) {
        return None;
    }
    let letters: Vec<char> = seen.chars().collect();
    let is_rtl_line = is_rtl_line(seen, is_rtl_page);
    let read = if is_rtl_line {
        let mut read: Vec<char> = letters.into_iter().rev().collect();
        turn_inner(&mut read, |letter| is_ltr(letter) || is_digit(letter), is_ltr, |_| {});
        read
    } else {
        let mut read = letters;
        let numbers = |run: &mut [char]| turn_inner(run, is_digit, |_| false, |_| {});
        turn_inner(&mut read, is_rtl, is_rtl, numbers);
        read
    };
    Some((mirrored(&read).into_iter().collect(), is_rtl_line))
}

/// Turns the runs of some letters round, and gives each to `then`. Between two of them other signs belong to the run: any if both are `strong`, else
/// those inside of a number.
fn turn_inner(
    letters: &mut [char],
    belongs: impl Fn(char) -> bool,
    strong: impl Fn(char) -> bool,
    then: impl Fn(&mut [char]),
) {
    let mut at = 0;
    while at < letters.len() {
        if !belongs(letters[at]) {
            at += 1;
            continue;
        }
        let (mut end, mut next) = (at + 1, at + 1);
        let mut has_strong = strong(letters[at]);
        while next < letters.len() {
            let letter = letters[next];
            if belongs(letter) {
                let between = &letters[end..next];
                let is_number =
                    between.len() <= 1 && between.iter().all(|sign| ".,:/-'٫٬".contains(*sign));
                let is_phrase = (has_strong || strong(letter))
                    && !between.windows(2).any(|pair| pair == [' ', ' ']);
                if !is_number && !is_phrase {
                    break;
                }
                has_strong |= strong(letter);
                end = next + 1;
            } else if is_rtl(letter) || is_ltr(letter) {
                break;
            }
            next += 1;
        }
        letters[at..end].reverse();
        then(&mut letters[at..end]);
        at = end;
    }
}

/// Turns brackets round if they open where they should close.
fn mirrored(letters: &[char]) -> Vec<char> {
    const PAIRS: [(char, char); 5] = [('(', ')'), ('[', ']'), ('{', '}'), ('«', '»'), ('<', '>')];
    let mut mirrored = letters.to_vec();
    for (open, close) in PAIRS {
        let first = letters.iter().find(|sign| **sign == open || **sign == close);
        if first == Some(&close) && letters.contains(&open) {
            for sign in &mut mirrored {
                *sign = if *sign == open {
                    close
                } else if *sign == close {
                    open
                } else {
                    *sign
                };
            }
        }
    }
    mirrored
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(logical: &str) -> String {
        logical.chars().rev().collect()
    }

    #[test]
    fn lines_are_put_into_the_order_of_reading() {
        for (seen, read) in [
            (seen("שכר הדירה"), "שכר הדירה"),
            // `31` and `2027` are seen as they are read.
            (
                "7202".chars().rev().collect::<String>()
                    + " "
                    + &seen("במרץ")
                    + " 31 "
                    + &seen("ביום"),
                "ביום 31 במרץ 2027",
            ),
            ("1,250.50 ".to_owned() + &seen("סכום"), "סכום 1,250.50"),
            ("Quire Ltd ".to_owned() + &seen("חברת"), "חברת Quire Ltd"),
            (
                "The word ".to_owned() + &seen("שלום עולם") + " means peace",
                "The word שלום עולם means peace",
            ),
            (seen("مرحبا بالعالم"), "مرحبا بالعالم"),
            (")".to_owned() + &seen("אב") + "( " + &seen("גד"), "גד (אב)"),
            ("٢٠٢٧ ".to_owned() + &seen("مارس"), "مارس ٢٠٢٧"),
        ] {
            let is_rtl_page = !read.starts_with("The");
            assert_eq!(logical(&seen, is_rtl_page), Some((read.to_owned(), is_rtl_page)), "{seen}");
        }
        assert_eq!(logical("Grüße", false), None);
        // Alone it would begin with the Latin words.
        let seen = "Quire Ltd ".to_owned() + &seen("חברת");
        assert_eq!(logical(&seen, false), Some(("Quire Ltd חברת".to_owned(), false)));
    }

    #[test]
    fn a_ligature_keeps_the_order_of_its_letters() {
        let mut text = String::new();
        push_glyph(&mut text, "لا");
        push_glyph(&mut text, "fi");
        let ligature = text.trim_end_matches("fi");
        assert_eq!(logical(ligature, true), Some(("لا".to_owned(), true)));
        assert!(text.ends_with("fi"));
    }
}
