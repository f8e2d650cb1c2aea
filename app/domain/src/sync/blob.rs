//! Blobs: large files that are sent in pieces.

/// How much of a blob the server has.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BlobState {
    /// All of it; it can be put.
    Whole,
    /// So many bytes.
    Partial(u64),
}
