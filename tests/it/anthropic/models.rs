//! `/v1/models`, which OpenAI has as well: who asks says whose it is.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use super::refused;
use crate::harness::{App, Reply};

/// Gets a path as Anthropic's clients do.
async fn get(app: &App, path: &str) -> Reply {
    let request = Request::get(path).header("anthropic-version", "2023-06-01");
    app.send(request.body(Body::empty()).expect("a request")).await
}

fn ids(part: &Value) -> Vec<&str> {
    let data = part["data"].as_array().expect("a list");
    data.iter().map(|model| model["id"].as_str().expect("an identifier")).collect()
}

async fn with_collections() -> App {
    let app = App::new(&[]).await;
    for name in ["plant", "team notes"] {
        app.post("/api/collections", &json!({"name": name})).await;
    }
    app
}

#[tokio::test]
async fn the_list_is_anthropics_for_its_clients_and_openais_for_others() {
    let app = with_collections().await;
    assert_eq!(app.get("/v1/models").await.json()["object"], "list");
    for path in ["/v1/models", "/models", "/v1/models/"] {
        let list = get(&app, path).await.json();
        let all = ["scripted/generator", "collection/plant", "collection/team notes"];
        assert_eq!(ids(&list), all, "{path}: and no embedding model");
        assert_eq!((&list["first_id"], &list["last_id"]), (&json!(all[0]), &json!(all[2])));
        assert_eq!(list["has_more"], false);
    }
    let model = get(&app, "/v1/models/scripted%2Fgenerator").await.json();
    assert_eq!(model["type"], "model");
    assert_eq!(
        (&model["id"], &model["display_name"]),
        (&json!("scripted/generator"), &json!("generator"))
    );
    assert_eq!(model["created_at"], "1970-01-01T00:00:00Z", "nobody knows");
    assert_eq!(get(&app, "/v1/models/scripted/generator").await.json(), model);
    let stands_in = get(&app, "/v1/models/claude-sonnet-4-5").await;
    assert_eq!(stands_in.json(), model, "a name of Anthropic's is the model that answers for it");
    let collection = get(&app, "/v1/models/collection/team%20notes").await.json();
    assert_eq!(collection["display_name"], "team notes");
    assert!(
        collection["created_at"].as_str().is_some_and(|moment| moment > "2020"),
        "{collection}"
    );
}

#[tokio::test]
async fn the_list_comes_in_parts_from_both_ends() {
    let app = with_collections().await;
    let first = get(&app, "/v1/models?limit=2").await.json();
    assert_eq!(ids(&first), ["scripted/generator", "collection/plant"]);
    assert_eq!(first["has_more"], true);
    let rest = get(&app, "/v1/models?limit=2&after_id=collection%2Fplant").await.json();
    assert_eq!((ids(&rest), &rest["has_more"]), (vec!["collection/team notes"], &json!(false)));
    let before = get(&app, "/v1/models?limit=1&before_id=collection%2Fteam%20notes").await.json();
    assert_eq!((ids(&before), &before["has_more"]), (vec!["collection/plant"], &json!(true)));
    let none = get(&app, "/v1/models?after_id=collection%2Fteam%20notes").await.json();
    assert_eq!((&none["data"], &none["first_id"]), (&json!([]), &Value::Null));
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_anthropics_shape() {
    let app = with_collections().await;
    for query in ["limit=0", "limit=1001", "limit=x", "after_id=none", "before_id=none"] {
        let reply = get(&app, &format!("/v1/models?{query}")).await;
        refused(&reply, 400, "invalid_request_error");
    }
    let both = "after_id=scripted%2Fgenerator&before_id=collection%2Fplant";
    refused(&get(&app, &format!("/v1/models?{both}")).await, 400, "invalid_request_error");
    for id in ["nobody/none", "scripted/embedder", "collection/none"] {
        let reply = get(&app, &format!("/v1/models/{id}")).await;
        let told = refused(&reply, 404, "not_found_error");
        assert!(told.contains(id), "{told}");
    }
}
