//! Whether a model fits into this machine, told from the size of its files alone.

use crate::residents::MachineMemory;

/// What a model takes beside its weights, about: keys and values of a usual context, and room to compute. For models of
/// some billion parameters this is on the high side.
const BESIDE_BYTES: u64 = 768 << 20;
/// What the rest of the machine needs.
const RESERVE_BYTES: u64 = 1 << 30;

/// Whether a model fits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fit {
    /// There is room for it now.
    Fits,
    /// There is, if little else runs.
    Tight,
    /// This machine has not enough memory.
    No,
}

impl Fit {
    /// Judges by the size of a model's files.
    pub fn of(size_bytes: u64, memory: MachineMemory) -> Self {
        let needed = size_bytes.saturating_add(BESIDE_BYTES);
        if needed <= memory.free_bytes {
            Self::Fits
        } else if needed <= memory.total_bytes.saturating_sub(RESERVE_BYTES) {
            Self::Tight
        } else {
            Self::No
        }
    }

    /// Says it in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Tight => "tight",
            Self::No => "does not fit",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_fits_and_what_there_is_in_all_is_tight() {
        let memory = MachineMemory { free_bytes: 4 << 30, total_bytes: 8 << 30 };
        for (size, fit) in [(1_u64 << 30, Fit::Fits), (4 << 30, Fit::Tight), (8 << 30, Fit::No)] {
            assert_eq!(Fit::of(size, memory), fit, "{size}");
        }
    }
}
