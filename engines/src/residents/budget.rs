//! How much memory models may take together.

use sysinfo::{CGroupLimits, MemoryRefreshKind, RefreshKind, System};

/// What is left to the rest of the machine if nobody says how much models may take.
const RESERVE_BYTES: u64 = 512 << 20;

/// How much memory models may take together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum MemoryBudget {
    /// What the machine has free, less half a gibibyte. It is measured whenever a model is loaded while no other is in
    /// memory: what models take is hard to tell from what is free, for files that are mapped count as free.
    #[default]
    Free,
    /// So many bytes.
    Bytes(u64),
    /// Whatever they like.
    Unlimited,
}

impl MemoryBudget {
    /// Gives the number of bytes as of now.
    pub fn measure(self) -> u64 {
        match self {
            Self::Free => match free_bytes() {
                Ok(free) => free.saturating_sub(RESERVE_BYTES),
                Err(error) => {
                    tracing::warn!(%error, "what memory is free cannot be read; models may take any");
                    u64::MAX
                }
            },
            Self::Bytes(bytes) => bytes,
            Self::Unlimited => u64::MAX,
        }
    }
}

/// The memory of this machine, or of the container if that has less.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct MachineMemory {
    /// What programs can still have.
    pub free_bytes: u64,
    /// What there is in all.
    pub total_bytes: u64,
}

impl MachineMemory {
    /// Reads it; `None` if the system does not tell.
    pub fn read() -> Option<Self> {
        let free_bytes = free_bytes().ok()?;
        let system = look().ok()?;
        let total = system.total_memory();
        let limit = system.cgroup_limits().map_or(total, |limits| limits.total_memory);
        Some(Self { free_bytes, total_bytes: total.min(limit) })
    }
}

/// Reads how much memory programs can still have: of the machine, or of the container if that has less.
fn free_bytes() -> Result<u64, sysinfo::Error> {
    let system = look()?;
    let free = system.available_memory();
    // What a container counts as used has the files that were read in it, which give way.
    let of_container = |limits: CGroupLimits| limits.total_memory.saturating_sub(limits.rss);
    Ok(system.cgroup_limits().map_or(free, |limits| free.min(of_container(limits))))
}

fn look() -> Result<System, sysinfo::Error> {
    let memory = MemoryRefreshKind::nothing().with_ram();
    System::new_with_specifics(RefreshKind::nothing().with_memory(memory))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_some_of_what_there_is() {
        let total = look().expect("it can be read").total_memory();
        let free = free_bytes().expect("it can be read");
        assert!(free > 1 << 20 && free <= total, "{free} of {total} bytes");
        assert!(MemoryBudget::Free.measure() < total);
    }
}
