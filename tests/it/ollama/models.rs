//! Models as Ollama lists them, and that its paths are not Quire's.

use serde_json::{Value, json};

use super::refused;
use crate::harness::App;

fn names(list: &Value) -> Vec<&str> {
    let models = list["models"].as_array().expect("a list");
    models.iter().filter_map(|model| model["name"].as_str()).collect()
}

#[tokio::test]
async fn models_and_collections_are_listed_and_shown() {
    let app = App::new(&[]).await;
    app.fill("plant", &[("pump.md", b"The pump runs.")]).await;
    let list = app.get("/api/tags").await.json();
    assert!(names(&list).contains(&"scripted/generator"), "{list}");
    assert!(names(&list).contains(&"collection/plant"), "{list}");
    let model = &list["models"][0];
    assert_eq!(model["digest"].as_str().map(str::len), Some(64));
    assert!(model["modified_at"].as_str().is_some_and(|moment| moment.ends_with('Z')), "{model}");
    for (name, capability) in [
        ("scripted/generator", "tools"),
        ("generator:latest", "tools"),
        ("scripted/embedder", "embedding"),
        ("collection/plant", "completion"),
    ] {
        let shown = app.post("/api/show", &json!({"model": name})).await.json();
        let capabilities = shown["capabilities"].as_array().expect("capabilities");
        assert!(capabilities.contains(&json!(capability)), "{name}: {shown}");
        assert!(shown["model_info"]["general.architecture"].is_string(), "{shown}");
    }
    refused(&app.post("/api/show", &json!({"model": "nobody/none"})).await, 404);
    let version = app.get("/api/version").await.json();
    assert!(version["version"].as_str().is_some_and(|version| version.contains('.')), "{version}");
}

#[tokio::test]
async fn what_is_there_is_got_at_once_and_the_rest_is_refused_in_words() {
    let app = App::new(&[]).await;
    let there = json!({"model": "scripted/generator"});
    let told = app.post("/api/pull", &there).await.text();
    let last = told.lines().last().expect("a line");
    assert_eq!(serde_json::from_str::<Value>(last).expect("JSON"), json!({"status": "success"}));
    let whole = json!({"model": "scripted/generator", "stream": false});
    assert_eq!(app.post("/api/pull", &whole).await.json(), json!({"status": "success"}));
    refused(&app.post("/api/pull", &json!({"model": "nobody/none"})).await, 400);
    let copy = json!({"source": "scripted/generator", "destination": "mine"});
    refused(&app.post("/api/copy", &copy).await, 400);
    let gone =
        app.send_json(axum::http::Method::DELETE, "/api/delete", &json!({"model": "none"})).await;
    refused(&gone, 404);
}

#[tokio::test]
async fn no_path_is_quires_and_ollamas() {
    let described = App::new(&[]).await.get("/api/openapi.json").await.json();
    let paths = described["paths"].as_object().expect("paths");
    for path in [
        "/api/chat",
        "/api/generate",
        "/api/embed",
        "/api/embeddings",
        "/api/tags",
        "/api/show",
        "/api/ps",
        "/api/version",
        "/api/pull",
        "/api/delete",
        "/api/copy",
    ] {
        assert!(!paths.contains_key(path), "`{path}` is Quire's own too");
    }
}
