//! The Obsidian plugin's core against the built binary: its own tests, which need a server.

use std::path::Path;
use std::process::Command;

use crate::harness::Server;

#[tokio::test(flavor = "multi_thread")]
async fn the_plugin_and_the_server_understand_each_other() {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR")).join("../integrations/obsidian");
    let runner = plugin.join("node_modules/.bin/vitest");
    assert!(runner.is_file(), "`cargo xtask obsidian` sets the plugin's tests up");
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start(data.path());
    let output = Command::new(runner)
        .args(["run", "tests/server/sync.test.ts"])
        .current_dir(&plugin)
        .env("QUIRE_SERVER", &server.url)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("7 passed"), "none was left out:\n{said}");
}
