//! Uploads: multipart forms, as axum reads them for the server, and the paths that their files get.

use axum::body::Body;
use axum::extract::{FromRequest, Multipart};
use axum::http::{Request, header};
use futures::executor::block_on;
use futures::stream;
use quire_domain::DocumentPath;
use quire_domain::sync::SourcePath;

use crate::fields::{self, DIVIDER};

/// The boundary of forms that are written as they should be.
const BOUNDARY: &str = "a-line-that-no-file-holds";

/// Reads how many bytes come at a time, the boundary and the body of a client that may be broken, and
/// then the names and bytes of files for a form that is written as it should be.
pub(crate) fn check(data: &[u8]) {
    let (choice, [boundary, body, files]) = fields::split(data);
    let piece = choice.max(1);
    read(&fields::text(boundary), body, piece);
    let files: Vec<&[u8]> = files.split(|byte| *byte == DIVIDER).collect();
    let sent: Vec<(String, Vec<u8>)> =
        files.as_chunks().0.iter().filter_map(|[name, bytes]| file(name, bytes)).collect();
    let read = read(BOUNDARY, &form(&sent), piece).expect("the form is well-formed");
    assert_eq!(read, sent, "other files were read than were sent");
}

/// Takes a file if a client could write it into a form as it is.
fn file(name: &[u8], bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let name = fields::text(name).into_owned();
    let is_plain = name.chars().all(|c| !c.is_control() && !matches!(c, '"' | '\\' | '%'));
    let mut windows = bytes.windows(BOUNDARY.len());
    let ends_form = windows.any(|window| window == BOUNDARY.as_bytes());
    (is_plain && !ends_form).then(|| (name, bytes.to_vec()))
}

/// Writes a form with these files.
fn form(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in files {
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// Reads the files of a form as the server's handlers do; `None` if the form is broken.
fn read(boundary: &str, body: &[u8], piece: usize) -> Option<Vec<(String, Vec<u8>)>> {
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
        body.chunks(piece).map(|piece| Ok(piece.to_vec())).collect();
    let request = Request::builder()
        .method("POST")
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"))
        .body(Body::from_stream(stream::iter(pieces)))
        .ok()?;
    block_on(async {
        let mut form = Multipart::from_request(request, &()).await.ok()?;
        let mut files = Vec::new();
        while let Some(mut field) = form.next_field().await.ok()? {
            let Some(name) = field.file_name().map(str::to_owned) else { continue };
            check_name(&name);
            let mut bytes = Vec::new();
            while let Some(piece) = field.chunk().await.ok()? {
                bytes.extend_from_slice(&piece);
            }
            files.push((name, bytes));
        }
        Some(files)
    })
}

/// A name that is taken leads nowhere but below its collection.
fn check_name(name: &str) {
    let document = name.parse::<DocumentPath>().map(|path| path.to_string());
    let file = name.parse::<SourcePath>().map(|path| path.to_string());
    for path in [document, file].into_iter().flatten() {
        let is_above =
            path.starts_with('/') || path.split('/').any(|part| matches!(part, "" | "." | ".."));
        assert!(!is_above, "`{name}` is taken as `{path}`");
    }
}
