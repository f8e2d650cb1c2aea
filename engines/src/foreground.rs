//! Work that somebody waits for, so that work in the background can step aside: chats that are being answered on this
//! machine share its cores with the embedding of documents.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long work in the background waits before each of its pieces while somebody waits for other work. A piece is a
/// fraction of a second, so that it goes on at a small part of its speed and never stands still.
pub const PAUSE: Duration = Duration::from_secs(1);

static WORKING: AtomicUsize = AtomicUsize::new(0);

/// A piece of work that somebody waits for, until it is dropped.
#[derive(Debug)]
pub struct Foreground(());

impl Foreground {
    /// Notes that such work begins.
    pub fn begin() -> Self {
        WORKING.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    /// Returns whether there is any.
    pub fn is_busy() -> bool {
        WORKING.load(Ordering::Relaxed) > 0
    }
}

impl Drop for Foreground {
    fn drop(&mut self) {
        WORKING.fetch_sub(1, Ordering::Relaxed);
    }
}
