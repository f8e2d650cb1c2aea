//! The Model Context Protocol, over the router and with the official Python client.

use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};

use crate::harness::{App, check_with_python};

/// Sends a request of the protocol and gives its result.
async fn call(app: &App, method: &str, params: Value, key: Option<&str>) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let mut request = Request::post("/mcp")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .header("mcp-protocol-version", "2025-06-18");
    if let Some(key) = key {
        request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    let reply = app.send(request.body(Body::from(body.to_string())).expect("a request")).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    reply.json()
}

async fn tool(app: &App, name: &str, arguments: Value, key: Option<&str>) -> Value {
    let reply = call(app, "tools/call", json!({"name": name, "arguments": arguments}), key).await;
    reply["result"].clone()
}

#[tokio::test]
async fn tools_say_what_they_take_and_what_they_do() {
    let app = App::new(&[]).await;
    let listed = call(&app, "tools/list", json!({}), None).await;
    let tools = listed["result"]["tools"].as_array().expect("tools").clone();
    let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    let expected = ["search_notes", "ask", "read_document", "list_collections", "add_document"];
    assert_eq!(names, expected);
    for tool in &tools {
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{tool}");
        assert!(!tool.to_string().contains("\"format\""), "no client knows Rust's numbers: {tool}");
        let reads_only = tool["name"] != "add_document";
        assert_eq!(tool["annotations"]["readOnlyHint"], reads_only, "{tool}");
    }
}

#[tokio::test]
async fn documents_are_found_read_and_added() {
    let app = App::new(&[]).await;
    app.fill("notes", &[("a/week day.txt", b"The meeting is on Tuesday at nine.")]).await;
    let found = tool(&app, "search_notes", json!({"query": "meeting"}), None).await;
    let passage = &found["structuredContent"]["passages"][0];
    assert_eq!(passage["uri"], "note://notes/a/week%20day.txt", "{found}");
    let read = tool(&app, "read_document", json!({"uri": passage["uri"]}), None).await;
    assert_eq!(read["structuredContent"]["text"], "The meeting is on Tuesday at nine.", "{read}");
    let listed = call(&app, "resources/list", json!({}), None).await;
    assert_eq!(listed["result"]["resources"][0]["uri"], passage["uri"], "{listed}");
    let read = call(&app, "resources/read", json!({"uri": passage["uri"]}), None).await;
    assert_eq!(read["result"]["contents"][0]["text"], "The meeting is on Tuesday at nine.");
    let missing = call(&app, "resources/read", json!({"uri": "note://notes/none"}), None).await;
    assert_eq!(missing["error"]["data"]["uri"], "note://notes/none", "{missing}");

    let new = json!({"collection": "notes", "path": "b.txt", "text": "New."});
    let added = tool(&app, "add_document", new.clone(), None).await;
    assert_eq!(added["structuredContent"]["uri"], "note://notes/b.txt", "{added}");
    let again = tool(&app, "add_document", new, None).await;
    assert_eq!(again["isError"], true, "what is there is not replaced unasked: {again}");
}

#[tokio::test]
async fn an_answer_comes_with_its_quotes() {
    let app = App::new(&["YES\nThe meeting is on Tuesday at nine [1]."]).await;
    app.fill("notes", &[("a.txt", b"The meeting is on Tuesday at nine.")]).await;
    let said = tool(&app, "ask", json!({"question": "When is the meeting?"}), None).await;
    let quote = &said["structuredContent"]["citations"][0];
    assert_eq!(quote["uri"], "note://notes/a.txt", "{said}");
    assert!(quote["quote"].as_str().is_some_and(|quote| quote.contains("Tuesday")), "{said}");
    let blocks = said["content"].as_array().expect("blocks");
    assert!(blocks.iter().any(|block| block["type"] == "resource_link"), "{said}");
}

#[tokio::test]
async fn a_tool_does_what_the_key_allows_and_no_more() {
    let app = App::new(&[]).await;
    app.fill("open", &[("a.txt", b"One.")]).await;
    app.fill("closed", &[("b.txt", b"Two.")]).await;
    let request = json!({"name": "k", "allow": ["read"], "collections": ["open"]});
    let made = app.post("/api/keys", &request).await.json();
    let key = made["key"].as_str();
    let listed = tool(&app, "list_collections", json!({}), key).await;
    let collections = listed["structuredContent"]["collections"].as_array().expect("a list");
    assert_eq!((collections.len(), &collections[0]["name"]), (1, &"open".into()), "{listed}");
    let hidden = tool(&app, "read_document", json!({"uri": "note://closed/b.txt"}), key).await;
    assert_eq!(hidden["isError"], true, "{hidden}");
    let new = json!({"collection": "open", "path": "c.txt", "text": "Three."});
    let refused = tool(&app, "add_document", new, key).await;
    assert_eq!(refused["isError"], true, "{refused}");
    assert_eq!(app.documents("open").await.len(), 1);
}

#[tokio::test]
async fn a_page_of_another_site_may_not_call() {
    let app = App::new(&[]).await;
    let request = Request::post("/mcp").header(header::ORIGIN, "https://evil.example");
    let reply = app.send(request.body(Body::from("{}")).expect("a request")).await;
    reply.error(403, "origin_not_allowed");
}

/// What a user of the client would write.
const PROGRAM: &str = r#"
import asyncio, sys
from mcp import Client

async def look(mode):
    async with Client(sys.argv[1] + "/mcp", mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert tools["search_notes"].annotations.read_only_hint, tools
        found = await client.call_tool("search_notes", {"query": "meeting", "collection": "sdk"})
        assert not found.is_error, found
        uri = found.structured_content["passages"][0]["uri"]
        read = await client.call_tool("read_document", {"uri": uri})
        assert "Tuesday" in read.content[0].text, read
        resources = (await client.list_resources()).resources
        assert any(str(resource.uri) == uri for resource in resources), resources
        whole = await client.read_resource(uri)
        assert "Tuesday" in whole.contents[0].text, whole
        missing = await client.call_tool("read_document", {"uri": "note://sdk/none.txt"})
        assert missing.is_error, missing

# Once without a handshake, once with one.
for mode in ["auto", "legacy"]:
    asyncio.run(look(mode))
print("fine")
"#;

#[test]
fn the_official_python_client_works() {
    check_with_python(PROGRAM);
}
