//! The machine on which something was measured.

use std::fs;

use serde::Serialize;

use crate::backends;

/// A machine and the build that runs on it.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The processor's name, if the system tells.
    pub processor: Option<String>,
    /// How many threads run at once.
    pub cores: usize,
    /// Its memory, if the system tells.
    pub memory_bytes: Option<u64>,
    /// The operating system and architecture.
    pub system: String,
    /// The kind of processor whose kernels llama.cpp uses, if they work.
    pub kernels: Option<&'static str>,
    /// The version of Quire.
    pub version: &'static str,
    /// `local`, or `scripted` for a build without models.
    pub build: &'static str,
}

/// Describes this machine.
pub fn describe() -> Machine {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let kernels = backends::find_kernels().and_then(Result::ok);
    Machine {
        kernels: kernels.map(|kernels| kernels.name.as_str()),
        processor: field(&read("/proc/cpuinfo"), "model name"),
        cores: std::thread::available_parallelism().map_or(1, usize::from),
        memory_bytes: field(&read("/proc/meminfo"), "MemTotal").as_deref().and_then(kibibytes),
        system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        version: env!("CARGO_PKG_VERSION"),
        build: backends::BUILD,
    }
}

/// Reads `1234 kB`.
pub fn kibibytes(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes << 10)
}
