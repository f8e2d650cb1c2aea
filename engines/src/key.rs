//! Keys that other machines want, kept out of every log.

use std::fmt;

/// A secret. It is shown nowhere, not even where everything is.
#[derive(Clone, Eq, PartialEq)]
pub struct Key(String);

impl Key {
    /// Takes a secret; `None` if it is empty.
    pub fn new(secret: &str) -> Option<Self> {
        let secret = secret.trim();
        (!secret.is_empty()).then(|| Self(secret.to_owned()))
    }

    /// Shows the secret, for the header that carries it.
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Takes the secret out of what somebody else said.
    pub fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key")
    }
}
