//! `cargo xtask run`: from a fresh machine to a page in the browser.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::build::build;
use crate::models::pull_starters;
use crate::paths::binary;
use crate::step::{command, step};

/// Sets up, builds, gets the models and becomes the server.
pub fn run(arguments: &[String]) -> Result<()> {
    build()?;
    let only_asks = arguments.iter().any(|argument| matches!(argument.as_str(), "--help" | "-h"));
    if !only_asks {
        step("starter models", || pull_starters(arguments))?;
    }
    let error = command(binary(), &["serve"]).args(arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", binary().display()))
}
