//! Single files and blobs, with their headers.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::{GARDEN, HOUSE, at, hash, mirrored, paths_found, send, settle};

#[tokio::test]
async fn a_file_is_put_read_in_part_and_deleted() {
    let (app, _) = mirrored().await;
    let path = at("/files/Daily/%C3%9Cbung%20%F0%9F%8C%B1.md");
    // The SHA-256 of other bytes.
    let wrong = ("content-digest", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:");
    send(&app, Method::PUT, &path, &[wrong], GARDEN).await.error(422, "digest_mismatch");
    let times = [("x-file-mtime", "1000"), ("x-file-ctime", "900")];
    let made = send(&app, Method::PUT, &path, &times, GARDEN).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.json()["status"], "queued");
    assert_eq!(made.json()["path"], "Daily/Übung 🌱.md");
    let etag = made.header("etag").to_owned();
    assert_eq!(etag, hash(GARDEN).etag());
    let again = send(&app, Method::PUT, &path, &times, GARDEN).await;
    assert_eq!(
        (again.status, again.json()["status"].as_str()),
        (StatusCode::OK, Some("unchanged"))
    );

    let read = app.get(&path).await;
    assert_eq!(read.text(), GARDEN);
    assert_eq!((read.header("x-file-mtime"), read.header("x-file-ctime")), ("1000", "900"));
    let part = send(&app, Method::GET, &path, &[("range", "bytes=4-8")], "").await;
    assert_eq!((part.status, part.text().as_str()), (StatusCode::PARTIAL_CONTENT, "apple"));
    let same = send(&app, Method::GET, &path, &[("if-none-match", &etag)], "").await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);
    let head = send(&app, Method::HEAD, &path, &[], "").await;
    assert_eq!((head.status, head.header("etag")), (StatusCode::OK, etag.as_str()));

    let gone = send(&app, Method::DELETE, &path, &[("x-deleted-at", "2000")], "").await.json();
    assert_eq!((&gone["status"], &gone["deleted_at"]), (&json!("deleted"), &json!(2000)));
    assert_eq!(gone["last_hash"], json!(hash(GARDEN)));
    app.get(&path).await.error(404, "not_found");
    let unknown = app.delete(&at("/files/never.md")).await;
    assert_eq!(unknown.status, StatusCode::OK);
    send(&app, Method::PUT, &at("/files/a%2F..%2Fb.md"), &[], "x")
        .await
        .error(400, "invalid_input");
}

#[tokio::test]
async fn preconditions_are_kept_and_the_current_version_is_told() {
    let (app, _) = mirrored().await;
    let path = at("/files/a.md");
    let create = [("if-none-match", "*"), ("x-file-mtime", "5000")];
    let made = send(&app, Method::PUT, &path, &create, GARDEN).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let refused = send(&app, Method::PUT, &path, &create, HOUSE).await;
    refused.error(412, "precondition_failed");
    assert_eq!(refused.json()["error"]["details"]["current"]["hash"], json!(hash(GARDEN)));
    let older = send(&app, Method::PUT, &path, &[("x-file-mtime", "1")], HOUSE).await;
    assert_eq!(older.json()["status"], "superseded");
    let etag = hash(GARDEN).etag();
    let restore = [("if-match", etag.as_str()), ("x-file-mtime", "1")];
    let restored = send(&app, Method::PUT, &path, &restore, HOUSE).await;
    assert_eq!(restored.json()["status"], "queued");
    let stale = send(&app, Method::DELETE, &path, &[("if-match", &etag)], "").await;
    stale.error(412, "precondition_failed");
    settle(&app).await;
    assert_eq!(paths_found(&app, "roof").await, ["a.md"]);
}

#[tokio::test]
async fn a_blob_goes_on_where_it_stopped() {
    let (app, _) = mirrored().await;
    let text = "The report on the apple tree. ".repeat(400);
    let blob = format!("/api/blobs/{}", hash(&text));
    let length = text.len().to_string();
    let missing = send(&app, Method::HEAD, &blob, &[], "").await;
    assert_eq!((missing.status, missing.header("upload-offset")), (StatusCode::NOT_FOUND, "0"));
    let piece = |from: &'static str| [("upload-offset", from), ("upload-length", length.as_str())];
    let first = send(&app, Method::PATCH, &blob, &piece("0"), text[..5000].to_owned()).await;
    assert_eq!((first.status, first.header("upload-offset")), (StatusCode::NO_CONTENT, "5000"));
    let twice = send(&app, Method::PATCH, &blob, &piece("0"), text[..5000].to_owned()).await;
    twice.error(409, "offset_mismatch");
    assert_eq!(twice.header("upload-offset"), "5000");
    let last = send(&app, Method::PATCH, &blob, &piece("5000"), text[5000..].to_owned()).await;
    assert_eq!(last.status, StatusCode::OK);
    assert_eq!(send(&app, Method::HEAD, &blob, &[], "").await.status, StatusCode::OK);
    let ops = json!({"ops": [{"op": "put", "path": "r.txt", "blob": hash(&text), "mtime": 1}]});
    let done = app.post(&at("/batch"), &ops).await.json();
    assert_eq!(done["results"][0]["result"], "queued", "{done}");
}

#[tokio::test]
async fn files_are_listed_by_page_by_field_and_by_line() {
    let (app, _) = mirrored().await;
    for name in ["a.md", "b/c.md", "b/d.md"] {
        send(&app, Method::PUT, &at(&format!("/files/{name}")), &[], name.to_owned()).await;
    }
    let page = app.get(&at("/files?limit=2&fields=path,hash")).await.json();
    assert_eq!(page["files"][0], json!({"path": "a.md", "hash": hash("a.md")}));
    assert_eq!(page["next"], "b/c.md");
    let next = app.get(&at("/files?limit=2&cursor=b/c.md")).await.json();
    assert_eq!((&next["files"][0]["path"], &next["next"]), (&json!("b/d.md"), &json!(null)));
    let lines = [("accept", "application/x-ndjson")];
    let listed = send(&app, Method::GET, &at("/files?prefix=b/&fields=path"), &lines, "").await;
    let expected = "{\"path\":\"b/c.md\"}\n{\"path\":\"b/d.md\"}\n{\"next\":null}\n";
    assert_eq!(listed.text(), expected);
}
