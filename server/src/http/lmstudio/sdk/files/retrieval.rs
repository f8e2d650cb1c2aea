//! `retrieve`: the passages of files that match a query, from the index of collections.
//!
//! What is searched is named by the identifiers of files, whether they were uploaded or are documents, or by collections: a
//! name, `collection/<name>`, or the identifier of a vector store.

use std::collections::BTreeMap;
use std::pin::pin;

use futures::StreamExt;
use quire_domain::{CollectionName, Document, DocumentId, DocumentStatus, FileId, Scope};
use quire_service::{Beside, SearchRequest};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::indexing::{Progress, Stage, attach, follow, until_stopped};
use super::{Refusal, stored_name};
use crate::http::error::ApiError;
use crate::http::lmstudio::sdk::kv::KvConfig;
use crate::http::lmstudio::sdk::session::{Channel, Session};
use crate::http::v1::resolve::COLLECTION_PREFIX;

/// What begins the names of settings of a search.
const PREFIX: &str = "retrieval.";

/// How many passages there are unless it is said, and at most.
const USUAL: usize = 5;
const MOST: usize = 100;

/// The most files of one search.
const MOST_FILES: usize = 2000;

/// What begins the identifier of a file.
const FILE: &str = "file-";

/// A search.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Retrieve {
    query: String,
    file_identifiers: Vec<String>,
    #[serde(default)]
    config: KvConfig,
}

/// What is told of it. Files are named by their places in the request.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all_fields = "camelCase")]
enum RetrievePacket {
    #[serde(rename = "onFileProcessList")]
    ProcessList { indices: Vec<usize> },
    #[serde(rename = "onFileProcessingStart")]
    ProcessingStart { index: usize },
    #[serde(rename = "onFileProcessingEnd")]
    ProcessingEnd { index: usize },
    #[serde(rename = "onFileProcessingStepStart")]
    StepStart { index: usize, step: Stage },
    #[serde(rename = "onFileProcessingStepProgress")]
    StepProgress { index: usize, step: Stage, progress: f32 },
    #[serde(rename = "onFileProcessingStepEnd")]
    StepEnd { index: usize, step: Stage },
    #[serde(rename = "onSearchingStart")]
    SearchingStart,
    #[serde(rename = "onSearchingEnd")]
    SearchingEnd,
    #[serde(rename = "result")]
    Result { result: Retrieved },
}

#[derive(Debug, Serialize)]
struct Retrieved {
    entries: Vec<Entry>,
}

/// A passage.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    content: String,
    score: f32,
    source_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    page_number: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line_number: Option<(u32, u32)>,
}

/// How to search.
#[derive(Debug, Eq, PartialEq)]
struct Settings {
    limit: usize,
    /// Who embeds files that are in no collection yet.
    embedding_model: Option<String>,
}

/// What is searched.
enum Source {
    Collection(CollectionName),
    Indexed(Document),
    /// It is a document, and on its way.
    Waiting(Document),
    /// It is in no collection yet.
    File(FileId),
}

/// The places in the request that the passages of a collection are of.
#[derive(Default)]
struct Sources {
    whole: Option<usize>,
    documents: BTreeMap<DocumentId, usize>,
}

/// Searches.
pub async fn retrieve(
    session: &Session,
    asked: Retrieve,
    channel: &Channel,
) -> Result<(), Refusal> {
    let settings = Settings::read(&asked.config)?;
    if asked.file_identifiers.len() > MOST_FILES {
        let message = format!("`fileIdentifiers` has more than {MOST_FILES} entries.");
        return Err(ApiError::invalid(message).param("fileIdentifiers").into());
    }
    // Whoever stops it waits for nothing any more.
    let _stopped = until_stopped(channel, run(session, (asked, settings), channel)).await?;
    Ok(())
}

async fn run(
    session: &Session,
    (asked, settings): (Retrieve, Settings),
    channel: &Channel,
) -> Result<(), Refusal> {
    let mut sources: BTreeMap<CollectionName, Sources> = BTreeMap::new();
    let mut waiting = Vec::new();
    let mut unread = Vec::new();
    for (at, identifier) in asked.file_identifiers.iter().enumerate() {
        match source(session, identifier).await? {
            Source::Collection(name) => {
                sources.entry(name).or_default().whole.get_or_insert(at);
            }
            Source::Indexed(document) => add(&mut sources, document, at),
            Source::Waiting(document) => waiting.push((at, document)),
            Source::File(file) => unread.push((at, file)),
        }
    }
    let places = waiting.iter().map(|(at, _)| *at).chain(unread.iter().map(|(at, _)| *at));
    let indices = places.collect();
    channel.send(&RetrievePacket::ProcessList { indices }).await?;
    let model = settings.embedding_model.as_deref();
    for (at, file) in unread {
        waiting.push((at, attach(session, &file, model).await?));
    }
    for (at, document) in waiting {
        index(session, (at, &document), channel).await?;
        add(&mut sources, document, at);
    }
    channel.send(&RetrievePacket::SearchingStart).await?;
    let entries = search(session, &sources, (&asked.query, &settings)).await?;
    channel.send(&RetrievePacket::SearchingEnd).await?;
    channel.send(&RetrievePacket::Result { result: Retrieved { entries } }).await
}

fn add(sources: &mut BTreeMap<CollectionName, Sources>, document: Document, at: usize) {
    let sources = sources.entry(document.collection).or_default();
    sources.documents.entry(document.id).or_insert(at);
}

/// Finds what an identifier means.
async fn source(session: &Session, identifier: &str) -> Result<Source, ApiError> {
    let services = &session.state().services;
    let identifier = stored_name(identifier);
    if !identifier.starts_with(FILE) {
        // JavaScript's handles take no slash, so that a name alone will do.
        let key = identifier.strip_prefix(COLLECTION_PREFIX).unwrap_or(identifier);
        return Ok(Source::Collection(services.vector_stores.get(key).await?.collection.name));
    }
    let file: FileId = identifier.parse()?;
    let (indexed, others): (Vec<Document>, Vec<Document>) = services
        .files
        .list_documents(&file)
        .await?
        .into_iter()
        .partition(|document| document.status == DocumentStatus::Indexed);
    if let Some(document) = indexed.into_iter().next() {
        return Ok(Source::Indexed(document));
    }
    Ok(others.into_iter().next().map_or(Source::File(file), Source::Waiting))
}

/// Waits until a document can be searched, and tells how far it is.
async fn index(
    session: &Session,
    (index, document): (usize, &Document),
    channel: &Channel,
) -> Result<(), Refusal> {
    channel.send(&RetrievePacket::ProcessingStart { index }).await?;
    let services = session.state().services.clone();
    let mut steps = pin!(follow(services, document.id.clone()));
    while let Some(progress) = steps.next().await {
        let packet = match progress? {
            Progress::Begun(step) => RetrievePacket::StepStart { index, step },
            Progress::At(step, progress) => RetrievePacket::StepProgress { index, step, progress },
            Progress::Ended(step) => RetrievePacket::StepEnd { index, step },
        };
        channel.send(&packet).await?;
    }
    channel.send(&RetrievePacket::ProcessingEnd { index }).await
}

/// Searches all collections at once, so that their passages are ranked together.
async fn search(
    session: &Session,
    sources: &BTreeMap<CollectionName, Sources>,
    (query, settings): (&str, &Settings),
) -> Result<Vec<Entry>, ApiError> {
    let place = |(collection, sources): (&CollectionName, &Sources)| {
        let documents = match sources.whole {
            Some(_) => None,
            None => Some(sources.documents.keys().cloned().collect()),
        };
        let scope = Scope { documents, ..Scope::default() };
        Beside { collection: collection.clone(), scope }
    };
    let mut places = sources.iter().map(place);
    let Some(first) = places.next() else { return Ok(Vec::new()) };
    let request = SearchRequest {
        query: query.to_owned(),
        k: settings.limit,
        scope: first.scope,
        beside: places.collect(),
        ..SearchRequest::default()
    };
    let services = &session.state().services;
    let found = services.search(&first.collection, request).await?;
    let mut entries = Vec::with_capacity(found.hits.len());
    for hit in found.hits {
        let id = &hit.document.id;
        let named = sources.values().find_map(|sources| sources.documents.get(id)).copied();
        let source_index = match named {
            Some(index) => Some(index),
            // One that was deleted meanwhile is no passage any more.
            None => match services.documents.get(id).await {
                Ok(document) => sources.get(&document.collection).and_then(|one| one.whole),
                Err(_) => None,
            },
        };
        entries.extend(source_index.map(|source_index| Entry {
            content: hit.text,
            score: hit.score,
            source_index,
            page_number: hit.page,
            line_number: hit.lines,
        }));
    }
    Ok(entries)
}

impl Settings {
    fn read(config: &KvConfig) -> Result<Self, ApiError> {
        let mut settings = Self { limit: USUAL, embedding_model: None };
        for field in &config.fields {
            let Some(name) = field.key.strip_prefix(PREFIX) else { continue };
            match name {
                "limit" => settings.limit = field.read()?,
                "embeddingModel" => settings.embedding_model = field.read()?,
                "databaseFile" if field.value.as_str().is_none_or(str::is_empty) => {}
                "chunkingMethod" if field.value == Value::Null => {}
                "databaseFile" => return Err(field.unsupported("Searching another database")),
                "chunkingMethod" => {
                    return Err(field.unsupported("Cutting files otherwise than collections do"));
                }
                _ => return Err(field.unsupported("This setting of a search")),
            }
        }
        if !(1..=MOST).contains(&settings.limit) {
            let message =
                format!("`retrieval.limit` is {}; it must be 1 to {MOST}.", settings.limit);
            return Err(ApiError::invalid(message).param("retrieval.limit"));
        }
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_read_or_refused_by_name() {
        let read = |key: &str, value: Value| {
            let config = json!({"fields": [{"key": format!("{PREFIX}{key}"), "value": value}]});
            Settings::read(&serde_json::from_value(config).expect("settings"))
        };
        assert_eq!(read("limit", json!(7)).expect("a number").limit, 7);
        let model = read("embeddingModel", json!("a/b")).expect("a name").embedding_model;
        assert_eq!(model.as_deref(), Some("a/b"));
        assert!(read("databaseFile", json!("")).is_ok());
        for (key, value) in [
            ("limit", json!(0)),
            ("limit", json!(1000)),
            ("databaseFile", json!("/tmp/x")),
            ("chunkingMethod", json!({"type": "recursive-v1", "chunkSize": 1, "chunkOverlap": 0})),
            ("unheardOf", json!(1)),
        ] {
            let error = read(key, value).expect_err(key);
            assert_eq!(error.detail.param, Some(format!("{PREFIX}{key}")));
        }
    }
}
