//! The native API, as the page and scripts use it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::harness::App;

const PUMP: &[u8] = b"# Pump\n\nThe pump runs at 50 hertz. It weighs nine kilograms.\n\n# Valve\n\nThe valve opens at four bar.\n";

#[tokio::test]
async fn a_document_goes_from_upload_to_search_and_is_gone_when_deleted() {
    let app = App::new(&[]).await;
    let uploaded = app.fill("plant", &[("manuals/pump.md", PUMP)]).await;
    assert_eq!(uploaded["documents"][0]["path"], "manuals/pump.md");
    assert!(uploaded.get("rejected").is_none());
    let id = uploaded["documents"][0]["id"].as_str().expect("an id").to_owned();

    let documents = app.documents("plant").await;
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0]["status"], "indexed", "{documents:?}");

    for mode in ["hybrid", "dense", "keyword"] {
        let query = json!({"query": "valve bar", "k": 3, "mode": mode});
        let found = app.post("/api/collections/plant/search", &query).await.json();
        let first = &found["hits"][0];
        assert_eq!(first["rank"], 1, "{mode}: {found}");
        assert_eq!(first["document"]["path"], "manuals/pump.md");
        assert!(first["text"].as_str().expect("text").contains("four bar"), "{mode}: {found}");
    }

    assert_eq!(app.delete(&format!("/api/documents/{id}")).await.status, StatusCode::NO_CONTENT);
    let query = json!({"query": "valve"});
    let found = app.post("/api/collections/plant/search", &query).await.json();
    assert_eq!(found["hits"], json!([]));
    app.get(&format!("/api/documents/{id}")).await.error(404, "not_found");
}

#[tokio::test]
async fn quotes_of_an_answer_stand_in_the_stored_text() {
    let app = App::new(&["The pump runs at 50 hertz [1]. It is painted green [1]."]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    let question = json!({"question": "At how many hertz does the pump run?"});
    let answer = app.post("/api/collections/plant/ask", &question).await.json();
    assert_eq!(answer["answered"], true, "{answer}");
    let citations = answer["citations"].as_array().expect("a list");
    assert!(!citations.is_empty(), "{answer}");
    for citation in citations {
        assert_quoted(&app, citation).await;
    }
    let support: Vec<&str> = answer["sentences"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|sentence| sentence["support"].as_str().expect("a word"))
        .collect();
    assert_eq!(support.last(), Some(&"unsupported"), "{answer}");
}

/// Asserts `quote == text[start..end]`, counted in code points.
pub async fn assert_quoted(app: &App, citation: &Value) {
    let id = citation["document"]["id"].as_str().expect("an id");
    let page = citation["page"].as_u64().map_or_else(String::new, |page| format!("?page={page}"));
    let stored = app.get(&format!("/api/documents/{id}/text{page}")).await.json();
    let points: Vec<char> = stored["text"].as_str().expect("text").chars().collect();
    let at = |name: &str| citation[name].as_u64().expect("a number") as usize;
    let quoted: String = points[at("start")..at("end")].iter().collect();
    assert_eq!(citation["quote"], quoted);
}

#[tokio::test]
async fn an_answer_streams_as_named_events() {
    let app = App::new(&["The pump runs at 50 hertz [1]."]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    let question = json!({"question": "At how many hertz does the pump run?", "stream": true});
    let reply = app.post("/api/collections/plant/ask", &question).await;
    assert!(reply.header("content-type").starts_with("text/event-stream"));
    let events = reply.events();
    for (name, data) in &events {
        let data: Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data["type"], *name);
    }
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["evidence", "retrieved"], "{names:?}");
    assert_eq!(names.last(), Some(&"done"), "{names:?}");
    assert!(names.contains(&"sentence"), "{names:?}");
}

#[tokio::test]
async fn collections_are_renamed_and_names_are_taken_once() {
    let app = App::new(&[]).await;
    app.fill("one", &[("a.txt", b"apples and pears")]).await;
    let change = json!({"name": "two"});
    let renamed = app.send_json(Method::PATCH, "/api/collections/one", &change).await;
    assert_eq!(renamed.json()["name"], "two");
    app.get("/api/collections/one").await.error(404, "not_found");
    let found = app.post("/api/collections/two/search", &json!({"query": "pears"})).await.json();
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1), "{found}");
    app.post("/api/collections", &json!({"name": "TWO"})).await.error(409, "conflict");
    assert_eq!(app.delete("/api/collections/two").await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.get("/api/collections").await.json()["collections"], json!([]));
    let health = app.get("/api/health/index").await.json();
    assert_eq!(health["chunks"], 0, "{health}");
}

#[tokio::test]
async fn a_collection_changes_its_language_and_goes_back() {
    let app = App::new(&[]).await;
    let collection = "/api/collections/plant";
    let made = json!({"name": "plant", "language": "en"});
    assert_eq!(app.post("/api/collections", &made).await.status, StatusCode::CREATED);
    app.upload("plant", &[("pump.txt", "Die H\u{e4}user am Fluss".as_bytes())]).await;
    let name = "plant".parse().expect("a valid name");
    app.services.wait_until_idle(&name).await.expect("settles");
    let search = json!({"query": "Haus", "mode": "keyword"});
    let count = async || {
        let found = app.post("/api/collections/plant/search", &search).await.json();
        found["hits"].as_array().map(Vec::len)
    };
    assert_eq!(count().await, Some(0));
    let body = json!({"language": "de", "switch": "on_request"});
    let begun = app.send_json(Method::PATCH, collection, &body).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED);
    assert_eq!(begun.json()["next_index"]["language"], "de");
    app.services.collections.wait_until_built(&name).await.expect("is built");
    let next = &app.get(collection).await.json()["next_index"];
    assert_eq!((&next["state"], &next["done"]), (&json!("ready"), &json!(1)), "{next}");
    let question = json!({"id": "q", "question": "Haus", "documents": ["pump.txt"]});
    let body = json!({"index": "next", "questions": [&question]});
    let report = app.post("/api/collections/plant/evaluations", &body).await.json();
    assert_eq!((&report["index"], &report["language"]), (&json!("next"), &json!("de")), "{report}");
    let sweeps = "/api/collections/plant/evaluations/sweep";
    let body = json!({"index": "next", "questions": [question], "constant": "keyword_share",
        "values": [0.3], "held_out_percent": 0});
    let sweep = app.post(sweeps, &body).await.json();
    assert_eq!((&sweep["tuned_on"], &sweep["best"]), (&json!(1), &json!(0.45)), "{sweep}");
    assert_eq!(sweep["plateau"]["from"], json!(0.3), "{sweep}");
    let body = json!({"constant": "share", "values": [0.3]});
    app.post(sweeps, &body).await.error(400, "invalid_input");
    assert_eq!(count().await, Some(0), "the active index answers");

    let switched = app.post("/api/collections/plant/index/switch", &json!({})).await;
    assert_eq!(switched.status, StatusCode::OK);
    assert_eq!(switched.json()["previous_index"]["language"], "en");
    assert_eq!(count().await, Some(1));
    let back = app.post("/api/collections/plant/index/back", &json!({})).await.json();
    assert_eq!(back["language"], "en");
    let health = app.get("/api/health/index").await.json();
    assert_eq!((&health["orphan_chunks"], &health["chunks"]), (&json!(0), &json!(1)), "{health}");
    let dropped = app.delete("/api/collections/plant/index/previous").await.json();
    assert!(dropped.get("previous_index").is_none());
    app.delete("/api/collections/plant/index/next").await.error(409, "conflict");
    let missing = json!({"language": "tlh"});
    app.send_json(Method::PATCH, collection, &missing).await.error(400, "invalid_json");
}

#[tokio::test]
async fn conversations_keep_turns_and_can_be_renamed() {
    let app = App::new(&["The pump runs at 50 hertz [1]."]).await;
    app.fill("plant", &[("pump.md", PUMP)]).await;
    let made = app.post("/api/collections/plant/conversations", &json!({})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let question =
        json!({"question": "At how many hertz does the pump run?", "conversation_id": id});
    let answer = app.post("/api/collections/plant/ask", &question).await.json();
    assert_eq!(answer["conversation_id"], *id);
    let path = format!("/api/conversations/{id}");
    let whole = app.get(&path).await.json();
    let roles: Vec<&Value> =
        whole["messages"].as_array().expect("a list").iter().map(|turn| &turn["role"]).collect();
    assert_eq!(roles, ["user", "assistant"]);
    let renamed = app.send_json(Method::PATCH, &path, &json!({"title": "Pumps"})).await.json();
    assert_eq!(renamed["title"], "Pumps");
    let listed = app.get("/api/collections/plant/conversations").await.json();
    assert_eq!(listed["conversations"][0]["title"], "Pumps");
    assert_eq!(app.delete(&path).await.status, StatusCode::NO_CONTENT);
    app.get(&path).await.error(404, "not_found");
}

#[tokio::test]
async fn originals_come_in_ranges_and_foreign_html_never_runs() {
    let app = App::new(&[]).await;
    let page = b"<!doctype html><title>A</title><p>Some words<script>alert(1)</script>";
    let uploaded = app.fill("files", &[("a.txt", b"0123456789"), ("b.html", page)]).await;
    let path = |index: usize| {
        let id = uploaded["documents"][index]["id"].as_str().expect("an id");
        format!("/api/documents/{id}/content")
    };
    let request = Request::get(path(0)).header(header::RANGE, "bytes=2-4");
    let range = app.send(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(range.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(range.text(), "234");
    assert!(range.header("content-disposition").starts_with("inline"));

    let html = app.get(&path(1)).await;
    assert!(html.header("content-disposition").starts_with("attachment"));
    assert!(html.header("content-security-policy").contains("sandbox"));
    assert_eq!(html.header("x-content-type-options"), "nosniff");
    assert_eq!(html.body, page);
}

#[tokio::test]
async fn the_description_names_every_route_and_can_be_browsed() {
    let app = App::new(&[]).await;
    let description = app.get("/api/openapi.json").await.json();
    let paths = description["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, methods) in paths {
        operations.extend(methods.as_object().expect("methods").keys().map(|m| (m, path)));
    }
    assert!(operations.len() > 60, "{operations:?}");
    for (method, path) in operations {
        // Names that nothing has: what is answered is about them, and not about the route.
        let named = path.replace("{path}", "a/b.md").replace(['{', '}'], "");
        let method = method.to_uppercase().parse().expect("a method");
        let reply = app.send_json(method, &named, &json!({})).await;
        assert_ne!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}: {}", reply.text());
        assert!(!reply.text().contains("unknown_route"), "{path}: {}", reply.text());
    }
    for path in ["/api/sources/{sid}/files/{path}", "/api/blobs/{hash}", "/health"] {
        assert!(paths.contains_key(path), "{path}");
    }
    let docs = app.get("/api/docs/").await;
    assert_eq!(docs.status, StatusCode::OK);
    assert!(!docs.text().contains("https://"), "nothing is loaded from elsewhere");
}

#[tokio::test]
async fn the_same_upload_twice_is_one_document() {
    let app = App::new(&[]).await;
    let first = app.fill("twice", &[("a.txt", b"the same words")]).await;
    let second = app.upload("twice", &[("a.txt", b"the same words")]).await.json();
    assert_eq!(first["documents"][0]["id"], second["documents"][0]["id"]);
    assert_eq!(second["documents"][0]["status"], "indexed");
    assert_eq!(app.documents("twice").await.len(), 1);
}
