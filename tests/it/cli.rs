//! The command line, with and without a running server.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Server, free_port, quire, run};

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
        let (stdout, stderr) = (&output.stdout, &output.stderr);
        let [stdout, stderr] = [stdout, stderr].map(|bytes| String::from_utf8_lossy(bytes));
        panic!("standard output is not only JSON ({error}): {stdout}\n{stderr}")
    })
}

/// A folder with two good files, one below the other, a bad one and a hidden one.
fn sample(folder: &Path) {
    fs::create_dir_all(folder.join("sub")).expect("a folder");
    fs::write(folder.join("a.txt"), "The meeting is on Tuesday at nine.").expect("a file");
    fs::write(folder.join("sub/b.md"), "# Pump\n\nThe pump runs at 50 hertz.\n").expect("a file");
    fs::write(folder.join("empty.txt"), "").expect("a file");
    fs::write(folder.join(".hidden"), "x").expect("a file");
}

#[test]
fn a_folder_is_added_listed_searched_and_deleted_through_a_server() {
    let data = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    sample(files.path());
    let server = Server::start(data.path());
    let at = ["--data", text(data.path())];

    let added = run([&["ingest", text(files.path()), "-c", "notes", "--json"][..], &at].concat());
    assert_eq!(added.status.code(), Some(2), "{}", String::from_utf8_lossy(&added.stderr));
    let summary = json(&added);
    assert_eq!(summary["collection"], "notes");
    assert_eq!(summary["indexed"], 2, "{summary}");
    assert_eq!(summary["failed"], 1, "{summary}");
    assert_eq!(summary["skipped"].as_array().map(Vec::len), Some(1), "{summary}");
    let paths: Vec<&str> = summary["documents"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|document| document["path"].as_str().expect("a path"))
        .collect();
    assert_eq!(paths, ["a.txt", "empty.txt", "sub/b.md"]);

    let found =
        json(&run(
            [&["search", "-c", "notes", "pump hertz", "-k", "1", "--json"][..], &at].concat()
        ));
    assert_eq!(found["hits"][0]["document"]["path"], "sub/b.md", "{found}");

    let asked =
        run([&["ask", "-c", "notes", "At how many hertz does the pump run?"][..], &at].concat());
    assert_eq!(asked.status.code(), Some(0), "{}", String::from_utf8_lossy(&asked.stderr));
    let told = String::from_utf8_lossy(&asked.stdout);
    let best: Vec<&str> = told.lines().take(2).collect();
    assert_eq!(best[0], "Best quotes:", "{told}");
    assert!(best[1].starts_with("- sub/b.md") && best[1].contains("\"The pump runs"), "{told}");

    let plain = run([&["ingest", text(files.path()), "-c", "notes"][..], &at].concat());
    let told = String::from_utf8_lossy(&plain.stderr);
    assert!(told.contains("empty.txt"), "the failed file is named: {told}");

    let deleted = run([&["documents", "delete", "-c", "notes", "a.txt"][..], &at].concat());
    assert_eq!(deleted.status.code(), Some(0));
    let listed = json(&run([&["documents", "list", "-c", "notes", "--json"][..], &at].concat()));
    assert_eq!(listed["documents"].as_array().map(Vec::len), Some(2));

    assert_eq!(run([&["collections", "delete", "notes"][..], &at].concat()).status.code(), Some(0));
    let left = json(&run([&["collections", "list", "--json"][..], &at].concat()));
    assert_eq!(left["collections"], serde_json::json!([]));
    assert_eq!(server.stop(), Some(0));
}

/// The kernel's files are of no size until they are read, and one of them cannot be.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_to_its_end_costs_no_other() {
    let data = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    sample(files.path());
    let [grows, fails] = ["/proc/version", "/proc/self/mem"];
    let at = ["-c", "notes", "--json", "--data", text(data.path())];
    let added = run([&["ingest", text(files.path()), fails, grows][..], &at].concat());
    let summary = json(&added);
    assert_eq!(summary["indexed"], 3, "{summary}");
    let rejected = summary["rejected"].as_array().expect("a list");
    assert_eq!(rejected.len(), 1, "{summary}");
    assert_eq!(rejected[0]["path"], "mem");
    let reason = rejected[0]["reason"].as_str().expect("a reason");
    assert!(reason.contains("error"), "{reason}");
}

#[test]
fn collections_are_made_without_a_server() {
    let data = tempfile::tempdir().expect("a folder");
    let at = ["--data", text(data.path())];
    let made =
        run([&["collections", "create", "Übung", "--language", "de", "--json"][..], &at].concat());
    assert_eq!(made.status.code(), Some(0), "{}", String::from_utf8_lossy(&made.stderr));
    let listed = json(&run([&["collections", "list", "--json"][..], &at].concat()));
    assert_eq!(listed["collections"][0]["name"], "Übung");
    assert_eq!(listed["collections"][0]["language"], "de");
}

#[test]
fn errors_are_one_line_on_standard_error_and_exit_one() {
    let data = tempfile::tempdir().expect("a folder");
    let folder = text(data.path());
    let url = format!("http://127.0.0.1:{}", free_port());
    let cases: [(Vec<&str>, &str); 5] = [
        (vec!["search", "-c", "none", "a", "--data", folder], "none"),
        (vec!["ask", "-c", "none", "a", "--data", folder], "none"),
        (vec!["ingest", "/no/such/folder", "-c", "a", "--data", folder], "/no/such/folder"),
        (vec!["collections", "list", "--server", &url], "no server answers"),
        (vec!["documents", "list", "-c", "none", "--data", folder], "none"),
    ];
    for (arguments, says) in cases {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.starts_with("error: ") && message.contains(says), "{message}");
    }
}

#[test]
fn wrong_usage_is_explained() {
    for arguments in [&["search", "a"][..], &["collections", "create", "a/b"], &["nothing"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--help"), "{arguments:?}");
    }
}

#[test]
fn a_server_that_was_killed_does_no_harm() {
    let data = tempfile::tempdir().expect("a folder");
    drop(Server::start(data.path()));
    assert!(data.path().join("server.json").exists(), "a kill leaves the note");
    let listed = run(["collections", "list", "--json", "--data", text(data.path())]);
    assert_eq!(listed.status.code(), Some(0), "{}", String::from_utf8_lossy(&listed.stderr));
}

#[test]
fn ctrl_c_stops_an_ingest_and_says_what_goes_on() {
    let data = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    for number in 0..400 {
        let words = format!("Number {number} of many. ").repeat(200);
        fs::write(files.path().join(format!("{number:03}.txt")), words).expect("a file");
    }
    let server = Server::start(data.path());
    let mut ingest = quire()
        .args(["ingest", text(files.path()), "-c", "many", "--data", text(data.path())])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    // As soon as the first batch has been accepted there is something to interrupt.
    let listed = format!("{}/api/collections/many/documents?limit=1", server.url);
    while !fetch(&listed).contains("\"path\"") {
        assert!(ingest.try_wait().expect("it can be asked").is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let pid = ingest.id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &pid]).status();
    assert!(sent.is_ok_and(|status| status.success()));
    let output = ingest.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130));
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("were accepted and go on"), "{message}");
}

fn fetch(url: &str) -> String {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        client.get(url).send().await.expect("it answers").text().await.expect("text")
    })
}

/// A report that a document does not have is no matter; one that the server cannot give is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_that_cannot_be_given_is_not_passed_over() {
    use axum::http::StatusCode;
    let data = tempfile::tempdir().expect("a folder");
    let at = ["-c", "notes", "--json", "--data", text(data.path())];
    let file = data.path().join("a.txt");
    fs::write(&file, "The meeting is on Tuesday.").expect("a file");
    let server = Server::start(data.path());
    let added = json(&run([&["ingest", text(&file)][..], &at].concat()));
    let id = added["documents"][0]["id"].as_str().expect("an identifier").to_owned();
    let url = format!("{}/api/documents/{id}", server.url);
    let details = tokio::task::spawn_blocking(move || fetch(&url)).await.expect("it is read");
    for (status, code, says) in
        [(StatusCode::NOT_FOUND, 0, "a.txt"), (StatusCode::INTERNAL_SERVER_ERROR, 1, "500")]
    {
        let details = details.clone();
        let json_type = [("content-type", "application/json")];
        let routes = axum::Router::new()
            .route("/api/documents/{id}", axum::routing::get(async move || (json_type, details)))
            .route("/api/documents/{id}/report", axum::routing::get(async move || status));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let shown = run(["documents", "show", &id, "--server", &url]);
        assert_eq!(shown.status.code(), Some(code), "{status}");
        let told = [shown.stdout, shown.stderr].concat();
        assert!(String::from_utf8_lossy(&told).contains(says), "{status}");
    }
}

/// What is left of an index whose files were deleted is told of, and so is all the rest.
#[cfg(feature = "local")]
#[test]
fn an_index_whose_files_are_gone_does_not_end_the_report_of_health() {
    let data = tempfile::tempdir().expect("a folder");
    for name in ["one", "two"] {
        let file = data.path().join(format!("{name}.txt"));
        fs::write(&file, "The meeting is on Tuesday.").expect("a file");
        let at = ["-c", name, "--data", text(data.path())];
        let added = run([&["ingest", text(&file)][..], &at].concat());
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }
    let index = fs::read_dir(data.path().join("index")).expect("a folder").next();
    let index = index.expect("an index").expect("an index").path();
    fs::remove_dir_all(index.join("data")).expect("they can be deleted");
    let server = Server::start(data.path());
    let health: Value = serde_json::from_str(&fetch(&format!("{}/api/health/index", server.url)))
        .expect("it is told");
    assert_eq!(
        (&health["unreadable_indexes"], &health["documents"]),
        (&1.into(), &2.into()),
        "{health}"
    );
    assert_eq!(health["chunks"], 1, "of the other: {health}");
    assert_eq!(server.stop(), Some(0));
}
