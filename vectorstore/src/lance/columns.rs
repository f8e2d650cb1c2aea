//! The columns of a table, and the specification kept in its schema's metadata.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use quire_domain::Language;

use crate::{IndexSpec, StoreError};

use super::failed;

pub(super) const ID: &str = "id";
pub(super) const DOCUMENT_ID: &str = "document_id";
pub(super) const ORDINAL: &str = "ordinal";
pub(super) const TEXT: &str = "text";
/// The text's terms with spaces between: what the full-text index is made of.
pub(super) const TERMS: &str = "terms";
pub(super) const TOKEN_COUNT: &str = "token_count";
pub(super) const PAGE: &str = "page";
pub(super) const HEADING: &str = "heading";
pub(super) const FIRST_LINE: &str = "first_line";
pub(super) const LAST_LINE: &str = "last_line";
pub(super) const FIRST_ROW: &str = "first_row";
pub(super) const LAST_ROW: &str = "last_row";
pub(super) const BLOCK_ID: &str = "block_id";
pub(super) const SPAN_START: &str = "span_start";
pub(super) const SPAN_END: &str = "span_end";
pub(super) const VECTOR: &str = "vector";

/// The columns that make up a chunk.
pub(super) const CHUNK: [&str; 14] = [
    ID,
    DOCUMENT_ID,
    ORDINAL,
    TEXT,
    TOKEN_COUNT,
    PAGE,
    HEADING,
    FIRST_LINE,
    LAST_LINE,
    FIRST_ROW,
    LAST_ROW,
    BLOCK_ID,
    SPAN_START,
    SPAN_END,
];

const DIMENSIONS_KEY: &str = "quire.dimensions";
const LANGUAGE_KEY: &str = "quire.language";

/// Makes the schema of an index.
pub(crate) fn schema(spec: IndexSpec) -> SchemaRef {
    let required = |name: &str, kind: DataType| Field::new(name, kind, false);
    let optional = |name: &str, kind: DataType| Field::new(name, kind, true);
    let fields = vec![
        required(ID, DataType::Utf8),
        required(DOCUMENT_ID, DataType::Utf8),
        required(ORDINAL, DataType::UInt32),
        required(TEXT, DataType::Utf8),
        required(TERMS, DataType::Utf8),
        required(TOKEN_COUNT, DataType::UInt32),
        optional(PAGE, DataType::UInt32),
        required(HEADING, DataType::List(heading_item())),
        optional(FIRST_LINE, DataType::UInt32),
        optional(LAST_LINE, DataType::UInt32),
        optional(FIRST_ROW, DataType::UInt32),
        optional(LAST_ROW, DataType::UInt32),
        optional(BLOCK_ID, DataType::Utf8),
        required(SPAN_START, DataType::UInt64),
        required(SPAN_END, DataType::UInt64),
        required(VECTOR, DataType::FixedSizeList(vector_item(), spec.dimensions as i32)),
    ];
    let metadata = HashMap::from([
        (DIMENSIONS_KEY.to_owned(), spec.dimensions.to_string()),
        (LANGUAGE_KEY.to_owned(), spec.language.code().to_owned()),
    ]);
    Arc::new(Schema::new_with_metadata(fields, metadata))
}

pub(super) fn heading_item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Utf8, true))
}

pub(super) fn vector_item() -> Arc<Field> {
    Arc::new(Field::new("item", DataType::Float32, true))
}

/// Reads the specification back from a table's schema.
pub(super) fn spec(schema: &Schema) -> Result<IndexSpec, StoreError> {
    let value = |key: &str| schema.metadata.get(key).map(String::as_str).unwrap_or_default();
    let action = "read an index's specification";
    Ok(IndexSpec {
        dimensions: value(DIMENSIONS_KEY).parse().map_err(failed(action))?,
        language: value(LANGUAGE_KEY).parse::<Language>().map_err(failed(action))?,
    })
}
