//! Every route, with every sort of key.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::json;

use super::{Call, key_for, make_key};
use crate::harness::App;

/// What a route needs: a permission, any key, all of `write` (`models`), a paired device's key, the owner, or nothing.
const ROUTES: &[(&str, &[&str])] = &[
    ("nothing", &["GET /health", "POST /api/pair", "GET /api/version"]),
    (
        "any",
        &[
            "GET /v1/models",
            "GET /v1/models/none",
            "GET /anthropic/v1/models",
            "GET /anthropic/v1/models/none",
            "GET /api/models",
            "GET /api/models/loaded",
            "GET /api/tags",
            "GET /api/ps",
            "POST /api/show",
            "GET /api/v0/models",
            "GET /api/v0/models/none",
            "GET /api/v1/models",
            "GET /api/v1/models/download/status/none",
            "GET /api/v1/user",
        ],
    ),
    (
        "read",
        &[
            "GET /",
            "GET /metrics",
            "GET /api/health/index",
            "GET /api/collections",
            "GET /api/collections/{name}",
            "GET /api/collections/{name}/documents",
            "GET /api/collections/{name}/tags",
            "GET /api/collections/{name}/events",
            "GET /api/collections/{name}/evaluations",
            "GET /api/collections/{name}/questions",
            "GET /api/evaluations/{id}",
            "GET /api/documents/{id}",
            "GET /api/documents/{id}/content",
            "GET /api/documents/{id}/links",
            "GET /api/documents/{id}/text",
            "GET /api/documents/{id}/report",
            "GET /v1/files",
            "GET /v1/files/none/content",
            "GET /v1/vector_stores",
            "POST /v1/vector_stores/none/search",
            "GET /api/documents/{id}/view",
            "POST /api/collections/{name}/search",
            "GET /khoj/none/api/search",
            "GET /api/search",
            "POST /ui/list_collections",
        ],
    ),
    (
        "ask",
        &[
            "POST /api/collections/{name}/ask",
            "POST /api/evaluations/claims",
            "POST /api/collections/{name}/evaluations",
            "POST /api/collections/{name}/evaluations/sweep",
            "POST /api/collections/{name}/questions/suggest",
            "GET /api/collections/{name}/conversations",
            "POST /api/collections/{name}/conversations",
            "GET /api/conversations/{id}",
            "PATCH /api/conversations/{id}",
            "POST /v1/chat/completions",
            "POST /chat/completions",
            "POST /v1//chat/completions",
            "POST /v1/completions",
            "POST /v1/embeddings",
            "POST /v1/rerank",
            "POST /v1/tokenize",
            "POST /tokenize",
            "GET /v1/conversations/none",
            "POST /v1/responses",
            "GET /v1/responses",
            "POST /v1/responses/input_tokens",
            "GET /v1/responses/none",
            "DELETE /v1/responses/none",
            "POST /v1/messages",
            "POST /v1/messages/count_tokens",
            "POST /api/chat",
            "POST /api/generate",
            "POST /api/embed",
            "POST /api/embeddings",
            "POST /api/v0/chat/completions",
            "POST /api/v0/completions",
            "POST /api/v0/embeddings",
            "POST /api/v1/chat",
            "POST /ui/begin_conversation",
        ],
    ),
    (
        "write",
        &[
            "POST /api/collections",
            "PATCH /api/collections/{name}",
            "DELETE /api/collections/{name}",
            "POST /api/collections/{name}/documents",
            "DELETE /api/documents/{id}",
            "POST /api/documents/{id}/retry",
            "DELETE /api/conversations/{id}",
            "DELETE /api/evaluations/{id}",
            "PUT /api/collections/{name}/questions",
            "POST /api/collections/{name}/index/switch",
            "POST /api/collections/{name}/index/back",
            "DELETE /api/collections/{name}/index/next",
            "DELETE /api/collections/{name}/index/previous",
            "PATCH /api/content",
            "PUT /khoj/none/api/content",
            "DELETE /api/content/file",
            "DELETE /api/content/type/markdown",
            "POST /ui/delete_document",
            "POST /v1/something/new",
            "POST /v1/files",
            "DELETE /v1/files/none",
            "POST /v1/vector_stores",
            "POST /v1/vector_stores/none/files",
        ],
    ),
    (
        "models",
        &[
            "POST /api/models/load",
            "POST /api/models/unload",
            "POST /api/pull",
            "DELETE /api/delete",
            "POST /api/copy",
            "POST /api/v1/models/load",
            "POST /api/v1/models/unload",
            "POST /api/v1/models/download",
        ],
    ),
    (
        "owner",
        &[
            "GET /api/keys",
            "POST /api/keys",
            "GET /api/keys/log",
            "DELETE /api/keys/{id}",
            "POST /api/server/stop",
            "GET /api/mcp/servers",
            "POST /api/mcp/servers/connect",
            "PUT /api/mcp/servers/{server}/tools/{tool}",
            "POST /ui/local/remove_source",
            "POST /ui/local/change_tool",
        ],
    ),
];

/// Sends a request as the holder of a key; tells if the key was refused.
async fn is_refused(app: &App, route: &str, key: Option<&str>) -> Option<StatusCode> {
    let (method, path) = route.split_once(' ').expect("a method and a path");
    let path = path.replace("{name}", "none").replace("{id}", "none");
    let path = path.replace("{server}", "none").replace("{tool}", "none");
    let body = (method != "GET").then(|| json!({}));
    let status = Call { method, path: &path, key, body }.send(app).await.status;
    matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN).then_some(status)
}

#[tokio::test]
async fn each_route_takes_the_keys_that_allow_it_and_no_others() {
    let app = App::new(&[]).await;
    let mut keys = Vec::new();
    for allow in ["read", "ask", "write", "tools"] {
        keys.push((allow, make_key(&app, &key_for(&[allow])).await));
    }
    for (need, routes) in ROUTES {
        for route in *routes {
            let stranger = is_refused(&app, route, None).await;
            let expected = match *need {
                "nothing" => None,
                "owner" => Some(StatusCode::FORBIDDEN),
                _ => Some(StatusCode::UNAUTHORIZED),
            };
            assert_eq!(stranger, expected, "{route} without a key");
            for (allow, key) in &keys {
                let is_allowed = matches!(*need, "nothing" | "any")
                    || need == allow
                    || (*need == "models" && *allow == "write");
                let expected = (!is_allowed).then_some(StatusCode::FORBIDDEN);
                let refused = is_refused(&app, route, Some(key)).await;
                assert_eq!(refused, expected, "{route} with a key that may {allow}");
            }
        }
    }
}

#[tokio::test]
async fn no_route_of_the_api_lacks_a_row_above() {
    let app = App::new(&[]).await;
    let described = app.get("/api/openapi.json").await.json();
    let known: BTreeSet<&str> =
        ROUTES.iter().flat_map(|(_, routes)| routes.iter().copied()).collect();
    for (path, methods) in described["paths"].as_object().expect("paths") {
        // These know keys of their own: the tests of sources have them.
        if ["/api/sources", "/api/blobs"].iter().any(|own| path.starts_with(own)) {
            continue;
        }
        for method in methods.as_object().expect("methods").keys() {
            let route = format!("{} {path}", method.to_uppercase());
            assert!(known.contains(route.as_str()), "say above what `{route}` needs");
        }
    }
}

#[tokio::test]
async fn a_key_for_some_collections_does_not_change_which_models_there_are() {
    let app = App::new(&[]).await;
    let request = json!({ "name": "team", "allow": ["write"], "collections": ["team"] });
    let key = make_key(&app, &request).await;
    for route in ["DELETE /api/delete", "POST /api/pull", "POST /api/models/unload"] {
        let refused = is_refused(&app, route, Some(&key)).await;
        assert_eq!(refused, Some(StatusCode::FORBIDDEN), "{route}");
    }
}
