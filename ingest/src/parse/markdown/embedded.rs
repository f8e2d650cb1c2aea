//! Embedded files: pictures that are written into a note as base64, which nobody reads.

use std::borrow::Cow;

/// How a file in a text begins.
const SCHEME: &str = "data:";
/// What stands between a file's type and its bytes.
const ENCODING: &str = ";base64,";
/// The longest type that is looked for: `image/svg+xml;charset=utf-8` and such.
const LONGEST_TYPE: usize = 100;
/// The fewest letters that are taken out; what is shorter may be an example.
const FEWEST: usize = 64;

/// Takes the bytes of embedded files out of what follows byte `from`, and counts the files. How
/// they begin stays, so that links are still links.
pub(super) fn strip(text: &str, from: usize) -> (Cow<'_, str>, usize) {
    let mut stripped = String::new();
    let (mut kept, mut at, mut count) = (0, from, 0);
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(SCHEME)) {
        at += found + SCHEME.len();
        let Some(start) = bytes_start(text, at) else { continue };
        let is_data = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/=-_%".contains(byte);
        let length = text.as_bytes()[start..].iter().take_while(|byte| is_data(byte)).count();
        at = start + length;
        if length >= FEWEST {
            stripped.push_str(&text[kept..start]);
            kept = at;
            count += 1;
        }
    }
    if count == 0 {
        return (Cow::Borrowed(text), 0);
    }
    stripped.push_str(&text[kept..]);
    (Cow::Owned(stripped), count)
}

/// Finds where the bytes begin of a file whose type begins at `at`.
fn bytes_start(text: &str, at: usize) -> Option<usize> {
    let is_type = |byte: &u8| byte.is_ascii_alphanumeric() || b"/+.-;=\"".contains(byte);
    let letters = text.as_bytes()[at..].iter().take(LONGEST_TYPE);
    let length = letters.take_while(|byte| is_type(byte)).count();
    let start = at + length + 1;
    text.get(at..start)?.ends_with(ENCODING).then_some(start)
}
