//! Who may sync: this machine, and paired devices for their own source.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::{SOURCE, at, mirrored, send, source_request};
use crate::harness::{App, Reply};

const OTHER: &str = "0199a4f2-7c1e-4d0b-9b57-000000000002";

/// Sends a request as if from another machine.
async fn from_afar(
    app: &App,
    method: Method,
    path: &str,
    key: Option<&str>,
    body: &Value,
) -> Reply {
    let peer: SocketAddr = "192.168.1.77:50000".parse().expect("an address");
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .extension(ConnectInfo(peer));
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    app.send(request.body(Body::from(body.to_string())).expect("a request")).await
}

async fn code(app: &App) -> String {
    let code = app.post("/api/sources/pairing-codes", &json!({"collection": "notes"})).await;
    assert_eq!(code.status, StatusCode::CREATED, "{}", code.text());
    code.json()["code"].as_str().expect("a code").to_owned()
}

fn pair_request(code: &str, source: &str) -> Value {
    json!({"code": code, "device": {"id": "phone", "platform": "android"}, "source_id": source})
}

#[tokio::test]
async fn the_page_makes_codes_for_this_machine_alone() {
    let (app, _) = mirrored().await;
    let body = json!({"collection": "notes", "source": null});
    let path = "/ui/local/create_pairing_code";
    let refused = from_afar(&app, Method::POST, path, None, &body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    assert!(refused.json()["message"].as_str().expect("a sentence").contains("the machine"));
    let made = app.post(path, &body).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    assert!(made.json()["code"].is_string());
}

#[tokio::test]
async fn another_machine_needs_a_key_and_a_key_opens_one_source() {
    let (app, _) = mirrored().await;
    let nothing = json!({});
    for (method, path) in [
        (Method::GET, at("")),
        (Method::GET, "/api/sources".to_owned()),
        (Method::PUT, at("/files/a.md")),
        (Method::POST, "/api/sources/pairing-codes".to_owned()),
    ] {
        let refused = from_afar(&app, method, &path, None, &nothing).await;
        refused.error(401, "key_needed");
    }
    let paired =
        from_afar(&app, Method::POST, "/api/pair", None, &pair_request(&code(&app).await, OTHER))
            .await;
    assert_eq!(paired.status, StatusCode::CREATED, "{}", paired.text());
    let paired = paired.json();
    assert_eq!((&paired["source_id"], &paired["collection"]), (&json!(OTHER), &json!("notes")));
    assert_eq!(paired["scope"], format!("sync:{OTHER}"));
    let key = paired["key"].as_str().expect("a key");

    let own = format!("/api/sources/{OTHER}");
    let made = from_afar(&app, Method::PUT, &own, Some(key), &source_request("notes")).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    app.post("/api/collections", &json!({"name": "secrets"})).await;
    let elsewhere = from_afar(&app, Method::PUT, &own, Some(key), &source_request("secrets")).await;
    elsewhere.error(403, "wrong_scope");
    from_afar(&app, Method::GET, &at(""), Some(key), &nothing).await.error(403, "wrong_scope");
    from_afar(&app, Method::DELETE, &own, Some(key), &nothing).await.error(403, "local_only");
    from_afar(&app, Method::GET, &own, Some("qk_guess"), &nothing).await.error(401, "invalid_key");
    let listed = from_afar(&app, Method::GET, "/api/sources", Some(key), &nothing).await.json();
    assert_eq!(listed["sources"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["opens"], OTHER);
    assert_eq!(app.get("/api/sources").await.json()["sources"].as_array().map(Vec::len), Some(2));

    assert_eq!(app.delete(&own).await.status, StatusCode::NO_CONTENT);
    from_afar(&app, Method::GET, &own, Some(key), &nothing).await.error(401, "invalid_key");
}

#[tokio::test]
async fn keys_are_listed_without_themselves_and_end_when_they_are_revoked() {
    let (app, _) = mirrored().await;
    let keys_of = at("/keys");
    let pair = async |device: &str| {
        let code = code(&app).await;
        let body = json!({"code": code, "device": {"id": device}, "source_id": SOURCE});
        let paired = app.post("/api/pair", &body).await.json();
        paired["key"].as_str().expect("a key").to_owned()
    };
    assert_eq!(app.get(&keys_of).await.json(), json!({"keys": []}));
    let (phone, laptop) = (pair("phone").await, pair("laptop").await);
    let mut request = source_request("notes");
    request["device"] = json!({"id": "phone", "name": "My phone", "platform": "android"});
    let named = from_afar(&app, Method::PUT, &at(""), Some(&phone), &request).await;
    assert_eq!(named.status, StatusCode::OK, "{}", named.text());

    let listed = app.get(&keys_of).await;
    assert!(!listed.text().contains("qk_"), "{}", listed.text());
    let listed = listed.json();
    let one_of = |device: &str| {
        let keys = listed["keys"].as_array().expect("a list").iter();
        let found: Vec<_> = keys.filter(|key| key["device_id"] == device).collect();
        assert_eq!(found.len(), 1, "{listed}");
        found[0].clone()
    };
    assert_eq!(one_of("phone")["device_name"], "My phone");
    assert_eq!(one_of("laptop")["device_name"], "");
    let (made, used) = (&one_of("phone")["created_at"], &one_of("phone")["used_at"]);
    assert!(made.as_i64() > Some(0) && used.as_i64() >= made.as_i64(), "{listed}");

    let id = one_of("phone")["id"].as_str().expect("an id").to_owned();
    let one = at(&format!("/keys/{id}"));
    for path in [&keys_of, &one] {
        let method = if *path == one { Method::DELETE } else { Method::GET };
        let refused = from_afar(&app, method.clone(), path, Some(&laptop), &json!({})).await;
        refused.error(403, "local_only");
        from_afar(&app, method, path, None, &json!({})).await.error(401, "key_needed");
    }
    let elsewhere = format!("/api/sources/{OTHER}/keys/{id}");
    app.delete(&elsewhere).await.error(404, "not_found");

    assert_eq!(app.delete(&one).await.status, StatusCode::NO_CONTENT);
    from_afar(&app, Method::GET, &at(""), Some(&phone), &json!({})).await.error(401, "invalid_key");
    let still = from_afar(&app, Method::GET, &at(""), Some(&laptop), &json!({})).await;
    assert_eq!(still.status, StatusCode::OK, "{}", still.text());
    app.delete(&one).await.error(404, "not_found");
    app.delete(&at("/keys/short")).await.error(400, "invalid_input");
    app.get(&format!("/api/sources/{OTHER}/keys")).await.error(404, "not_found");
    assert_eq!(app.get(&keys_of).await.json()["keys"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn the_page_shows_and_revokes_keys_to_this_machine_alone() {
    let (app, _) = mirrored().await;
    let paired = app.post("/api/pair", &pair_request(&code(&app).await, SOURCE)).await;
    assert_eq!(paired.status, StatusCode::CREATED, "{}", paired.text());
    let (list, body) = ("/ui/local/list_source_keys", json!({"collection": "notes"}));
    let refused = from_afar(&app, Method::POST, list, None, &body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    let listed = app.post(list, &body).await.json();
    assert_eq!(listed[0]["source"], SOURCE, "{listed}");
    let key = listed[0]["key"]["id"].clone();
    let (revoke, body) = ("/ui/local/revoke_source_key", json!({"source": SOURCE, "key": key}));
    let refused = from_afar(&app, Method::POST, revoke, None, &body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text());
    assert_eq!(app.post(revoke, &body).await.status, StatusCode::OK);
    assert_eq!(app.post(revoke, &body).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_key_that_is_sent_must_be_valid_from_this_machine_too() {
    let (app, _) = mirrored().await;
    let headers = [("authorization", "Bearer qk_guess")];
    send(&app, Method::GET, &at(""), &headers, "").await.error(401, "invalid_key");
}

#[tokio::test]
async fn a_code_works_once_and_few_wrong_ones_end_it() {
    let (app, _) = mirrored().await;
    let good = code(&app).await;
    let typed = good.to_lowercase().replace('-', " ");
    let paired = app.post("/api/pair", &pair_request(&typed, SOURCE)).await;
    assert_eq!(paired.status, StatusCode::CREATED, "it may be typed in any way: {}", paired.text());
    app.post("/api/pair", &pair_request(&good, SOURCE)).await.error(403, "wrong_code");
    let good = code(&app).await;
    for _ in 0..5 {
        app.post("/api/pair", &pair_request("AAAA-AAAA", SOURCE)).await.error(403, "wrong_code");
    }
    app.post("/api/pair", &pair_request(&good, SOURCE)).await.error(403, "wrong_code");
}

#[tokio::test]
async fn a_code_for_one_collection_does_not_open_a_source_of_another() {
    let (app, _) = mirrored().await;
    app.post("/api/collections", &json!({"name": "secrets"})).await;
    let other = format!("/api/sources/{OTHER}");
    app.send_json(Method::PUT, &other, &source_request("secrets")).await;
    let paired = app.post("/api/pair", &pair_request(&code(&app).await, OTHER)).await.json();
    let key = paired["key"].as_str().expect("a key");
    from_afar(&app, Method::GET, &other, Some(key), &json!({})).await.error(403, "wrong_scope");
}

#[tokio::test]
async fn obsidian_may_sync_and_other_pages_may_not() {
    let (app, _) = mirrored().await;
    let key = app.post("/api/pair", &pair_request(&code(&app).await, SOURCE)).await.json();
    let key = format!("Bearer {}", key["key"].as_str().expect("a key"));
    for origin in ["app://obsidian.md", "capacitor://localhost"] {
        let headers = [("origin", origin), ("authorization", key.as_str())];
        let reply = send(&app, Method::GET, &at("/digest"), &headers, "").await;
        assert_eq!(reply.status, StatusCode::OK, "{origin}: {}", reply.text());
    }
    for origin in ["https://evil.example", "http://localhost"] {
        let headers = [("origin", origin), ("authorization", key.as_str())];
        let reply = send(&app, Method::GET, &at("/digest"), &headers, "").await;
        reply.error(403, "origin_not_allowed");
    }
}

#[tokio::test]
async fn only_folders_that_can_be_watched_are_and_only_on_the_word_of_this_machine() {
    let (app, _) = mirrored().await;
    let folder = tempfile::tempdir().expect("a folder");
    let other = format!("/api/sources/{OTHER}");
    let mut request = source_request("notes");
    request["kind"] = "folder".into();
    let data = app.services.config().data_dir.to_str().expect("a plain path").to_owned();
    for root in ["notes", "/no/such/folder", data.as_str(), "/"] {
        request["root"] = root.into();
        let refused = app.send_json(Method::PUT, &other, &request).await;
        assert!(refused.error(422, "invalid_root").contains(root), "{root}");
    }
    request["root"] = folder.path().to_str().expect("a plain path").into();
    let paired = app.post("/api/pair", &pair_request(&code(&app).await, OTHER)).await.json();
    let key = paired["key"].as_str().expect("a key");
    from_afar(&app, Method::PUT, &other, Some(key), &request).await.error(403, "local_only");
    from_afar(&app, Method::PUT, &other, None, &request).await.error(401, "key_needed");
    let made = app.send_json(Method::PUT, &other, &request).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text());
    assert_eq!(made.json()["kind"], "folder");
}
