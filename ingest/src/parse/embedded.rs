//! Embedded files: pictures and the like that are written into a text as base64, which nobody reads.

use std::borrow::Cow;

use quire_domain::Warning;

/// How a file in a text begins.
const SCHEME: &str = "data:";
/// What stands between a file's type and its bytes.
const ENCODING: &str = ";base64,";
/// The longest type that is looked for: `image/svg+xml;charset=utf-8` and such.
const LONGEST_TYPE: usize = 100;
/// The fewest letters that are taken out; what is shorter may be an example.
const FEWEST: usize = 64;
/// The fewest letters of bytes that nothing announces.
const FEWEST_UNNAMED: usize = 240;
/// The fewest letters of a line of such bytes, where they are broken into lines.
const FEWEST_IN_LINE: usize = 56;
/// The fewest different letters among them: words and codes of genes have fewer.
const FEWEST_DIFFERENT: usize = 26;

/// What was taken out of a text.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Embedded {
    /// How many files.
    pub(super) count: usize,
    /// The line of the first, from 1.
    pub(super) first_line: usize,
}

/// Takes the bytes of embedded files out of what follows byte `from`. How they begin stays, so that links are still links,
/// and so do the ends of lines.
pub(super) fn strip(text: &str, from: usize) -> (Cow<'_, str>, Embedded) {
    let bytes = text.as_bytes();
    let mut stripped = String::new();
    let mut found = Embedded::default();
    let (mut kept, mut at) = (0, from);
    while at < bytes.len() {
        let length = run_length(&bytes[at..]);
        if length < FEWEST.min(FEWEST_IN_LINE) {
            at += length + 1;
            continue;
        }
        let is_named = text.get(..at).is_some_and(is_announced);
        // A scheme without its sign for base64 is not looked for: `data:,` holds words.
        let end = if is_named { at + named_length(&bytes[at..]) } else { unnamed_end(bytes, at) };
        let fewest = if is_named { FEWEST } else { FEWEST_UNNAMED };
        if end - at >= fewest && (is_named || is_mixed(&bytes[at..end])) {
            if found.count == 0 {
                found.first_line = text[..at].matches('\n').count() + 1;
            }
            found.count += 1;
            stripped.push_str(&text[kept..at]);
            stripped.extend(text[at..end].chars().filter(|letter| *letter == '\n'));
            kept = end;
        }
        at = end.max(at + length) + 1;
    }
    if found.count == 0 {
        return (Cow::Borrowed(text), found);
    }
    stripped.push_str(&text[kept..]);
    (Cow::Owned(stripped), found)
}

/// Warns of what was taken out.
pub(super) fn warning(embedded: &Embedded) -> Option<Warning> {
    let line = embedded.first_line;
    let message = match embedded.count {
        0 => return None,
        1 => format!(
            "A file, such as a picture, is written into the text in line {line}, and was not read."
        ),
        count => format!(
            "{count} files, such as pictures, are written into the text, the first in line {line}, \
             and were not read."
        ),
    };
    Some(Warning::new("embedded_file", message))
}

fn is_data(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

fn run_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_data(**byte)).count()
}

/// Counts the bytes of a file that a scheme announces; addresses write some of them in other ways.
fn named_length(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| is_data(**byte) || b"-_%".contains(byte)).count()
}

/// Says whether a text ends with the scheme of a file in base64.
fn is_announced(before: &str) -> bool {
    let Some(head) = before.strip_suffix(ENCODING) else { return false };
    let tail = &head.as_bytes()[head.len().saturating_sub(LONGEST_TYPE + SCHEME.len())..];
    let is_type = |byte: &u8| byte.is_ascii_alphanumeric() || b"/+.-;=\"".contains(byte);
    let length = tail.iter().rev().take_while(|byte| is_type(byte)).count();
    tail[..tail.len() - length].ends_with(SCHEME.as_bytes())
}

/// Finds the end of bytes that may be broken into lines of one length.
fn unnamed_end(bytes: &[u8], start: usize) -> usize {
    let width = run_length(&bytes[start..]);
    let mut end = start + width;
    if width < FEWEST_IN_LINE {
        return end;
    }
    while bytes.get(end) == Some(&b'\n') {
        let line = run_length(&bytes[end + 1..]);
        let is_last = !matches!(bytes.get(end + 1 + line), Some(b'\n'));
        if line == 0 || line > width {
            break;
        }
        if line < width || is_last {
            // The last line is shorter, and nothing else stands in it.
            let is_alone = matches!(bytes.get(end + 1 + line), None | Some(b'\n'));
            return if is_alone { end + 1 + line } else { end };
        }
        end += 1 + line;
    }
    end
}

/// Says whether letters and digits are mixed as bytes in base64 are, and words are not.
fn is_mixed(data: &[u8]) -> bool {
    let mut seen = [false; 256];
    let (mut upper, mut lower, mut digits) = (0, 0, 0);
    for byte in data {
        seen[usize::from(*byte)] = true;
        upper += usize::from(byte.is_ascii_uppercase());
        lower += usize::from(byte.is_ascii_lowercase());
        digits += usize::from(byte.is_ascii_digit());
    }
    let least = data.len() / 40;
    let different = seen.iter().filter(|seen| **seen).count();
    different >= FEWEST_DIFFERENT && upper > least && lower > least && digits > least
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes as base64 has them, without a file.
    fn data(length: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let letter = |at: usize| char::from(LETTERS[(at * at * 7 + at * 13 + at / 64 * 5) % 64]);
        (0..length).map(letter).collect()
    }

    fn broken(length: usize, width: usize) -> String {
        let data = data(length);
        let lines = data.as_bytes().chunks(width).map(|line| String::from_utf8_lossy(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn pictures_in_any_text_go_and_lines_stay() {
        let picture = data(600);
        for (text, expected) in [
            (
                format!("a ![x](data:image/png;base64,{picture}) b"),
                "a ![x](data:image/png;base64,) b",
            ),
            (
                format!("<img src=\"data:image/svg+xml;charset=utf-8;base64,{picture}\">"),
                "<img src=\"data:image/svg+xml;charset=utf-8;base64,\">",
            ),
            (format!("key,{picture},end"), "key,,end"),
            (format!("one\n{}\ntwo", broken(600, 76)), "one\n\n\n\n\n\n\n\n\ntwo"),
            (
                format!("-----BEGIN X-----\n{}\n-----END X-----", broken(300, 64)),
                "-----BEGIN X-----\n\n\n\n\n\n-----END X-----",
            ),
        ] {
            let (stripped, found) = strip(&text, 0);
            assert_eq!(stripped, expected);
            assert_eq!(found.count, 1);
        }
    }

    #[test]
    fn words_codes_and_addresses_stay() {
        let sums = "d41d8cd98f00b204e9800998ecf8427e".repeat(4);
        for text in [
            "data:image/png;base64,AAAA is how it begins".to_owned(),
            "GATTACA".repeat(60),
            "supercalifragilistic".repeat(20),
            format!("sha512 {sums}"),
            "/usr/share/doc/quire/examples/one/".repeat(12),
            format!("{}\n", "word ".repeat(100)),
            "=".repeat(400),
            "A1".repeat(200),
        ] {
            assert_eq!(strip(&text, 0).0, text);
        }
    }
}
