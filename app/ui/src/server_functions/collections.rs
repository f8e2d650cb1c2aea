//! Collections, for the page.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use quire_domain::Collection;

#[cfg(feature = "ssr")]
use super::service::services;
use crate::UiError;

/// Lists all collections by name.
#[server(prefix = "/ui", endpoint = "list_collections")]
pub async fn list_collections() -> Result<Vec<Collection>, UiError> {
    Ok(services()?.collections.list().await?)
}

/// Gets a collection.
#[server(prefix = "/ui", endpoint = "get_collection", input = Json)]
pub async fn get_collection(
    /// Its name.
    name: String,
) -> Result<Collection, UiError> {
    Ok(services()?.collections.get(&name.parse()?).await?)
}

/// Makes an empty collection; an empty `language` is detected from the documents.
#[server(prefix = "/ui", endpoint = "create_collection", input = Json)]
pub async fn create_collection(
    /// Its name.
    name: String,
    /// A language code, or nothing.
    language: String,
) -> Result<Collection, UiError> {
    let language = if language.is_empty() { None } else { Some(language.parse()?) };
    let new = quire_service::NewCollection { name: name.parse()?, embedding_model: None, language };
    Ok(services()?.collections.create(new).await?)
}

/// Gives a collection another name.
#[server(prefix = "/ui", endpoint = "rename_collection", input = Json)]
pub async fn rename_collection(
    /// Its name.
    name: String,
    /// The new name.
    new_name: String,
) -> Result<Collection, UiError> {
    let name_change = Some(new_name.parse()?);
    let change = quire_service::CollectionChange { name: name_change, ..Default::default() };
    Ok(services()?.collections.change(&name.parse()?, change).await?)
}

/// Deletes a collection with its documents, index and conversations.
#[server(prefix = "/ui", endpoint = "delete_collection", input = Json)]
pub async fn delete_collection(
    /// Its name.
    name: String,
) -> Result<(), UiError> {
    Ok(services()?.collections.delete(&name.parse()?).await?)
}
