//! Schemathesis against the built server: requests made up from the description of the native API, right ones and wrong ones, and whether what
//! comes back is what the description says. The same are made up each time.

use std::process::Command;

use crate::harness::{Server, test_python};

/// Routes that are not called, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("/events$", "streams that do not end"),
    ("^/api/server/stop$", "stops the server; the tests of access and of `quire server` call it"),
    (
        "^/api/mcp/servers/connect$",
        "starts programs and asks other machines; the tests of the host of tools call it",
    ),
];

/// Checks that do not fit, and why.
const UNCHECKED: &[(&str, &str)] = &[
    (
        "positive_data_acceptance",
        "names and identifiers are described as text, and their rules in words: what fits the schema may be refused",
    ),
    ("ignored_auth", "who is on this machine needs no key"),
    ("object_level_authorization", "likewise"),
];

/// Requests that are made up for each route, beside those that each of its parameters and fields is worth.
const EXAMPLES: &str = "5";

fn joined(pairs: &[(&str, &str)], by: &str) -> String {
    pairs.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(by)
}

#[test]
fn what_the_description_says_holds_for_whatever_is_sent() {
    let data = tempfile::tempdir().expect("a folder");
    let models = tempfile::tempdir().expect("a folder");
    // Answers of a chat model would take most of the time, and are text whatever the schema says.
    let server =
        Server::start_without_chat_model(data.path(), models.path()).with_note(data.path());
    let program = test_python().with_file_name("st");
    let output = Command::new(program)
        .arg("run")
        .arg(format!("{}/api/openapi.json", server.url))
        .args(["--checks", "all", "--exclude-checks", &joined(UNCHECKED, ",")])
        .args(["--exclude-path-regex", &joined(LEFT_OUT, "|")])
        .args(["--phases", "examples,coverage,fuzzing", "--max-examples", EXAMPLES])
        .args(["--seed", "1", "--generation-database", "none", "--workers", "2"])
        .args([
            "--request-timeout",
            "60",
            "--continue-on-failure",
            "--warnings",
            "off",
            "--no-color",
        ])
        .current_dir(data.path())
        .output()
        .expect("Schemathesis starts; `cargo xtask test` gets it");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("passed") && said.contains("Fuzzing"), "it did something:\n{said}");
}
