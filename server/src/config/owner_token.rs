//! The token of whoever owns the data folder.

use quire_folder_sync::sha256;

/// The token by which the commands of whoever owns the data folder are known, as a hash.
#[derive(Clone, Debug)]
pub struct OwnerToken([u8; 32]);

impl OwnerToken {
    /// Takes a token.
    pub fn new(token: &str) -> Self {
        Self(sha256(token.as_bytes()))
    }

    /// Returns whether this is the token; by hashes, so that time tells nothing about it.
    pub fn is(&self, sent: &str) -> bool {
        sha256(sent.as_bytes()) == self.0
    }
}
