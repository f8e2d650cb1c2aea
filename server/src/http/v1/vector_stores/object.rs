//! Vector stores and their files as they are told, and the settings of both as they are read.

use std::collections::BTreeMap;

use quire_domain::{
    AttributeValue, Attributes, Collection, CollectionName, Document, DocumentStatus, FileId,
    VectorStoreId,
};
use quire_folder_sync::now_ms;
use quire_service::{AttachedFile, FileBatch, VectorStoreRecord};
use serde::{Deserialize, Deserializer, Serialize};

use crate::http::error::ApiError;
use crate::http::v1::page::seconds;

/// The milliseconds of a day.
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The limits of what clients note, as OpenAI has them.
const MOST_PAIRS: usize = 16;
const LONGEST_KEY: usize = 64;
const LONGEST_VALUE: usize = 512;

/// Notes as they are sent.
pub type MetadataFields = BTreeMap<String, String>;

/// After what time something expires.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ExpiresAfter {
    anchor: Option<String>,
    days: u32,
}

/// How files are to be cut. It is checked and then passed over: documents are cut along their structure, see
/// [`Chunking`].
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ChunkingStrategy {
    /// However.
    Auto,
    /// However, in the words of what is told of files.
    Other,
    /// In pieces of so many tokens.
    Static {
        /// How many.
        #[serde(rename = "static")]
        sizes: ChunkSizes,
    },
}

/// How long pieces are, and what they have in common.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct ChunkSizes {
    max_chunk_size_tokens: u32,
    chunk_overlap_tokens: u32,
}

/// How files were cut.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Chunking {
    /// In a way that OpenAI has no word for: along the structure of the document.
    Other,
}

/// How many files are in which state.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct FileCounts {
    in_progress: u64,
    completed: u64,
    failed: u64,
    cancelled: u64,
    total: u64,
}

/// How far a store, a file of it or a batch is.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something is on its way.
    InProgress,
    /// All that can be had is there.
    Completed,
    /// It cannot be had.
    Failed,
    /// It was given up.
    Cancelled,
    /// Its time is over.
    Expired,
}

/// A store as it is told.
#[derive(Debug, Serialize)]
pub struct StoreObject {
    id: VectorStoreId,
    object: &'static str,
    created_at: i64,
    name: String,
    description: Option<String>,
    usage_bytes: u64,
    file_counts: FileCounts,
    status: State,
    expires_after: Option<ExpiresAfter>,
    expires_at: Option<i64>,
    last_active_at: i64,
    metadata: BTreeMap<String, String>,
    /// The collection that it is; Quire's own.
    collection: CollectionName,
}

/// Why a file failed.
#[derive(Debug, Serialize)]
struct LastError {
    code: &'static str,
    message: String,
}

/// A file of a store as it is told.
#[derive(Debug, Serialize)]
pub struct StoreFileObject {
    id: FileId,
    object: &'static str,
    usage_bytes: u64,
    created_at: i64,
    vector_store_id: VectorStoreId,
    status: State,
    last_error: Option<LastError>,
    chunking_strategy: Chunking,
    attributes: Attributes,
    /// Its name; Quire's own.
    filename: String,
}

/// A batch as it is told.
#[derive(Debug, Serialize)]
pub struct BatchObject {
    id: String,
    object: &'static str,
    created_at: i64,
    vector_store_id: VectorStoreId,
    status: State,
    file_counts: FileCounts,
}

/// Gives when a store expires, in milliseconds since the Unix epoch.
fn expires_at_ms(store: &VectorStoreRecord) -> Option<i64> {
    let days = i64::from(store.expires_after_days?);
    Some(store.last_active_at_ms.saturating_add(days.saturating_mul(DAY_MS)))
}

/// Refuses to read a store whose time is over. Nothing of it is deleted.
pub fn check_time(store: &VectorStoreRecord) -> Result<(), ApiError> {
    if expires_at_ms(store).is_none_or(|end| end > now_ms()) {
        return Ok(());
    }
    let message = format!(
        "The vector store `{}` has expired. Its files are still there: send another `expires_after` to use it again.",
        store.id
    );
    Err(ApiError::invalid(message).code("vector_store_expired"))
}

impl From<VectorStoreRecord> for StoreObject {
    fn from(store: VectorStoreRecord) -> Self {
        let expires_at = expires_at_ms(&store);
        let VectorStoreRecord { id, collection, name, .. } = store;
        let Collection { counts, created_at_ms, name: collection, .. } = collection;
        let status = match expires_at {
            Some(end) if end <= now_ms() => State::Expired,
            _ if counts.pending > 0 => State::InProgress,
            _ => State::Completed,
        };
        Self {
            id,
            object: "vector_store",
            created_at: seconds(created_at_ms),
            name: name.unwrap_or_else(|| collection.to_string()),
            description: store.description,
            usage_bytes: counts.size_bytes,
            file_counts: FileCounts {
                in_progress: counts.pending,
                completed: counts.indexed,
                failed: counts.failed,
                cancelled: 0,
                total: counts.documents,
            },
            status,
            expires_after: store
                .expires_after_days
                .map(|days| ExpiresAfter { anchor: Some("last_active_at".to_owned()), days }),
            expires_at: expires_at.map(seconds),
            last_active_at: seconds(store.last_active_at_ms),
            metadata: store.metadata,
            collection,
        }
    }
}

/// Gives how far a document is, in OpenAI's words.
fn state_of(status: DocumentStatus) -> State {
    match status {
        DocumentStatus::Accepted | DocumentStatus::Parsed | DocumentStatus::Embedded => {
            State::InProgress
        }
        DocumentStatus::Indexed => State::Completed,
        DocumentStatus::Failed | DocumentStatus::Unsupported => State::Failed,
    }
}

/// Reads the states of documents that a filter means.
pub fn statuses(filter: Option<&str>) -> Result<Vec<DocumentStatus>, ApiError> {
    Ok(match filter {
        None | Some("") => Vec::new(),
        Some("in_progress") => {
            vec![DocumentStatus::Accepted, DocumentStatus::Parsed, DocumentStatus::Embedded]
        }
        Some("completed") => vec![DocumentStatus::Indexed],
        Some("failed") => vec![DocumentStatus::Failed, DocumentStatus::Unsupported],
        Some(other) => {
            let message = format!(
                "`filter` is `{other}`; it must be `in_progress`, `completed`, `failed` or `cancelled`."
            );
            return Err(ApiError::invalid(message).param("filter"));
        }
    })
}

impl StoreFileObject {
    /// Tells of a file of a store.
    pub fn of(store: &VectorStoreId, file: AttachedFile) -> Self {
        let AttachedFile { document, attributes } = file;
        let last_error = document.error.as_ref().map(|failure| LastError {
            code: match (document.status, failure.code.as_str()) {
                (DocumentStatus::Unsupported, _) => "unsupported_file",
                (_, "record_damaged") => "server_error",
                _ => "invalid_file",
            },
            message: match &failure.hint {
                Some(hint) => format!("{}; {hint}", failure.message),
                None => failure.message.clone(),
            },
        });
        Self {
            id: FileId::of_document(&document.id),
            object: "vector_store.file",
            usage_bytes: document.size_bytes,
            created_at: seconds(document.created_at_ms),
            vector_store_id: store.clone(),
            status: state_of(document.status),
            last_error,
            chunking_strategy: Chunking::Other,
            attributes,
            filename: document.path.into(),
        }
    }
}

impl BatchObject {
    /// Tells of a batch of a store.
    pub fn of(store: &VectorStoreId, batch: FileBatch) -> Self {
        let count = |state: State| {
            let is_there = |document: &&Document| state_of(document.status) == state;
            batch.documents.iter().filter(is_there).count() as u64
        };
        let file_counts = FileCounts {
            in_progress: count(State::InProgress),
            completed: count(State::Completed),
            failed: count(State::Failed),
            cancelled: batch.total.saturating_sub(batch.documents.len() as u64),
            total: batch.total,
        };
        let status = match file_counts {
            _ if batch.is_cancelled => State::Cancelled,
            FileCounts { in_progress: 1.., .. } => State::InProgress,
            FileCounts { failed, total, .. } if total > 0 && failed == total => State::Failed,
            _ => State::Completed,
        };
        Self {
            id: batch.id,
            object: "vector_store.files_batch",
            created_at: seconds(batch.created_at_ms),
            vector_store_id: store.clone(),
            status,
            file_counts,
        }
    }
}

/// Reads a field that may be missing, `null` or there, and tells these apart.
#[expect(clippy::option_option, reason = "missing, `null` and there are three things")]
pub fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

/// Reads the days after which a store expires.
pub fn days(after: &ExpiresAfter) -> Result<u32, ApiError> {
    let refuse = |message: &str| Err(ApiError::invalid(message).param("expires_after"));
    if after.anchor.as_deref().is_some_and(|anchor| anchor != "last_active_at") {
        return refuse("`expires_after.anchor` must be `last_active_at`.");
    }
    match after.days {
        1..=365 => Ok(after.days),
        _ => refuse("`expires_after.days` must be 1 to 365."),
    }
}

/// Refuses sizes of pieces that OpenAI refuses.
pub fn check_chunking(strategy: Option<&ChunkingStrategy>) -> Result<(), ApiError> {
    let Some(ChunkingStrategy::Static { sizes }) = strategy else { return Ok(()) };
    let refuse = |message: &str| Err(ApiError::invalid(message).param("chunking_strategy"));
    if !(100..=4096).contains(&sizes.max_chunk_size_tokens) {
        return refuse("`max_chunk_size_tokens` must be 100 to 4096.");
    }
    if sizes.chunk_overlap_tokens > sizes.max_chunk_size_tokens / 2 {
        return refuse("`chunk_overlap_tokens` must be at most half of `max_chunk_size_tokens`.");
    }
    Ok(())
}

/// Reads notes within OpenAI's limits.
pub fn read_metadata(metadata: Option<MetadataFields>) -> Result<MetadataFields, ApiError> {
    let metadata = metadata.unwrap_or_default();
    check_pairs("metadata", metadata.iter().map(|(key, value)| (key, Some(value))))?;
    Ok(metadata)
}

/// Reads what is attached to a file, within OpenAI's limits.
pub fn read_attributes(attributes: Option<Attributes>) -> Result<Attributes, ApiError> {
    let attributes = attributes.unwrap_or_default();
    check_pairs("attributes", attributes.iter().map(|(key, value)| (key, text_of(value))))?;
    Ok(attributes)
}

fn text_of(value: &AttributeValue) -> Option<&String> {
    match value {
        AttributeValue::Text(text) => Some(text),
        AttributeValue::Flag(_) | AttributeValue::Number(_) => None,
    }
}

fn check_pairs<'a>(
    field: &'static str,
    pairs: impl ExactSizeIterator<Item = (&'a String, Option<&'a String>)>,
) -> Result<(), ApiError> {
    let refuse = |message: String| Err(ApiError::invalid(message).param(field));
    if pairs.len() > MOST_PAIRS {
        return refuse(format!("`{field}` has more than {MOST_PAIRS} entries."));
    }
    for (key, value) in pairs {
        if key.chars().count() > LONGEST_KEY {
            return refuse(format!("`{field}` has a key of more than {LONGEST_KEY} characters."));
        }
        if value.is_some_and(|value| value.chars().count() > LONGEST_VALUE) {
            return refuse(format!("`{field}.{key}` has more than {LONGEST_VALUE} characters."));
        }
    }
    Ok(())
}
