//! Keys for some collections: the others do not exist for them.

use quire_domain::DocumentPath;
use serde_json::json;

use super::{Call, get, make_key, post};
use crate::harness::App;

#[tokio::test]
async fn what_a_key_does_not_open_does_not_exist_for_it() {
    let app = App::new(&[]).await;
    app.fill("open", &[("a.txt", b"The meeting is on Monday.")]).await;
    app.fill("closed", &[("b.txt", b"The password is swordfish.")]).await;
    let all = ["read", "ask", "write"];
    let key = make_key(&app, &json!({"name": "k", "allow": all, "collections": ["Open"]})).await;
    let hidden = app.documents("closed").await[0]["id"].as_str().expect("an id").to_owned();
    let conversation = app.post("/api/collections/closed/conversations", &json!({})).await.json();
    let conversation = conversation["id"].as_str().expect("an id").to_owned();

    let listed = get(&app, "/api/collections", &key).await.json();
    let names: Vec<_> = listed["collections"].as_array().expect("a list").iter().collect();
    assert_eq!((names.len(), &names[0]["name"]), (1, &"open".into()));
    for path in ["/v1/models", "/api/tags", "/api/v1/models", "/api/health/index", "/metrics"] {
        let reply = get(&app, path, &key).await;
        assert_eq!(reply.status.as_u16(), 200, "{path}");
        assert!(!reply.text().contains("closed"), "{path} tells of it");
    }
    let health = get(&app, "/api/health/index", &key).await.json();
    assert_eq!(health["documents"], 1);
    assert_eq!((&health["chunks"], &health["orphan_chunks"]), (&json!(1), &json!(0)), "{health}");

    for path in [
        "/api/collections/closed",
        "/api/collections/closed/documents",
        "/api/collections/closed/events",
        "/api/collections/closed/tags",
        "/api/collections/closed/conversations",
        &format!("/api/documents/{hidden}"),
        &format!("/api/documents/{hidden}/text"),
        &format!("/api/documents/{hidden}/content"),
        &format!("/api/documents/{hidden}/view"),
        &format!("/api/documents/{hidden}/links"),
        &format!("/api/conversations/{conversation}"),
    ] {
        let reply = get(&app, path, &key).await;
        assert_eq!(reply.status.as_u16(), 404, "{path}: {}", reply.text());
    }
    let question = json!({"question": "What is the password?", "query": "password"});
    for path in ["/api/collections/closed/search", "/api/collections/closed/ask"] {
        assert_eq!(post(&app, path, &key, question.clone()).await.status.as_u16(), 404, "{path}");
    }
    let messages = json!([{"role": "user", "content": "What is the password?"}]);
    for path in ["/v1/chat/completions", "/v1/messages", "/api/chat", "/v1/responses"] {
        let body = json!({"model": "collection/closed", "messages": messages, "max_tokens": 9,
            "input": "What is the password?"});
        let reply = post(&app, path, &key, body).await;
        assert_eq!(reply.status.as_u16(), 404, "{path}: {}", reply.text());
    }
    for (method, path) in [
        ("DELETE", format!("/api/documents/{hidden}")),
        ("POST", format!("/api/documents/{hidden}/retry")),
        ("DELETE", format!("/api/conversations/{conversation}")),
        ("DELETE", "/api/collections/closed".to_owned()),
    ] {
        let call = Call { method, path: &path, key: Some(&key), body: None };
        assert_eq!(call.send(&app).await.status.as_u16(), 404, "{method} {path}");
    }
    assert_eq!(app.documents("closed").await.len(), 1, "nothing was done to it");

    let made = post(&app, "/api/collections", &key, json!({"name": "new"})).await;
    made.error(403, "insufficient_permissions");
    let found = post(&app, "/api/collections/open/search", &key, json!({"query": "meeting"})).await;
    assert_eq!(found.json()["hits"].as_array().expect("hits").len(), 1);
}

#[tokio::test]
async fn a_key_follows_a_collection_that_is_renamed() {
    let app = App::new(&[]).await;
    app.fill("before", &[("a.txt", b"One.")]).await;
    let request = json!({"name": "k", "allow": ["read", "ask"], "collections": ["before"]});
    let key = make_key(&app, &request).await;
    let chat = post(&app, "/v1/conversations", &key, json!({})).await.json();
    let chat = chat["id"].as_str().expect("an id").to_owned();
    let body = json!({"name": "after"});
    let renamed = app.send_json(axum::http::Method::PATCH, "/api/collections/before", &body).await;
    assert_eq!(renamed.status.as_u16(), 200, "{}", renamed.text());
    assert_eq!(get(&app, "/api/collections/after", &key).await.status.as_u16(), 200);
    let kept = get(&app, &format!("/v1/conversations/{chat}"), &key).await;
    assert_eq!(kept.status.as_u16(), 200, "what was made with the key is still there for it");
}

#[tokio::test]
async fn a_file_whose_time_is_over_stands_in_nobodys_way() {
    let app = App::new(&[]).await;
    app.fill("open", &[("a.txt", b"One.")]).await;
    let request = json!({"name": "k", "allow": ["read"], "collections": ["open"]});
    let key = make_key(&app, &request).await;
    let expire = async || {
        let name: DocumentPath = "old.txt".parse().expect("a name");
        let mut upload = app.services.uploads.begin(name.as_str()).await.expect("it begins");
        upload.write(b"Two.").await.expect("it is written");
        let upload = upload.finish().await.expect("it ends");
        let file = (name, "assistants".to_owned());
        app.services.files.add(file, Some(-1), upload).await.expect("it is kept");
    };
    expire().await;
    let listed = get(&app, "/v1/files", &key).await;
    assert_eq!(listed.status.as_u16(), 200, "it is none of this key's: {}", listed.text());
    let both = tokio::join!(app.get("/v1/files"), app.get("/v1/files"));
    for listed in [both.0, both.1] {
        assert_eq!(listed.status.as_u16(), 200, "another took it away: {}", listed.text());
        assert_eq!(listed.json()["data"].as_array().map(Vec::len), Some(1), "{}", listed.text());
    }
}

#[tokio::test]
async fn what_is_kept_for_a_key_outlasts_that_many_others_call() {
    let app = App::new(&["Hello.", "You said hi."]).await;
    let request = |name: String| json!({"name": name, "allow": ["ask"], "collections": [name]});
    let key = make_key(&app, &request("first".to_owned())).await;
    let first = post(&app, "/api/v1/chat", &key, json!({"input": "Hi."})).await.json();
    let id = first["response_id"].as_str().expect("an identifier").to_owned();
    // One more than have routes at a time.
    for number in 0..65 {
        let other = make_key(&app, &request(format!("other{number}"))).await;
        assert_eq!(get(&app, "/v1/models", &other).await.status.as_u16(), 200);
    }
    let next = json!({"input": "What did I say?", "previous_response_id": id});
    let next = post(&app, "/api/v1/chat", &key, next).await;
    assert_eq!(next.status.as_u16(), 200, "{}", next.text());
}
