//! How rows become values and values rows, within a transaction: the layer below the traits.

pub mod collections;
pub mod documents;
pub mod entries;
pub mod indexes;
pub mod paging;
pub mod sources;
pub mod versions;

use rusqlite::Row;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::CatalogError;

/// Parses a stored text into a domain value.
pub fn parse<T: std::str::FromStr>(row: &Row<'_>, column: &'static str) -> Result<T, CatalogError> {
    let value: String = row.get(column)?;
    value.parse().map_err(|_| CatalogError::Corrupt { column })
}

/// Reads a column of JSON that may be null.
pub fn parse_json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<Option<T>, CatalogError> {
    let json: Option<String> = row.get(column)?;
    let json = json.as_deref().map(serde_json::from_str).transpose();
    json.map_err(|_| CatalogError::Corrupt { column })
}

/// Reads a column of JSON.
pub fn from_json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &'static str,
) -> Result<T, CatalogError> {
    parse_json(row, column)?.ok_or(CatalogError::Corrupt { column })
}

/// Shows a value as JSON.
pub fn to_json<T: Serialize + ?Sized>(
    value: &T,
    column: &'static str,
) -> Result<String, CatalogError> {
    serde_json::to_string(value).map_err(|_| CatalogError::Corrupt { column })
}
