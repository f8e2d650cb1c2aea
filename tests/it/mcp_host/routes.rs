//! A server of tools over HTTP, and the routes that tell of servers.

use std::process::{Child, Command, Stdio};

use serde_json::json;

use super::{Host, SERVER, call, item, tools};
use crate::harness::{free_port, test_python};

/// A server that runs by itself.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

#[tokio::test]
async fn a_server_is_spoken_with_over_http() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, port) = (folder.path().join("server.py"), free_port());
    std::fs::write(&program, SERVER).expect("a program");
    let child = Command::new(test_python())
        .arg(&program)
        .arg(folder.path().join("calls"))
        .arg(port.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let running = Running(child);
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let url = format!("http://127.0.0.1:{port}/mcp");
    let servers = json!({"test": {"url": url, "headers": {"X-Key": "${NONE:-k}"}, "allow": ["*"]}});
    let said = call("echo", &json!({"text": "hi"}));
    let host = Host::with_servers(&[&said, "Good.", &said, "Hm."], servers, folder).await;
    let body = json!({"input": "Go.", "tools": tools("never")});
    let response = host.respond(&body).await;
    assert_eq!(item(&response, "mcp_call")["output"], "It says: hi", "{response}");
    drop(running);
    let response = host.respond(&body).await;
    assert!(item(&response, "mcp_call")["error"].is_string(), "{response}");
    assert_eq!(response["status"], "completed", "{response}");
}

#[tokio::test]
async fn what_is_no_server_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let servers = json!({"test": {"url": format!("http://127.0.0.1:{port}/mcp")}});
    let host = Host::with_servers(&["I have no tools."], servers, folder).await;
    let body = json!({"input": "Go.", "tools": tools("never")});
    let response = host.respond(&body).await;
    let error = item(&response, "mcp_list_tools")["error"].as_str().expect("an error");
    assert!(error.contains("`test`") && error.contains("cannot be reached"), "{error}");
    assert!(!error.contains("/mcp"), "addresses are not told: {error}");
}
