//! `/v1/rerank`.

use serde_json::json;

use crate::harness::App;

#[tokio::test]
async fn documents_are_ranked_by_what_they_answer() {
    let app = App::with_reranker().await;
    let body = json!({
        "model": "scripted/reranker", "query": "red roof", "top_n": 2, "return_documents": true,
        "documents": ["The door is blue.", {"text": "The roof is red."}, "A red door."],
    });
    let reply = app.post("/rerank", &body).await.json();
    assert_eq!(reply["model"], "scripted/reranker", "{reply}");
    let order: Vec<_> = (0..2).map(|at| reply["results"][at]["index"].clone()).collect();
    assert_eq!(
        (order, reply["results"].as_array().map(Vec::len)),
        (vec![json!(1), json!(2)], Some(2))
    );
    assert_eq!(reply["results"][0]["document"]["text"], "The roof is red.");
    assert!(
        reply["results"][0]["relevance_score"].as_f64()
            > reply["results"][1]["relevance_score"].as_f64()
    );
    let plain = app.post("/v1/rerank", &json!({"query": "a", "documents": ["a"]})).await.json();
    assert!(plain["results"][0].get("document").is_none(), "{plain}");
}

#[tokio::test]
async fn without_a_model_it_is_said_how_to_get_one() {
    let app = App::new(&[]).await;
    let reply = app.post("/v1/rerank", &json!({"query": "a", "documents": ["a"]})).await;
    assert!(reply.error(404, "model_not_found").contains("quire models list"));
    let app = App::with_reranker().await;
    for (body, param) in [(json!({"documents": []}), "query"), (json!({"query": "a"}), "documents")]
    {
        let reply = app.post("/v1/rerank", &body).await;
        assert_eq!(reply.json()["error"]["param"], param, "{}", reply.text());
    }
}
