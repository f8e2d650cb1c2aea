//! Where rows end and how many cells they have, told strictly: quotes open and close at the edges of cells only.

use super::dialect::{self, Dialect};

/// What a row looks like.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Shape {
    /// How many cells it has.
    pub(super) width: usize,
    /// Quoted cells that go on after their quote, or never end.
    pub(super) faults: usize,
    /// Signs in cells without quotes that could divide cells, and stand where they mean nothing else.
    pub(super) other_dividers: usize,
    /// How many bytes it has, with its line's end.
    pub(super) length: usize,
}

/// Lists the rows of a text; blank lines are none.
pub(super) fn rows(text: &str, dialect: Dialect) -> impl Iterator<Item = Shape> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        while let Some(b'\n' | b'\r') = rest.first() {
            rest = &rest[1..];
        }
        if rest.is_empty() {
            return None;
        }
        let shape = row(rest, dialect);
        rest = rest.get(shape.length..).unwrap_or_default();
        Some(shape)
    })
}

/// Reads the row that some bytes begin with.
fn row(bytes: &[u8], dialect: Dialect) -> Shape {
    let mut shape = Shape::default();
    let mut at = 0;
    loop {
        shape.width += 1;
        if bytes.get(at) == Some(&b'"') {
            at = quoted(bytes, at + 1, dialect, &mut shape);
        }
        while let Some(byte) = bytes.get(at) {
            if *byte == dialect.delimiter || *byte == b'\n' {
                break;
            }
            if dialect::is_delimiter(*byte) {
                let before = at.checked_sub(1).and_then(|at| bytes.get(at)).copied();
                let after = bytes.get(at + 1).copied();
                shape.other_dividers += usize::from(!dialect::is_natural(*byte, before, after));
            }
            at += 1;
        }
        at += 1;
        if bytes.get(at - 1).is_none_or(|byte| *byte == b'\n') {
            shape.length = at.min(bytes.len());
            return shape;
        }
    }
}

/// Passes over a quoted cell; gives the byte after its last quote.
fn quoted(bytes: &[u8], from: usize, dialect: Dialect, shape: &mut Shape) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        if dialect.escape == Some(*byte)
            || (*byte == b'"' && next == Some(b'"') && dialect.escape.is_none())
        {
            at += 2;
        } else if *byte == b'"' {
            // Some programs put blanks between a quote and the next delimiter.
            let rest = bytes.get(at + 1..).unwrap_or_default();
            let after = rest.iter().find(|byte| **byte != b' ');
            let ends = after.is_none_or(|byte| *byte == dialect.delimiter || *byte == b'\n');
            shape.faults += usize::from(!ends);
            return at + 1;
        } else {
            at += 1;
        }
    }
    shape.faults += 1;
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_strictly() {
        let dialect = Dialect { delimiter: b',', escape: None };
        let shapes =
            |text: &str| rows(text, dialect).map(|row| (row.width, row.faults)).collect::<Vec<_>>();
        assert_eq!(shapes("a,b\n\n1,\"x\ny, \"\"z\"\"\"\n"), [(2, 0), (2, 0)]);
        assert_eq!(shapes("a,\"b\" c\n1,2"), [(2, 1), (2, 0)]);
        assert_eq!(shapes("a,\"never closed\n1,2\n"), [(2, 1)]);
        assert_eq!(shapes(",,\n"), [(3, 0)]);
    }
}
