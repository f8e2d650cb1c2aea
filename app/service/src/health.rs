//! Health: whether the catalog and the index agree.

use quire_domain::IndexHealth;

use crate::{ServiceError, Services};

impl Services {
    /// Compares every collection's catalog with its index.
    pub async fn index_health(&self) -> Result<IndexHealth, ServiceError> {
        todo!()
    }
}
