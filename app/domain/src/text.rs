//! Positions in text, counted in Unicode code points.

use serde::{Deserialize, Serialize};

/// A half-open range of code points: `start` is in it, `end` is not.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Span {
    /// The first code point.
    pub start: usize,
    /// One past the last code point.
    pub end: usize,
}

impl Span {
    /// Makes a span; `start` must not be after `end`.
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end, "a span runs forward");
        Self { start, end }
    }

    /// Counts the code points inside.
    pub fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Returns whether nothing is inside.
    pub fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Cuts this span out of `text`, or nothing when it does not lie within.
    ///
    /// Takes time linear in `end`.
    pub fn slice(self, text: &str) -> Option<&str> {
        let start = byte_offset(text, self.start)?;
        let end = start + byte_offset(&text[start..], self.len())?;
        Some(&text[start..end])
    }
}

/// Finds the byte at which code point number `position` starts; the length is a valid position.
pub fn byte_offset(text: &str, position: usize) -> Option<usize> {
    text.char_indices().map(|(byte, _)| byte).chain([text.len()]).nth(position)
}

/// Counts the code points before byte `byte`, which must lie on a character's edge.
pub fn code_point_offset(text: &str, byte: usize) -> usize {
    text[..byte].chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cut_by_code_points() {
        let text = "aä€😀b";
        assert_eq!(Span::new(1, 4).slice(text), Some("ä€😀"));
        assert_eq!(Span::new(5, 5).slice(text), Some(""));
        assert_eq!(Span::new(4, 6).slice(text), None);
        assert_eq!(code_point_offset(text, text.len()), 5);
    }
}
