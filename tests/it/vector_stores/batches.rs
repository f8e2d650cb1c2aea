//! Files that come together.

use serde_json::json;

use super::{PUMP, TANK, at, file, ids, settle, store};
use crate::harness::App;

#[tokio::test]
async fn files_that_come_together_are_counted_together() {
    let app = App::new(&[]).await;
    let store = store(&app, json!({"name": "plant"})).await;
    let made = [file(&app, "pump.md", PUMP).await, file(&app, "tank.md", TANK).await];
    let body = json!({"file_ids": made, "attributes": {"kind": "manual"}});
    let batch = app.post(&at(&store, "/file_batches"), &body).await.json();
    assert_eq!(
        (&batch["object"], &batch["file_counts"]["total"]),
        (&json!("vector_store.files_batch"), &json!(2))
    );
    settle(&app, &store).await;
    let path = at(&store, &format!("/file_batches/{}", batch["id"].as_str().expect("an id")));
    let batch = app.get(&path).await.json();
    assert_eq!(
        (&batch["status"], &batch["file_counts"]["completed"]),
        (&json!("completed"), &json!(2))
    );
    let other = file(&app, "other.md", b"Other.").await;
    let each = json!({"files": [{"file_id": other, "attributes": {"kind": "note"}}]});
    let second = app.post(&at(&store, "/file_batches"), &each).await.json();
    settle(&app, &store).await;
    let listed = app.get(&format!("{path}/files?order=asc&limit=1")).await.json();
    assert_eq!((ids(&listed), &listed["has_more"]), (vec![made[0].as_str()], &json!(true)));
    assert_eq!(listed["data"][0]["attributes"], json!({"kind": "manual"}));
    let path = at(&store, &format!("/file_batches/{}", second["id"].as_str().expect("an id")));
    assert_eq!(ids(&app.get(&format!("{path}/files")).await.json()), [other.as_str()]);
    let cancelled = app.post(&format!("{path}/cancel"), &json!({})).await.json();
    assert_eq!(
        (&cancelled["status"], &cancelled["file_counts"]["completed"]),
        (&json!("cancelled"), &json!(1))
    );
}

#[tokio::test]
async fn one_unknown_file_leaves_all_outside() {
    let app = App::new(&[]).await;
    let store = store(&app, json!({"name": "plant"})).await;
    let body = json!({"file_ids": [file(&app, "pump.md", PUMP).await, "file-none"]});
    app.post(&at(&store, "/file_batches"), &body).await.error(404, "not_found");
    assert!(ids(&app.get(&at(&store, "/files")).await.json()).is_empty());
}
