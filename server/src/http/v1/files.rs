//! `/v1/files`: files with collections and without. Every document is one of them.

use axum::extract::multipart::{Field, MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Multipart, Request, State};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use quire_domain::{DocumentPath, FileId, FileRecord};
use quire_service::{FileFilter, Services, Upload};
use serde::Serialize;

use super::page::{Deleted, ListQuery, Listed, Sizes, seconds};
use crate::http::api::content::send_original;
use crate::http::error::ApiError;
use crate::http::extract::{Named, QueryOf};
use crate::http::state::AppState;

/// What a file is for that nobody says it of.
const PURPOSE: &str = "assistants";

/// The most bytes of a field of the form that is not the file.
const LONGEST_FIELD: usize = 1024;

/// How many files a list has.
const SIZES: Sizes = Sizes { usual: 10_000, most: 10_000 };

/// A file as it is told.
#[derive(Debug, Serialize)]
pub struct FileObject {
    id: FileId,
    object: &'static str,
    bytes: u64,
    created_at: i64,
    expires_at: Option<i64>,
    filename: String,
    purpose: String,
    status: &'static str,
    status_details: Option<String>,
}

impl From<FileRecord> for FileObject {
    fn from(file: FileRecord) -> Self {
        Self {
            id: file.id,
            object: "file",
            bytes: file.size_bytes,
            created_at: seconds(file.created_at_ms),
            expires_at: file.expires_at_ms.map(seconds),
            filename: file.name,
            purpose: file.purpose,
            status: "processed",
            status_details: None,
        }
    }
}

/// The routes below `/v1/files`.
pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/v1/files", post(upload).layer(DefaultBodyLimit::disable()).get(list))
        .route("/v1/files/{id}", get(show).delete(delete))
        .route("/v1/files/{id}/content", get(content))
}

/// The parts of an upload's form.
#[derive(Default)]
struct Form {
    file: Option<(DocumentPath, Upload)>,
    purpose: Option<String>,
    expires_after_seconds: Option<i64>,
}

/// Uploads a file.
async fn upload(
    State(services): State<Services>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Json<FileObject>, ApiError> {
    let mut form = form.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let mut read = Form::default();
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" => read.file = Some(take_file(&services, field).await?),
            "purpose" => read.purpose = Some(text(field, "purpose").await?),
            "expires_after[seconds]" => {
                let text = text(field, "expires_after").await?;
                let seconds = text.trim().parse().ok().filter(|seconds| *seconds > 0);
                let message = "`expires_after[seconds]` must be a number of seconds.";
                let refuse = || ApiError::invalid(message).param("expires_after");
                read.expires_after_seconds = Some(seconds.ok_or_else(refuse)?);
            }
            _ => {}
        }
    }
    let missing = "`file` is missing: send the file as a part of a form, with its name.";
    let (path, upload) = read.file.ok_or_else(|| ApiError::invalid(missing).param("file"))?;
    let lifetime_ms = read.expires_after_seconds.map(|seconds| seconds.saturating_mul(1000));
    let purpose = read.purpose.filter(|purpose| !purpose.is_empty());
    let purpose = purpose.unwrap_or_else(|| PURPOSE.to_owned());
    let file = services.files.add((path, purpose), lifetime_ms, upload).await?;
    Ok(Json(file.into()))
}

async fn take_file(
    services: &Services,
    mut field: Field<'_>,
) -> Result<(DocumentPath, Upload), ApiError> {
    let name = field.file_name().unwrap_or("upload.txt").to_owned();
    let last = name.rsplit(['/', '\\']).next().unwrap_or(&name);
    let path: Result<DocumentPath, _> = name.parse().or_else(|_| last.parse());
    let path = path.map_err(|error| ApiError::from(error).param("file"))?;
    let mut writer = services.uploads.begin(path.as_str()).await?;
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        writer.write(&piece).await?;
    }
    Ok((path, writer.finish().await?))
}

/// Reads a short field.
async fn text(mut field: Field<'_>, name: &'static str) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|error| broken(&error))? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > LONGEST_FIELD {
            let message = format!("`{name}` is longer than {LONGEST_FIELD} bytes.");
            return Err(ApiError::invalid(message).param(name));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn broken(error: &MultipartError) -> ApiError {
    ApiError::invalid(format!("The upload could not be read: {}", error.body_text()))
        .status(error.status(), "invalid_request_error")
}

/// Lists files.
async fn list(
    State(services): State<Services>,
    QueryOf(query): QueryOf<ListQuery>,
) -> Result<Json<Listed<FileObject>>, ApiError> {
    let paging = query.paging(SIZES)?;
    let filter = FileFilter { purpose: query.purpose, paging: paging.clone() };
    let found = services.files.list(filter).await?;
    let id = |file: &FileRecord| file.id.to_string();
    Ok(Json(Listed::new(found, &paging, (id, FileObject::from))))
}

/// Shows a file.
async fn show(
    State(services): State<Services>,
    Named(id): Named<FileId>,
) -> Result<Json<FileObject>, ApiError> {
    Ok(Json(services.files.get(&id).await?.into()))
}

/// Sends the bytes of a file.
async fn content(
    State(services): State<Services>,
    Named(id): Named<FileId>,
    request: Request,
) -> Result<Response, ApiError> {
    let (file, path) = services.files.get_original(&id).await?;
    send_original(&path, &file.name.parse()?, request).await
}

/// Deletes a file and takes it out of all collections.
async fn delete(
    State(services): State<Services>,
    Named(id): Named<FileId>,
) -> Result<Json<Deleted>, ApiError> {
    services.files.delete(&id).await?;
    Ok(Json(Deleted::new(id.into(), "file")))
}
