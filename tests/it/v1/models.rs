//! `/v1/models`.

use crate::harness::App;

#[tokio::test]
async fn models_and_collections_are_listed_and_found_with_slashes() {
    let app = App::new(&[]).await;
    let name = serde_json::json!({"name": "plant notes"});
    app.post("/api/collections", &name).await;
    let listed = app.get("/v1/models").await.json();
    assert_eq!(listed["object"], "list");
    for entry in listed["data"].as_array().expect("a list") {
        assert_eq!(entry["object"], "model");
        assert!(entry["created"].is_u64() && entry["owned_by"].is_string(), "{entry}");
    }
    for id in ["scripted/generator", "scripted%2Fembedder", "collection/plant%20notes"] {
        let model = app.get(&format!("/v1/models/{id}")).await.json();
        assert_eq!(model["object"], "model", "{id}: {model}");
    }
    assert_eq!(app.get("/v1//models/").await.json()["object"], "list");
    let missing = app.get("/v1/models/none/of-these").await;
    missing.error(404, "model_not_found");
    assert_eq!(missing.header("x-should-retry"), "false");
}

#[tokio::test]
async fn programs_find_the_list_without_the_prefix() {
    let app = App::new(&[]).await;
    let list = app.get("/v1/models").await.json();
    assert_eq!(app.get("/models").await.json(), list);
    let page = app.page("/models").await;
    assert!(!page.header("content-type").contains("json"), "{}", page.text());
}
