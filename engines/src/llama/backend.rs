//! What every model needs of llama.cpp: itself, and threads.

use std::sync::OnceLock;

use llama_cpp_2::LogOptions;
use llama_cpp_2::llama_backend::LlamaBackend;
use tracing::Level;

/// Gives the one llama.cpp of this process, started on first use and never stopped.
///
/// Its log is as wordy as a compiler's; it goes to tracing only if debugging is wanted.
pub fn backend() -> Result<&'static LlamaBackend, String> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    let backend = BACKEND.get_or_init(|| {
        let wanted = tracing::enabled!(Level::DEBUG);
        llama_cpp_2::send_logs_to_tracing(LogOptions::default().with_logs_enabled(wanted));
        LlamaBackend::init().map_err(|error| error.to_string())
    });
    backend.as_ref().map_err(Clone::clone)
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
