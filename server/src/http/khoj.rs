//! A shim: the part of Khoj's HTTP API that its plugin for Obsidian pushes a vault to and searches
//! it with, so that people can keep that plugin.
//!
//! In the plugin, `http://127.0.0.1:1234/khoj/notes` as the server's address mirrors the vault into
//! collection `notes`; without `/khoj/..` it is collection `khoj`, or the one that `?collection=`
//! names. Collection and source are made when they are missing. The plugin sends `PATCH /api/content`
//! with up to 50 files as parts named `files`: a part's file name is the path in the vault, a part
//! without bytes says that the file is gone, and the reply is the comma-joined names of what was
//! taken, which the plugin searches for the paths that it sent. Chats are not part of this.

mod content;
mod file_type;
mod place;
mod search;
mod user;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get};

use super::state::AppState;

/// What the source that the plugin pushes is called.
const SOURCE_NAME: &str = "Khoj plugin";

/// The routes at the root and below `/khoj/{collection}`.
pub fn routes() -> Router<AppState> {
    Router::new().merge(shim()).nest("/khoj/{collection}", shim())
}

fn shim() -> Router<AppState> {
    let content = axum::routing::patch(content::update).put(content::replace);
    Router::new()
        .route("/api/v1/user", get(user::show))
        .route("/api/content", content.layer(DefaultBodyLimit::disable()))
        .route("/api/content/type/{type}", delete(content::delete_type))
        .route("/api/content/file", delete(content::delete_file))
        .route("/api/search", get(search::search))
}
