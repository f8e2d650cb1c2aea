//! The in-memory store.
/// Placeholder.
#[derive(Default)]
pub struct MemoryStore;
