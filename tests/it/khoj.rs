//! Khoj's content API, as its plugin for Obsidian calls it.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::{App, Reply, multipart};

const GARDEN: &str =
    "# Garden\n\n## Trees\n\nThe apple tree was planted in 1987 and still bears fruit.\n";
const HOUSE: &str = "The house has a red roof.";

async fn push(app: &App, method: Method, path: &str, files: &[(&str, &str)]) -> Reply {
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
        .header(header::ORIGIN, "app://obsidian.md")
        .body(Body::from(multipart(&files)))
        .expect("a request");
    app.send(request).await
}

async fn settle(app: &App, collection: &str) {
    let collection = collection.parse().expect("a name");
    app.services.wait_until_idle(&collection).await.expect("it comes to rest");
}

async fn paths(app: &App, collection: &str) -> Vec<String> {
    let documents = app.documents(collection).await;
    documents.iter().map(|one| one["path"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn a_vault_is_pushed_searched_and_taken_away() {
    let app = App::new(&[]).await;
    let user = app.get("/api/v1/user").await.json();
    assert_eq!(
        (&user["email"], &user["has_documents"]),
        (&json!("default@example.com"), &json!(false))
    );
    assert_eq!(app.get("/api/search?q=apple&n=5&t=markdown").await.json(), json!([]));

    let files = [("Daily/Garden.md", GARDEN), ("Häuser, alte.md", HOUSE)];
    let pushed = push(&app, Method::PATCH, "/api/content?client=obsidian", &files).await;
    assert_eq!(pushed.status, StatusCode::OK, "{}", pushed.text());
    assert_eq!(pushed.text(), "Daily/Garden.md,Häuser, alte.md");
    assert_eq!(pushed.header("access-control-allow-origin"), "app://obsidian.md");
    settle(&app, "khoj").await;

    let found = app.get("/api/search?q=apple%20tree&n=1&r=false&client=obsidian&t=markdown").await;
    let mut found = found.json();
    redact(&mut found);
    insta::assert_json_snapshot!("khoj_search", found);
    assert_eq!(app.get("/api/search?q=apple&t=pdf").await.json(), json!([]));
    app.get("/api/search?q=apple&t=video").await.error(400, "invalid_input");

    let gone =
        push(&app, Method::PATCH, "/api/content?client=obsidian", &[("Daily/Garden.md", "")]);
    assert_eq!(gone.await.text(), "Daily/Garden.md");
    assert_eq!(paths(&app, "khoj").await, ["Häuser, alte.md"]);
    let gone = app.delete("/api/content/type/markdown?client=obsidian").await;
    assert_eq!((gone.status, gone.json()), (StatusCode::OK, json!({"status": "ok"})));
    assert!(paths(&app, "khoj").await.is_empty());
}

fn redact(found: &mut Value) {
    for hit in found.as_array_mut().expect("a list") {
        assert!(hit["score"].is_number() && hit["corpus-id"].is_string(), "{hit}");
        hit["score"] = "[score]".into();
        hit["corpus-id"] = "[id]".into();
        hit["cross-score"] = "[score]".into();
    }
}

#[tokio::test]
async fn what_did_not_change_is_not_indexed_again_and_the_last_call_is_right() {
    let app = App::new(&[]).await;
    let at = "/khoj/notes/api/content?client=obsidian";
    push(&app, Method::PATCH, at, &[("a.md", GARDEN), ("b.md", HOUSE)]).await;
    settle(&app, "notes").await;
    let before = app.documents("notes").await;
    let again = push(&app, Method::PATCH, at, &[("a.md", GARDEN), ("b.md", HOUSE)]).await;
    assert_eq!(again.text(), "a.md,b.md");
    assert_eq!(app.documents("notes").await, before);

    // Within the same millisecond as well, where times could not tell.
    for text in [HOUSE, "", GARDEN, ""] {
        push(&app, Method::PATCH, at, &[("a.md", text)]).await;
    }
    assert_eq!(paths(&app, "notes").await, ["b.md"]);
    push(&app, Method::PATCH, at, &[("a.md", GARDEN)]).await;
    assert_eq!(paths(&app, "notes").await, ["a.md", "b.md"]);
    let removed = app.delete("/khoj/notes/api/content/file?filename=a.md").await;
    assert_eq!(removed.status, StatusCode::CREATED);
    assert_eq!(paths(&app, "notes").await, ["b.md"]);
}

#[tokio::test]
async fn put_says_what_all_files_of_a_type_are() {
    let app = App::new(&[]).await;
    let at = "/api/content?client=obsidian&collection=notes";
    let files = [("a.md", GARDEN), ("b.md", HOUSE), ("list.txt", HOUSE)];
    push(&app, Method::PATCH, at, &files).await;
    push(&app, Method::PUT, at, &[("b.md", HOUSE)]).await;
    assert_eq!(paths(&app, "notes").await, ["b.md", "list.txt"]);
}

#[tokio::test]
async fn a_refused_file_is_not_named_and_a_wrong_key_is_refused() {
    let app = App::new(&[]).await;
    let files = [("../a.md", GARDEN), ("b.md", HOUSE)];
    let pushed = push(&app, Method::PATCH, "/api/content", &files).await;
    assert_eq!((pushed.status, pushed.text()), (StatusCode::OK, "b.md".to_owned()));
    push(&app, Method::PATCH, "/api/content", &files[..1]).await.error(400, "invalid_input");
    let request = Request::get("/api/v1/user").header(header::AUTHORIZATION, "Bearer kk-old");
    let refused = app.send(request.body(Body::empty()).expect("a request")).await;
    refused.error(401, "invalid_key");

    let sources = app.get("/api/sources").await.json();
    let id = sources["sources"][0]["id"].as_str().expect("an id").to_owned();
    app.post(&format!("/api/sources/{id}/pause"), &json!({})).await;
    push(&app, Method::PATCH, "/api/content", &files[1..]).await.error(409, "source_paused");
}

#[tokio::test]
async fn a_device_elsewhere_uses_the_key_that_it_was_paired_with_and_no_made_up_one() {
    let app = App::new(&[]).await;
    app.post("/api/collections", &json!({"name": "notes"})).await;
    let code = app.post("/api/sources/pairing-codes", &json!({"collection": "notes"})).await.json();
    let device = json!({"id": "phone", "platform": "android"});
    let source = "0199a4f2-7c1e-4d0b-9b57-000000000009";
    let request = json!({"code": code["code"], "device": device, "source_id": source});
    let paired = app.post("/api/pair", &request).await;
    assert!(paired.status.is_success(), "{}", paired.text());
    let key = paired.json()["key"].as_str().expect("a key").to_owned();
    let send = |method: Method, path: &str, key: &str, files: &[(&str, &[u8])]| {
        let elsewhere: SocketAddr = "192.168.1.77:50000".parse().expect("an address");
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .extension(ConnectInfo(elsewhere));
        app.send(request.body(Body::from(multipart(files))).expect("a request"))
    };
    let garden: &[(&str, &[u8])] = &[("a.md", GARDEN.as_bytes())];
    let user = send(Method::GET, "/api/v1/user", &key, &[]).await;
    assert_eq!(user.status, StatusCode::OK, "{}", user.text());
    let pushed = send(Method::PATCH, "/api/content", &key, garden).await;
    assert_eq!((pushed.status, pushed.text()), (StatusCode::OK, "a.md".to_owned()));
    settle(&app, "notes").await;
    let found = send(Method::GET, "/api/search?q=apple%20tree", &key, &[]).await;
    assert_eq!(found.json().as_array().expect("hits").len(), 1, "{}", found.text());
    for (method, path) in [
        (Method::GET, "/api/v1/user"),
        (Method::GET, "/khoj/notes/api/search?q=apple"),
        (Method::PATCH, "/khoj/notes/api/content"),
        (Method::DELETE, "/api/content/file?filename=a.md"),
    ] {
        let refused = send(method, path, "kk-made-up", garden).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(paths(&app, "notes").await, ["a.md"]);
}
