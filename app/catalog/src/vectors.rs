//! A cache of vectors, so that no text is embedded twice by the same model.

use async_trait::async_trait;

use crate::CatalogError;

/// Names a vector: what was embedded and by what.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct VectorKey {
    /// The SHA-256 of the text as it was embedded.
    pub text_hash: [u8; 32],
    /// The embedder's fingerprint, prefix included.
    pub fingerprint: String,
}

/// Names what a model noted on a passage: a hash of model, question and passage.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct NoteKey(pub [u8; 32]);

/// Keeps vectors by key, and notes. Losing it costs time only.
#[async_trait]
pub trait VectorCache: Send + Sync {
    /// Finds vectors, in the order of the keys.
    async fn find_vectors(
        &self,
        keys: Vec<VectorKey>,
    ) -> Result<Vec<Option<Vec<f32>>>, CatalogError>;

    /// Stores vectors.
    async fn put_vectors(&self, vectors: Vec<(VectorKey, Vec<f32>)>) -> Result<(), CatalogError>;

    /// Finds notes, in the order of the keys.
    async fn find_notes(&self, keys: Vec<NoteKey>) -> Result<Vec<Option<String>>, CatalogError>;

    /// Stores a note.
    async fn put_note(&self, key: NoteKey, text: String) -> Result<(), CatalogError>;

    /// Removes the least recently used until at most this many are left.
    async fn shrink_vectors(&self, keep: usize) -> Result<(), CatalogError>;
}
