//! Sources, for the page. What changes one, or makes a key, is under `/ui/local`, which only the
//! machine that the server runs on may call.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use quire_domain::sync::{IssuedKey, PairingCode, SourceFailure, SourceId, SourceStatus};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::service::services;
use crate::UiError;

/// How many failures of a source are shown.
#[cfg(feature = "ssr")]
const SHOWN_FAILURES: usize = 50;

/// What is said of files that are of a sort that is not read.
#[cfg(feature = "ssr")]
const UNREAD: &str = "unsupported";

/// A source and what of it could not be read.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct ListedSource {
    /// How it stands.
    pub status: SourceStatus,
    /// The first files that could not be read.
    pub failures: Vec<SourceFailure>,
    /// Sorts of files that are kept and not read, by their ending, with how many there are; the
    /// most first.
    pub unread: Vec<(String, u64)>,
}

/// A key of a source.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct KeyOfSource {
    /// The source that it opens.
    pub source: SourceId,
    /// The key, without what is secret about it.
    pub key: IssuedKey,
}

impl KeyOfSource {
    /// Names the device that holds it.
    pub(crate) fn device(&self) -> &str {
        let name = self.key.device_name.as_str();
        if name.is_empty() { self.key.device_id.as_str() } else { name }
    }
}

/// Lists the sources of a collection by name.
#[server(prefix = "/ui", endpoint = "list_sources", input = Json)]
pub async fn list_sources(
    /// The collection's name.
    collection: String,
) -> Result<Vec<ListedSource>, UiError> {
    let services = services()?;
    let collection = services.collections.get(&collection.parse()?).await?.name;
    let mut listed = Vec::new();
    for status in services.sources.list().await? {
        if status.source.collection == collection {
            let reasons = services.sources.list_failures(&status.source.id).await?;
            let (failures, unread) = sort_out(reasons);
            listed.push(ListedSource { status, failures, unread });
        }
    }
    Ok(listed)
}

/// Parts what could not be read from what is of a sort that is not read.
#[cfg(feature = "ssr")]
fn sort_out(reasons: Vec<SourceFailure>) -> (Vec<SourceFailure>, Vec<(String, u64)>) {
    let (unread, mut failures): (Vec<_>, Vec<_>) =
        reasons.into_iter().partition(|reason| reason.code == UNREAD);
    failures.truncate(SHOWN_FAILURES);
    let mut sorts = std::collections::BTreeMap::<String, u64>::new();
    for file in unread {
        *sorts.entry(file.path.extension()).or_default() += 1;
    }
    let mut sorts: Vec<_> = sorts.into_iter().collect();
    sorts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    (failures, sorts)
}

/// Makes a source take no changes for now, or take them again.
#[server(prefix = "/ui/local", endpoint = "pause_source", input = Json)]
pub async fn pause_source(
    /// Its identifier.
    id: String,
    /// Whether it is to take none.
    paused: bool,
) -> Result<(), UiError> {
    services()?.sources.pause(&id.parse()?, paused).await?;
    Ok(())
}

/// Queues a source's files to be read anew; gives how many.
#[server(prefix = "/ui/local", endpoint = "reindex_source", input = Json)]
pub async fn reindex_source(
    /// Its identifier.
    id: String,
    /// Whether only those that failed.
    failed_only: bool,
) -> Result<u64, UiError> {
    let request = quire_domain::sync::ReindexRequest { failed_only, ..Default::default() };
    Ok(services()?.sources.reindex(&id.parse()?, request).await?.queued)
}

/// Removes a source and its keys.
#[server(prefix = "/ui/local", endpoint = "remove_source", input = Json)]
pub async fn remove_source(
    /// Its identifier.
    id: String,
    /// Whether its documents stay.
    keep_documents: bool,
) -> Result<(), UiError> {
    use quire_service::DocumentsOfSource::{Kept, Removed};
    let documents = if keep_documents { Kept } else { Removed };
    Ok(services()?.sources.delete(&id.parse()?, documents).await?)
}

/// Makes a code that one device may trade for a key.
#[server(prefix = "/ui/local", endpoint = "create_pairing_code", input = Json)]
pub async fn create_pairing_code(
    /// The collection's name.
    collection: String,
    /// The source that the device may push; a new one if absent.
    source: Option<String>,
) -> Result<PairingCode, UiError> {
    let request = quire_domain::sync::PairingCodeRequest {
        collection: collection.parse()?,
        source_id: source.map(|id| id.parse()).transpose()?,
    };
    Ok(services()?.sources.create_pairing_code(request).await?)
}

/// Lists the keys of all sources of a collection, those used last first.
#[server(prefix = "/ui/local", endpoint = "list_source_keys", input = Json)]
pub async fn list_source_keys(
    /// The collection's name.
    collection: String,
) -> Result<Vec<KeyOfSource>, UiError> {
    let services = services()?;
    let collection = services.collections.get(&collection.parse()?).await?.name;
    let mut listed = Vec::new();
    for status in services.sources.list().await? {
        let source = status.source;
        if source.collection == collection {
            let keys = services.sources.list_keys(&source.id).await?;
            listed
                .extend(keys.into_iter().map(|key| KeyOfSource { source: source.id.clone(), key }));
        }
    }
    Ok(listed)
}

/// Revokes a key of a source.
#[server(prefix = "/ui/local", endpoint = "revoke_source_key", input = Json)]
pub async fn revoke_source_key(
    /// The source.
    source: String,
    /// The key's identifier.
    key: String,
) -> Result<(), UiError> {
    Ok(services()?.sources.revoke_key(&source.parse()?, &key.parse()?).await?)
}
