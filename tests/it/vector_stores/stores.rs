//! Stores and searching them.

use axum::http::Method;
use serde_json::{Value, json};

use super::{PUMP, TANK, at, file, filled, ids, settle, store};
use crate::harness::App;

/// How a recording begins.
const SONG: &[u8] = b"ID3\x03\0\0\0\0\0\x21TIT2\0\0\0\x02";

#[tokio::test]
async fn a_store_is_a_collection_by_another_word() {
    let app = App::new(&[]).await;
    let body = json!({
        "name": "Plant: all?", "metadata": {"team": "a"}, "expires_after": {"anchor": "last_active_at", "days": 7},
        "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}},
    });
    let made = store(&app, body).await;
    assert_eq!((&made["object"], &made["status"]), (&json!("vector_store"), &json!("completed")));
    assert_eq!(
        (&made["name"], &made["collection"]),
        (&json!("Plant: all?"), &json!("Plant- all-"))
    );
    let days = made["expires_at"].as_i64().zip(made["last_active_at"].as_i64());
    assert_eq!(days.map(|(end, start)| end - start), Some(7 * 24 * 60 * 60), "{made}");
    let listed = app.get("/api/collections").await.json();
    assert_eq!(listed["collections"][0]["name"], "Plant- all-", "{listed}");
    // Its name is free, and so a second one may have it.
    let second = store(&app, json!({"name": "Plant: all?"})).await;
    assert_ne!(second["collection"], made["collection"]);
    let changed = json!({"name": "Works", "metadata": {"team": "b"}, "expires_after": null});
    let changed = app.post(&at(&made, ""), &changed).await.json();
    assert_eq!((&changed["collection"], &changed["expires_at"]), (&json!("Works"), &Value::Null));
    assert_eq!(changed["metadata"], json!({"team": "b"}));
    // A name that is given on the page shows here.
    let renamed = json!({"name": "Factory"});
    app.send_json(Method::PATCH, "/api/collections/Works", &renamed).await;
    let shown = app.get(&at(&made, "")).await.json();
    assert_eq!((&shown["name"], &shown["id"]), (&json!("Factory"), &made["id"]));
    assert_eq!(app.delete(&at(&made, "")).await.json()["object"], "vector_store.deleted");
    app.get(&at(&made, "")).await.error(404, "not_found");
    assert_eq!(app.get("/api/collections/Factory").await.status.as_u16(), 404);
}

#[tokio::test]
async fn counts_and_failures_are_told() {
    let app = App::new(&[]).await;
    let files: [(&str, &[u8]); 2] = [("pump.md", PUMP), ("song.mp3", SONG)];
    let (store, files) = filled(&app, "plant", &files).await;
    let shown = app.get(&at(&store, "")).await.json();
    let counts = json!({"in_progress": 0, "completed": 1, "failed": 1, "cancelled": 0, "total": 2});
    assert_eq!(shown["file_counts"], counts, "{shown}");
    assert_eq!(shown["usage_bytes"], PUMP.len() + SONG.len());
    let failed = app.get(&at(&store, "/files?filter=failed")).await.json();
    assert_eq!(ids(&failed), [files[1].as_str()]);
    assert_eq!(failed["data"][0]["last_error"]["code"], "unsupported_file", "{failed}");
    let done = app.get(&at(&store, "/files?filter=completed")).await.json();
    assert_eq!(ids(&done), [files[0].as_str()]);
    app.get(&at(&store, "/files?filter=late")).await.error(400, "invalid_input");
}

#[tokio::test]
async fn a_search_finds_passages_that_filters_let_through() {
    let app = App::new(&[]).await;
    let store = store(&app, json!({"name": "plant"})).await;
    let mut made = Vec::new();
    for (name, bytes, year) in [("pump.md", PUMP, 2020), ("tank.md", TANK, 2024)] {
        let id = file(&app, name, bytes).await;
        let body = json!({"file_id": id, "attributes": {"year": year, "is_final": true}});
        app.post(&at(&store, "/files"), &body).await;
        made.push(id);
    }
    settle(&app, &store).await;
    let search = |body: Value| {
        let (app, path) = (&app, at(&store, "/search"));
        async move { app.post(&path, &body).await.json() }
    };
    let found = search(json!({"query": "At how many hertz does the pump run?"})).await;
    assert_eq!(found["object"], "vector_store.search_results.page");
    assert_eq!(found["search_query"], json!(["At how many hertz does the pump run?"]));
    let first = &found["data"][0];
    assert_eq!((&first["file_id"], &first["filename"]), (&json!(made[0]), &json!("pump.md")));
    assert_eq!(first["attributes"]["year"].as_f64(), Some(2020.0), "{first}");
    assert!(first["content"][0]["text"].as_str().is_some_and(|text| text.contains("50 hertz")));
    let files = |found: &Value| -> Vec<Value> {
        found["data"].as_array().into_iter().flatten().map(|one| one["file_id"].clone()).collect()
    };
    let newer = json!({"type": "and", "filters": [
        {"type": "gte", "key": "year", "value": 2022}, {"type": "eq", "key": "is_final", "value": true},
    ]});
    let found = search(json!({"query": "pump", "filters": newer})).await;
    assert_eq!(files(&found), [json!(made[1])], "{found}");
    let named = json!({"type": "eq", "key": "filename", "value": "pump.md"});
    let found = search(json!({"query": ["tank", "litres"], "filters": named})).await;
    assert_eq!(files(&found), [json!(made[0])], "{found}");
    let found =
        search(json!({"query": ["pump", "tank"], "max_num_results": 1, "rewrite_query": true}))
            .await;
    assert_eq!(files(&found).len(), 1);
    let none =
        json!({"query": "pump", "ranking_options": {"ranker": "auto", "score_threshold": 1.01}});
    assert!(files(&search(none).await).is_empty());
    // Other attributes take the place of those before.
    let path = at(&store, &format!("/files/{}", made[0]));
    let changed = app.post(&path, &json!({"attributes": {"year": 2030}})).await.json();
    assert_eq!(changed["attributes"], json!({"year": 2030.0}), "{changed}");
    let late = json!({"type": "gt", "key": "year", "value": 2025});
    assert_eq!(files(&search(json!({"query": "pump", "filters": late})).await), [json!(made[0])]);
}

#[tokio::test]
async fn what_is_wrong_is_refused_by_place() {
    let app = App::new(&[]).await;
    let made = store(&app, json!({"name": "plant"})).await;
    for (path, body, param) in [
        ("", json!({"expires_after": {"anchor": "created_at", "days": 1}}), "expires_after"),
        ("", json!({"expires_after": {"days": 0}}), "expires_after"),
        ("", json!({"metadata": {"k": "v".repeat(600)}}), "metadata"),
        ("/search", json!({}), "query"),
        ("/search", json!({"query": []}), "query"),
        ("/search", json!({"query": "a", "max_num_results": 51}), "max_num_results"),
        ("/file_batches", json!({}), "file_ids"),
        ("/file_batches", json!({"file_ids": []}), "file_ids"),
    ] {
        let reply = app.post(&at(&made, path), &body).await;
        assert_eq!(reply.status.as_u16(), 400, "{path} {body}: {}", reply.text());
        assert_eq!(reply.json()["error"]["param"], param, "{path} {body}");
    }
    app.post(&at(&made, "/files"), &json!({"file_id": "file-none"})).await.error(404, "not_found");
    app.get("/v1/vector_stores/vs_none/files").await.error(404, "not_found");
    let unknown = json!({"name": "x", "file_ids": ["file-none"]});
    app.post("/v1/vector_stores", &unknown).await.error(404, "not_found");
    assert_eq!(ids(&app.get("/v1/vector_stores").await.json()).len(), 1, "none was made");
}
