//! What the owner allows, or not any more, while the server runs: over the API, on the page and by commands.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};

use super::{Host, call, entry, kinds, tools};
use crate::harness::{Reply, run};

async fn change(host: &Host, tool: &str, allowed: bool) -> Reply {
    let path = format!("/api/mcp/servers/test/tools/{tool}");
    host.app.send_json(Method::PUT, &path, &json!({ "allowed": allowed })).await
}

/// Gives what the file lets be called.
fn written(host: &Host) -> Value {
    let text = std::fs::read(host.folder.path().join("mcp.json")).expect("the file");
    let file: Value = serde_json::from_slice(&text).expect("JSON");
    file["mcpServers"]["test"]["allow"].clone()
}

#[tokio::test]
async fn a_change_counts_at_once_and_stands_in_the_file() {
    let said = call("echo", &json!({"text": "hi"}));
    let host = Host::new(&[&said, "It said hi.", &said], json!({})).await;
    let body = json!({"input": "Say hi.", "tools": tools("never"), "store": false});

    let changed = change(&host, "echo", true).await;
    assert_eq!(changed.status.as_u16(), 200, "{}", changed.text());
    assert_eq!(changed.json()["allow"], json!(["echo"]));
    assert_eq!(written(&host), json!(["echo"]));
    let response = host.respond(&body).await;
    assert!(kinds(&response).contains(&"mcp_call"), "{response}");

    assert_eq!(change(&host, "echo", false).await.json()["allow"], json!([]));
    assert_eq!(written(&host), json!([]));
    let response = host.respond(&body).await;
    assert!(kinds(&response).contains(&"mcp_approval_request"), "{response}");
    assert_eq!(host.called(), ["echo"], "the second call waits");
}

#[tokio::test]
async fn one_of_all_is_taken_back_by_name_once_all_are_known() {
    let host = Host::new(&[], json!({"allow": ["*"]})).await;
    change(&host, "delete_all", false).await.error(409, "conflict");
    assert_eq!(written(&host), json!(["*"]));
    let told = host.app.post("/api/mcp/servers/connect", &json!({})).await.json();
    let names = told["servers"][0]["tools"].as_array().expect("tools").len();
    let changed = change(&host, "delete_all", false).await.json();
    let allow = changed["allow"].as_array().expect("names");
    assert_eq!(allow.len(), names - 1, "{changed}");
    assert!(allow.iter().all(|name| name != "*" && name != "delete_all"), "{changed}");
    let said = change(&host, "deleet_all", true).await.error(409, "conflict");
    assert!(said.contains("no tool `deleet_all`"), "{said}");
    let path = "/api/mcp/servers/tset/tools/echo";
    let missing = host.app.send_json(Method::PUT, path, &json!({"allowed": true})).await;
    missing.error(404, "not_found");
}

#[tokio::test]
async fn the_page_shows_servers_to_the_owner_alone() {
    let host = Host::new(&[], json!({"allow": ["echo"]})).await;
    let page = host.app.page("/tools").await.text();
    assert!(page.contains("data-server=\"test\"") && page.contains("echo"), "{page}");
    let made = host.app.post("/api/keys", &json!({"name": "k", "allow": ["read", "tools"]})).await;
    let key = made.json()["key"].as_str().expect("a key").to_owned();
    let elsewhere: SocketAddr = "192.168.1.77:50000".parse().expect("an address");
    let request = Request::get("/tools")
        .header(header::ACCEPT, "text/html")
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .extension(ConnectInfo(elsewhere));
    let page = host.app.send(request.body(Body::empty()).expect("a request")).await.text();
    assert!(page.contains("may see this") && !page.contains("data-server"), "{page}");
}

#[test]
fn commands_allow_and_forget() {
    let data = tempfile::tempdir().expect("a folder");
    let file = data.path().join("mcp.json");
    let servers = json!({"mcpServers": {"test": entry(data.path(), &json!({}))}});
    std::fs::write(&file, servers.to_string()).expect("a file");
    let place = data.path().to_str().expect("a plain path");
    let change = |deed: &str, tools: &[&str]| {
        let output = run([&["mcp", deed, "test"], tools, &["--data", place]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        said
    };
    assert!(change("allow", &["echo", "large"]).contains("echo, large"));
    let text = std::fs::read_to_string(&file).expect("the file");
    let written: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(written["mcpServers"]["test"]["allow"], json!(["echo", "large"]));
    assert!(change("forget", &["large", "echo"]).contains("waits for somebody's word"));
    let output = run(["mcp", "allow", "other", "echo", "--data", place]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no server `other`"));
}
