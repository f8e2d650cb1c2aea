//! Marks in text that comes in pieces: one that has only begun must be waited for.

/// Measures in bytes the end of `text` that may yet become `mark`: the longest that it begins with,
/// short of the whole mark.
pub fn unfinished_mark(text: &str, mark: &str) -> usize {
    let mut lengths = (1..mark.len()).rev().filter(|length| mark.is_char_boundary(*length));
    lengths.find(|length| text.ends_with(&mark[..*length])).unwrap_or(0)
}
