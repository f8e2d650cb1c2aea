//! The memory of this process, a parse worker: how much there is, and how much there may be.

use std::io;

use super::jobs::Memory;

/// Lets this process map so many bytes more than it does now; without a number, as many as it may.
///
/// Address space is the only memory limit that an ordinary process can set itself.
pub(super) fn limit_memory(more: Option<u64>) -> io::Result<()> {
    let (_, most) = rlimit::Resource::AS.get()?;
    let mapped = memory().map_or(0, |memory| memory.mapped);
    let soft = more.map_or(most, |more| mapped.saturating_add(more).min(most));
    rlimit::Resource::AS.set(soft, most)
}

/// Tells how much memory this process takes; only Linux does.
pub(super) fn memory() -> Option<Memory> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| -> Option<u64> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes << 10)
    };
    Some(Memory { mapped: field("VmSize")?, resident: field("VmRSS")?, peak: field("VmHWM")? })
}
