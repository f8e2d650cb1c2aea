//! The page's own calls, as the program in the browser makes them.

use serde_json::json;

use crate::harness::App;

#[tokio::test]
async fn a_refused_call_has_the_status_of_its_kind() {
    let app = App::new(&[]).await;
    app.post("/api/collections", &json!({"name": "plant"})).await;
    let check = async |call: &str, body: serde_json::Value, status: u16, kind: &str| {
        let reply = app.post(&format!("/ui/{call}"), &body).await;
        assert_eq!(reply.status.as_u16(), status, "{call}: {}", reply.text());
        assert_eq!(reply.json()["kind"], kind, "{call}");
    };
    check("get_collection", json!({"name": "nowhere"}), 404, "not_found").await;
    check("get_collection", json!({"name": "a/b"}), 400, "invalid_input").await;
    check("create_collection", json!({"name": "plant", "language": ""}), 409, "conflict").await;
    check("go_back", json!({"name": "plant"}), 409, "conflict").await;
    let found = app.post("/ui/get_collection", &json!({"name": "plant"})).await;
    assert_eq!(found.status.as_u16(), 200, "{}", found.text());
}

#[tokio::test]
async fn folders_and_documents_are_found_by_their_names() {
    let app = App::new(&[]).await;
    let files: [(&str, &[u8]); 4] = [
        ("reports/2023/q1.txt", b"Sales rose."),
        ("reports/2024/q1.txt", b"Sales fell."),
        ("notes.md", b"# Reports to write\n\nNone."),
        ("reports/broken.pdf", b"%PDF-1.7\nnothing"),
    ];
    app.fill("office", &files).await;
    let find = async |words: &str| {
        let body = json!({"collection": "office", "words": words});
        app.post("/ui/find_places", &body).await.json()
    };
    let all = find("").await;
    let expected = json!([
        {"path": "reports/", "documents": 2},
        {"path": "reports/2023/", "documents": 1},
        {"path": "reports/2024/", "documents": 1},
    ]);
    assert_eq!(all["folders"], expected, "what could not be read is no choice: {all}");
    assert_eq!(all["documents"].as_array().map(Vec::len), Some(3), "{all}");
    let some = find("REPORTS 2024").await;
    assert_eq!(some["folders"].as_array().map(Vec::len), Some(1), "{some}");
    assert_eq!(some["documents"][0]["path"], "reports/2024/q1.txt", "{some}");
    let titled = find("to write").await;
    assert_eq!(titled["documents"][0]["path"], "notes.md", "a title counts too: {titled}");
}
