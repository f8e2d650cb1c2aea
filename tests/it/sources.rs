//! The sync protocol over HTTP, as a client of it sees the server.

mod access;
mod files;
mod kill;
mod vault;

use axum::body::Body;
use axum::http::{Method, Request};
use quire_domain::sync::FileHash;
use quire_folder_sync::file_hash;
use serde_json::{Value, json};

use crate::harness::{App, Reply};

const SOURCE: &str = "0199a4f2-7c1e-4d0b-9b57-3f1f6a2f8e10";
const GARDEN: &str = "The apple tree was planted in 1987.";
const HOUSE: &str = "The house has a red roof.";

fn hash(text: &str) -> FileHash {
    file_hash(text.as_bytes())
}

fn at(rest: &str) -> String {
    format!("/api/sources/{SOURCE}{rest}")
}

fn source_request(collection: &str) -> Value {
    json!({
        "kind": "obsidian",
        "collection_id": collection,
        "name": "Vault",
        "vault": {"name": "Vault"},
        "device": {"id": "desk", "name": "Desk", "platform": "linux"},
    })
}

/// Opens a server with a collection `notes` and a source; gives the name of its rules.
async fn mirrored() -> (App, String) {
    let app = App::new(&[]).await;
    app.post("/api/collections", &json!({"name": "notes"})).await;
    let made = app.send_json(Method::PUT, &at(""), &source_request("notes")).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let rules_hash = made.json()["rules_hash"].as_str().expect("a name").to_owned();
    (app, rules_hash)
}

async fn send(
    app: &App,
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(body.into()).expect("a request")).await
}

async fn settle(app: &App) {
    let notes = "notes".parse().expect("a name");
    app.services.wait_until_idle(&notes).await.expect("it comes to rest");
}

async fn paths_found(app: &App, query: &str) -> Vec<String> {
    let query = json!({"query": query, "mode": "keyword"});
    let found = app.post("/api/collections/notes/search", &query).await.json();
    let hits = found["hits"].as_array().expect("a list");
    hits.iter().map(|hit| hit["document"]["path"].as_str().unwrap_or("").to_owned()).collect()
}

const JSON: (&str, &str) = ("content-type", "application/json");
