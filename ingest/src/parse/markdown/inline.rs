//! Marks inside running text: `#tags`, `key:: value` and ` ^block-id`.

use std::ops::Range;

use quire_domain::Property;

/// The longest name of a field, in code points: what is longer is a sentence.
const LONGEST_NAME: usize = 40;

/// Finds the tags of a text; `before` is the character in front of it.
///
/// A tag stands apart from the word before it, is not a number, and ends at a blank or at
/// punctuation other than `-`, `_` and `/`.
pub(super) fn tags(text: &str, before: Option<char>) -> Vec<&str> {
    let mut found = Vec::new();
    let mut previous = before;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at + c.len_utf8()..];
        let apart = previous.is_none_or(|c| {
            c.is_whitespace() || (c.is_ascii_punctuation() && !"/#&\\_-=?%@".contains(c))
        });
        previous = Some(c);
        at += c.len_utf8();
        if c != '#' || !apart {
            continue;
        }
        let end = rest.find(|c| !is_of_tag(c)).unwrap_or(rest.len());
        let tag = rest[..end].trim_end_matches('/');
        let is_number = tag.chars().all(char::is_numeric);
        if !tag.is_empty() && !tag.starts_with('/') && !is_number {
            found.push(tag);
        }
        previous = rest[..end].chars().next_back().or(previous);
        at += end;
    }
    found
}

fn is_of_tag(c: char) -> bool {
    let is_mark = c.is_ascii_punctuation() && !"-_/".contains(c);
    let is_unicode_mark = matches!(c, '\u{2000}'..='\u{206f}' | '\u{2e00}'..='\u{2e7f}');
    // Joined emoji are held together by U+200D.
    !c.is_whitespace() && !is_mark && (!is_unicode_mark || c == '\u{200d}')
}

/// Finds the fields of a line: the line itself, or parts of it in brackets.
pub(super) fn fields(line: &str) -> Vec<Property> {
    let plain = line.trim().trim_start_matches('>').trim_start();
    let plain = ["- [ ] ", "- [x] ", "- ", "* ", "+ "]
        .iter()
        .find_map(|mark| plain.strip_prefix(mark))
        .unwrap_or(plain);
    let whole = field(plain).into_iter();
    let bracketed = |open: char, close: char| {
        line.split(open).skip(1).filter_map(move |part| field(part.split_once(close)?.0))
    };
    whole.chain(bracketed('[', ']')).chain(bracketed('(', ')')).collect()
}

fn field(text: &str) -> Option<Property> {
    let (name, value) = text.split_once("::")?;
    let (name, value) = (name.trim().trim_matches(['*', '_']), value.strip_prefix(' ')?.trim());
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let is_name = !name.is_empty() && name.chars().count() <= LONGEST_NAME;
    (is_name && name.chars().all(fits) && !value.is_empty())
        .then(|| Property { name: name.to_owned(), value: value.to_owned() })
}

/// Finds a block id at the end of a text: the id, and where it and the blank before it stand.
pub(super) fn block_id(text: &str) -> Option<(&str, Range<usize>)> {
    let end = text.trim_end().len();
    let (before, id) = text[..end].rsplit_once('^')?;
    let valid = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let stands_apart = before.is_empty() || before.ends_with(char::is_whitespace);
    let start = before.trim_end_matches([' ', '\t']).len();
    (stands_apart && !id.is_empty() && id.chars().all(valid)).then_some((id, start..end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_what_obsidian_takes_for_tags() {
        let check =
            |text: &str, expected: &[&str]| assert_eq!(tags(text, None), expected, "{text}");
        check("#one and #two/three, (#four).", &["one", "two/three", "four"]);
        check("#2026 is none, #y2026 is, #1a too", &["y2026", "1a"]);
        check("a#b http://c/#d &#39; ##e \\#f", &[]);
        check("#über-groß_x/ #日本語。#🎉", &["über-groß_x", "日本語。"]);
        check("# heading, #", &[]);
        check("", &[]);
        assert_eq!(tags("#a", Some('x')), [""; 0]);
    }

    #[test]
    fn fields_have_a_name_and_a_value() {
        let check = |line: &str, expected: &[(&str, &str)]| {
            let found = fields(line);
            let found: Vec<_> = found.iter().map(|f| (f.name.as_str(), f.value.as_str())).collect();
            assert_eq!(found, expected, "{line}");
        };
        check("Rating:: 5", &[("Rating", "5")]);
        check("- [ ] **due date**:: [[2026-01-01]]", &[("due date", "[[2026-01-01]]")]);
        check("We [met:: Ann] and (place:: Rome).", &[("met", "Ann"), ("place", "Rome")]);
        check("use std::vec; and a:: ", &[]);
    }

    #[test]
    fn block_ids_stand_at_the_end() {
        assert_eq!(block_id("A fact. ^fact-1 "), Some(("fact-1", 7..15)));
        assert_eq!(block_id("^list"), Some(("list", 0..5)));
        for none in ["x^2", "a ^b c", "a ^", "a ^ä", ""] {
            assert_eq!(block_id(none), None, "{none}");
        }
    }
}
