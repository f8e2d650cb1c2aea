//! `cargo xtask test`: everything that CI runs, what fails fast first.

use std::env;

use anyhow::{Result, bail, ensure};

use crate::build::{build_server, remove_dead_links};
use crate::clients::{set_up_javascript, set_up_python};
use crate::models::{FOR_TESTS, pull, test_folder};
use crate::paths::workspace;
use crate::setup::{FOR_BUILDING, FOR_NODE, FOR_TESTING, set_up};
use crate::step::{cargo, output, run, step};
use crate::test_count::run_counted;
use crate::{obsidian, tidy, web};

/// The seed of the cases that property tests make up. It is fixed here, so that a change is judged by
/// what it changes; `cargo test` makes up new cases each time, and is what finds the rare ones.
const PROPERTY_SEED: &str = "PROPTEST_RNG_SEED";

/// Runs all checks; stops at the first that fails.
pub fn test() -> Result<()> {
    step("set-up", || {
        set_up(FOR_BUILDING)?;
        set_up(FOR_TESTING)?;
        set_up(FOR_NODE)?;
        remove_dead_links()
    })?;
    step("tidy", tidy::check)?;
    step("format", || run(&mut cargo(&["fmt", "--all", "--check"])))?;
    step("features", check_features)?;
    obsidian::build()?;
    obsidian::check()?;
    web::build()?;
    step("clippy", || {
        let scope = ["--release", "--workspace", "--all-targets"];
        run(cargo(&["clippy"]).args(scope).args(["--", "--deny", "warnings"]))
    })?;
    // In the release profile, so that it shares with clippy what both need of the dependencies.
    step("documentation", || {
        run(cargo(&["doc", "--release", "--no-deps", "--workspace"])
            .env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    build_server()?;
    let models = test_folder();
    step("models for tests", || pull(FOR_TESTS, Some(&models)))?;
    let python = step("Python libraries for tests", set_up_python)?;
    step("JavaScript libraries for tests", set_up_javascript)?;
    let count = step("tests", || {
        let mut tests = cargo(&["test", "--release", "--workspace", "--no-fail-fast"]);
        tests.env("QUIRE_TEST_MODELS", &models).env("QUIRE_TEST_PYTHON", &python);
        // The snapshots of this checkout, where another one compiled the tests.
        tests.env("INSTA_WORKSPACE_ROOT", workspace());
        if env::var_os(PROPERTY_SEED).is_none() {
            tests.env(PROPERTY_SEED, "1");
        }
        run_counted(&mut tests)
    })?;
    println!("\n{} passed, {} failed", count.passed, count.failed);
    ensure!(count.failed == 0 && count.succeeded, "some tests failed");
    Ok(())
}

/// Checks what the layout rests on: the service knows no back end, and no native build hydrates.
fn check_features() -> Result<()> {
    let tree = output(&mut cargo(&[
        "tree",
        "--package",
        "quire-service",
        "--edges",
        "normal",
        "--prefix",
        "none",
    ]))?;
    for back_end in ["lance", "llama", "candle", "datafusion", "axum", "leptos"] {
        if let Some(line) = tree.lines().find(|line| line.starts_with(back_end)) {
            bail!("quire-service depends on {line}: back ends and faces come in from outside");
        }
    }
    let features =
        output(&mut cargo(&["tree", "--workspace", "--edges", "features", "--invert", "leptos"]))?;
    let hydrates = features.contains("leptos feature \"hydrate\"");
    ensure!(!hydrates, "a native build turns on leptos/hydrate; only app/frontend may, for wasm");
    Ok(())
}
