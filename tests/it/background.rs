//! `quire server`: a server that is started, found and stopped without a terminal that it belongs to.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{Server, free_port, run};

/// A data folder whose server is stopped at the end, whatever became of the test.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `quire server` on the folder.
    fn server(&self, arguments: &[&str]) -> Ran {
        let data = self.data().to_str().expect("a plain path");
        Ran::of(&run([&["server"], arguments, &["--data", data]].concat()))
    }

    fn start(&self) -> Ran {
        self.server(&["start", "--bind", "127.0.0.1:0"])
    }

    fn status(&self) -> Value {
        self.server(&["status", "--json"]).json()
    }

    fn pid(&self) -> String {
        self.status()["pid"].as_u64().expect("a process").to_string()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.server(&["stop", "--timeout", "1"]);
    }
}

/// What came of a command.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Self { code: output.status.code(), stdout, stderr }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

fn signal(name: &str, pid: &str) {
    let sent = Command::new("kill").args([name, pid]).status().expect("kill runs");
    assert!(sent.success());
}

#[test]
fn a_server_is_started_once_told_of_and_stopped() {
    let place = Place::new();
    let absent = place.server(&["status"]);
    assert_eq!(absent.code, Some(3), "{absent:?}");
    assert!(absent.stdout.contains("No server runs on"), "{absent:?}");

    let started = place.start();
    assert_eq!(started.code, Some(0), "{started:?}");
    let url = started.stdout.trim();
    assert!(url.starts_with("http://127.0.0.1:"), "{started:?}");
    let again = place.start();
    assert_eq!((again.code, again.stdout.trim()), (Some(0), url), "{again:?}");
    assert!(again.stderr.contains("already runs"), "{again:?}");

    let status = place.status();
    assert_eq!((&status["running"], &status["url"]), (&true.into(), &url.into()), "{status}");
    assert_eq!(status["version"], env!("CARGO_PKG_VERSION"));
    assert!(status["uptime_seconds"].as_u64().is_some_and(|seconds| seconds < 600), "{status}");
    assert_eq!(status["models"], serde_json::json!([]), "nobody has asked a model yet");
    let shown = place.server(&["status"]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains(&format!("answers at {url}")), "{shown:?}");

    let data = place.data().to_str().expect("a plain path");
    let listed = Ran::of(&run(["collections", "list", "--json", "--data", data]));
    assert_eq!(listed.code, Some(0), "other commands use it: {listed:?}");

    let stopped = place.server(&["stop", "--json"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert_eq!(stopped.json(), serde_json::json!({"stopped": true, "killed": false}));
    assert_eq!(place.server(&["status"]).code, Some(3));
    let again = place.server(&["stop"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(again.stderr.contains("No server runs on"), "{again:?}");
    let logged = Ran::of(&run(["logs", "--data", data]));
    assert!(logged.stdout.contains(&format!("answers at {url}")), "{logged:?}");
    assert!(logged.stdout.contains("stopped"), "{logged:?}");
}

#[test]
fn a_crash_leaves_nothing_that_stands_in_the_way() {
    let place = Place::new();
    assert_eq!(place.start().code, Some(0));
    let pid = place.pid();
    signal("-KILL", &pid);
    let begun = Instant::now();
    while place.server(&["status"]).code != Some(3) {
        assert!(begun.elapsed() < Duration::from_secs(30), "it is still told of");
    }
    assert!(place.data().join("server.json").exists(), "a kill leaves the note");
    let stopped = place.server(&["stop"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert!(stopped.stderr.contains("ended without stopping is removed"), "{stopped:?}");
    assert!(!place.data().join("server.json").exists());
    assert_eq!(place.start().code, Some(0), "it starts again");
    assert_ne!(place.pid(), pid);
}

#[test]
fn one_that_does_not_answer_is_told_of_and_killed() {
    let place = Place::new();
    assert_eq!(place.start().code, Some(0));
    signal("-STOP", &place.pid());
    let status = place.server(&["status", "--json"]);
    assert_eq!(status.code, Some(4), "{status:?}");
    assert_eq!(status.json()["answers"], false);
    let stopped = place.server(&["stop", "--timeout", "1", "--json"]);
    assert_eq!(stopped.code, Some(0), "{stopped:?}");
    assert_eq!(stopped.json(), serde_json::json!({"stopped": true, "killed": true}));
    assert!(stopped.stderr.contains("was killed"), "{stopped:?}");
    assert_eq!(place.server(&["status"]).code, Some(3));
}

#[test]
fn why_it_does_not_start_is_said() {
    let place = Place::new();
    let port = free_port();
    let bind = format!("127.0.0.1:{port}");
    let _taken = std::net::TcpListener::bind(&bind).expect("the port is free");
    let refused = place.server(&["start", "--bind", &bind]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    let told = format!("the server did not start: port {port} of 127.0.0.1 is in use");
    assert!(refused.stderr.contains(&told), "{refused:?}");
    let wrong = place.server(&["start", "--bind", "nowhere"]);
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    assert_eq!(place.server(&["status"]).code, Some(3));
}

#[test]
fn one_that_was_started_in_the_foreground_is_found_and_stopped_too() {
    let place = Place::new();
    let server = Server::start(place.data());
    let started = place.start();
    assert_eq!(
        (started.code, started.stdout.trim()),
        (Some(0), server.url.as_str()),
        "{started:?}"
    );
    let stopped = place.server(&["stop", "--json"]);
    assert_eq!(stopped.json()["killed"], false, "{stopped:?}");
    assert!(!place.data().join("server.json").exists());
}

#[test]
fn what_an_option_opens_is_warned_of_at_the_start() {
    let place = Place::new();
    let started = place.server(&["start", "--bind", "127.0.0.1:0", "--allow-origin", "*"]);
    assert_eq!(started.code, Some(0), "{started:?}");
    assert!(started.stderr.contains("warning: `--allow-origin *` lets"), "{started:?}");
    assert!(!started.stderr.contains("--log-prompts"), "{started:?}");
}

#[tokio::test]
async fn a_stream_that_is_open_ends_when_the_server_stops() {
    let place = Place::new();
    assert_eq!(place.start().code, Some(0));
    let url = place.status()["url"].as_str().expect("an address").to_owned();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let made = client.post(format!("{url}/api/collections"));
    let made = made.header("content-type", "application/json").body(r#"{"name":"a"}"#);
    assert_eq!(made.send().await.expect("it answers").status(), 201);
    let events = client.get(format!("{url}/api/collections/a/events")).send().await;
    let events = tokio::spawn(events.expect("it answers").bytes());
    let stopped = tokio::task::spawn_blocking(move || place.server(&["stop", "--json"]));
    assert_eq!(stopped.await.expect("it runs").json()["killed"], false);
    let ended = tokio::time::timeout(Duration::from_secs(10), events).await;
    assert!(ended.expect("it ends").expect("it runs").is_ok(), "it ends in order");
}

#[tokio::test]
async fn only_the_owners_command_stops_it() {
    let place = Place::new();
    assert_eq!(place.start().code, Some(0));
    let url = place.status()["url"].as_str().expect("an address").to_owned();
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for key in ["", "lm-studio", "sk-quire-guess"] {
        let asked = client.post(format!("{url}/api/server/stop")).bearer_auth(key).send().await;
        let status = asked.expect("it answers").status().as_u16();
        assert!(matches!(status, 401 | 403), "{key}: {status}");
    }
    assert_eq!(place.server(&["status"]).code, Some(0), "it runs on");
}
