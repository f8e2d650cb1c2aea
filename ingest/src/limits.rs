//! How much one file may ask of the parser.

/// Bounds on what is read from one file; a file beyond them is refused with a reason.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ParseLimits {
    /// The most a compressed file may unpack to, in bytes. 256 MiB by default.
    pub max_expanded_bytes: u64,
    /// The most a compressed file may grow by when unpacked, as a multiple of its size. 200 by
    /// default: real documents stay below 60, a zip bomb begins near 1,000.
    pub max_expansion_ratio: u64,
    /// The most text a text file may hold, in bytes. 64 MiB by default.
    pub max_text_bytes: u64,
    /// The most columns a table file may have. 1,000 by default.
    pub max_columns: usize,
}

impl Default for ParseLimits {
    fn default() -> Self {
        Self {
            max_expanded_bytes: 256 << 20,
            max_expansion_ratio: 200,
            max_text_bytes: 64 << 20,
            max_columns: 1_000,
        }
    }
}
