//! How answers are made: follow-ups, folders, contradictions, everything at once, and the trace.

use serde_json::{Value, json};

use crate::api::assert_quoted;
use crate::harness::App;

const PUMP: &[u8] = b"The circulation pump of Alba weighs nine kilograms and runs at 50 hertz.";
const VALVE: &[u8] = b"The safety valve of Bruno opens at four bar and costs 80 euros.";
const CLOCK: &[u8] = b"The station clock of Carla was repaired in 1998 by a watchmaker.";

#[tokio::test]
async fn everything_is_read_once_and_the_notes_are_kept() {
    let notes = [
        "The circulation pump of Alba weighs nine kilograms.",
        // Not in its passage: the program throws it away.
        "The safety valve of Bruno opens at seven bar.\nThe safety valve of Bruno opens at four bar.",
        "NOTHING",
    ];
    let answer = "The circulation pump of Alba weighs nine kilograms [1]. \
                  The safety valve of Bruno opens at four bar [2].";
    let app = App::new(&[notes[0], notes[1], notes[2], answer, answer, answer]).await;
    let files = [("a.txt", PUMP), ("b.txt", VALVE), ("c.txt", CLOCK)];
    app.fill("plant", &files).await;
    let question = json!({"question": "List all figures of the machines.", "explain": true});
    let first = app.post("/api/collections/plant/ask", &question).await.json();
    assert_eq!(first["mode"], "coverage", "{first}");
    assert_eq!(first["coverage"]["documents_read"], 3, "{first}");
    assert_eq!(first["coverage"]["documents"], 3);
    assert_eq!(first["coverage"]["cached"], 0);
    assert_eq!(
        (&first["coverage"]["notes"], &first["coverage"]["notes_refused"]),
        (&json!(2), &json!(1))
    );
    let cited: Vec<&str> = first["citations"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|citation| citation["document"]["path"].as_str().expect("a path"))
        .collect();
    assert_eq!(cited, ["a.txt", "b.txt"], "{first}");
    for citation in first["citations"].as_array().expect("a list") {
        assert_quoted(&app, citation).await;
    }
    let prompt = first["trace"]["prompt"][0]["content"].as_str().expect("a prompt");
    assert!(prompt.contains("opens at four bar") && !prompt.contains("seven bar"), "{prompt}");
    let again = app.post("/api/collections/plant/ask", &question).await.json();
    assert_eq!(again["coverage"]["cached"], 3, "{again}");
    assert_eq!(again["coverage"]["notes_refused"], 1, "a note that is kept is refused again");
    assert_eq!(again["answer"], first["answer"]);
    let chat = json!({
        "model": "collection/plant",
        "messages": [{"role": "user", "content": question["question"]}],
    });
    let told = app.post("/v1/chat/completions", &chat).await.json();
    let told = &told["choices"][0]["message"]["quire"];
    let (mode, documents) = (&told["mode"], &told["coverage"]["documents_read"]);
    assert_eq!((mode, documents), (&json!("coverage"), &json!(3)), "{told}");
}

#[tokio::test]
async fn a_long_reading_is_offered_and_not_begun() {
    let app = App::new(&["The pump runs at 50 hertz [1]."]).await;
    let long = "The circulation pump of Alba runs at 50 hertz in the cellar. ".repeat(1200);
    app.fill("plant", &[("a.txt", long.as_bytes())]).await;
    let question = json!({"question": "Summarise everything about the pump."});
    let answer = app.post("/api/collections/plant/ask", &question).await.json();
    assert_eq!(answer["mode"], "retrieval", "{answer}");
    assert_eq!(answer["coverage"]["documents_read"], 0, "{answer}");
    assert!(answer["coverage"]["estimated_ms"].as_u64() > Some(60_000), "{answer}");
}

#[tokio::test]
async fn documents_that_disagree_are_both_cited() {
    let app = App::new(&["The warranty of the circulation pump lasts 24 months [1]."]).await;
    let manual: &[u8] = b"The warranty of the circulation pump lasts 24 months.";
    let flyer: &[u8] = b"Good news. The warranty of the circulation pump lasts 36 months.";
    app.fill("plant", &[("manual.txt", manual), ("flyer.txt", flyer)]).await;
    let question = json!({"question": "How long does the warranty of the pump last?"});
    let answer = app.post("/api/collections/plant/ask", &question).await.json();
    let text = answer["answer"].as_str().expect("text");
    assert!(text.contains("disagree") && text.contains("36 months"), "{answer}");
    let last = answer["sentences"].as_array().and_then(|list| list.last()).expect("a sentence");
    assert_eq!(last["citations"].as_array().map(Vec::len), Some(2), "{answer}");
    for citation in answer["citations"].as_array().expect("a list") {
        assert_quoted(&app, citation).await;
    }
    let points: Vec<char> = text.chars().collect();
    let at = |name: &str| last[name].as_u64().expect("a number") as usize;
    let sentence: String = points[at("start")..at("end")].iter().collect();
    assert_eq!(last["text"], sentence);
}

#[tokio::test]
async fn a_question_is_limited_to_a_folder() {
    let app = App::new(&["The pump runs at 50 hertz [1]."]).await;
    app.fill("plant", &[("pumps/a.txt", PUMP), ("pumps2/b.txt", PUMP)]).await;
    let paths = |answer: &Value| -> Vec<String> {
        let passages = answer["receipt"]["passages"].as_array().expect("a list").clone();
        passages
            .iter()
            .map(|one| one["document"]["path"].as_str().expect("a path").to_owned())
            .collect()
    };
    let question = json!({"question": "How fast is the pump?", "paths": ["pumps"]});
    let answer = app.post("/api/collections/plant/ask", &question).await.json();
    assert_eq!(paths(&answer), ["pumps/a.txt"], "{answer}");
    let query = json!({"query": "pump", "paths": ["pumps2/b.txt"]});
    let found = app.post("/api/collections/plant/search", &query).await.json();
    assert_eq!(found["hits"].as_array().map(Vec::len), Some(1), "{found}");
    assert_eq!(found["hits"][0]["document"]["path"], "pumps2/b.txt");
    let nowhere = json!({"question": "How fast is the pump?", "paths": ["valves"]});
    let refused = app.post("/api/collections/plant/ask", &nowhere).await;
    assert!(refused.error(404, "not_found").contains("valves"));
}

#[tokio::test]
async fn a_follow_up_is_rewritten_and_the_rewrite_is_kept() {
    let rewritten = "What does the safety valve of Bruno cost?";
    let replies =
        ["The safety valve of Bruno opens at four bar [1].", rewritten, "It costs 80 euros [1]."];
    let app = App::new(&replies).await;
    app.fill("plant", &[("b.txt", VALVE), ("c.txt", CLOCK)]).await;
    let made = app.post("/api/collections/plant/conversations", &json!({})).await.json();
    let ask = async |question: &str| {
        let body = json!({"question": question, "conversation_id": made["id"], "explain": true});
        app.post("/api/collections/plant/ask", &body).await.json()
    };
    let first = ask("At how many bar does the safety valve of Bruno open?").await;
    assert_eq!(first["trace"]["rewritten"], Value::Null, "{first}");
    let second = ask("And what does it cost?").await;
    assert_eq!(second["trace"]["rewritten"], rewritten, "{second}");
    assert_eq!(second["receipt"]["search_query"], rewritten);
    assert!(!second["trace"]["candidates"].as_array().expect("a list").is_empty());
    assert_eq!(second["trace"]["model_fingerprint"], "scripted");
    let id = made["id"].as_str().expect("an id");
    let kept = app.get(&format!("/api/conversations/{id}")).await.json();
    assert_eq!(kept["messages"][3]["answer"]["trace"], second["trace"], "{kept}");
}

#[tokio::test]
async fn a_loop_is_cut_and_the_receipt_says_so() {
    let sentence = "The pump runs at 50 hertz [1]. ";
    let several = "The pump weighs nine kilograms [1]. The pump runs at 50 hertz [1]. ";
    for (reply, expected) in [
        (sentence.repeat(8), "The pump runs at 50 hertz."),
        (several.repeat(3), "The pump weighs nine kilograms. The pump runs at 50 hertz."),
    ] {
        let app = App::new(&[&reply, &reply]).await;
        app.fill("plant", &[("a.txt", PUMP)]).await;
        let question = json!({"question": "How fast and heavy is the pump?"});
        let answer = app.post("/api/collections/plant/ask", &question).await.json();
        assert_eq!(answer["answer"], expected, "{answer}");
        let sentences = answer["sentences"].as_array().map(Vec::len);
        assert_eq!(sentences, Some(expected.matches('.').count()), "{answer}");
        assert_eq!(answer["receipt"]["truncated"], true, "{answer}");
        assert_eq!(answer["receipt"]["truncated_by"], "repetition", "{answer}");
        let streamed = json!({"question": question["question"], "stream": true});
        let events = app.post("/api/collections/plant/ask", &streamed).await.events();
        let checked = events.iter().filter(|(name, _)| name == "sentence").count();
        assert_eq!(Some(checked), sentences, "no sentence is taken back: {events:?}");
    }
}

#[tokio::test]
async fn a_list_may_say_the_same_line_twice() {
    let contracts: &[u8] =
        b"# Contract A\n\nNotice: three months.\n\n# Contract B\n\nNotice: three \
        months.\n\n# Contract C\n\nNotice: three months.\n";
    let reply = "Contract A:\nNotice: three months. [1]\nContract B:\nNotice: three months. [1]\n\
        Contract C:\nNotice: three months. [1]\n";
    let app = App::new(&[reply]).await;
    app.fill("office", &[("contracts.md", contracts)]).await;
    let question = json!({"question": "What notice do contracts A, B and C have?"});
    let answer = app.post("/api/collections/office/ask", &question).await.json();
    let text = answer["answer"].as_str().expect("text");
    assert_eq!(text.matches("Notice: three months.").count(), 3, "{answer}");
    assert_eq!(answer["receipt"]["truncated"], false, "{answer}");
    assert!(answer["receipt"].get("truncated_by").is_none(), "{answer}");
}

#[tokio::test]
async fn the_number_of_a_day_ends_no_sentence() {
    let app = App::new(&["Der Vertrag läuft am 3. Mai 2027 aus [1]."]).await;
    let contract = "# Vertrag\n\nDer Vertrag läuft am 3. Mai 2027 aus, gem. Absprache.\n";
    app.fill("verträge", &[("a.md", contract.as_bytes())]).await;
    let question = json!({"question": "Wann läuft der Vertrag aus?"});
    let answer = app.post("/api/collections/vertr%C3%A4ge/ask", &question).await.json();
    assert_eq!(answer["sentences"].as_array().map(Vec::len), Some(1), "{answer}");
    let [citation] = answer["citations"].as_array().expect("a list").as_slice() else {
        panic!("one citation is expected: {answer}");
    };
    assert_eq!(citation["quote"], "Der Vertrag läuft am 3. Mai 2027 aus");
}
