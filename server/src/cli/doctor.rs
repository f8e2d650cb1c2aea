//! `quire doctor`: checks everything that is needed, and says what to do about what is broken.

mod check;
mod folders;
mod index;
mod models;
mod processor;
mod tool_servers;
mod upstreams;
mod worker;

use clap::Args;
use serde_json::json;

use super::{Ending, output};
use crate::backends;
use crate::config::{DefaultModels, Folders};
use check::{Check, Health};

/// What to check.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    folders: Folders,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let Arguments { folders, json } = arguments;
    let defaults = DefaultModels::from_environment()?;
    let mut checks = vec![folders::data(&folders), folders::space(&folders)];
    checks.extend(models::files(&folders).await);
    checks.extend(upstreams::check(&folders.models, &defaults).await);
    checks.extend(tool_servers::check(&folders).await);
    checks.extend(processor::kernels().await);
    checks.extend(processor::devices(defaults.gpu_layers).await);
    match backends::open_models(&folders, &defaults) {
        Ok(runtime) => {
            checks.push(models::embedder(runtime.as_ref(), &defaults.embedding).await);
            checks.push(models::chat(runtime.as_ref(), &defaults.chat).await);
        }
        // The upstreams' own line says what to do.
        Err(error) => checks.push(Check::broken("models", format!("{error:#}"), "see above")),
    }
    checks.push(worker::parse(&folders.models).await);
    checks.push(index::index(&folders).await);
    checks.push(index::port(&folders).await);
    let is_broken = checks.iter().any(|check| check.health == Health::Broken);
    if json {
        output::json(&json!({"ok": !is_broken, "build": backends::BUILD, "checks": checks}))?;
    } else {
        show(&checks);
    }
    Ok(if is_broken { Ending::Wrong } else { Ending::Done })
}

fn show(checks: &[Check]) {
    for check in checks {
        output::line(&format!("{:<8} {:<14} {}", check.health.word(), check.name, check.detail));
        if let Some(fix) = &check.fix {
            output::line(&format!("{:24}-> {fix}", ""));
        }
    }
}
