//! The citation check measured from outside: claims with their passages, by the command line and the API.

use std::fs;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::harness::{App, run};

const PUMP: &str = "The pump runs at 50 hertz. It weighs nine kilograms.";

/// Claims of which the first is true, the second half true, and the third without a label.
fn claims() -> Vec<Value> {
    vec![
        json!({"id": "a", "question": "How heavy is it?", "claim": "It weighs nine kilograms.",
            "passages": [PUMP], "title": "Pump", "language": "en", "label": "attributable",
            "kind": "plain"}),
        json!({"id": "b", "claim": "The pump runs at 50 hertz. The pump weighs nine tonnes.",
            "passages": ["Nothing of that.", PUMP], "label": "not attributable", "kind": "units"}),
        json!({"id": "c", "claim": "The pump runs at 60 hertz.", "passages": [PUMP]}),
    ]
}

fn lines() -> String {
    claims().iter().flat_map(|claim| [claim.to_string(), "\n".to_owned()]).collect()
}

fn assert_judged(report: &Value) {
    let support = |claim: usize| &report["claims"][claim]["support"];
    assert_eq!([support(0), support(1), support(2)], ["quoted", "unsupported", "unsupported"]);
    let halves = &report["claims"][1]["sentences"];
    assert_eq!(halves[0]["support"], "quoted", "{report}");
    assert!(PUMP.contains(halves[0]["quote"].as_str().expect("a quote")), "{report}");
    let why = halves[1]["why_not"].as_str().expect("a reason");
    assert!(why.contains("nine tonnes") || why.contains("unit"), "{why}");
    for figure in ["precision", "recall", "balanced_accuracy", "macro_f1"] {
        assert_eq!(report[figure], 1.0, "{figure}: {report}");
    }
    assert_eq!(report["labelled"], 2, "{report}");
    assert_eq!(report["kinds"]["plain"]["recall"], 1.0, "{report}");
    assert_eq!(report["kinds"]["units"]["precision"], Value::Null, "{report}");
}

#[tokio::test]
async fn claims_are_judged_through_the_api_as_json_and_as_lines() {
    let app = App::new(&[]).await;
    let path = "/api/evaluations/claims";
    let report = app.post(path, &json!({"claims": claims()})).await.json();
    assert_judged(&report);
    let send = async |content_type: &str, body: String| {
        let request = Request::post(path).header("content-type", content_type);
        app.send(request.body(Body::from(body)).expect("a request")).await
    };
    assert_eq!(send("application/x-ndjson", lines()).await.json(), report);
    let bad = format!("{}{{\"id\": \"d\"}}\n", lines());
    let message = send("application/x-ndjson", bad).await.error(400, "invalid_input");
    assert!(message.contains("line 4") && message.contains("`claim`"), "{message}");
    send("image/png", lines()).await.error(415, "unsupported");
    send("application/json", "{".to_owned()).await.error(400, "invalid_json");
    let judged = app.post("/api/evaluations/claims?judge=none", &json!({"claims": []})).await;
    judged.error(404, "not_found");
}

#[test]
fn claims_are_judged_by_the_command_without_server_and_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("claims.jsonl");
    let data = folder.path().join("data");
    let [path, at] = [&file, &data].map(|path| path.to_str().expect("a plain path").to_owned());
    fs::write(&file, lines()).expect("a file");
    let measured = run(["eval", "--claims", &path, "--data", &at, "--json"]);
    let told = String::from_utf8_lossy(&measured.stderr);
    assert_eq!(measured.status.code(), Some(0), "{told}");
    assert_judged(&serde_json::from_slice(&measured.stdout).expect("JSON"));
    assert!(!data.exists(), "no data folder is made");

    let table = run(["eval", "--claims", &path]);
    let table = String::from_utf8_lossy(&table.stdout);
    for expected in ["3 claims, 2 of them labelled", "macro F1", "units", "all"] {
        assert!(table.contains(expected), "{expected}: {table}");
    }

    fs::write(&file, format!("{}not JSON\n", lines())).expect("a file");
    let refused = run(["eval", "--claims", &path, "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stdout.is_empty());
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(told.contains("claims.jsonl") && told.contains("line 4"), "{told}");

    let missing = run(["eval", "--claims", &path, "--judge", "none/at-all"]);
    assert_eq!(missing.status.code(), Some(1));
    let told = String::from_utf8_lossy(&missing.stderr);
    assert!(told.contains("none/at-all"), "{told}");
}
