//! What every model needs of llama.cpp: itself, and threads.

use std::sync::OnceLock;

use llama_cpp_2::LogOptions;
use llama_cpp_2::llama_backend::LlamaBackend;
use tracing::Level;

use super::kernels::load_kernels;

/// Gives the one llama.cpp of this process with what it computes with: unless that was loaded before, the plainest.
pub fn backend() -> Result<&'static LlamaBackend, String> {
    load_kernels(None)?;
    init()
}

/// Gives the one llama.cpp of this process, started on first use and never stopped. By itself it can read vocabularies.
pub fn init() -> Result<&'static LlamaBackend, String> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    let backend = BACKEND.get_or_init(|| {
        direct_log();
        LlamaBackend::init().map_err(|error| error.to_string())
    });
    backend.as_ref().map_err(Clone::clone)
}

/// Has llama.cpp's log, which is as wordy as a compiler's, go to tracing, and only if debugging is wanted.
pub fn direct_log() {
    let wanted = tracing::enabled!(Level::DEBUG);
    llama_cpp_2::send_logs_to_tracing(LogOptions::default().with_logs_enabled(wanted));
}

/// Gives the number of threads that were asked for; 0 takes one a physical core.
pub fn threads(wanted: usize) -> i32 {
    let threads = match wanted {
        0 => physical_cores(),
        threads => threads,
    };
    i32::try_from(threads).unwrap_or(1)
}

/// Counts the cores this process may use; a second thread on a core only gets in the way.
fn physical_cores() -> usize {
    let allowed = std::thread::available_parallelism().map_or(1, usize::from);
    num_cpus::get_physical().clamp(1, allowed)
}
