//! `quire models search`: what Hugging Face has, and whether this machine can run it.

use anyhow::bail;
use clap::Args;
use futures::future::join_all;
use quire_engines::residents::MachineMemory;
use quire_engines::store::Fit;
use quire_engines::store::hub::{Repository, find_variants, read_repository, search};
use serde_json::{Value, json};

use crate::cli::output;
use crate::config::HubOptions;

/// What to look for.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Words of its name
    words: String,
    /// How many repositories to show, those that are got most first
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    limit: usize,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    hub: HubOptions,
}

/// Finds repositories, and shows each model in them.
pub async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let options = arguments.hub.pull_options();
    let found = search(&arguments.words, arguments.limit.clamp(1, 50), &options).await?;
    if found.is_empty() && !arguments.json {
        bail!("nothing at {} is called `{}`", options.hf_endpoint, arguments.words);
    }
    let read = found.iter().map(|found| read_repository(&found.id, &options));
    let repositories: Result<Vec<Repository>, _> = join_all(read).await.into_iter().collect();
    let memory = MachineMemory::read();
    let fit = |size: Option<u64>| Some(Fit::of(size?, memory?).describe());
    let mut entries: Vec<Value> = Vec::new();
    let mut rows = Vec::new();
    for repository in repositories? {
        for variant in find_variants(&repository) {
            let size = variant.size_bytes();
            entries.push(json!({
                "repository": repository.id, "variant": variant.name(), "size_bytes": size,
                "files": variant.files.len(), "fit": fit(size), "licence": repository.licence,
                "gated": repository.is_gated,
            }));
            let licence = repository.licence.clone().unwrap_or_default();
            let gated = if repository.is_gated { ", to be accepted" } else { "" };
            rows.push(vec![
                format!("{}:{}", repository.id, variant.name()),
                size.map_or_else(String::new, output::size),
                variant.files.len().to_string(),
                fit(size).unwrap_or_default().to_owned(),
                format!("{licence}{gated}"),
            ]);
        }
    }
    if arguments.json {
        return output::json(&json!({"models": entries}));
    }
    output::table(&["NAME", "SIZE", "FILES", "THIS MACHINE", "LICENCE"], &rows);
    output::note("`quire models pull NAME` gets one.");
    Ok(())
}
