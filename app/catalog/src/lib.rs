//! The catalog: what exists. SQLite behind a trait; see [`Catalog`].

/// Placeholder until the store lands.
#[derive(Debug, thiserror::Error)]
#[error("catalog")]
pub struct CatalogError;
impl CatalogError {
    /// Kind.
    pub fn kind(&self) -> quire_domain::ErrorKind {
        quire_domain::ErrorKind::Internal
    }
}
