//! Servers that fail: each costs the call that met it.

use serde_json::{Value, json};

use super::{Host, call, entry, item, kinds, tools};

/// Has a tool called in a response of its own, and gives the call.
async fn call_once(host: &Host) -> Value {
    let body = json!({"input": "Go.", "tools": tools("never"), "store": false});
    let response = host.respond(&body).await;
    assert_eq!(response["status"], "completed", "{response}");
    item(&response, "mcp_call").clone()
}

#[tokio::test]
async fn a_server_that_hangs_or_dies_is_started_again() {
    let echo = call("echo", &json!({"text": "hi"}));
    let (hang, die) = (call("hang", &json!({})), call("die", &json!({})));
    let replies = [&*hang, "Hm.", &*echo, "Good.", &*die, "Hm.", &*echo, "Good."];
    let host = Host::new(&replies, json!({"allow": ["*"], "timeout_seconds": 1})).await;
    let silent = call_once(&host).await;
    let error = silent["error"].as_str().expect("an error");
    assert!(error.contains("did not answer within 1 s"), "{error}");
    assert_eq!(call_once(&host).await["output"], "It says: hi");
    let died = call_once(&host).await;
    let error = died["error"].as_str().expect("an error");
    assert!(error.contains("ended before it answered"), "{error}");
    assert_eq!((&died["status"], &died["output"]), (&json!("failed"), &json!(null)));
    assert_eq!(call_once(&host).await["output"], "It says: hi");
    let report = host.app.get("/api/mcp/servers").await.json();
    assert_eq!(
        (&report["servers"][0]["state"], &report["servers"][0]["starts"]),
        (&json!("connected"), &json!(3))
    );
}

#[tokio::test]
async fn a_server_that_dies_again_rests() {
    let die = call("die", &json!({}));
    let replies = [&*die, "Hm.", &*die, "Hm.", "I have no tools."];
    let host = Host::new(&replies, json!({"allow": ["*"]})).await;
    call_once(&host).await;
    call_once(&host).await;
    let body = json!({"input": "Go.", "tools": tools("never")});
    let response = host.respond(&body).await;
    let listed = item(&response, "mcp_list_tools");
    let error = listed["error"].as_str().expect("an error");
    assert!(error.contains("failed 2 times in a row"), "{error}");
    assert_eq!(kinds(&response).last(), Some(&"message"), "the model answers without: {response}");
    let report = host.app.get("/api/mcp/servers").await.json();
    assert_eq!(report["servers"][0]["state"], "failed", "{report}");
}

#[tokio::test]
async fn junk_and_complaints_do_no_harm() {
    let junk = call("junk", &json!({}));
    let host = Host::new(&[&junk, "Good.", &junk, "Good."], json!({"allow": ["*"]})).await;
    for _ in 0..2 {
        assert_eq!(call_once(&host).await["output"], "after the junk");
    }
    let report = host.app.get("/api/mcp/servers").await.json();
    assert_eq!(report["servers"][0]["starts"], 1, "{report}");
}

#[tokio::test]
async fn a_large_result_is_cut_and_an_error_is_told() {
    let large = call("large", &json!({"length": 100_000}));
    let (refuse, wrong) = (call("refuse", &json!({})), call("echo", &json!({"words": 1})));
    let replies = [&*large, "Hm.", &*refuse, "Hm.", &*wrong, "Hm."];
    let host = Host::new(&replies, json!({"allow": ["*"]})).await;
    // The scripted model reads words, so that one of any length fits.
    let cut = call_once(&host).await;
    let output = cut["output"].as_str().expect("an output");
    assert!(output.ends_with("[68000 more characters are left out]"), "{}", output.len());
    let refused = call_once(&host).await;
    assert!(refused["error"].as_str().is_some_and(|error| error.contains("refuse")), "{refused}");
    let wrong = call_once(&host).await;
    assert!(wrong["error"].is_string(), "{wrong}");
}

#[tokio::test]
async fn a_server_gets_the_environment_of_the_file_and_no_other() {
    let said = call("environment", &json!({}));
    let host = Host::new(&[&said, "Good."], json!({"allow": ["*"]})).await;
    // The tests themselves are started with more than that.
    assert!(std::env::var_os("QUIRE_TEST_PYTHON").is_some());
    let output = call_once(&host).await["output"].as_str().expect("an output").to_owned();
    let names: Vec<String> = serde_json::from_str(&output).expect("names");
    // Python itself sets the locale if there is none.
    let names: Vec<&str> =
        names.iter().map(String::as_str).filter(|name| *name != "LC_CTYPE").collect();
    assert_eq!(names, ["GIVEN", "HOME", "PATH"]);
}

#[tokio::test]
async fn one_that_cannot_be_used_costs_itself_alone() {
    let echo = call("echo", &json!({"text": "hi"}));
    let folder = tempfile::tempdir().expect("a folder");
    let servers = json!({
        "gone": {"command": "/nowhere/server"},
        "wrong": {"command": "a", "url": "b"},
        "off": {"command": "a", "disabled": true},
        "test": entry(folder.path(), &json!({"allow": ["*"]})),
    });
    let host = Host::with_servers(&[&echo, "Good."], servers, folder).await;
    let all: Vec<Value> = ["gone", "wrong", "off", "test"]
        .map(|label| json!({"type": "mcp", "server_label": label, "require_approval": "never"}))
        .into();
    let response = host.respond(&json!({"input": "Go.", "tools": all})).await;
    let lists: Vec<(&Value, bool)> = response["output"]
        .as_array()
        .expect("items")
        .iter()
        .filter(|item| item["type"] == "mcp_list_tools")
        .map(|item| (&item["server_label"], item["error"].is_null()))
        .collect();
    let expected = [("gone", false), ("wrong", false), ("off", false), ("test", true)]
        .map(|(l, f)| (json!(l), f));
    assert_eq!(lists, expected.iter().map(|(l, f)| (l, *f)).collect::<Vec<_>>());
    assert_eq!(item(&response, "mcp_call")["output"], "It says: hi");
    let report = host.app.get("/api/mcp/servers").await.json();
    let states: Vec<&Value> =
        report["servers"].as_array().expect("servers").iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["failed", "misconfigured", "disabled", "connected"]);
}
