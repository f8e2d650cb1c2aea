//! Pushing files: some of them, all of a type, or taking them away.

use std::collections::HashSet;

use axum::Json;
use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{Multipart, RawPathParams, State};
use axum::http::StatusCode;
use quire_domain::sync::{SourceId, SourcePath};
use quire_service::Services;
use quire_service::sync::PeerFile;
use serde::Deserialize;
use serde_json::{Value, json};

use super::file_type::FileType;
use super::place::Place;
use crate::http::error::ApiError;
use crate::http::extract::QueryOf;

/// Which file to delete.
#[derive(Deserialize)]
pub struct FileQuery {
    filename: String,
}

/// What came of the parts of a request.
struct Taken {
    source: SourceId,
    /// What was written or was there already, by name.
    paths: Vec<SourcePath>,
}

/// `PATCH /api/content`: puts the files that have bytes, deletes those that have none, and names
/// those that were taken.
pub async fn update(
    State(services): State<Services>,
    place: Place,
    form: Result<Multipart, MultipartRejection>,
) -> Result<String, ApiError> {
    Ok(names(&take(&services, &place, form).await?))
}

/// `PUT /api/content`: the same, and files of these types that did not come are gone.
pub async fn replace(
    State(services): State<Services>,
    place: Place,
    form: Result<Multipart, MultipartRejection>,
) -> Result<String, ApiError> {
    let taken = take(&services, &place, form).await?;
    let came: HashSet<&str> = taken.paths.iter().map(SourcePath::as_str).collect();
    let types: Vec<FileType> = came.iter().map(|path| FileType::of_path(path)).collect();
    let is_left = |path: &str| !came.contains(path) && types.iter().any(|one| one.holds(path));
    delete_where(&services, &taken.source, is_left).await?;
    Ok(names(&taken))
}

/// `DELETE /api/content/type/{type}`: takes all files of a type away.
pub async fn delete_type(
    State(services): State<Services>,
    place: Place,
    path: RawPathParams,
) -> Result<Json<Value>, ApiError> {
    let named = path.iter().find(|(name, _)| *name == "type").map(|(_, value)| value);
    let wanted: FileType = named.unwrap_or_default().parse()?;
    if let Some(source) = place.find(&services).await? {
        delete_where(&services, &source, |path| wanted.holds(path)).await?;
    }
    Ok(Json(json!({ "status": "ok" })))
}

/// `DELETE /api/content/file?filename=..`: takes one file away; the same for one that is gone.
pub async fn delete_file(
    State(services): State<Services>,
    place: Place,
    QueryOf(query): QueryOf<FileQuery>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    if let Some(source) = place.find(&services).await? {
        delete_where(&services, &source, |path| path == query.filename).await?;
    }
    Ok((StatusCode::CREATED, Json(json!({ "status": "ok" }))))
}

async fn delete_where(
    services: &Services,
    source: &SourceId,
    is_meant: impl Fn(&str) -> bool,
) -> Result<(), ApiError> {
    let files = services.sources.list_peer_files(source).await?.into_iter();
    let files = files.filter(|entry| is_meant(entry.path.as_str()));
    let gone = files.map(|entry| PeerFile { path: entry.path, content: None }).collect();
    services.sources.write_peer_files(source, gone).await?;
    Ok(())
}

/// Writes the files of a request. One that is refused is not named in the reply, so the plugin sends
/// it again; only if all are refused is the reply an error, that of the first.
async fn take(
    services: &Services,
    place: &Place,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Taken, ApiError> {
    let mut form = form.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let source = place.open(services).await?;
    let mut files = Vec::new();
    let mut first_error = None;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let Some(name) = field.file_name().map(str::to_owned) else { continue };
        match read(services, &name, field).await? {
            Ok(file) => files.push(file),
            Err(error) => {
                tracing::warn!("a file of the Khoj plugin was refused: {}", error.detail.message);
                first_error.get_or_insert(error);
            }
        }
    }
    let written = services.sources.write_peer_files(&source, files).await?;
    let mut paths = Vec::with_capacity(written.files.len());
    for file in written.files {
        match file.outcome {
            Ok(_) => paths.push(file.path),
            Err(error) => {
                let error = ApiError::from(error);
                tracing::warn!("a file of the Khoj plugin was refused: {}", error.detail.message);
                first_error.get_or_insert(error);
            }
        }
    }
    match first_error {
        Some(error) if paths.is_empty() => Err(error),
        _ => Ok(Taken { source, paths }),
    }
}

/// Reads one part: the outer error ends the request, the inner one is about this file.
async fn read(
    services: &Services,
    name: &str,
    mut field: Field<'_>,
) -> Result<Result<PeerFile, ApiError>, ApiError> {
    let path: SourcePath = match name.parse() {
        Ok(path) => path,
        Err(error) => return Ok(Err(ApiError::from(error))),
    };
    let mut writer = services.uploads.begin(name).await?;
    let mut size = 0;
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        size += piece.len();
        // The rest of a refused file is read past when the next field is asked for.
        if let Err(error) = writer.write(&piece).await {
            return Ok(Err(error.into()));
        }
    }
    let content = if size > 0 { Some(writer.finish().await?) } else { None };
    Ok(Ok(PeerFile { path, content }))
}

fn names(taken: &Taken) -> String {
    taken.paths.iter().map(SourcePath::as_str).collect::<Vec<_>>().join(",")
}

fn broken(error: &MultipartError) -> ApiError {
    ApiError::invalid(format!("The files could not be read: {}", error.body_text()))
        .status(error.status(), "invalid_request_error")
}
