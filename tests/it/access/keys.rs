//! The keys themselves: from making to revoking, where they are looked for, and how refusals look.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::{Call, elsewhere, get, key_for, make_key};
use crate::harness::App;

#[tokio::test]
async fn this_machine_needs_no_key_and_others_do() {
    let app = App::new(&[]).await;
    assert_eq!(app.get("/api/collections").await.status.as_u16(), 200);
    let call = Call { method: "GET", path: "/api/collections", key: None, body: None };
    let refused = call.send(&app).await;
    refused.error(401, "invalid_api_key");
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
    let key = make_key(&app, &key_for(&["read"])).await;
    assert_eq!(get(&app, "/api/collections", &key).await.status.as_u16(), 200);
}

#[tokio::test]
async fn whoever_comes_through_a_proxy_or_by_another_name_is_not_this_machine() {
    let app = App::new(&[]).await;
    for (header, value) in [
        ("x-forwarded-for", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("x-real-ip", "10.0.0.1"),
        ("via", "1.1 proxy"),
    ] {
        let request = Request::get("/api/collections").header(header, value);
        let reply = app.send(request.body(Body::empty()).expect("a request")).await;
        reply.error(401, "invalid_api_key");
    }
    let request = Request::get("/api/keys").header("x-forwarded-for", "127.0.0.1");
    let reply = app.send(request.body(Body::empty()).expect("a request")).await;
    reply.error(403, "insufficient_permissions");
}

#[tokio::test]
async fn a_key_is_taken_from_where_each_client_puts_it_and_what_is_no_key_of_ours_means_nothing_here()
 {
    let app = App::new(&[]).await;
    let key = make_key(&app, &key_for(&["read"])).await;
    let basic = {
        use base64::Engine;
        let encoded = base64::prelude::BASE64_STANDARD.encode(format!("me:{key}"));
        format!("Basic {encoded}")
    };
    for (header, value) in [
        ("authorization", format!("Bearer {key}")),
        ("x-api-key", key.clone()),
        ("authorization", basic),
    ] {
        let request = Request::get("/v1/models").header(header, value).extension(elsewhere());
        let reply = app.send(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(reply.status.as_u16(), 200, "{header}");
    }
    // On this machine clients send whatever they are set to, but a key of ours binds here as well.
    let near = |value: String| {
        let request = Request::post("/api/collections").header("authorization", value);
        let request = request.header("content-type", "application/json");
        request.body(Body::from(r#"{"name":"made"}"#)).expect("a request")
    };
    assert_eq!(app.send(near("Bearer lm-studio".to_owned())).await.status.as_u16(), 201);
    app.send(near(format!("Bearer {key}"))).await.error(403, "insufficient_permissions");
    app.send(near("Bearer sk-quire-guess".to_owned())).await.error(401, "invalid_api_key");
}

#[tokio::test]
async fn a_refusal_has_the_shape_of_the_protocol() {
    let app = App::new(&[]).await;
    let read = make_key(&app, &key_for(&["read"])).await;
    for (key, status, kind) in
        [(None, 401, "authentication_error"), (Some(read.as_str()), 403, "permission_error")]
    {
        let send = async |path| {
            let call = Call { method: "POST", path, key, body: Some(json!({})) };
            let reply = call.send(&app).await;
            assert_eq!(reply.status.as_u16(), status, "{path}");
            reply.json()
        };
        let anthropic = send("/v1/messages").await;
        assert_eq!(
            (&anthropic["type"], &anthropic["error"]["type"]),
            (&"error".into(), &kind.into())
        );
        let ollama = send("/api/chat").await;
        assert!(ollama["error"].is_string(), "{ollama}");
        let openai = send("/v1/chat/completions").await;
        assert_eq!(openai["error"]["type"], kind, "{openai}");
        let page = send("/ui/begin_conversation").await;
        assert!(page["message"].is_string(), "{page}");
        let lmstudio = send("/api/v1/chat").await;
        assert_eq!(lmstudio["error"]["type"], "invalid_request", "{lmstudio}");
    }
    let request = Request::get("/").header("accept", "text/html").extension(elsewhere());
    let page = app.send(request.body(Body::empty()).expect("a request")).await;
    assert!(page.header("www-authenticate").starts_with("Basic"), "a browser asks for the key");
}

#[tokio::test]
async fn a_key_ends_when_it_is_revoked_or_expires() {
    let app = App::new(&[]).await;
    let key = make_key(&app, &json!({"name": "short", "allow": ["read"], "expires_in_s": 0})).await;
    let reply = get(&app, "/api/collections", &key).await;
    assert!(reply.error(401, "invalid_api_key").contains("expired"));
    let key = make_key(&app, &key_for(&["read"])).await;
    assert_eq!(get(&app, "/api/collections", &key).await.status.as_u16(), 200);
    let listed = app.get("/api/keys").await.json();
    let id = listed["keys"].as_array().expect("keys").iter().find(|key| key["name"] == "read");
    let id = id.and_then(|key| key["id"].as_str()).expect("an id");
    assert_eq!(app.delete(&format!("/api/keys/{id}")).await.status.as_u16(), 204);
    get(&app, "/api/collections", &key).await.error(401, "invalid_api_key");
}

#[tokio::test]
async fn only_a_hash_of_a_key_is_kept_and_its_use_is_recorded() {
    let app = App::new(&[]).await;
    let key = make_key(&app, &key_for(&["read"])).await;
    assert_eq!(get(&app, "/api/collections?secret=question", &key).await.status.as_u16(), 200);
    get(&app, "/v1/models", "sk-quire-guess").await.error(401, "invalid_api_key");
    let mut requests = Vec::new();
    // They are written beside the replies.
    for _ in 0..200 {
        let log = app.get("/api/keys/log").await.json();
        requests = log["requests"].as_array().expect("requests").clone();
        if requests.len() >= 2 {
            break;
        }
        tokio::task::yield_now().await;
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!((&requests[0]["key"], &requests[0]["status"]), (&"read".into(), &200.into()));
    assert_eq!(requests[0]["path"], "/api/collections", "without the query");
    assert_eq!(requests[0]["address"], "192.168.1.77");
    assert_eq!((&requests[1]["key"], &requests[1]["status"]), (&json!(null), &401.into()));
    for entry in walkdir::WalkDir::new(app.data()).into_iter().filter_map(Result::ok) {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let is_in = bytes.windows(key.len()).any(|window| window == key.as_bytes());
        assert!(!is_in, "the key stands in {}", entry.path().display());
    }
}
