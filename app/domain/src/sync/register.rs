//! The order of writes: each path of a source is a last-writer-wins register.

use super::{EntryOp, FileHash};

/// How far ahead of the server's clock the time of a write may be: 5 minutes.
pub const MAX_CLOCK_AHEAD_MS: i64 = 5 * 60 * 1000;

/// What decides between two writes of one path: the greater stamp wins.
///
/// Stamps are ordered by time, then a put stands over a deletion, then the greater hash wins. The
/// order is total, so writes may come in any order and any number of times, from any number of
/// devices, and end in the same state.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Stamp {
    /// When it was written: the `mtime` of a put, the time of a deletion.
    pub ts_ms: i64,
    /// What was written.
    pub op: EntryOp,
    /// The bytes that were put; `None` for a deletion.
    pub hash: Option<FileHash>,
}

impl Stamp {
    /// Makes the stamp of a put.
    pub fn put(ts_ms: i64, hash: FileHash) -> Self {
        Self { ts_ms, op: EntryOp::Put, hash: Some(hash) }
    }

    /// Makes the stamp of a deletion.
    pub fn delete(ts_ms: i64) -> Self {
        Self { ts_ms, op: EntryOp::Delete, hash: None }
    }
}

/// Brings the time of a write down to at most [`MAX_CLOCK_AHEAD_MS`] after the server's `now_ms`, so
/// that a clock that is wrong by years cannot lock a path; times before 1970 count as 1970.
pub fn clamp_ts(ts_ms: i64, now_ms: i64) -> i64 {
    ts_ms.clamp(0, now_ms.max(0).saturating_add(MAX_CLOCK_AHEAD_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(byte: u8) -> FileHash {
        FileHash::from_digest([byte; 32])
    }

    #[test]
    fn later_wins_then_put_then_the_greater_hash() {
        let rising = [
            Stamp::put(1, hash(9)),
            Stamp::delete(2),
            Stamp::put(2, hash(1)),
            Stamp::put(2, hash(2)),
            Stamp::delete(3),
        ];
        assert!(rising.is_sorted());
        assert!(rising.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn a_clock_ahead_is_brought_back() {
        assert_eq!(clamp_ts(10, 1000), 10);
        assert_eq!(clamp_ts(i64::MAX, 1000), 1000 + MAX_CLOCK_AHEAD_MS);
        assert_eq!(clamp_ts(-5, 1000), 0);
    }
}
