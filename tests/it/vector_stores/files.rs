//! Files with collections and without.

use serde_json::json;

use super::{PUMP, TANK, at, file, filled, ids, settle, store, upload};
use crate::harness::App;

#[tokio::test]
async fn a_file_lives_without_a_collection_and_in_several() {
    let app = App::new(&[]).await;
    let fields = [("purpose", "user_data"), ("expires_after[seconds]", "3600")];
    let made = upload(&app, ("pump.md", PUMP), &fields).await.json();
    assert_eq!(made["object"], "file");
    assert_eq!((&made["filename"], &made["bytes"]), (&json!("pump.md"), &json!(PUMP.len())));
    let lifetime = made["expires_at"].as_i64().zip(made["created_at"].as_i64());
    assert_eq!(lifetime.map(|(end, start)| end - start), Some(3600), "{made}");
    let id = made["id"].as_str().expect("an identifier");
    assert_eq!(app.get(&format!("/files/{id}")).await.json(), made, "without `/v1`");
    assert_eq!(app.get(&format!("/v1/files/{id}/content")).await.body, PUMP);
    // In two stores it is one file and two documents.
    let (first, second) = (store(&app, json!({"name": "A"})).await, store(&app, json!({})).await);
    for store in [&first, &second] {
        let attached = app.post(&at(store, "/files"), &json!({"file_id": id})).await.json();
        assert_eq!(attached["id"], id, "{attached}");
        settle(&app, store).await;
        let shown = app.get(&at(store, &format!("/files/{id}"))).await.json();
        assert_eq!(
            (&shown["status"], &shown["usage_bytes"]),
            (&json!("completed"), &json!(PUMP.len()))
        );
    }
    assert_eq!(app.documents("A").await[0]["path"], "pump.md", "it is a document as any other");
    assert_eq!(ids(&app.get("/v1/files").await.json()), [id], "it is one file");
    let gone = app.delete(&at(&first, &format!("/files/{id}"))).await.json();
    assert_eq!(gone["object"], "vector_store.file.deleted");
    assert!(app.documents("A").await.is_empty());
    assert_eq!(app.get(&format!("/v1/files/{id}/content")).await.body, PUMP, "the file stays");
    assert_eq!(app.delete(&format!("/v1/files/{id}")).await.json()["deleted"], true);
    app.get(&format!("/v1/files/{id}")).await.error(404, "not_found");
    assert!(ids(&app.get(&at(&second, "/files")).await.json()).is_empty());
}

#[tokio::test]
async fn every_document_is_a_file() {
    let app = App::new(&[]).await;
    let added = app.fill("plant", &[("manuals/pump.md", PUMP)]).await;
    let document = added["documents"][0]["id"].as_str().expect("an identifier");
    let files = app.get("/v1/files").await.json();
    let id = format!("file-{document}");
    assert_eq!(ids(&files), [id.as_str()]);
    assert_eq!(files["data"][0]["filename"], "manuals/pump.md");
    let stores = app.get("/v1/vector_stores").await.json();
    assert_eq!(stores["data"][0]["name"], "plant", "{stores}");
    let of_store = app.get("/v1/vector_stores/plant/files").await.json();
    assert_eq!(ids(&of_store), [id.as_str()], "a store is found by its collection's name");
    // Taken out of its only collection it is a file still.
    app.delete(&format!("/v1/vector_stores/plant/files/{id}")).await;
    app.get(&format!("/api/documents/{document}")).await.error(404, "not_found");
    assert_eq!(app.get(&format!("/v1/files/{id}/content")).await.body, PUMP);
    app.post("/v1/vector_stores/plant/files", &json!({"file_id": id})).await;
    settle(&app, &stores["data"][0]).await;
    let back = app.get(&format!("/api/documents/{document}")).await.json();
    assert_eq!(back["status"], "indexed", "{back}");
    // What is deleted as a document was nothing but that.
    let other = app.upload("plant", &[("tank.md", TANK)]).await.json();
    let other = other["documents"][0]["id"].as_str().expect("an identifier").to_owned();
    app.delete(&format!("/api/documents/{other}")).await;
    app.get(&format!("/v1/files/file-{other}")).await.error(404, "not_found");
}

#[tokio::test]
async fn a_file_that_is_changed_as_a_document_is_another_file_under_its_name() {
    let app = App::new(&[]).await;
    let (store, files) = filled(&app, "plant", &[("pump.md", PUMP)]).await;
    app.upload("plant", &[("pump.md", TANK)]).await;
    settle(&app, &store).await;
    assert_eq!(app.get(&format!("/v1/files/{}/content", files[0])).await.body, TANK);
}

#[tokio::test]
async fn lists_come_in_parts() {
    let app = App::new(&[]).await;
    let mut made = Vec::new();
    for name in ["a.md", "b.md", "c.md", "d.md"] {
        made.push(file(&app, name, PUMP).await);
    }
    let all = app.get("/v1/files?order=asc").await.json();
    assert_eq!(
        (ids(&all), &all["has_more"]),
        (made.iter().map(String::as_str).collect(), &json!(false))
    );
    let part = |query: String| {
        let app = &app;
        async move { app.get(&format!("/v1/files?{query}")).await.json() }
    };
    let first = part("limit=3".to_owned()).await;
    assert_eq!(ids(&first), [&*made[3], &*made[2], &*made[1]], "the newest first");
    assert_eq!((&first["has_more"], &first["last_id"]), (&json!(true), &json!(made[1])));
    let rest = part(format!("limit=3&after={}", made[1])).await;
    assert_eq!((ids(&rest), &rest["has_more"]), (vec![made[0].as_str()], &json!(false)));
    let before = part(format!("limit=1&before={}", made[1])).await;
    assert_eq!((ids(&before), &before["has_more"]), (vec![made[2].as_str()], &json!(true)));
    assert!(ids(&part("purpose=batch".to_owned()).await).is_empty());
    app.get("/v1/files?after=file-none").await.error(400, "invalid_input");
    app.get("/v1/files?order=up").await.error(400, "invalid_input");
}

#[tokio::test]
async fn two_files_of_one_name_are_two_documents() {
    let app = App::new(&[]).await;
    let (store, files) = filled(&app, "plant", &[("pump.md", PUMP), ("pump.md", TANK)]).await;
    let paths: Vec<_> =
        app.documents("plant").await.into_iter().map(|one| one["path"].clone()).collect();
    assert_eq!(paths, [json!("pump (2).md"), json!("pump.md")]);
    let text = app.get(&at(&store, &format!("/files/{}/content", files[1]))).await.json();
    assert!(
        text["data"][0]["text"].as_str().is_some_and(|text| text.contains("900 litres")),
        "{text}"
    );
}

#[tokio::test]
async fn an_upload_that_is_none_is_refused() {
    let app = App::new(&[]).await;
    let reply = upload(&app, ("..", PUMP), &[]).await;
    assert_eq!(reply.json()["error"]["param"], "file", "{}", reply.text());
    let reply = upload(&app, ("a.md", PUMP), &[("expires_after[seconds]", "soon")]).await;
    assert_eq!(reply.json()["error"]["param"], "expires_after", "{}", reply.text());
    let id = file(&app, "/notes/a.md", PUMP).await;
    assert_eq!(app.get(&format!("/v1/files/{id}")).await.json()["filename"], "a.md");
}
