//! Evidence first: the best quotes come before a chat model is asked, and are the answer where there is none.

use serde_json::{Value, json};

use crate::api::assert_quoted;
use crate::harness::App;

const COSTS: &[u8] = b"item,2022,2023\nrent,900,950\nheating,120,140\n";
const HOUSE: &[u8] = b"The house has a red roof. Its heating was renewed in 2015.";
const ASK: &str = "/api/collections/home/ask";

async fn home(replies: &[&str]) -> App {
    let app = App::new(replies).await;
    app.fill("home", &[("costs.csv", COSTS), ("house.txt", HOUSE)]).await;
    app
}

async fn streamed(app: &App, question: &str) -> Vec<(String, Value)> {
    let reply = app.post(ASK, &json!({"question": question, "stream": true})).await;
    assert_eq!(reply.status.as_u16(), 200, "{}", reply.text());
    let json = |data: &str| serde_json::from_str(data).expect("JSON");
    reply.events().into_iter().map(|(name, data)| (name, json(&data))).collect()
}

fn names(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn the_first_event_holds_quotes_that_stand_in_the_documents() {
    let app = home(&["Heating cost 140 in 2023 [1]."]).await;
    let events = streamed(&app, "What did heating cost in 2023?").await;
    assert_eq!(events[0].0, "evidence", "{events:?}");
    let evidence = events[0].1["citations"].as_array().expect("a list");
    let best = &evidence[0];
    assert!(best["quote"].as_str().is_some_and(|quote| quote.contains("140")), "{best}");
    assert!(best["header"]["quote"].as_str().is_some_and(|it| it.contains("2023")), "{best}");
    assert!(best["url"].as_str().is_some_and(|url| url.starts_with("/d/")), "{best}");
    for citation in evidence {
        assert_quoted(&app, citation).await;
    }
    let (last, done) = events.last().expect("an event");
    assert_eq!((last.as_str(), &done["answer"]["evidence"]), ("done", &events[0].1["citations"]));
}

#[tokio::test]
async fn what_needs_the_model_fails_behind_the_evidence_and_the_rest_before_it() {
    let app = home(&["never said"]).await;
    let events = streamed(&app, &"roof ".repeat(6000)).await;
    assert_eq!(names(&events), ["evidence", "failed"]);
    assert_eq!(events[1].1["kind"], "too_large", "{events:?}");

    let refused = async |path: &str, body: Value| app.post(path, &body).await;
    let stream = |question: &str| json!({"question": question, "stream": true});
    let nowhere = refused("/api/collections/nowhere/ask", stream("Is it dry?")).await;
    nowhere.error(404, "not_found");
    refused(ASK, stream("  ")).await.error(400, "invalid_input");
    let mut body = stream("Is it dry?");
    body["mode"] = json!("everything");
    refused(ASK, body).await.error(400, "invalid_json");
    let mut body = stream("Is it dry?");
    body["paths"] = json!(["attic/"]);
    refused(ASK, body).await.error(404, "not_found");
}

#[tokio::test]
async fn without_a_chat_model_the_evidence_is_the_answer() {
    let app = home(&[]).await;
    app.models.take_generator();
    let question = "Which colour has the roof of the house?";
    let events = streamed(&app, question).await;
    assert_eq!(names(&events), ["evidence", "done"]);
    let answer = app.post(ASK, &json!({"question": question})).await.json();
    assert_eq!(answer["answered"], false, "{answer}");
    assert_eq!(answer["notice"]["code"], "no_chat_model", "{answer}");
    assert_eq!(answer["answer"], answer["notice"]["message"]);
    let best = answer["evidence"][0]["quote"].as_str().expect("a quote");
    assert!(best.contains("red roof"), "{answer}");
    let chat = json!({
        "model": "collection/home",
        "messages": [{"role": "user", "content": question}],
    });
    let told = app.post("/v1/chat/completions", &chat).await.json();
    let message = &told["choices"][0]["message"];
    assert_eq!(
        (&message["content"], &message["quire"]["notice"]),
        (&answer["answer"], &answer["notice"])
    );
}
