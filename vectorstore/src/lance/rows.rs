//! Chunks as rows of a table, and back.

use std::sync::Arc;

use arrow_array::builder::{
    FixedSizeListBuilder, Float32Builder, ListBuilder, StringBuilder, UInt32Builder, UInt64Builder,
};
use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float32Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, ListArray, PrimitiveArray, RecordBatch, StringArray};
use quire_domain::{Chunk, ChunkId, DocumentId, Locator, Span};

use crate::ranking::cosine;
use crate::{DocumentChunks, IndexSpec, ScoredChunk, StoreError};
use quire_language::Analyzer;

use super::{columns, failed};

const READ: &str = "read a row";

/// Makes one batch of the chunks of `documents`.
pub(super) fn encode(
    documents: &[DocumentChunks],
    spec: IndexSpec,
    analyzer: &Analyzer,
) -> Result<RecordBatch, StoreError> {
    let mut rows = Builders::new(spec);
    for document in documents {
        for stored in &document.chunks {
            rows.push(&document.document_id, &stored.chunk);
            rows.terms.append_value(analyzer.index_terms(&stored.chunk.text).join(" "));
            rows.vector.values().append_slice(&stored.vector);
            rows.vector.append(true);
        }
    }
    RecordBatch::try_new(columns::schema(spec), rows.finish()).map_err(failed("write rows"))
}

struct Builders {
    id: StringBuilder,
    document_id: StringBuilder,
    ordinal: UInt32Builder,
    text: StringBuilder,
    terms: StringBuilder,
    token_count: UInt32Builder,
    page: UInt32Builder,
    heading: ListBuilder<StringBuilder>,
    lines: [UInt32Builder; 2],
    rows: [UInt32Builder; 2],
    block_id: StringBuilder,
    span: [UInt64Builder; 2],
    vector: FixedSizeListBuilder<Float32Builder>,
}

impl Builders {
    fn new(spec: IndexSpec) -> Self {
        let vector = FixedSizeListBuilder::new(Float32Builder::new(), spec.dimensions as i32);
        let heading = ListBuilder::new(StringBuilder::new());
        Self {
            id: StringBuilder::new(),
            document_id: StringBuilder::new(),
            ordinal: UInt32Builder::new(),
            text: StringBuilder::new(),
            terms: StringBuilder::new(),
            token_count: UInt32Builder::new(),
            page: UInt32Builder::new(),
            heading: heading.with_field(columns::heading_item()),
            lines: Default::default(),
            rows: Default::default(),
            block_id: StringBuilder::new(),
            span: Default::default(),
            vector: vector.with_field(columns::vector_item()),
        }
    }

    /// Appends all but the terms and the vector.
    fn push(&mut self, document_id: &DocumentId, chunk: &Chunk) {
        let locator = &chunk.locator;
        self.id.append_value(chunk.id.as_str());
        self.document_id.append_value(document_id.as_str());
        self.ordinal.append_value(chunk.ordinal);
        self.text.append_value(&chunk.text);
        self.token_count.append_value(chunk.token_count);
        self.page.append_option(locator.page);
        self.heading.append_value(locator.heading.iter().map(Some));
        push_range(&mut self.lines, locator.lines);
        push_range(&mut self.rows, locator.rows);
        self.block_id.append_option(locator.block_id.as_deref());
        self.span[0].append_value(locator.span.start as u64);
        self.span[1].append_value(locator.span.end as u64);
    }

    /// Gives the columns in the order of [`columns::schema`].
    fn finish(mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.id.finish()),
            Arc::new(self.document_id.finish()),
            Arc::new(self.ordinal.finish()),
            Arc::new(self.text.finish()),
            Arc::new(self.terms.finish()),
            Arc::new(self.token_count.finish()),
            Arc::new(self.page.finish()),
            Arc::new(self.heading.finish()),
            Arc::new(self.lines[0].finish()),
            Arc::new(self.lines[1].finish()),
            Arc::new(self.rows[0].finish()),
            Arc::new(self.rows[1].finish()),
            Arc::new(self.block_id.finish()),
            Arc::new(self.span[0].finish()),
            Arc::new(self.span[1].finish()),
            Arc::new(self.vector.finish()),
        ]
    }
}

fn push_range(columns: &mut [UInt32Builder; 2], range: Option<(u32, u32)>) {
    columns[0].append_option(range.map(|(first, _)| first));
    columns[1].append_option(range.map(|(_, last)| last));
}

/// Reads the chunks of a batch that has the columns [`columns::CHUNK`].
pub(super) fn decode(batch: &RecordBatch) -> Result<Vec<Chunk>, StoreError> {
    let rows = Columns::of(batch)?;
    (0..batch.num_rows()).map(|row| rows.chunk(row)).collect()
}

/// Reads chunks with the numbers in column `column` as scores.
pub(super) fn decode_scored(
    batch: &RecordBatch,
    column: &str,
) -> Result<Vec<ScoredChunk>, StoreError> {
    let scores = numbers::<Float32Type>(batch, column)?;
    let chunks = decode(batch)?.into_iter().enumerate();
    Ok(chunks.map(|(row, chunk)| ScoredChunk { chunk, score: scores.value(row) }).collect())
}

/// Reads chunks with their vectors' cosine similarity to `query` as scores.
pub(super) fn decode_compared(
    batch: &RecordBatch,
    query: &[f32],
) -> Result<Vec<ScoredChunk>, StoreError> {
    let vectors = decode_vectors(batch)?.into_iter();
    let chunks = decode(batch)?.into_iter().zip(vectors);
    let compare = |(chunk, (_, vector)): (Chunk, (ChunkId, Vec<f32>))| ScoredChunk {
        score: cosine(&vector, query),
        chunk,
    };
    Ok(chunks.map(compare).collect())
}

/// Reads the document ids of a batch.
pub(super) fn decode_document_ids(batch: &RecordBatch) -> Result<Vec<DocumentId>, StoreError> {
    let ids = strings(batch, columns::DOCUMENT_ID)?;
    ids.iter().flatten().map(|id| id.parse().map_err(failed(READ))).collect()
}

/// Reads chunk ids and vectors of a batch.
pub(super) fn decode_vectors(batch: &RecordBatch) -> Result<Vec<(ChunkId, Vec<f32>)>, StoreError> {
    let ids = strings(batch, columns::ID)?;
    let vectors = column(batch, columns::VECTOR)?.as_fixed_size_list_opt();
    let vectors = vectors.ok_or_else(|| unexpected(columns::VECTOR))?;
    let read = |row: usize| {
        let vector = vectors.value(row);
        let vector = vector.as_primitive_opt::<Float32Type>();
        let vector = vector.ok_or_else(|| unexpected(columns::VECTOR))?;
        Ok((ids.value(row).parse().map_err(failed(READ))?, vector.values().to_vec()))
    };
    (0..batch.num_rows()).map(read).collect()
}

struct Columns<'a> {
    id: &'a StringArray,
    document_id: &'a StringArray,
    ordinal: &'a PrimitiveArray<UInt32Type>,
    text: &'a StringArray,
    token_count: &'a PrimitiveArray<UInt32Type>,
    page: &'a PrimitiveArray<UInt32Type>,
    heading: &'a ListArray,
    lines: [&'a PrimitiveArray<UInt32Type>; 2],
    rows: [&'a PrimitiveArray<UInt32Type>; 2],
    block_id: &'a StringArray,
    span: [&'a PrimitiveArray<UInt64Type>; 2],
}

impl<'a> Columns<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, StoreError> {
        let heading = column(batch, columns::HEADING)?.as_list_opt();
        let small = numbers::<UInt32Type>;
        Ok(Self {
            id: strings(batch, columns::ID)?,
            document_id: strings(batch, columns::DOCUMENT_ID)?,
            ordinal: small(batch, columns::ORDINAL)?,
            text: strings(batch, columns::TEXT)?,
            token_count: small(batch, columns::TOKEN_COUNT)?,
            page: small(batch, columns::PAGE)?,
            heading: heading.ok_or_else(|| unexpected(columns::HEADING))?,
            lines: [small(batch, columns::FIRST_LINE)?, small(batch, columns::LAST_LINE)?],
            rows: [small(batch, columns::FIRST_ROW)?, small(batch, columns::LAST_ROW)?],
            block_id: strings(batch, columns::BLOCK_ID)?,
            span: [
                numbers::<UInt64Type>(batch, columns::SPAN_START)?,
                numbers::<UInt64Type>(batch, columns::SPAN_END)?,
            ],
        })
    }

    fn chunk(&self, row: usize) -> Result<Chunk, StoreError> {
        let heading = self.heading.value(row);
        let heading = heading.as_string_opt::<i32>().ok_or_else(|| unexpected(columns::HEADING))?;
        let locator = Locator {
            page: at(self.page, row),
            heading: heading.iter().flatten().map(str::to_owned).collect(),
            lines: at(self.lines[0], row).zip(at(self.lines[1], row)),
            rows: at(self.rows[0], row).zip(at(self.rows[1], row)),
            block_id: self.block_id.is_valid(row).then(|| self.block_id.value(row).to_owned()),
            span: Span {
                start: self.span[0].value(row) as usize,
                end: self.span[1].value(row) as usize,
            },
        };
        Ok(Chunk {
            id: self.id.value(row).parse().map_err(failed(READ))?,
            document_id: self.document_id.value(row).parse().map_err(failed(READ))?,
            ordinal: self.ordinal.value(row),
            text: self.text.value(row).to_owned(),
            token_count: self.token_count.value(row),
            locator,
        })
    }
}

fn at(array: &PrimitiveArray<UInt32Type>, row: usize) -> Option<u32> {
    array.is_valid(row).then(|| array.value(row))
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef, StoreError> {
    batch.column_by_name(name).ok_or_else(|| unexpected(name))
}

fn strings<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a StringArray, StoreError> {
    column(batch, name)?.as_string_opt().ok_or_else(|| unexpected(name))
}

fn numbers<'a, T: ArrowPrimitiveType>(
    batch: &'a RecordBatch,
    name: &str,
) -> Result<&'a PrimitiveArray<T>, StoreError> {
    column(batch, name)?.as_primitive_opt().ok_or_else(|| unexpected(name))
}

fn unexpected(name: &str) -> StoreError {
    failed(READ)(format!("column `{name}` is missing or of another type"))
}
