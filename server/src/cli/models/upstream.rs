//! `quire models upstream`: other machines whose models can be asked by name. They are kept in `upstreams.json` in the
//! models folder, without their keys.

use std::path::{Path, PathBuf};

use anyhow::bail;
use clap::{Args, Subcommand};
use quire_engines::Upstream;
use quire_engines::remote::{
    KeyPlace, UpstreamName, UpstreamSettings, read_upstreams, write_upstreams,
};

use crate::cli::output;

/// What to do with upstreams.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Add a machine that speaks OpenAI's protocol; what its models are asked is sent there
    Add(AddArguments),
    /// List them, and whether they answer
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take one out
    Remove {
        /// Its name
        name: UpstreamName,
    },
}

/// What is to be known of a new upstream.
#[derive(Args, Debug)]
struct AddArguments {
    /// What the names of its models begin with, such as `office` for `office/llama-3.3-70b`
    name: UpstreamName,
    /// The address below which `chat/completions` lies, such as `https://api.example.com/v1`
    url: String,
    /// The variable that holds its key; the server needs it when it starts
    #[arg(long, value_name = "VARIABLE", conflicts_with = "key_file")]
    key_env: Option<String>,
    /// The file that holds its key and nothing else
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// For how many seconds it may say nothing
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u64,
    /// How often a request is made again that failed for reasons that pass
    #[arg(long, value_name = "NUMBER", default_value_t = 3)]
    retries: usize,
    /// How many requests it is given at a time
    #[arg(long, value_name = "NUMBER", default_value_t = 4)]
    max_concurrent: usize,
}

/// Adds, lists or removes.
pub async fn run(arguments: Arguments, folder: &Path) -> anyhow::Result<()> {
    match arguments.action {
        Action::Add(arguments) => add(arguments, folder),
        Action::List { json } => list(folder, json).await,
        Action::Remove { name } => remove(&name, folder),
    }
}

fn add(arguments: AddArguments, folder: &Path) -> anyhow::Result<()> {
    let mut upstreams = read_upstreams(folder)?;
    let AddArguments { name, url, key_env, key_file, timeout, retries, max_concurrent } = arguments;
    if upstreams.iter().any(|upstream| upstream.name == name) {
        bail!("there is an upstream `{name}`; `quire models upstream remove {name}` takes it out");
    }
    let key = key_env.map(KeyPlace::Env).or(key_file.map(KeyPlace::File));
    let settings = UpstreamSettings {
        key,
        timeout_seconds: timeout,
        retries,
        max_concurrent,
        ..UpstreamSettings::new(name.clone(), url)
    };
    let upstream = Upstream::open(settings.clone())?;
    upstreams.push(settings);
    write_upstreams(folder, upstreams)?;
    output::note(&format!(
        "Upstream `{name}` is added: what models named `{name}/..` are asked is sent to {}. A server sees it when it starts anew.",
        upstream.host()
    ));
    Ok(())
}

async fn list(folder: &Path, is_json: bool) -> anyhow::Result<()> {
    let upstreams = read_upstreams(folder)?;
    if is_json {
        return output::json(&serde_json::json!({"upstreams": upstreams}));
    }
    if upstreams.is_empty() {
        output::note("There are no upstreams: all models run on this machine.");
        return Ok(());
    }
    let mut rows = Vec::new();
    for settings in upstreams {
        let upstream = Upstream::open(settings)?;
        let models = match upstream.list_now().await {
            Ok(models) => models.len().to_string(),
            Err(failure) => failure.to_string(),
        };
        let settings = upstream.settings();
        let key = settings.key.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
        rows.push(vec![settings.name.to_string(), settings.url.clone(), key, models]);
    }
    output::table(&["NAME", "ADDRESS", "KEY IN", "MODELS"], &rows);
    Ok(())
}

fn remove(name: &UpstreamName, folder: &Path) -> anyhow::Result<()> {
    let mut upstreams = read_upstreams(folder)?;
    let before = upstreams.len();
    upstreams.retain(|upstream| upstream.name != *name);
    if upstreams.len() == before {
        bail!("there is no upstream `{name}`; `quire models upstream list` shows which there are");
    }
    write_upstreams(folder, upstreams)?;
    output::note(&format!("Upstream `{name}` is gone. A server sees it when it starts anew."));
    Ok(())
}
