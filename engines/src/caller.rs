//! Whoever has a model work, so that nobody's requests hold up all others.

use std::fmt;
use std::sync::Arc;

/// Who asks. Requests of one caller wait for each other; those of several are served in turn.
///
/// The default is Quire itself.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct Caller(Arc<str>);

impl Caller {
    /// Tells callers apart by a name that stands for one of them: a key's, or where requests come from.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.0.is_empty() { "Quire" } else { &self.0 })
    }
}
