//! The plugin for Obsidian, embedded when the server was built: its files one by one, and all of
//! them as `quire-obsidian.zip`, to be unpacked into a vault's `.obsidian/plugins`.

use std::io::{Cursor, Write};

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};
use serde_json::Value;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::assets;
use crate::http::error::ApiError;

static PLUGIN: Dir<'_> = include_dir!("$OUT_DIR/obsidian");

/// The archive of all files.
const ARCHIVE: &str = "quire-obsidian.zip";

/// What is answered in a build without the plugin.
const NOT_BUILT: &str = "This Quire was built without the plugin for Obsidian.\n\
    Build both with `cargo xtask build`, which needs Node.js.\n";

/// Serves a file of the plugin, or all of them as one archive.
pub async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    if name == ARCHIVE
        && let Some(archive) = archive()
    {
        return archive.unwrap_or_else(|error| ApiError::internal(&error).into_response());
    }
    if let Some(file) = PLUGIN.get_file(&name) {
        return assets::reply(file, &name, &headers);
    }
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    let text = if PLUGIN.files().next().is_none() {
        NOT_BUILT.to_owned()
    } else {
        format!(
            "The plugin for Obsidian has no file `{name}`.\nIt is main.js, manifest.json and styles.css, or all of them as {ARCHIVE}.\n"
        )
    };
    (StatusCode::NOT_FOUND, plain, text).into_response()
}

/// Packs the files into a folder with the plugin's id as its name; `None` if there are none.
fn archive() -> Option<zip::result::ZipResult<Response>> {
    let manifest: Value =
        serde_json::from_slice(PLUGIN.get_file("manifest.json")?.contents()).ok()?;
    let id = manifest.get("id")?.as_str()?;
    Some(pack(id).map(|bytes| {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        (headers, bytes).into_response()
    }))
}

fn pack(folder: &str) -> zip::result::ZipResult<Vec<u8>> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for file in PLUGIN.files() {
        let name = file.path().display();
        writer.start_file(format!("{folder}/{name}"), SimpleFileOptions::default())?;
        writer.write_all(file.contents())?;
    }
    Ok(writer.finish()?.into_inner())
}
