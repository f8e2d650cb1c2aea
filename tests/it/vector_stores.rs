//! `/v1/files` and `/v1/vector_stores`: collections and documents in the words of the OpenAI API.

mod batches;
mod file_search;
mod files;
mod sdk;
mod stores;

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::harness::{App, Reply};

const PUMP: &[u8] = b"# Pump\n\nThe pump runs at 50 hertz.\n";
const TANK: &[u8] = b"# Tank\n\nThe tank holds 900 litres.\n";

/// Uploads a file by itself, with fields of the form before it.
async fn upload(app: &App, (name, bytes): (&str, &[u8]), fields: &[(&str, &str)]) -> Reply {
    let mut body = Vec::new();
    for (field, value) in fields {
        let part =
            format!("--cut\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head = format!(
        "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--cut--\r\n");
    let request = Request::post("/v1/files")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
        .body(Body::from(body))
        .expect("a request");
    app.send(request).await
}

/// Uploads a file and gives its identifier.
async fn file(app: &App, name: &str, bytes: &[u8]) -> String {
    let reply = upload(app, (name, bytes), &[("purpose", "assistants")]).await.json();
    reply["id"].as_str().unwrap_or_else(|| panic!("a file: {reply}")).to_owned()
}

/// Makes a store and gives it.
async fn store(app: &App, body: Value) -> Value {
    let reply = app.post("/v1/vector_stores", &body).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    reply.json()
}

/// Waits until all that is in a store is indexed.
async fn settle(app: &App, store: &Value) {
    let collection = store["collection"].as_str().expect("a collection").parse().expect("a name");
    app.services.wait_until_idle(&collection).await.expect("it comes to rest");
}

/// Gives the path of a store, and what is below it.
fn at(store: &Value, rest: &str) -> String {
    format!("/v1/vector_stores/{}{rest}", store["id"].as_str().expect("an identifier"))
}

/// Gives the identifiers of a list.
fn ids(list: &Value) -> Vec<&str> {
    let data = list["data"].as_array().unwrap_or_else(|| panic!("a list: {list}"));
    data.iter().filter_map(|one| one["id"].as_str()).collect()
}

/// Makes a store with files in it that are indexed, and gives it with their identifiers.
async fn filled(app: &App, name: &str, files: &[(&str, &[u8])]) -> (Value, Vec<String>) {
    let mut ids = Vec::new();
    for (path, bytes) in files {
        ids.push(file(app, path, bytes).await);
    }
    let store = store(app, json!({"name": name, "file_ids": ids})).await;
    settle(app, &store).await;
    (store, ids)
}
