//! Servers as processes of the built program: none outlives it, however it ends.

#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::entry;
use crate::harness::{Server, quire, run};

/// Returns whether a process runs.
fn is_running(id: u64) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    status.contains("State:") && !status.contains("State:\tZ")
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A server that neither reads nor heeds the end of its input, and has started another process; both numbers stand in a file.
const STUBBORN: &str = r#"
import os, signal, subprocess, sys, time
for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT, signal.SIGPIPE):
    signal.signal(number, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
with open(sys.argv[1] + ".new", "w") as file:
    file.write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    time.sleep(1)
"#;

fn stubborn(data: &Path) -> (Value, std::path::PathBuf) {
    let (program, ids) = (data.join("stubborn.py"), data.join("ids"));
    std::fs::write(&program, STUBBORN).expect("a program");
    (json!({"command": "python3", "args": [program, ids]}), ids)
}

/// Starts Quire and, by a command that waits for it, the stubborn server.
fn start(data: &Path) -> (Server, Child, Vec<u64>) {
    let (entry, ids) = stubborn(data);
    let file = json!({"mcpServers": {"stubborn": entry}}).to_string();
    std::fs::write(data.join("mcp.json"), file).expect("a file");
    let server = Server::start(data);
    let connect = quire()
        .args(["mcp", "servers", "--connect", "--data"])
        .arg(data)
        .spawn()
        .expect("it starts");
    wait_until("the server of tools starts", || ids.exists());
    let text = std::fs::read_to_string(&ids).expect("numbers");
    let ids: Vec<u64> = text.split(' ').map(|id| id.parse().expect("a number")).collect();
    assert!(ids.len() == 2 && ids.iter().all(|id| is_running(*id)));
    (server, connect, ids)
}

#[test]
fn nothing_is_left_when_quire_is_killed() {
    let data = tempfile::tempdir().expect("a folder");
    let (mut server, mut connect, ids) = start(data.path());
    server.kill();
    wait_until("the server and its child end", || !ids.iter().any(|id| is_running(*id)));
    connect.wait().expect("it hears that nobody answers");
}

#[test]
fn nothing_is_left_when_quire_stops() {
    let data = tempfile::tempdir().expect("a folder");
    let (server, mut connect, ids) = start(data.path());
    assert_eq!(server.stop(), Some(0));
    wait_until("the server and its child end", || !ids.iter().any(|id| is_running(*id)));
    connect.wait().expect("it hears that nobody answers");
}

#[test]
fn the_command_lists_servers_and_what_is_wrong_with_them() {
    let data = tempfile::tempdir().expect("a folder");
    let good = entry(data.path(), &json!({"allow": ["echo"]}));
    let servers = json!({"good": good, "gone": {"command": "no-such-program"}});
    let file = json!({ "mcpServers": servers }).to_string();
    std::fs::write(data.path().join("mcp.json"), file).expect("a file");
    let place = data.path().to_str().expect("a plain path");
    let listed = run(["mcp", "servers", "--connect", "--json", "--data", place]);
    assert_eq!(listed.status.code(), Some(1), "one is broken");
    let told: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let states: Vec<&Value> =
        told["servers"].as_array().expect("servers").iter().map(|one| &one["state"]).collect();
    assert_eq!(states, ["connected", "failed"], "{told}");
    let tools = told["servers"][0]["tools"].as_array().expect("tools");
    let allowed: Vec<&Value> =
        tools.iter().filter(|tool| tool["allowed"] == true).map(|tool| &tool["name"]).collect();
    assert_eq!(allowed, ["echo"]);
    // What a program wrote may come a moment after its end.
    let complain = |_| {
        let listed = run(["mcp", "servers", "--connect", "--json", "--data", place]);
        let told: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
        told["servers"][1]["complaint"].as_str().unwrap_or_default().to_owned()
    };
    let complaint =
        (0..10).map(complain).find(|complaint| !complaint.is_empty()).unwrap_or_default();
    assert!(complaint.contains("no-such-program"), "{complaint}");
    let shown =
        String::from_utf8_lossy(&run(["mcp", "servers", "--data", place]).stdout).into_owned();
    assert!(shown.contains("good") && shown.contains("idle"), "{shown}");
    std::fs::write(data.path().join("mcp.json"), "{").expect("a file");
    let wrong = run(["mcp", "servers", "--data", place]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("mcp.json"));
    let checked = Command::new(quire().get_program())
        .args(["doctor", "--data", place])
        .output()
        .expect("it starts");
    let checked = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.contains("tools") && checked.contains("mcp.json"), "{checked}");
}
