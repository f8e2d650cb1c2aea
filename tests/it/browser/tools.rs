//! The page of tools: servers are started, and a tool is allowed and asked for again.

use serde_json::{Value, json};

use super::driver::Browser;
use crate::harness::{Server, test_python};

/// A server of one tool, written with the official Python package.
const PROGRAM: &str = r#"
from mcp.server import MCPServer
server = MCPServer("clock")

@server.tool()
def tell_time() -> str:
    """Tells the time."""
    return "noon"

server.run("stdio")
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_is_allowed_and_asked_for_again() {
    let data = tempfile::tempdir().expect("a folder");
    let (program, file) = (data.path().join("clock.py"), data.path().join("mcp.json"));
    std::fs::write(&program, PROGRAM).expect("a program");
    let servers = json!({"mcpServers": {
        "clock": {"command": test_python(), "args": [program]},
        "broken": {"command": "quire-has-no-such-program"},
    }});
    std::fs::write(&file, servers.to_string()).expect("a file");
    let written = || -> Value {
        let text = std::fs::read(&file).expect("the file");
        let file: Value = serde_json::from_slice(&text).expect("JSON");
        file["mcpServers"]["clock"]["allow"].clone()
    };
    let server = Server::start(data.path());
    let browser = Browser::open(&server.url).await;
    browser.click(".site-header a[href='/tools']").await;
    let idle = browser.find("[data-server=clock] .badge").await.text().await.expect("text");
    assert_eq!(idle, "Starts when needed");

    browser.click("#connect-tools").await;
    let described = browser.find("[data-tool=tell_time]").await.text().await.expect("text");
    assert!(
        described.contains("Tells the time.") && described.contains("Asks first"),
        "{described}"
    );
    let broken = browser.find("[data-server=broken]").await.text().await.expect("text");
    assert!(broken.contains("Failed") && broken.contains("It ended"), "{broken}");

    browser.click("[data-tool=tell_time] button").await;
    browser.find("[data-tool=tell_time] .badge.ready").await;
    assert_eq!(written(), json!(["tell_time"]));
    browser.click("[data-tool=tell_time] button").await;
    browser.wait_until("!document.querySelector('[data-tool=tell_time] .badge.ready')").await;
    assert_eq!(written(), json!([]));

    browser.assert_calm(&server.url).await;
    browser.close().await;
    assert_eq!(server.stop(), Some(0));
}
