//! Tags, dates and links of notes over the API.

use serde_json::{Value, json};

use crate::harness::App;

const MILL: &[u8] = b"---\naliases: [Watermill]\ntags: [place/river]\ndate: 2026-03-01\n---\n\n\
    The wheel was made by [[Ann|the weaver]]. %%ask again%%\n";
const ANN: &[u8] = b"---\ndate: 2026-05-10\n---\nAnn carves a wheel. #people ![[mill]]\n";

async fn vault() -> App {
    let app = App::new(&["The wheel was made by the weaver [1]."]).await;
    let files = [("Places/Mill.md", MILL), ("Ann.md", ANN), ("Empty.md", b"".as_slice())];
    app.fill("vault", &files).await;
    app
}

fn paths(found: &Value) -> Vec<&str> {
    let hits = found["hits"].as_array().expect("a list");
    hits.iter().map(|hit| hit["document"]["path"].as_str().expect("a path")).collect()
}

#[tokio::test]
async fn a_search_is_limited_by_tag_and_date() {
    let app = vault().await;
    let search = async |limits: Value| {
        let mut body = json!({"query": "wheel"});
        body.as_object_mut().expect("an object").extend(limits.as_object().expect("one").clone());
        app.post("/api/collections/vault/search", &body).await
    };
    let tagged = search(json!({"tags": ["place"]})).await.json();
    assert_eq!(paths(&tagged), ["Places/Mill.md"], "{tagged}");
    let later = search(json!({"after": "2026-03-02"})).await.json();
    assert_eq!(paths(&later), ["Ann.md"], "{later}");
    let nothing = search(json!({"tags": ["place"], "after": "2026-03-02"})).await;
    let refused = nothing.error(404, "not_found");
    assert!(refused.contains("tagged `place`") && refused.contains("2026-03-02"), "{refused}");
    let wrong = search(json!({"before": "May"})).await;
    assert!(wrong.error(400, "invalid_json").contains("2026-01-31"), "it shows how to write a day");
}

#[tokio::test]
async fn an_answer_is_limited_by_tag_and_quotes_what_is_shown() {
    let app = vault().await;
    let question = json!({"question": "Who made the wheel?", "tags": ["#place/river"]});
    let answer = app.post("/api/collections/vault/ask", &question).await.json();
    let citation = &answer["citations"][0];
    assert_eq!(citation["document"]["path"], "Places/Mill.md", "{answer}");
    assert_eq!(citation["quote"], "The wheel was made by the weaver");
    crate::api::assert_quoted(&app, citation).await;
}

#[tokio::test]
async fn tags_and_links_are_listed() {
    let app = vault().await;
    let tags = app.get("/api/collections/vault/tags").await.json();
    let expected = json!({"tags": [
        {"tag": "people", "documents": 1},
        {"tag": "place", "documents": 1},
        {"tag": "place/river", "documents": 1},
    ]});
    assert_eq!(tags, expected);
    let documents = app.documents("vault").await;
    let mill = documents.iter().find(|one| one["path"] == "Places/Mill.md").expect("is there");
    assert_eq!(mill["tags"], json!(["place/river"]));
    assert_eq!(mill["dated_at_ms"], 1_772_323_200_000_i64);
    let id = mill["id"].as_str().expect("an id");
    let links = app.get(&format!("/api/documents/{id}/links")).await.json();
    assert_eq!(links["links"][0]["target"], "Ann", "{links}");
    assert_eq!(links["links"][0]["document"]["path"], "Ann.md", "{links}");
    assert_eq!(links["backlinks"][0]["document"]["path"], "Ann.md", "{links}");
    assert_eq!(links["backlinks"][0]["embed"], true, "{links}");
}
