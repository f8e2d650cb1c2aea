//! The JSON shapes that outside programs rely on, as snapshots; ids, hashes and times are redacted.

use insta::{Settings, assert_json_snapshot};
use serde_json::json;

use crate::harness::App;

const PUMP: &[u8] = b"# Pump\n\nThe pump runs at 50 hertz. It weighs nine kilograms.\n";

/// Snapshots without what differs from run to run.
fn settings() -> Settings {
    let mut settings = Settings::clone_current();
    for selector in [".**.id", ".**.chunk_id", ".**.index_id", ".**.conversation_id"] {
        settings.add_redaction(selector, "[id]");
    }
    for selector in [
        ".**.took_ms",
        ".**.retrieve_ms",
        ".**.evidence_ms",
        ".**.first_token_ms",
        ".**.total_ms",
        ".**.created_at_ms",
        ".**.updated_at_ms",
        ".**.dated_at_ms",
        ".**.created",
    ] {
        settings.add_redaction(selector, "[time]");
    }
    for selector in [".**.score", ".**.dense", ".**.keyword", ".**.rerank"] {
        settings.add_redaction(selector, "[score]");
    }
    for selector in [".**.tokens", ".**.prompt_tokens", ".**.completion_tokens", ".**.total_tokens"]
    {
        settings.add_redaction(selector, "[tokens]");
    }
    settings.add_redaction(".**.url", "[link]");
    settings.add_redaction(".**.version", "[version]");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_snapshot_path("wire");
    settings
}

async fn plant() -> App {
    let app = App::new(&["The pump runs at 50 hertz [1]. It is green [1]."]).await;
    app.fill("plant", &[("manuals/pump.md", PUMP), ("empty.txt", b"")]).await;
    app
}

#[tokio::test]
async fn native_shapes() {
    let app = plant().await;
    let _guard = settings().bind_to_scope();
    assert_json_snapshot!("collections", app.get("/api/collections").await.json());
    let path = "/api/collections/plant/documents";
    assert_json_snapshot!("documents", app.get(path).await.json());
    let query = json!({"query": "hertz of the pump", "k": 1});
    let found = app.post("/api/collections/plant/search", &query).await.json();
    assert_json_snapshot!("search", found);
    let question = json!({"question": "At how many hertz does the pump run?"});
    let answer = app.post("/api/collections/plant/ask", &question).await.json();
    assert_json_snapshot!("ask", answer);
    let claim = json!({"id": "a", "passages": ["The pump runs at 50 hertz."],
        "claim": "The pump runs at 50 hertz. The pump runs at 60 hertz.", "title": "Pump", "label": "not attributable",
        "kind": "altered"});
    let judged = app.post("/api/evaluations/claims", &json!({"claims": [claim]})).await.json();
    assert_json_snapshot!("claims", judged, {".claims[].sentences[1].why_not" => "[reason]"});
    assert_json_snapshot!("index_health", app.get("/api/health/index").await.json());
    let refused = app.upload("plant", &[("../a.txt", b"x"), ("b.txt", b"some words")]).await;
    assert_json_snapshot!("upload", refused.json(), {".documents[].sha256" => "[hash]"});
    assert_json_snapshot!("error", app.get("/api/collections/none").await.json());
}

#[tokio::test]
async fn openai_shapes() {
    let app = plant().await;
    let _guard = settings().bind_to_scope();
    assert_json_snapshot!("v1_models", app.get("/v1/models").await.json());
    let question = json!({"role": "user", "content": "At how many hertz does the pump run?"});
    let body = json!({"model": "collection/plant", "messages": [question]});
    let reply = app.post("/v1/chat/completions", &body).await.json();
    assert_json_snapshot!("v1_grounded", reply);
    let body = json!({"model": "none", "messages": [question]});
    let reply = app.post("/v1/chat/completions", &body).await.json();
    assert_json_snapshot!("v1_error", reply);
}
