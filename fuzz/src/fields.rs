//! Inputs of several parts. A zero byte stands between two, so that seeds can be read and what is
//! changed in one part leaves the others alone.

use std::borrow::Cow;

/// What stands between two parts; no format that is read here gives it a meaning.
pub(crate) const DIVIDER: u8 = 0;

/// Takes the first byte as a choice, and the parts that follow it; those that are missing are empty.
/// What follows the last divider that counts belongs to the last part, with the dividers in it.
pub(crate) fn split<const N: usize>(data: &[u8]) -> (usize, [&[u8]; N]) {
    let (choice, rest) = data.split_first().unwrap_or((&0, b""));
    let mut parts = rest.splitn(N, |byte| *byte == DIVIDER);
    (usize::from(*choice), std::array::from_fn(|_| parts.next().unwrap_or_default()))
}

/// Reads a part as text, with a mark in place of what is none.
pub(crate) fn text(part: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(part)
}
