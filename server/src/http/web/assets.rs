//! The web app's files, embedded when the server was built.
//!
//! A name with a hash in it never changes its content and is kept by browsers for good; all others
//! are asked for anew each time, which costs a few bytes if nothing changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, File, include_dir};

static SITE: Dir<'_> = include_dir!("$OUT_DIR/site");

/// Returns whether there is a web app in this build.
pub fn is_built() -> bool {
    SITE.get_dir("pkg").is_some_and(|folder| folder.files().next().is_some())
}

/// Serves a file of `/pkg`.
pub async fn serve(Path(path): Path<String>, headers: HeaderMap) -> Response {
    match find(&format!("pkg/{path}"), &headers) {
        Some(file) => file,
        None => super::no_such_file(&path).into_response(),
    }
}

/// Finds a file by its path in the site.
pub fn find(path: &str, request: &HeaderMap) -> Option<Response> {
    SITE.get_file(path).map(|file| reply(file, path, request))
}

/// Sends an embedded file, or says that the browser has it already.
pub fn reply(file: &'static File<'static>, path: &str, request: &HeaderMap) -> Response {
    let tag = tag(file);
    let mut headers = HeaderMap::new();
    let cache = if has_hash(path) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, value);
    }
    if request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let media_type = mime_guess::from_path(path).first_or_octet_stream();
    if let Ok(value) = HeaderValue::from_str(media_type.as_ref()) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    (headers, file.contents()).into_response()
}

/// A weak tag, because the same content may be sent compressed.
fn tag(file: &File<'_>) -> String {
    let mut hasher = DefaultHasher::new();
    file.contents().hash(&mut hasher);
    format!("W/\"{:016x}\"", hasher.finish())
}

/// Returns whether a part of the file's name is 8 or more hexadecimal digits.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_hash = |part: &str| part.len() >= 8 && part.bytes().all(|b| b.is_ascii_hexdigit());
    name.split(['.', '-', '_']).any(is_hash)
}

#[cfg(test)]
mod tests {
    use super::has_hash;

    #[test]
    fn hashed_names_are_told_apart() {
        assert!(has_hash("pkg/quire.0123abcdef01.js"));
        assert!(has_hash("pkg/quire-0123abcdef01_bg.wasm"));
        assert!(!has_hash("pkg/quire.js"));
        assert!(!has_hash("pkg/deadbeef/quire.css"));
    }
}
