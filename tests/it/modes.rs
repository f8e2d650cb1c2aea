//! How much is read for an answer: chosen by the question and the sizes, or by whoever asks; and
//! what becomes of an answer that is cut off.

use serde_json::{Value, json};

use crate::harness::App;

const PUMP: &[u8] = b"The circulation pump weighs nine kilograms and runs at 50 hertz.";
const VALVE: &[u8] = b"The safety valve opens at four bar and costs 80 euros.";
const REPLY: &str = "The circulation pump runs at 50 hertz [1].";

async fn ask(app: &App, more: Value) -> Value {
    let mut question = json!({"question": "How fast does the circulation pump run?"});
    for (name, value) in more.as_object().expect("an object") {
        question[name] = value.clone();
    }
    app.post("/api/collections/plant/ask", &question).await.json()
}

fn read(answer: &Value) -> Vec<&str> {
    let passages = answer["receipt"]["passages"].as_array().expect("a list");
    passages.iter().filter_map(|passage| passage["document"]["path"].as_str()).collect()
}

#[tokio::test]
async fn the_mode_is_chosen_and_overridden_and_the_receipt_says_why() {
    let app = App::new(&[REPLY; 5]).await;
    app.fill("plant", &[("a/pump.txt", PUMP), ("b/valve.txt", VALVE)]).await;
    let check = |answer: &Value, mode: &str, reason: &str| {
        assert_eq!(answer["mode"], mode, "{answer}");
        assert_eq!(answer["receipt"]["mode_reason"], reason, "{answer}");
    };
    let usual = ask(&app, json!({})).await;
    check(&usual, "retrieval", "usual");
    assert!(usual["receipt"]["limited_to"].is_null(), "{usual}");
    let short = ask(&app, json!({"paths": ["a/"]})).await;
    check(&short, "full_document", "short_enough");
    assert_eq!(short["receipt"]["limited_to"], json!({"paths": ["a/"]}), "{short}");
    let passages = ask(&app, json!({"paths": ["a/"], "mode": "retrieval"})).await;
    check(&passages, "retrieval", "asked");
    let whole = ask(&app, json!({"mode": "full_document"})).await;
    check(&whole, "full_document", "asked");
    assert_eq!(read(&whole), ["a/pump.txt", "b/valve.txt"], "the whole collection is read");
}

#[tokio::test]
async fn whole_documents_that_do_not_fit_are_refused_and_not_cut() {
    let app = App::new(&[REPLY; 2]).await;
    let long = "The circulation pump runs at 50 hertz in the cellar of the house. ".repeat(500);
    app.fill("plant", &[("long.txt", long.as_bytes()), ("pump.txt", PUMP)]).await;
    let question = json!({"question": "How fast is the pump?", "mode": "full_document"});
    let refused = app.post("/api/collections/plant/ask", &question).await;
    let message = refused.error(413, "too_large");
    assert!(message.contains("fewer"), "{message}");
    let one = ask(&app, json!({"mode": "full_document", "paths": ["pump.txt"]})).await;
    assert_eq!(read(&one), ["pump.txt"]);
}

#[tokio::test]
async fn half_a_sentence_of_an_answer_that_was_cut_is_not_marked() {
    let app = App::new(&["The circulation pump runs at 50 hertz [1]. Nobody in Norway has"]).await;
    app.fill("plant", &[("pump.txt", PUMP)]).await;
    // The script ends later than the limit, as that of a model in the middle of a sentence does.
    let answer = ask(&app, json!({"max_tokens": 10})).await;
    assert_eq!(answer["receipt"]["truncated"], true, "{answer}");
    assert_eq!(answer["receipt"]["truncated_by"], "length", "{answer}");
    let text = answer["answer"].as_str().expect("text");
    assert!(text.ends_with("Nobody in"), "what was written stays: {text}");
    let sentences = answer["sentences"].as_array().expect("a list");
    assert_eq!(sentences.len(), 1, "{answer}");
    assert_ne!(sentences[0]["support"], "unsupported", "{answer}");
}
