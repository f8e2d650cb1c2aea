//! The models in memory: who is there, how long they stay, and how they are loaded and unloaded.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::harness::{App, Server, run};

const CHAT: &str = "scripted/generator";
const EMBEDDER: &str = "scripted/embedder";

/// An embedding model that the built program has.
const ON_DISK: &str =
    if cfg!(feature = "local") { "sentence-transformers/all-MiniLM-L6-v2" } else { EMBEDDER };

async fn loaded(app: &App) -> Vec<Value> {
    let listed = app.get("/api/models/loaded").await.json();
    listed["models"].as_array().expect("a list").clone()
}

async fn names(app: &App) -> Vec<String> {
    let models = loaded(app).await;
    models.iter().map(|model| model["id"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn what_is_in_memory_is_listed_loaded_and_unloaded() {
    let app = App::new(&["Yes."]).await;
    assert_eq!(loaded(&app).await, [] as [Value; 0], "nobody has asked a model yet");

    let body = json!({"messages": [{"role": "user", "content": "Are you there?"}]});
    app.post("/v1/chat/completions", &body).await;
    let models = loaded(&app).await;
    assert_eq!(models.len(), 1, "{models:?}");
    assert_eq!((&models[0]["id"], &models[0]["kind"]), (&json!(CHAT), &json!("chat")));
    assert_eq!((&models[0]["state"], &models[0]["requests"]), (&json!("idle"), &json!(0)));
    assert_eq!(models[0]["ttl_seconds"], Value::Null, "scripted models stay");
    assert!(models[0]["memory_bytes"].as_u64() > Some(0), "{models:?}");

    let asked = json!({"model": EMBEDDER, "ttl": 90});
    let told = app.post("/api/models/load", &asked).await.json();
    let embedder = &told["models"][0];
    assert_eq!((&embedder["id"], &embedder["kind"]), (&json!(EMBEDDER), &json!("embedding")));
    assert!(embedder["ttl_seconds"].as_u64().is_some_and(|left| left <= 90), "{told}");

    let unload = |name| json!({"model": name});
    let gone = app.post("/api/models/unload", &unload(CHAT)).await.json();
    assert_eq!(gone, json!({"outcome": "unloaded"}));
    assert_eq!(names(&app).await, [EMBEDDER]);
    let again = app.post("/api/models/unload", &unload(CHAT)).await.json();
    assert_eq!(again, json!({"outcome": "not_loaded"}));
}

#[tokio::test]
async fn a_model_that_works_leaves_when_it_is_idle() {
    let app = App::new(&[]).await;
    app.models.generator.hold();
    let body = json!({"prompt": "Go on", "stream": true});
    let asked = app.post("/v1/completions", &body);
    let unloaded = async {
        // It is loaded first, and then given the request.
        let waits = |model: &Value| model["state"] == "working" && model["waiting_requests"] == 1;
        while !loaded(&app).await.iter().any(waits) {
            tokio::task::yield_now().await;
        }
        app.post("/api/models/unload", &json!({"model": CHAT})).await.json()
    };
    tokio::select! {
        _ = asked => panic!("it says nothing"),
        outcome = unloaded => assert_eq!(outcome, json!({"outcome": "when_idle"})),
    }
    app.models.generator.abandoned().await;
    // The request goes a moment after its stream.
    let gone = async {
        while !loaded(&app).await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let gone = tokio::time::timeout(Duration::from_mins(1), gone).await;
    gone.expect("whoever asked has left, so the model leaves as well");
}

#[tokio::test]
async fn a_request_says_how_long_its_model_stays() {
    let app = App::new(&["One.", "Two.", "Three.", "Four."]).await;
    app.fill("plant", &[("pump.md", b"The pump runs at 50 hertz.")]).await;
    app.post("/api/models/unload", &json!({"model": EMBEDDER})).await;

    let message = json!([{"role": "user", "content": "Count"}]);
    let texts = json!(["One", "Two"]);
    for (path, body, model) in [
        ("/v1/chat/completions", json!({"messages": message}), CHAT),
        ("/v1/completions", json!({"prompt": texts}), CHAT),
        ("/v1/embeddings", json!({"input": texts}), EMBEDDER),
    ] {
        let with = |ttl: i64| {
            let mut body = body.clone();
            body["ttl"] = json!(ttl);
            body
        };
        app.post(path, &with(60)).await;
        let models = loaded(&app).await;
        assert_eq!(models.len(), 1, "{path}: {models:?}");
        assert_eq!(models[0]["id"], model, "{path}");
        assert!(models[0]["ttl_seconds"].is_u64(), "{path}: {models:?}");
        app.post(path, &body).await;
        assert!(
            loaded(&app).await[0]["ttl_seconds"].is_u64(),
            "{path}: it holds until it is changed"
        );
        app.post(path, &with(-1)).await;
        assert_eq!(loaded(&app).await[0]["ttl_seconds"], Value::Null, "{path}");
        app.post(path, &with(0)).await;
        assert_eq!(loaded(&app).await, [] as [Value; 0], "{path}: it is idle");
    }

    let asked = json!({"model": "collection/plant", "messages": message, "ttl": 0});
    app.post("/v1/chat/completions", &asked).await;
    assert_eq!(names(&app).await, [EMBEDDER], "the chat model alone is meant");
    let refused =
        app.post("/v1/chat/completions", &json!({"messages": message, "ttl": "5m"})).await;
    assert!(refused.error(400, "invalid_json").contains("5m"), "{}", refused.text());
}

#[tokio::test]
async fn an_unknown_model_is_answered_with_the_names_that_are_near() {
    let app = App::new(&[]).await;
    for path in ["/api/models/load", "/api/models/unload"] {
        let refused = app.post(path, &json!({"model": "scripted/generatr"})).await;
        let message = refused.error(404, "not_found");
        assert!(message.contains("did you mean `scripted/generator`"), "{message}");
    }
    let body = json!({"model": "embeder", "input": "text"});
    let message = app.post("/v1/embeddings", &body).await.error(404, "model_not_found");
    assert!(message.contains("Did you mean `scripted/embedder`?"), "{message}");
}

#[tokio::test]
async fn the_page_of_models_shows_them_with_a_button_that_unloads() {
    let app = App::new(&[]).await;
    assert!(!app.page("/models").await.text().contains("Unload"), "nothing is in memory");
    app.post("/api/models/load", &json!({"model": EMBEDDER})).await;
    let page = app.page("/models").await.text();
    assert!(page.contains("Unload scripted/embedder"), "{page}");
    let outcome = app.post("/ui/unload_model", &json!({"model": EMBEDDER})).await;
    assert_eq!(outcome.json(), "unloaded", "{}", outcome.text());
    assert_eq!(loaded(&app).await, [] as [Value; 0]);
}

/// Runs `quire models` against the server of a data folder.
fn models(data: &Path, arguments: &[&str]) -> (bool, String, String) {
    let at = ["--data", data.to_str().expect("a plain path")];
    let ran = run([&["models"], arguments, &at].concat());
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ran.status.success(), text(&ran.stdout), text(&ran.stderr))
}

fn ids(data: &Path) -> Vec<String> {
    let (_, stdout, stderr) = models(data, &["ps", "--json"]);
    let listed: Value = serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stderr}"));
    let models = listed["models"].as_array().expect("a list");
    models.iter().map(|model| model["id"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn the_command_line_loads_lists_and_unloads_and_a_model_leaves_by_itself() {
    let data = tempfile::tempdir().expect("a folder");
    let data = data.path();
    let (is_done, _, told) = models(data, &["ps"]);
    assert!(!is_done && told.contains("no server runs on"), "{told}");

    let server = Server::start(data);
    let (is_done, _, told) = models(data, &["ps"]);
    assert!(is_done && told.contains("No model is in memory"), "{told}");
    let (is_done, table, told) = models(data, &["load", ON_DISK, "--ttl", "-1"]);
    assert!(is_done, "{told}");
    let row = table.lines().find(|line| line.starts_with(ON_DISK)).expect("a row").to_owned();
    assert!(row.contains("embedding") && row.contains("idle") && row.ends_with("never"), "{row}");
    let (is_done, _, told) = models(data, &["unload", ON_DISK]);
    assert!(is_done && told.contains("has left memory"), "{told}");
    assert_eq!(ids(data), [] as [&str; 0]);

    assert!(models(data, &["load", ON_DISK, "--ttl", "2"]).0);
    assert_eq!(ids(data), [ON_DISK]);
    let started = Instant::now();
    while !ids(data).is_empty() {
        assert!(started.elapsed() < Duration::from_mins(1), "it stays though nobody asks for it");
        std::thread::sleep(Duration::from_millis(100));
    }

    let (is_done, _, told) = models(data, &["load", "all-minilm-l6-v3"]);
    assert!(!is_done && told.contains("no model `all-minilm-l6-v3` is known"), "{told}");
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test]
async fn a_model_is_loaded_as_a_request_says() {
    let app = App::new(&[]).await;
    let body = json!({
        "model": CHAT, "context_tokens": 2048, "kv_type": "q8_0", "gpu_layers": "0.5",
        "lora": {"path": "/adapters/tone.gguf", "scale": 0.5},
    });
    let told = app.post("/api/models/load", &body).await.json();
    assert_eq!(told["models"][0]["tokens_per_second"], Value::Null, "{told}");
    let options = app.models.configured();
    assert_eq!(options.context_tokens, Some(2048));
    let options = serde_json::to_value(options).expect("JSON");
    assert_eq!((&options["kv_type"], &options["gpu_layers"]), (&json!("q8_0"), &json!("0.5")));
    assert_eq!(options["lora"], json!({"path": "/adapters/tone.gguf", "scale": 0.5}));

    let body = json!({"model": CHAT, "context_length": 4096, "gpu_layers": 12});
    app.post("/api/v1/models/load", &body).await;
    let options = serde_json::to_value(app.models.configured()).expect("JSON");
    assert_eq!(options, json!({"context_tokens": 4096, "gpu_layers": "12"}));
    for wrong in [json!({"kv_type": "q2"}), json!({"gpu_layers": "many"}), json!({"lora": 5})] {
        let mut body = wrong;
        body["model"] = json!(CHAT);
        let refused = app.post("/api/models/load", &body).await;
        assert_eq!(refused.status.as_u16(), 400, "{}", refused.text());
    }
}
