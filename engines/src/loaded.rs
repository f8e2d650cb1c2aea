//! What every loaded model has in common, whatever it does.

/// A model in memory.
///
/// Contract: a model whose thread panicked is dead for good. Every call that waits for it, and every
/// later one, ends with [`crate::EngineError::EngineDied`]; none waits for ever. Whoever gives out
/// models drops a dead one and loads it anew.
pub trait LoadedModel: Send + Sync {
    /// Tells if the threads that run the model are still there.
    fn is_alive(&self) -> bool;
}
