//! Uploads: `multipart/form-data` with repeated `files`, streamed to disk piece by piece.
//!
//! Each file stands for itself: one that is refused is listed under `rejected` and the others are
//! accepted. Only when none is accepted is the reply an error, that of the first file.

use axum::Json;
use axum::extract::multipart::{Field, MultipartRejection};
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use quire_domain::{
    CollectionName, ContentHash, Document, DocumentId, DocumentPath, DocumentStatus,
};
use quire_service::Services;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody, ErrorDetail};
use crate::http::extract::Named;

/// The files of an upload.
#[derive(ToSchema)]
pub struct UploadForm {
    /// The files; the file name of each is its path, relative to the folder.
    #[schema(value_type = Vec<String>, format = Binary)]
    pub files: Vec<Vec<u8>>,
}

/// What became of an upload. Accepted is not indexed: follow the events or list the documents.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct Uploaded {
    /// The files that were accepted.
    pub documents: Vec<UploadedDocument>,
    /// The files that were not; absent if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<RejectedFile>,
}

/// A file that was accepted.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct UploadedDocument {
    /// The document it is now.
    pub id: DocumentId,
    /// Its path in the collection.
    pub path: DocumentPath,
    /// How far it has come.
    pub status: DocumentStatus,
    /// The hash of its bytes.
    pub sha256: ContentHash,
}

/// A file that was not accepted.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub struct RejectedFile {
    /// The path as it was sent.
    pub path: String,
    /// Why.
    pub error: ErrorDetail,
}

/// Uploads files.
#[utoipa::path(post, path = "/api/collections/{name}/documents", tag = "documents",
    params(("name" = String, Path, description = "The collection")),
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 202, body = Uploaded),
        (status = 400, description = "No file was accepted", body = ErrorBody),
        (status = 404, description = "No such collection", body = ErrorBody),
        (status = 413, description = "A single file over the size limit", body = ErrorBody)))]
pub async fn upload(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Response, ApiError> {
    let mut form = form.map_err(|rejection| ApiError::invalid(rejection.body_text()))?;
    let collection = services.collections.get(&name).await?.name;
    let mut outcome = Uploaded { documents: Vec::new(), rejected: Vec::new() };
    let mut first_error = None;
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let Some(path) = field.file_name().map(str::to_owned) else { continue };
        match take_file(&services, &collection, &path, field).await {
            Ok(document) => outcome.documents.push(UploadedDocument {
                id: document.id,
                path: document.path,
                status: document.status,
                sha256: document.sha256,
            }),
            Err(FileError::Broken(error)) => return Err(error),
            Err(FileError::Refused(error)) => {
                outcome.rejected.push(RejectedFile { path, error: (*error.detail).clone() });
                first_error.get_or_insert(error);
            }
        }
    }
    if !outcome.documents.is_empty() {
        return Ok((StatusCode::ACCEPTED, Json(outcome)).into_response());
    }
    let none = || ApiError::invalid("The upload has no files; send them as parts named `files`.");
    let mut error = first_error.unwrap_or_else(none);
    if outcome.rejected.len() > 1 {
        let rejected = serde_json::to_value(outcome.rejected).unwrap_or_default();
        error.detail.extra.insert("rejected".to_owned(), rejected);
    }
    Err(error)
}

/// Why a file was not taken.
enum FileError {
    /// This file is refused; the next may be fine.
    Refused(ApiError),
    /// The request cannot be read any further.
    Broken(ApiError),
}

impl<E: Into<ApiError>> From<E> for FileError {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

async fn take_file(
    services: &Services,
    collection: &CollectionName,
    path: &str,
    mut field: Field<'_>,
) -> Result<Document, FileError> {
    let path: DocumentPath = path.parse()?;
    let mut writer = services.uploads.begin(path.as_str()).await?;
    while let Some(piece) =
        field.chunk().await.map_err(|error| FileError::Broken(broken(&error)))?
    {
        // The rest of a refused file is read past when the next field is asked for.
        writer.write(&piece).await?;
    }
    let upload = writer.finish().await?;
    Ok(services.documents.add(collection, path, upload).await?)
}

fn broken(error: &axum::extract::multipart::MultipartError) -> ApiError {
    ApiError::invalid(format!("The upload could not be read: {}", error.body_text()))
        .status(error.status(), "invalid_request_error")
}
