//! A collection's language and embedding model, and the indexes that they need, for the page.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use quire_domain::{Collection, Language};

#[cfg(feature = "ssr")]
use super::service::services;
use crate::UiError;

/// Changes language or embedding model, which builds another index; what is empty stays.
#[server(prefix = "/ui", endpoint = "change_index", input = Json)]
pub async fn change_index(
    /// The collection's name.
    name: String,
    /// A language code, `und` to detect it from the documents.
    language: String,
    /// The name of an installed embedding model.
    embedding_model: String,
) -> Result<Collection, UiError> {
    let change = quire_service::CollectionChange {
        language: if language.is_empty() { None } else { Some(language.parse()?) },
        embedding_model: if embedding_model.is_empty() {
            None
        } else {
            Some(embedding_model.parse()?)
        },
        ..Default::default()
    };
    Ok(services()?.collections.change(&name.parse()?, change).await?)
}

/// Tells the language of most of a collection's documents.
#[server(prefix = "/ui", endpoint = "detect_language", input = Json)]
pub async fn detect_language(
    /// The collection's name.
    name: String,
) -> Result<Language, UiError> {
    Ok(services()?.collections.detect_language(&name.parse()?).await?)
}

/// Answers from the next index as soon as it is ready.
#[server(prefix = "/ui", endpoint = "switch_index", input = Json)]
pub async fn switch_index(
    /// The collection's name.
    name: String,
) -> Result<Collection, UiError> {
    Ok(services()?.collections.switch_index(&name.parse()?).await?)
}

/// Gives the next index up.
#[server(prefix = "/ui", endpoint = "drop_next_index", input = Json)]
pub async fn drop_next_index(
    /// The collection's name.
    name: String,
) -> Result<Collection, UiError> {
    Ok(services()?.collections.drop_next_index(&name.parse()?).await?)
}

/// Answers from the previous index again, as soon as it has what changed since.
#[server(prefix = "/ui", endpoint = "go_back", input = Json)]
pub async fn go_back(
    /// The collection's name.
    name: String,
) -> Result<Collection, UiError> {
    Ok(services()?.collections.go_back(&name.parse()?).await?)
}

/// Removes the index kept for going back.
#[server(prefix = "/ui", endpoint = "drop_previous_index", input = Json)]
pub async fn drop_previous_index(
    /// The collection's name.
    name: String,
) -> Result<Collection, UiError> {
    Ok(services()?.collections.drop_previous_index(&name.parse()?).await?)
}
