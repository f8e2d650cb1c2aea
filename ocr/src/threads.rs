//! The threads that compute.

use std::sync::Arc;

use rten::ThreadPool;

/// More threads than these gain little for one page, and several pages may be read at a time.
const MOST: usize = 4;

/// The threads that a reader computes with.
pub struct Threads(Arc<ThreadPool>);

impl Threads {
    /// Starts one thread a core, and no more than four.
    pub fn start() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(ThreadPool::with_num_threads(cores.min(MOST))))
    }

    /// Gives the pool.
    pub fn pool(&self) -> Arc<ThreadPool> {
        Arc::clone(&self.0)
    }
}
