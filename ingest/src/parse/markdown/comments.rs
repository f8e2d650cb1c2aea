//! Comments: what stands between two `%%` is not shown, and so is not part of the text.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// Takes comments out of what follows byte `from`; the breaks of their lines stay.
///
/// Marks in code are no comments. One that opens in the middle of a line ends in its paragraph;
/// one that opens a line can run over many. A mark without its like is text, and so are signs that are written for
/// themselves, as in `40%%` and `%%i`: a text that is lost costs more than a comment that is shown.
pub(super) fn strip(text: &str, from: usize) -> String {
    let Some(body) = text.get(from..).filter(|body| body.contains("%%")) else {
        return text.to_owned();
    };
    let code = code(body);
    let mut stripped = text[..from].to_owned();
    let mut kept = 0;
    let mut at = 0;
    while let Some(open) = next_mark(body, at, &code) {
        let line = body[..open].rfind('\n').map_or(0, |newline| newline + 1);
        let opens_line = body[line..open].trim().is_empty();
        let close = next_mark(body, open + 2, &code);
        let close = close.filter(|close| {
            opens_line
                || (may_open(body, open) && may_close(body, *close))
                    && !has_blank_line(&body[open..*close])
        });
        let Some(close) = close else {
            at = open + 2;
            continue;
        };
        stripped.push_str(&body[kept..open]);
        stripped.extend(body[open..close].chars().filter(|c| *c == '\n'));
        kept = close + 2;
        // Not two blanks in a row where the comment stood.
        if stripped.ends_with([' ', '\n']) && body[kept..].starts_with(' ') {
            kept += 1;
        }
        at = kept;
    }
    stripped.push_str(&body[kept..]);
    stripped
}

/// Says whether a mark in a line may open a comment: it stands behind no word or number.
fn may_open(body: &str, mark: usize) -> bool {
    !body[..mark].ends_with(char::is_alphanumeric)
}

/// Says whether a mark may close a comment: no word follows it, and it is no sign of percent behind a number.
fn may_close(body: &str, mark: usize) -> bool {
    !body[mark + 2..].starts_with(char::is_alphanumeric)
        && !body[..mark].ends_with(|letter: char| letter.is_ascii_digit())
}

fn next_mark(body: &str, from: usize, code: &[Range<usize>]) -> Option<usize> {
    let mut at = from;
    loop {
        let mark = at + body.get(at..)?.find("%%")?;
        let after = code.partition_point(|range| range.end <= mark);
        match code.get(after).filter(|range| range.start <= mark) {
            Some(range) => at = range.end,
            None => return Some(mark),
        }
    }
}

fn has_blank_line(text: &str) -> bool {
    let inner = text.lines().skip(1);
    inner.into_iter().any(|line| line.trim().is_empty())
}

/// Finds code, in which nothing is a comment.
fn code(body: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(body, Options::ENABLE_MATH).into_offset_iter() {
        let is_code = matches!(
            event,
            Event::Start(Tag::CodeBlock(_))
                | Event::Code(_)
                | Event::InlineMath(_)
                | Event::DisplayMath(_)
        );
        if is_code && ranges.last().is_none_or(|last| last.end <= range.start) {
            ranges.push(range);
        }
    }
    ranges
}
