//! The original file of a document, with ranges, so that a PDF opens at once.

use std::path::Path;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use quire_domain::{DocumentId, DocumentPath, url_part};
use quire_service::Services;
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::Named;

/// Sends the original bytes; PDF and plain text open in the browser, all else is downloaded.
#[utoipa::path(get, path = "/api/documents/{id}/content", tag = "documents",
    params(("id" = String, Path, description = "The document")),
    responses((status = 200, description = "The bytes as they were uploaded, with the type that the file's name states",
            content_type = "*/*"),
        (status = 206, description = "The range asked for", content_type = "*/*"),
        (status = 404, body = ErrorBody)))]
pub async fn original(
    State(services): State<Services>,
    Named(id): Named<DocumentId>,
    request: Request,
) -> Result<Response, ApiError> {
    let original = services.documents.get_original(&id).await?;
    send_original(&original.path, &original.document.path, request).await
}

/// Sends a file of this machine by its name, or the range of it that is asked for.
pub async fn send_original(
    file: &Path,
    name: &DocumentPath,
    request: Request,
) -> Result<Response, ApiError> {
    let shown = Shown::of(name);
    let media_type = shown.media_type.parse().map_err(|error| ApiError::internal(&error))?;
    let file = ServeFile::new_with_mime(file, &media_type);
    let Ok(reply) = file.oneshot(request).await;
    let mut response = reply.map(Body::new).into_response();
    let headers = response.headers_mut();
    let disposition = shown.disposition(name.file_name());
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    if !shown.is_inline {
        // Whatever a browser makes of it, it must not run as a page of ours.
        let sandbox = HeaderValue::from_static("sandbox; default-src 'none'");
        headers.insert(HeaderName::from_static("content-security-policy"), sandbox);
    }
    Ok(response)
}

/// How a browser is to treat an original.
struct Shown {
    media_type: &'static str,
    is_inline: bool,
}

impl Shown {
    fn of(path: &DocumentPath) -> Self {
        let (media_type, is_inline) = match path.extension().as_str() {
            "pdf" => ("application/pdf", true),
            "txt" | "text" | "log" | "md" | "markdown" | "csv" | "tsv" => ("text/plain", true),
            "html" | "htm" | "xhtml" => ("text/html", false),
            "docx" => {
                ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", false)
            }
            "xlsx" => ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", false),
            "pptx" => {
                ("application/vnd.openxmlformats-officedocument.presentationml.presentation", false)
            }
            "epub" => ("application/epub+zip", false),
            "odt" => ("application/vnd.oasis.opendocument.text", false),
            "ods" => ("application/vnd.oasis.opendocument.spreadsheet", false),
            "odp" => ("application/vnd.oasis.opendocument.presentation", false),
            _ => ("application/octet-stream", false),
        };
        Self { media_type, is_inline }
    }

    /// Names the file as RFC 6266 wants it: percent-encoded UTF-8.
    fn disposition(&self, name: &str) -> HeaderValue {
        let kind = if self.is_inline { "inline" } else { "attachment" };
        HeaderValue::from_str(&format!("{kind}; filename*=UTF-8''{}", url_part(name)))
            .unwrap_or_else(|_| HeaderValue::from_static("attachment"))
    }
}
