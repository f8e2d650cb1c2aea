//! The local search service, as the plugin Obsidian Copilot calls it.

use std::fs;
use std::path::Path;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::App;

/// A vault in a folder, and the last part of its path, which is its name.
fn vault() -> (tempfile::TempDir, String) {
    let folder = tempfile::Builder::new().prefix("Vault").tempdir().expect("a folder");
    fs::create_dir_all(folder.path().join(".obsidian")).expect("a folder");
    fs::create_dir_all(folder.path().join("Private")).expect("a folder");
    write(
        folder.path(),
        "Trees.md",
        "---\ntags: [garden]\n---\n# Trees\n\nThe apple tree was planted in 1987.\n",
    );
    write(folder.path(), "Pears.md", "The pear tree was planted in 1990.\n");
    write(folder.path(), "House.md", "The house has a red roof.\n");
    write(folder.path(), "Private/Diary.md", "The apple of my eye.\n");
    write(folder.path(), ".obsidian/app.json", "{}");
    let name = folder.path().file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    (folder, name)
}

fn write(root: &Path, path: &str, text: &str) {
    fs::write(root.join(path), text).expect("a file");
}

async fn add(app: &App, root: &Path) -> Value {
    let body = json!({"path": root, "exclude_folders": ["Private"], "allow_remote_read": true});
    let added = app.post("/v0/folder", &body).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    added.json()
}

async fn scan(app: &App, name: &str) {
    let scanned = app.post("/v0/scan", &json!({"path": name, "force": false})).await;
    assert_eq!(scanned.status, StatusCode::OK, "{}", scanned.text());
    let collection = name.parse().expect("a name");
    app.services.wait_until_idle(&collection).await.expect("it comes to rest");
}

/// Takes out what differs from run to run.
fn redacted(mut value: Value, name: &str) -> String {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    let changes = ["id", "mtime", "ctime", "created_at", "score"];
                    if changes.contains(&key.as_str()) {
                        *value = format!("[{key}]").into();
                    }
                    walk(value);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut value);
    serde_json::to_string_pretty(&value).expect("JSON").replace(name, "Vault")
}

#[tokio::test]
async fn a_folder_is_added_read_searched_and_removed() {
    let app = App::serving_miyo().await;
    let (folder, name) = vault();
    assert_eq!(app.get("/v0/health").await.json(), json!({"status": "ok"}));
    let at = format!("/v0/folder?path={name}");
    let missing = app.get(&at).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.json()["detail"].is_string());

    let record = add(&app, folder.path()).await;
    assert_eq!(record["exclude_folders"], json!(["Private"]), "{record}");
    assert_eq!(app.get(&at).await.json(), record);
    assert_eq!(
        app.get(&format!("/v0/folder?path={}", folder.path().display())).await.json(),
        record
    );
    let again = app.post("/v0/folder", &json!({"path": folder.path()})).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    scan(&app, &name).await;

    let files = app.get(&format!("/v0/folder/files?folder_name={name}&limit=2")).await.json();
    assert_eq!((&files["total"], files["files"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    let body = json!({"query": "apple tree", "folder_name": name, "limit": 1});
    let found = app.post("/v0/search", &body).await.json();
    insta::assert_snapshot!("miyo_search", redacted(found, &name));
    let at = format!("/v0/folder/documents?folder_name={name}&path={name}/Trees.md");
    insta::assert_snapshot!("miyo_documents", redacted(app.get(&at).await.json(), &name));
    let parsed = app.post("/v0/parse-doc", &json!({"folder_name": name, "path": "House.md"})).await;
    insta::assert_snapshot!("miyo_parse", redacted(parsed.json(), &name));

    let related = json!({"file_path": format!("{name}/Trees.md"), "folder_name": name});
    let related = app.post("/v0/search/related", &related).await.json();
    let paths: Vec<&str> = related["results"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["path"].as_str())
        .collect();
    assert_eq!(paths.len(), 2, "{related}");
    assert!(!paths.contains(&format!("{name}/Trees.md").as_str()), "{related}");
    let unknown = json!({"file_path": format!("{name}/None.md"), "folder_name": name});
    assert_eq!(app.post("/v0/search/related", &unknown).await.status, StatusCode::NOT_FOUND);

    let removed = app.delete(&format!("/v0/folder?path={name}")).await;
    assert_eq!(removed.status, StatusCode::OK);
    assert!(app.documents(&name).await.is_empty());
}

#[tokio::test]
async fn a_scan_takes_what_changed_and_nothing_else() {
    let app = App::serving_miyo().await;
    let (folder, name) = vault();
    add(&app, folder.path()).await;
    scan(&app, &name).await;
    let before = app.documents(&name).await;
    scan(&app, &name).await;
    assert_eq!(app.documents(&name).await, before);

    let house = before.iter().find(|one| one["path"] == "House.md").expect("it is there").clone();
    fs::rename(folder.path().join("House.md"), folder.path().join("Home.md")).expect("a rename");
    fs::remove_file(folder.path().join("Pears.md")).expect("it is there");
    write(folder.path(), "Trees.md", "The apple tree has a new neighbour, a plum.\n");
    scan(&app, &name).await;
    let after = app.documents(&name).await;
    let paths: Vec<&str> = after.iter().filter_map(|one| one["path"].as_str()).collect();
    assert_eq!(paths, ["Home.md", "Trees.md"]);
    assert_eq!(after[0]["id"], house["id"], "a rename keeps the document");
    let body = json!({"query": "plum", "folder_name": name});
    let found = app.post("/v0/search", &body).await.json();
    assert_eq!(found["results"][0]["path"], format!("{name}/Trees.md"), "{found}");
}

#[tokio::test]
async fn filters_narrow_a_search() {
    let app = App::serving_miyo().await;
    let (folder, name) = vault();
    add(&app, folder.path()).await;
    scan(&app, &name).await;
    let search = async |filter: Value| {
        let body = json!({"query": "tree", "folder_name": name, "limit": 10, "filters": [filter]});
        app.post("/v0/search", &body).await
    };
    let paths = |found: Value| -> Vec<String> {
        let rows = found["results"].as_array().expect("a list").clone();
        let mut paths: Vec<String> =
            rows.iter().filter_map(|row| row["path"].as_str().map(str::to_owned)).collect();
        paths.dedup();
        paths
    };
    let tagged = search(json!({"field": "tags", "containsAny": ["#garden"]})).await.json();
    assert_eq!(paths(tagged), [format!("{name}/Trees.md")]);
    let old = search(json!({"field": "mtime", "lte": 1000})).await.json();
    assert!(paths(old).is_empty());
    assert_eq!(
        search(json!({"field": "mood", "equals": "good"})).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn it_answers_only_where_it_was_switched_on_and_takes_only_folders() {
    let off = App::new(&[]).await;
    let refused = off.get("/v0/health").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(refused.json()["detail"].as_str().expect("a sentence").contains("--miyo"));
    let app = App::serving_miyo().await;
    for path in ["relative", "/no/such/folder"] {
        let refused = app.send_json(Method::POST, "/v0/folder", &json!({"path": path})).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}");
    }
}
