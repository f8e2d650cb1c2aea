//! The conformance suite of the Model Context Protocol, by those who write it: against `/mcp`, against a server that has what the
//! scenarios ask for on the same transport, and against the client by which Quire calls other servers.
//!
//! A scenario that cannot pass stands in a file beside, with the reason; one that stands there and passes fails the test, too.

mod fixture;
mod inputs;
mod prompts;
mod tools;

use std::path::{Path, PathBuf};
use std::process::Command;

use axum::Router;
use quire_server::HttpOptions;

use crate::harness::App;
use fixture::Fixture;

/// The revisions of the protocol that are spoken.
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// Has the suite judge something; what it says is shown if it is not content.
async fn judge(arguments: Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/node");
    assert!(folder.join("node_modules").is_dir(), "`cargo xtask test` gets the suite first");
    let run = move || {
        let place = tempfile::tempdir().expect("a folder");
        let mut node = Command::new("node");
        node.arg(folder.join("conformance.mjs")).args(&arguments).current_dir(place.path());
        node.output().expect("node starts")
    };
    let output = tokio::task::spawn_blocking(run).await.expect("it does not panic");
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{errors}");
}

/// Gives the list of what cannot pass.
fn expected_failures(of: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/mcp_conformance");
    folder.join(format!("{of}.yml")).display().to_string()
}

/// Has the suite judge a server in all revisions.
async fn judge_server(routes: Router, name: &str) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    for revision in REVISIONS {
        let url = format!("http://{address}/mcp");
        let failures = expected_failures(&format!("{name}-{revision}"));
        let arguments =
            ["server", "--url", &url, "--requirements", revision, "--expected-failures", &failures];
        judge(arguments.map(str::to_owned).to_vec()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_transport_conforms() {
    let app = App::new(&[]).await;
    let (services, options) = (app.services.clone(), HttpOptions::default());
    let routes = quire_server::http::mcp::router_of(Fixture::new(), services, options);
    judge_server(routes, "transport").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_conforms() {
    let app = App::new(&[]).await;
    app.fill("notes", &[("a.txt", b"The meeting is on Tuesday at nine.")]).await;
    let routes = quire_server::router(app.services.clone(), HttpOptions::default());
    judge_server(routes, "server").await;
}

/// The example that calls all tools of a server as Quire calls them.
fn client() -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    let folder = test.ancestors().nth(2).expect("it lies in <profile>/deps");
    let client = folder.join("examples/mcp_client");
    assert!(client.is_file(), "`cargo test` builds the examples, too, unless told not to");
    client
}

/// What the suite asks of clients that concerns one which calls tools, by revision. The rest asks for what Quire has not: a login
/// over OAuth, a person who is asked, and a first message without a handshake (decision 163).
const CLIENT_SCENARIOS: &[(&str, &str)] = &[
    ("2025-11-25", "initialize"),
    ("2025-11-25", "tools_call"),
    ("2025-11-25", "sse-retry"),
    ("2026-07-28", "tools_call"),
    ("2026-07-28", "http-custom-headers"),
    ("2026-07-28", "http-invalid-tool-headers"),
    ("2026-07-28", "json-schema-ref-no-deref"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_client_conforms() {
    let client = client().display().to_string();
    for (revision, scenario) in CLIENT_SCENARIOS {
        let arguments =
            ["client", "--command", &client, "--scenario", scenario, "--spec-version", revision];
        judge(arguments.map(str::to_owned).to_vec()).await;
    }
}
