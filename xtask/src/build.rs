//! Building the server with the web app and the plugin for Obsidian in it.

use anyhow::Result;

use crate::setup::{FOR_BUILDING, set_up};
use crate::step::{cargo, run, step};
use crate::{obsidian, web};

/// Sets up and builds everything.
pub fn build() -> Result<()> {
    set_up(FOR_BUILDING)?;
    obsidian::build()?;
    web::build()?;
    build_server()
}

/// Builds the server. Always the whole workspace, as tests do: so both use the same features of
/// every dependency, and none is built twice.
pub fn build_server() -> Result<()> {
    step("server (the first time, this takes half an hour or more)", || {
        run(&mut cargo(&["build", "--release", "--workspace"]))
    })
}
