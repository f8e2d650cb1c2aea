//! Folders: telling the service to read one, asking what it reads, taking one away.

use std::path::Path;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quire_domain::CollectionName;
use quire_domain::sync::{Rules, Source, SourceKind, SourceRequest};
use quire_folder_sync::obsidian::find_vault;
use quire_service::{DocumentsOfSource, NewCollection, ServiceError, Services};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::error::MiyoError;
use super::local::LocalOnly;
use crate::http::extract::{JsonBody, QueryOf};

/// A folder by its name or its absolute path.
#[derive(Deserialize)]
pub struct FolderQuery {
    path: String,
}

/// A folder to read. Further members, such as `allow_remote_read`, say nothing here: no machine but
/// this one is answered.
#[derive(Deserialize)]
pub struct FolderBody {
    path: String,
    #[serde(default)]
    include_extensions: Vec<String>,
    #[serde(default)]
    include_folders: Vec<String>,
    #[serde(default)]
    exclude_folders: Vec<String>,
    #[serde(default)]
    include_patterns: Vec<String>,
    #[serde(default)]
    exclude_patterns: Vec<String>,
}

/// A folder to read again.
#[derive(Deserialize)]
pub struct ScanBody {
    path: String,
}

/// `GET /v0/folder?path=..`: what is known of a folder.
pub async fn show(
    _caller: LocalOnly,
    State(services): State<Services>,
    QueryOf(query): QueryOf<FolderQuery>,
) -> Result<Json<Value>, MiyoError> {
    Ok(Json(record(&find(&services, &query.path).await?)))
}

/// `POST /v0/folder`: makes a source of a folder, in a collection of its name, which the server watches
/// from now on.
pub async fn add(
    _caller: LocalOnly,
    State(services): State<Services>,
    JsonBody(body): JsonBody<FolderBody>,
) -> Result<(StatusCode, Json<Value>), MiyoError> {
    let root = Path::new(&body.path);
    let name = root.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let (true, true, Some(name)) = (root.is_absolute(), root.is_dir(), name) else {
        let detail =
            format!("`{}` is not the absolute path of a folder of this machine.", body.path);
        return Err(MiyoError::invalid(detail));
    };
    if let Ok(known) = find(&services, &name).await {
        let detail =
            format!("A folder called `{name}` is known already, as source `{}`.", known.name);
        return Err(MiyoError::conflict(detail));
    }
    let collection = open_collection(&services, &name).await?;
    let request = SourceRequest {
        kind: SourceKind::Folder { root: body.path.clone() },
        collection,
        name,
        folder: String::new(),
        vault: find_vault(root),
        device: None,
        rules: Some(rules(&body)),
    };
    let id = Uuid::new_v4().to_string().parse().map_err(ServiceError::from)?;
    let source = services.sources.put(&id, request, None).await?;
    Ok((StatusCode::CREATED, Json(record(&source))))
}

/// `DELETE /v0/folder?path=..`: takes a folder and its documents away.
pub async fn remove(
    _caller: LocalOnly,
    State(services): State<Services>,
    QueryOf(query): QueryOf<FolderQuery>,
) -> Result<Json<Value>, MiyoError> {
    let source = find(&services, &query.path).await?;
    if !matches!(source.kind, SourceKind::Folder { .. }) {
        let detail = format!(
            "`{}` is kept in step by another program; remove it on the sources page.",
            source.name
        );
        return Err(MiyoError::conflict(detail));
    }
    services.sources.delete(&source.id, DocumentsOfSource::Removed).await?;
    Ok(Json(json!({ "status": "ok", "path": query.path })))
}

/// `POST /v0/scan`: reads a folder again and waits for the end of that; the rest is indexed later.
pub async fn scan(
    _caller: LocalOnly,
    State(services): State<Services>,
    JsonBody(body): JsonBody<ScanBody>,
) -> Result<Json<Value>, MiyoError> {
    let source = find(&services, &body.path).await?;
    services.sources.look_at_folder(&source.id).await?;
    Ok(Json(json!({ "status": "ok", "path": body.path })))
}

/// Finds the source of a folder.
pub(super) async fn find(services: &Services, wanted: &str) -> Result<Source, MiyoError> {
    let wanted = wanted.trim_end_matches(['/', '\\']);
    let mut sources = services.sources.list().await?.into_iter().map(|status| status.source);
    let is_wanted = |source: &Source| match &source.kind {
        SourceKind::Folder { root } => source.name == wanted || root == wanted,
        _ => source.vault.as_ref().is_some_and(|vault| vault.name == wanted),
    };
    let missing = || MiyoError::missing(format!("No folder `{wanted}` is known; add it first."));
    sources.find(is_wanted).ok_or_else(missing)
}

/// Shows a folder. The plugin looks in `exclude_folders` for what it asked to leave out.
fn record(source: &Source) -> Value {
    let path = match &source.kind {
        SourceKind::Folder { root } => root.clone(),
        _ => source.name.clone(),
    };
    let folders = |globs: &[String]| -> Vec<String> {
        let folder =
            |glob: &String| glob.strip_suffix("/**").filter(|one| !one.contains('*')).map(unescape);
        globs.iter().filter_map(folder).collect()
    };
    let patterns = |globs: &[String]| -> Vec<String> {
        globs
            .iter()
            .filter(|glob| glob.contains('*') && !glob.starts_with("**/."))
            .cloned()
            .collect()
    };
    json!({
        "path": path,
        "name": source.name,
        "recursive": true,
        "include_extensions": source.rules.extensions,
        "include_folders": folders(&source.rules.include),
        "exclude_folders": folders(&source.rules.exclude),
        "include_patterns": patterns(&source.rules.include),
        "exclude_patterns": patterns(&source.rules.exclude),
        "allow_writes": false,
        "allow_remote_read": false,
    })
}

fn rules(body: &FolderBody) -> Rules {
    let folder = |path: &String| format!("{}/**", escape(path.trim_matches('/')));
    let pattern = |glob: &String| {
        if glob.contains('/') { glob.clone() } else { format!("**/{glob}") }
    };
    let mut rules = Rules::all();
    rules.include.extend(body.include_folders.iter().map(folder));
    rules.include.extend(body.include_patterns.iter().map(pattern));
    rules.exclude.extend(body.exclude_folders.iter().map(folder));
    rules.exclude.extend(body.exclude_patterns.iter().map(pattern));
    rules.extensions.clone_from(&body.include_extensions);
    rules
}

/// Writes a path as a glob that matches it alone.
fn escape(path: &str) -> String {
    let special = |c: char| matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | ',' | '\\');
    path.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

fn unescape(glob: &str) -> String {
    let mut escaped = false;
    glob.chars()
        .filter(|c| {
            escaped = *c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

/// Opens the collection for a folder: of its name, in the letters that such a name may have.
async fn open_collection(services: &Services, name: &str) -> Result<CollectionName, MiyoError> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.');
    let plain: String = name.chars().map(|c| if fits(c) { c } else { '-' }).take(64).collect();
    let plain = plain.trim_start_matches(|c: char| !c.is_alphanumeric());
    let name: CollectionName = if plain.is_empty() { "Vault" } else { plain }.parse()?;
    if let Ok(known) = services.collections.get(&name).await {
        return Ok(known.name);
    }
    let new = NewCollection { name, embedding_model: None, language: None };
    Ok(services.collections.create(new).await?.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_with_odd_names_are_left_out_and_shown_again() {
        for name in ["Private", "a [b]/c", "x{1,2}", "back\\slash"] {
            assert_eq!(unescape(&escape(name)), name);
        }
        assert_eq!(escape("a [b]"), "a \\[b\\]");
    }
}
