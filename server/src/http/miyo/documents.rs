//! What is indexed of a folder: its files, the passages of one, the text of one.

use axum::Json;
use axum::extract::State;
use quire_domain::sync::{FileEntry, FileStatus, Source};
use quire_domain::{Document, DocumentId, Hit};
use quire_service::Services;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::MiyoError;
use super::folder::find;
use super::local::LocalOnly;
use crate::http::extract::{JsonBody, QueryOf};

/// How many files are listed if nothing is said.
const DEFAULT_FILES: usize = 200;

/// Which files to list.
#[derive(Deserialize)]
pub struct FilesQuery {
    folder_name: String,
    title: Option<String>,
    file_path: Option<String>,
    mtime_after: Option<i64>,
    mtime_before: Option<i64>,
    #[serde(default)]
    offset: usize,
    limit: Option<usize>,
}

/// A file of a folder.
#[derive(Deserialize)]
pub struct FileOfFolder {
    folder_name: String,
    path: String,
}

/// `GET /v0/folder/files`: the files that can be searched, last changed first.
pub async fn files(
    _caller: LocalOnly,
    State(services): State<Services>,
    QueryOf(query): QueryOf<FilesQuery>,
) -> Result<Json<Value>, MiyoError> {
    let source = find(&services, &query.folder_name).await?;
    let wanted = query.file_path.as_deref().map(|path| in_folder(&source, path));
    let mut files = services.sources.list_peer_files(&source.id).await?;
    files.retain(|file| {
        file.status == Some(FileStatus::Indexed)
            && query.mtime_after.is_none_or(|after| file.mtime_ms >= after)
            && query.mtime_before.is_none_or(|before| file.mtime_ms <= before)
            && wanted.as_ref().is_none_or(|path| path == file.path.as_str())
    });
    files.sort_by_key(|file| std::cmp::Reverse(file.mtime_ms));
    let mut rows = Vec::new();
    for file in files {
        let Some(id) = &file.document_id else { continue };
        let document = services.documents.get(id).await?;
        if query.title.as_ref().is_none_or(|title| document.title == *title) {
            rows.push(json!({
                "path": outside(&source, file.path.as_str()),
                "title": document.title,
                "mtime": file.mtime_ms,
                "total_chunks": document.chunk_count,
            }));
        }
    }
    let total = rows.len();
    let limit = query.limit.unwrap_or(DEFAULT_FILES);
    let rows: Vec<Value> = rows.into_iter().skip(query.offset).take(limit).collect();
    Ok(Json(json!({ "files": rows, "total": total })))
}

/// `GET /v0/folder/documents`: the passages of a file, in their order.
pub async fn passages(
    _caller: LocalOnly,
    State(services): State<Services>,
    QueryOf(query): QueryOf<FileOfFolder>,
) -> Result<Json<Value>, MiyoError> {
    let source = find(&services, &query.folder_name).await?;
    let (file, document) = find_file(&services, &source, &query.path).await?;
    let hits = services.list_passages(&document.id).await?;
    let rows = hits.iter().map(|hit| passage(&source, &file, &document, hit));
    Ok(Json(json!({ "documents": rows.collect::<Vec<_>>() })))
}

/// `POST /v0/parse-doc`: the stored text of a file.
pub async fn parse(
    _caller: LocalOnly,
    State(services): State<Services>,
    JsonBody(body): JsonBody<FileOfFolder>,
) -> Result<Json<Value>, MiyoError> {
    let source = find(&services, &body.folder_name).await?;
    let (_, document) = find_file(&services, &source, &body.path).await?;
    let mut pages = Vec::new();
    match document.pages {
        None => pages.push(services.documents.get_text(&document.id, None).await?.text),
        Some(count) => {
            for page in 1..=count {
                pages.push(services.documents.get_text(&document.id, Some(page)).await?.text);
            }
        }
    }
    Ok(Json(json!({
        "text": pages.join("\n\n"),
        "format": document.path.extension(),
        "source_path": outside(&source, &in_folder(&source, &body.path)),
        "title": document.title,
        "page_count": document.pages,
    })))
}

/// Finds a file of a source and its document.
pub(super) async fn find_file(
    services: &Services,
    source: &Source,
    path: &str,
) -> Result<(FileEntry, Document), MiyoError> {
    let path = in_folder(source, path);
    let missing = || MiyoError::missing(format!("`{path}` is not indexed."));
    let path = path.parse().map_err(|_| missing())?;
    let (file, original) =
        services.sources.get_file(&source.id, &path).await.map_err(|_| missing())?;
    Ok((file, original.document))
}

/// Shows a passage, in the shape of a hit without its score.
pub(super) fn passage(source: &Source, file: &FileEntry, document: &Document, hit: &Hit) -> Value {
    json!({
        "id": hit.chunk_id,
        "path": outside(source, file.path.as_str()),
        "title": document.title,
        "chunk_index": hit.ordinal,
        "chunk_text": hit.text,
        "metadata": { "heading": hit.heading, "page": hit.page, "lines": hit.lines },
        "ctime": file.ctime_ms,
        "mtime": file.mtime_ms,
        "tags": document.tags,
        "extension": document.path.extension(),
        "created_at": document.created_at_ms,
        "nchars": hit.text.chars().count(),
    })
}

/// Finds the file of a document.
pub(super) fn file_of<'a>(files: &'a [FileEntry], id: &DocumentId) -> Option<&'a FileEntry> {
    files.iter().find(|file| file.document_id.as_ref() == Some(id))
}

/// Names a file as the plugin does: its folder, then its path there.
pub(super) fn outside(source: &Source, path: &str) -> String {
    format!("{}/{path}", folder_name(source))
}

/// Gives the path in the folder of what the plugin sends: with the folder's name before it, with
/// its absolute path, or alone.
fn in_folder(source: &Source, path: &str) -> String {
    let path = path.replace('\\', "/");
    let root = match &source.kind {
        quire_domain::sync::SourceKind::Folder { root } => Some(format!("{root}/")),
        _ => None,
    };
    let name = format!("{}/", folder_name(source));
    let within = root.as_deref().and_then(|root| path.strip_prefix(root));
    within.or_else(|| path.strip_prefix(&name)).unwrap_or(&path).to_owned()
}

fn folder_name(source: &Source) -> &str {
    source.vault.as_ref().map_or(&source.name, |vault| &vault.name)
}
