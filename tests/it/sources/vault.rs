//! A whole vault: plan, batch, commit, changes, progress.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{GARDEN, HOUSE, JSON, at, hash, mirrored, paths_found, send, settle};
use crate::harness::App;

fn plan(rules_hash: &str, files: &Value) -> Value {
    json!({"plan_id": null, "rules_hash": rules_hash, "scope": {"prefixes": [""]},
        "complete": true, "files": files})
}

fn rows() -> Value {
    json!([
        ["Daily/garden.md", hash(GARDEN), 1000, GARDEN.len()],
        ["house.md", hash(HOUSE), 1000, HOUSE.len()],
    ])
}

async fn upload(app: &App) -> Value {
    let ops = json!({"ops": [
        {"op": "put", "path": "Daily/garden.md", "text": GARDEN, "mtime": 1000, "meta": {"tags": []}},
        {"op": "put", "path": "house.md", "text": HOUSE, "hash": hash(HOUSE), "mtime": 1000},
    ]});
    app.post(&at("/batch"), &ops).await.json()
}

#[tokio::test]
async fn a_vault_is_planned_uploaded_committed_and_then_costs_one_small_request() {
    let (app, rules_hash) = mirrored().await;
    let planned = app.post(&at("/plan"), &plan(&rules_hash, &rows())).await.json();
    let wanted =
        json!([{"path": "Daily/garden.md", "why": "new"}, {"path": "house.md", "why": "new"}]);
    assert_eq!(planned["upload"], wanted, "{planned}");
    let done = upload(&app).await;
    assert_eq!(done["results"][0]["result"], "queued", "{done}");
    assert_eq!(done["results"][1]["etag"], json!(hash(HOUSE)));
    let commit = json!({"plan_id": planned["plan_id"], "delete_missing": true});
    let committed = app.post(&at("/commit"), &commit).await.json();
    assert_eq!(committed["deleted"], 0, "{committed}");
    settle(&app).await;
    assert_eq!(paths_found(&app, "apple").await, ["Daily/garden.md"]);
    let query = json!({"query": "apple", "mode": "keyword"});
    let found = app.post("/api/collections/notes/search", &query).await.json();
    let opens = "obsidian://open?vault=Vault&file=Daily%2Fgarden";
    assert_eq!(found["hits"][0]["obsidian_url"], opens, "{found}");

    let digest = app.get(&at("/digest?depth=1")).await;
    assert_eq!(digest.json()["digest"], committed["digest"]);
    assert!(digest.json()["folders"]["Daily/"].is_string());
    assert!(digest.body.len() < 400, "{}", digest.text());
    let again = app.post(&at("/plan"), &plan(&rules_hash, &rows())).await.json();
    assert_eq!(again["unchanged"], 2, "{again}");
    assert_eq!(again["upload"], json!([]));

    let status = app.get(&at("")).await;
    assert_eq!(status.json()["index"]["done"], 2, "{}", status.text());
    assert_eq!(status.json()["kind"], "obsidian");
    assert_eq!(status.json()["limits"]["max_batch_ops"], 64);
    let etag = status.header("etag").to_owned();
    let same = send(&app, Method::GET, &at(""), &[("if-none-match", &etag)], "").await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn a_mass_deletion_is_refused_until_it_is_confirmed() {
    let (app, rules_hash) = mirrored().await;
    let op = |number: usize| json!({"op": "put", "path": format!("{number}.md"), "text": format!("Note {number}."), "mtime": 1});
    let done = app.post(&at("/batch"), &json!({"ops": (0..40).map(op).collect::<Vec<_>>()})).await;
    assert_eq!(done.status, StatusCode::OK);
    let planned = app.post(&at("/plan"), &plan(&rules_hash, &json!([]))).await.json();
    let guard = json!({"would_delete": 40, "of": 40, "needs_confirm": true});
    assert_eq!(planned["delete_guard"], guard);
    let mut commit = json!({"plan_id": planned["plan_id"], "delete_missing": true});
    let refused = app.post(&at("/commit"), &commit).await;
    refused.error(409, "mass_delete_guard");
    assert_eq!(refused.header("x-should-retry"), "false");
    assert_eq!(refused.json()["error"]["details"]["delete_guard"], guard);
    commit["expected_deletes"] = 40.into();
    let committed = app.post(&at("/commit"), &commit).await.json();
    assert_eq!(committed["deleted"], 40, "{committed}");
    commit["plan_id"] = "pl_none".into();
    app.post(&at("/commit"), &commit).await.error(410, "plan_gone");
}

#[tokio::test]
async fn other_rules_are_refused_with_the_right_ones() {
    let (app, rules_hash) = mirrored().await;
    let refused = app.post(&at("/plan"), &plan("old", &json!([]))).await;
    refused.error(409, "rules_changed");
    assert_eq!(refused.json()["error"]["details"]["rules_hash"], rules_hash);
    assert!(refused.json()["error"]["details"]["rules"]["exclude"].is_array());
}

#[tokio::test]
async fn ops_come_as_lines_and_bodies_as_gzip() {
    let (app, _) = mirrored().await;
    let lines = "{\"op\":\"put\",\"path\":\"a.md\",\"text\":\"x\",\"mtime\":1}\nnot json\n";
    let headers = [("content-type", "application/x-ndjson")];
    let done = send(&app, Method::POST, &at("/batch"), &headers, lines).await.json();
    assert_eq!(done["results"][0]["status"], 200, "{done}");
    assert_eq!(done["results"][1]["error"]["code"], "invalid_op", "{done}");

    // `{"ops":[]}` as gzip writes it without compressing.
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 10, 0, 245, 255];
    packed.extend_from_slice(br#"{"ops":[]}"#);
    packed.extend_from_slice(&crc32(br#"{"ops":[]}"#).to_le_bytes());
    packed.extend_from_slice(&10u32.to_le_bytes());
    let headers = [JSON, ("content-encoding", "gzip")];
    let done = send(&app, Method::POST, &at("/batch"), &headers, packed).await;
    assert_eq!(done.json()["results"], json!([]), "{}", done.text());
    let headers = [JSON, ("content-encoding", "br")];
    send(&app, Method::POST, &at("/batch"), &headers, "x").await.error(415, "unsupported");
}

/// The checksum at the end of gzip.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |state: u32, byte: &u8| {
        (0..8).fold(state ^ u32::from(*byte), |state, _| {
            (state >> 1) ^ if state & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[tokio::test]
async fn changes_are_told_in_order_and_waited_for() {
    let (app, _) = mirrored().await;
    let seq = upload(&app).await["seq"].as_u64().expect("a number");
    let page = app.get(&at("/changes?since=0&limit=1")).await.json();
    assert_eq!(
        (page["changes"][0]["path"].as_str(), &page["more"]),
        (Some("Daily/garden.md"), &json!(true))
    );
    let rest = app.get(&at(&format!("/changes?since={}", page["seq"]))).await.json();
    assert_eq!(rest["changes"][0]["path"], "house.md");
    assert_eq!(rest["seq"], seq);

    let path = at(&format!("/changes?since={seq}&wait=60"));
    let waiting = app.get(&path);
    let path = at("/files/house.md");
    let gone = async { app.delete(&path).await };
    let (news, gone) = futures::join!(waiting, gone);
    assert_eq!(gone.json()["status"], "deleted");
    let news = news.json();
    assert_eq!(
        (&news["changes"][0]["op"], &news["changes"][0]["path"]),
        (&json!("delete"), &json!("house.md"))
    );
    app.get(&at("/changes?since=99999")).await.error(410, "changes_gone");
}

#[tokio::test]
async fn failures_are_listed_with_what_to_do() {
    let (app, _) = mirrored().await;
    let ops = json!({"ops": [{"op": "put", "path": "bad.pdf", "text": "%PDF-1.7", "mtime": 1}]});
    assert_eq!(app.post(&at("/batch"), &ops).await.json()["results"][0]["status"], 202);
    settle(&app).await;
    let failures = app.get(&at("/failures")).await.json();
    assert_eq!(failures["failures"][0]["path"], "bad.pdf", "{failures}");
    assert_eq!(failures["failures"][0]["stage"], "parse");
    let again = app.post(&at("/reindex"), &json!({"failed_only": true})).await.json();
    assert_eq!(again["queued"], 1);
}
