//! Byte offsets and code point positions of one text, each found from the other in short time.

/// Bytes between two remembered positions.
const STEP: usize = 512;

/// A table over one text that turns byte offsets into code point positions and back.
pub(crate) struct Positions<'a> {
    text: &'a str,
    /// For every `STEP` bytes: the first character edge at or after them, in bytes and code points.
    marks: Vec<(usize, usize)>,
    length: usize,
}

impl<'a> Positions<'a> {
    /// Reads the text once.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut marks = Vec::with_capacity(text.len() / STEP + 1);
        let mut length = 0;
        for (byte, _) in text.char_indices() {
            if byte >= marks.len() * STEP {
                marks.push((byte, length));
            }
            length += 1;
        }
        Self { text, marks, length }
    }

    /// Counts the code points before a byte, which must lie on a character's edge.
    pub(crate) fn code_point(&self, byte: usize) -> usize {
        if byte >= self.text.len() {
            return self.length;
        }
        let at = self.marks.partition_point(|mark| mark.0 <= byte).saturating_sub(1);
        let (mark_byte, mark_point) = self.marks.get(at).copied().unwrap_or_default();
        mark_point + self.text[mark_byte..byte].chars().count()
    }

    /// Finds the byte at which a code point starts; positions past the end give the length.
    pub(crate) fn byte(&self, code_point: usize) -> usize {
        if code_point >= self.length {
            return self.text.len();
        }
        let at = self.marks.partition_point(|mark| mark.1 <= code_point).saturating_sub(1);
        let (mark_byte, mark_point) = self.marks.get(at).copied().unwrap_or_default();
        let mut edges = self.text[mark_byte..].char_indices();
        edges.nth(code_point - mark_point).map_or(self.text.len(), |(byte, _)| mark_byte + byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree_over_mixed_text() {
        let text = "aä€😀\n".repeat(700);
        let positions = Positions::new(&text);
        for (point, (byte, _)) in text.char_indices().enumerate() {
            assert_eq!(positions.code_point(byte), point);
            assert_eq!(positions.byte(point), byte);
        }
        assert_eq!(positions.code_point(text.len()), text.chars().count());
        assert_eq!(positions.byte(usize::MAX), text.len());
        assert_eq!(Positions::new("").code_point(0), 0);
    }
}
