//! Headers of a file: its times, its digest, and what must hold for a write.

use axum::http::{HeaderMap, HeaderName, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use quire_domain::sync::FileHash;
use quire_service::Precondition;

use crate::http::error::ApiError;

/// When a file was changed, in milliseconds since the Unix epoch.
pub const FILE_MTIME: HeaderName = HeaderName::from_static("x-file-mtime");
/// When a file was made.
pub const FILE_CTIME: HeaderName = HeaderName::from_static("x-file-ctime");
/// When a file was deleted.
pub const DELETED_AT: HeaderName = HeaderName::from_static("x-deleted-at");

/// Reads a header that holds a time.
pub fn optional_time(headers: &HeaderMap, name: &HeaderName) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let time = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    let refuse = || {
        let message = format!("`{name}` must be milliseconds since the Unix epoch.");
        ApiError::invalid(message).param(name.as_str())
    };
    time.map(Some).ok_or_else(refuse)
}

/// Reads the SHA-256 of `Content-Digest` (RFC 9530).
pub fn content_digest(headers: &HeaderMap) -> Result<Option<FileHash>, ApiError> {
    let Some(value) = headers.get("content-digest") else { return Ok(None) };
    let read = |text: &str| -> Option<FileHash> {
        let digest = text.split(',').find_map(|one| one.trim().strip_prefix("sha-256=:"))?;
        let bytes = STANDARD.decode(digest.strip_suffix(':')?).ok()?;
        Some(FileHash::from_digest(bytes.try_into().ok()?))
    };
    let hash = value.to_str().ok().and_then(read);
    let refuse = || {
        let message = "`Content-Digest` must be `sha-256=:<Base64 of the SHA-256>:`.";
        ApiError::invalid(message).param("Content-Digest")
    };
    hash.map(Some).ok_or_else(refuse)
}

/// Reads what must hold for a write.
pub fn precondition(headers: &HeaderMap) -> Result<Precondition, ApiError> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    match (text(header::IF_MATCH), text(header::IF_NONE_MATCH)) {
        (None, None) => Ok(Precondition::None),
        (Some(etag), None) => Ok(Precondition::Matches(etag.trim_matches('"').parse()?)),
        (None, Some("*")) => Ok(Precondition::Absent),
        _ => Err(ApiError::invalid("`If-None-Match` of a write is `*` and excludes `If-Match`.")
            .param("If-None-Match")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().expect("a value"));
        headers
    }

    #[test]
    fn a_digest_is_read_as_rfc_9530_writes_it() {
        let read = |value| content_digest(&headers("content-digest", value));
        let of_nothing = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:";
        let expected = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let hash = read(of_nothing).expect("it is well-formed").expect("it is there");
        assert_eq!(hash.to_string(), expected);
        assert!(read("sha-256=abc").is_err());
        assert!(read("md5=:abc=:").is_err());
    }

    #[test]
    fn preconditions_name_one_version_or_none() {
        let hash = "\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"";
        let matching = precondition(&headers("if-match", hash)).expect("it is well-formed");
        assert!(matches!(matching, Precondition::Matches(_)));
        let absent = precondition(&headers("if-none-match", "*")).expect("it is well-formed");
        assert_eq!(absent, Precondition::Absent);
        assert!(precondition(&headers("if-none-match", hash)).is_err());
        assert!(precondition(&headers("if-match", "\"7\"")).is_err());
    }
}
