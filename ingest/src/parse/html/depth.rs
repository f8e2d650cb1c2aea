//! Bounds how deep elements are nested before a page is parsed.
//!
//! For each tag a parser looks through the elements that are open, as the standard wants it: a thread of mail that nobody
//! closes, with 100,000 elements inside each other, would take it minutes. Tags beyond a depth are left out here, in one
//! pass over the source; what stands between them stays.

use std::borrow::Cow;

/// Elements nested deeper than this lose their tags; the reader has read those as running text long before.
const MAX_OPEN: usize = 256;
/// An end tag closes an element that is at most so many below the innermost one.
const MAX_UNCLOSED: usize = 64;

/// Elements that never hold anything.
const VOID: [&str; 16] = [
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link", "meta",
    "param", "source", "track", "wbr",
];
/// Elements that hold characters only.
const RAW: [&str; 10] = [
    "script",
    "style",
    "title",
    "textarea",
    "xmp",
    "iframe",
    "noembed",
    "noframes",
    "noscript",
    "plaintext",
];
/// Elements that a parser closes by itself where another one of them begins, so that they pile up with others only.
const SELF_CLOSING: [&str; 27] = [
    "html", "head", "body", "p", "li", "dt", "dd", "option", "tr", "td", "th", "tbody", "thead",
    "tfoot", "caption", "colgroup", "a", "nobr", "button", "form", "select", "h1", "h2", "h3",
    "h4", "h5", "h6",
];

/// An element that is open.
struct Open<'a> {
    name: &'a str,
    is_kept: bool,
}

/// Leaves out the tags of elements that are nested too deep; gives the source as it is if there are none.
pub(super) fn bound(source: &str) -> Cow<'_, str> {
    let mut pass = Pass {
        source,
        written: String::new(),
        copied: 0,
        open: Vec::new(),
        tables: Vec::new(),
        foreign: 0,
    };
    let mut at = 0;
    while let Some(tag) = next_tag(source, at) {
        pass.take(&tag);
        at = match RAW.iter().find(|name| tag.is_start && tag.name.eq_ignore_ascii_case(name)) {
            Some(name) if pass.foreign == 0 => end_of_raw(source, tag.end, name),
            _ => tag.end,
        };
    }
    if pass.copied == 0 {
        return Cow::Borrowed(source);
    }
    pass.written.push_str(&source[pass.copied..]);
    Cow::Owned(pass.written)
}

/// The pass over a source.
struct Pass<'a> {
    source: &'a str,
    written: String,
    /// How much of the source is written, or left out.
    copied: usize,
    open: Vec<Open<'a>>,
    /// Whether the tags of each open table are kept.
    tables: Vec<bool>,
    /// How many open elements hold drawings or formulas.
    foreign: usize,
}

impl<'a> Pass<'a> {
    fn take(&mut self, tag: &Tag<'a>) {
        let is_one_of =
            |names: &[&str]| names.iter().any(|name| tag.name.eq_ignore_ascii_case(name));
        if is_one_of(&VOID) || is_one_of(&RAW) || (tag.is_empty && self.foreign > 0) {
            return;
        }
        if is_one_of(&SELF_CLOSING) {
            // Rows and cells mean nothing without their table.
            let is_left_out = self.tables.last() == Some(&false);
            if is_left_out && is_one_of(&["tr", "caption", "tbody", "thead", "tfoot"]) {
                self.replace(tag, "<hr>");
            } else if is_left_out && is_one_of(&["td", "th"]) {
                self.replace(tag, if tag.is_start { " | " } else { "" });
            }
            return;
        }
        if tag.is_start {
            let is_kept = self.open.len() < MAX_OPEN;
            if !is_kept {
                self.replace(tag, instead_of(tag.name));
            }
            if tag.name.eq_ignore_ascii_case("table") {
                self.tables.push(is_kept);
            }
            self.foreign += usize::from(is_foreign(tag.name));
            self.open.push(Open { name: tag.name, is_kept });
            return;
        }
        let last = self.open.iter().rev().take(MAX_UNCLOSED);
        let mut names = last.map(|open| open.name);
        let Some(depth) = names.position(|name| name.eq_ignore_ascii_case(tag.name)) else {
            if self.open.len() > MAX_OPEN {
                self.replace(tag, instead_of(tag.name));
            }
            return;
        };
        let mut is_kept = true;
        for _ in 0..=depth {
            let Some(open) = self.open.pop() else { break };
            is_kept = open.is_kept;
            if open.name.eq_ignore_ascii_case("table") {
                self.tables.pop();
            }
            self.foreign -= usize::from(is_foreign(open.name));
        }
        if !is_kept {
            self.replace(tag, instead_of(tag.name));
        }
    }

    fn replace(&mut self, tag: &Tag<'_>, with: &str) {
        self.written.push_str(&self.source[self.copied..tag.start]);
        self.written.push_str(with);
        self.copied = tag.end;
    }
}

fn is_foreign(name: &str) -> bool {
    name.eq_ignore_ascii_case("svg") || name.eq_ignore_ascii_case("math")
}

/// Gives what keeps apart what a tag that is left out has kept apart.
fn instead_of(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    if super::is_block(&name) { "<hr>" } else { "" }
}

/// A tag, and where it stands in the source.
struct Tag<'a> {
    name: &'a str,
    is_start: bool,
    /// Whether it ends with `/>`.
    is_empty: bool,
    start: usize,
    end: usize,
}

/// Finds the next tag from a place on, as the standard tells tags from text and comments.
fn next_tag(source: &str, from: usize) -> Option<Tag<'_>> {
    let bytes = source.as_bytes();
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == b'<')?;
        let rest = &bytes[at..];
        let (is_start, name_at) = match rest.get(1)? {
            b'/' => (false, at + 2),
            b'!' if rest.starts_with(b"<!--") => {
                at += 4 + source.get(at + 2..)?.find("-->").map(|length| length + 1)?;
                continue;
            }
            b'!' | b'?' => {
                at += rest.iter().position(|byte| *byte == b'>')?;
                continue;
            }
            _ => (true, at + 1),
        };
        if !bytes.get(name_at).is_some_and(u8::is_ascii_alphabetic) {
            at += 1;
            continue;
        }
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let name_end = name_at + bytes[name_at..].iter().position(is_end)?;
        let end = end_of_tag(bytes, name_end)?;
        let is_empty = bytes[name_end..end].ends_with(b"/>");
        let name = source.get(name_at..name_end)?;
        return Some(Tag { name, is_start, is_empty, start: at, end });
    }
}

/// Finds the end of a tag behind its name. A sign `>` in a quoted value is none.
fn end_of_tag(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        match bytes.get(at)? {
            b'>' => return Some(at + 1),
            b'=' => {
                at += 1;
                at += bytes.get(at..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
                if let Some(quote @ (b'"' | b'\'')) = bytes.get(at) {
                    at += 2 + bytes.get(at + 1..)?.iter().position(|byte| byte == quote)?;
                }
            }
            _ => at += 1,
        }
    }
}

/// Finds where an element ends that holds characters only; without an end tag it holds the rest of the page.
fn end_of_raw(source: &str, from: usize, name: &str) -> usize {
    let bytes = source.as_bytes();
    let mut at = from;
    while let Some(length) =
        bytes.get(at..).and_then(|rest| rest.windows(2).position(|two| two == b"</"))
    {
        at += length;
        let rest = &bytes[at + 2..];
        let is_name =
            rest.get(..name.len()).is_some_and(|own| own.eq_ignore_ascii_case(name.as_bytes()));
        let is_whole = rest.get(name.len()).is_none_or(|byte| !byte.is_ascii_alphanumeric());
        if is_name && is_whole && name != "plaintext" {
            return at;
        }
        at += 2;
    }
    source.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_are_not_deep_stay_as_they_are() {
        let pages = [
            "<div title='a > b'><p>one<p>two<br/></div><!-- <div> --> a < b </b>",
            "<script>if (a < b) { '<div>' }</script><ul><li>a<li>b</ul><svg><g/><g/></svg>",
            "<div",
            "<!-- never closed <div>",
            "<title>never closed <div>",
            "<div a=\"never closed>",
        ];
        for page in pages {
            let page = page.to_owned() + &"<p>text<a>more<li>".repeat(2_000);
            assert!(matches!(bound(&page), Cow::Borrowed(_)), "{page:.60}");
        }
    }

    #[test]
    fn deep_elements_lose_their_tags_and_nothing_else() {
        for (tag, end) in
            [("<div>", "</div>"), ("<b class='x'>", "</B>"), ("<blockquote>", ""), ("<rt>", "")]
        {
            let (begin, finish) = (format!("{tag}word ").repeat(5_000), end.repeat(5_000));
            let page = format!("{begin}deepest{finish}<p>after");
            let bounded = bound(&page);
            assert_eq!(bounded.matches(tag).count(), MAX_OPEN, "{tag}");
            assert_eq!(bounded.matches("word ").count(), 5_000);
            assert!(end.is_empty() || bounded.matches(end).count() == MAX_OPEN, "{tag}");
            assert!(bounded.contains("deepest") && bounded.ends_with("<p>after"));
        }
        let tables = "<table><tr><td>a<td>b".repeat(300);
        let bounded = bound(&tables);
        assert!(bounded.ends_with("<hr><hr> | a | b"), "{bounded}");
    }
}
