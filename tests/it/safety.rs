//! Who may call: names of this machine, its own pages, and the apps on the list.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};

use crate::harness::{App, Reply};

async fn send(app: &App, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request.body(Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn a_foreign_host_is_refused_on_every_route() {
    let app = App::new(&[]).await;
    for path in [
        "/",
        "/health",
        "/api/collections",
        "/v1/models",
        "/v1/responses/none",
        "/api/tags",
        "/api/v0/models",
        "/api/v1/models",
        "/pkg/quire.js",
        "/nothing",
    ] {
        for host in ["evil.example", "evil.example:1234", "localhost.evil.example"] {
            let reply = send(&app, Method::GET, path, &[("host", host)]).await;
            reply.error(403, "host_not_allowed");
        }
        let reply = send(&app, Method::GET, path, &[("host", "localhost:1234")]).await;
        assert_ne!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn a_foreign_origin_is_refused_and_our_own_is_not() {
    let app = App::new(&[]).await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1:9999", "http://localhost"] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let headers = [("origin", origin)];
            for path in ["/api/collections", "/v1/messages", "/api/chat", "/api/v1/chat"] {
                let reply = send(&app, method.clone(), path, &headers).await;
                reply.error(403, "origin_not_allowed");
            }
        }
    }
    let headers = [("host", "localhost:1234"), ("origin", "http://localhost:1234")];
    let reply = send(&app, Method::GET, "/api/collections", &headers).await;
    assert_eq!(reply.status, StatusCode::OK);
}

#[tokio::test]
async fn a_cross_site_form_without_an_origin_is_refused() {
    let app = App::new(&[]).await;
    let headers = [("sec-fetch-site", "cross-site"), ("content-type", "text/plain")];
    let reply = send(&app, Method::POST, "/api/collections", &headers).await;
    reply.error(403, "origin_not_allowed");
    let headers = [("sec-fetch-site", "cross-site")];
    let link = send(&app, Method::GET, "/api/collections", &headers).await;
    assert_eq!(link.status, StatusCode::OK, "a link from elsewhere may be followed");
}

#[tokio::test]
async fn listed_apps_may_call_and_read_errors_too() {
    let app = App::new(&[]).await;
    for origin in ["app://obsidian.md", "capacitor://localhost"] {
        for path in ["/v1/models", "/v1/models/none"] {
            let reply = send(&app, Method::GET, path, &[("origin", origin)]).await;
            assert_eq!(reply.header("access-control-allow-origin"), origin, "{path}");
            assert!(reply.header("access-control-expose-headers").contains("x-request-id"));
        }
    }
}

#[tokio::test]
async fn a_preflight_is_answered_before_anything_reads_a_body() {
    let app = App::new(&[]).await;
    let headers = [
        ("origin", "app://obsidian.md"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,x-stainless-os"),
        ("access-control-request-private-network", "true"),
    ];
    let reply = send(&app, Method::OPTIONS, "/v1/chat/completions", &headers).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(reply.header("access-control-allow-headers"), "authorization,x-stainless-os");
    assert_eq!(reply.header("access-control-allow-private-network"), "true");
    assert!(reply.header("access-control-allow-methods").contains("PATCH"));
    assert_eq!(reply.header("access-control-max-age"), "600");
    assert!(reply.header("vary").contains("Origin"));
}

#[tokio::test]
async fn every_reply_has_a_request_id_and_closed_headers() {
    let app = App::new(&[]).await;
    for path in ["/", "/api/collections", "/v1/none", "/api/documents/none"] {
        let reply = app.get(path).await;
        assert!(reply.header("x-request-id").starts_with("req_"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("referrer-policy"), "no-referrer", "{path}");
        assert_eq!(reply.header("x-frame-options"), "SAMEORIGIN", "{path}");
    }
}

#[tokio::test]
async fn unknown_routes_and_methods_are_json() {
    let app = App::new(&[]).await;
    for path in ["/api/none", "/api", "/v1/none", "/api/v1/none"] {
        app.get(path).await.error(404, "unknown_route");
    }
    for (method, path) in
        [(Method::DELETE, "/api/collections"), (Method::GET, "/v1/chat/completions")]
    {
        let reply = send(&app, method, path, &[]).await;
        reply.error(405, "method_not_allowed");
        assert_eq!(reply.header("x-should-retry"), "false");
    }
}
