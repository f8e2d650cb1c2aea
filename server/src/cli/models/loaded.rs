//! `quire models ps`, `load` and `unload`: what is in the memory of the server that runs.

use anyhow::Context;
use clap::Args;
use quire_domain::{ModelId, ResidentModel, ResidentState};
use quire_engines::ModelStore;

use super::load_flags::LoadFlags;
use super::{estimate, kind};
use crate::cli::connection::find_running;
use crate::cli::{Ending, output};
use crate::client::ApiClient;
use crate::config::Folders;
use crate::http::api::models::{LoadBody, LoadedModels, UnloadBody, Unloaded};

/// Which server to talk to.
#[derive(Args, Debug)]
struct ServerArguments {
    /// Talk to this server, whatever the data folder; without it to the one that runs on the data
    /// folder
    #[arg(long, value_name = "URL", env = "QUIRE_SERVER")]
    server: Option<String>,
    /// The key for a server on another machine: one that `quire keys create` made there
    #[arg(long, value_name = "KEY", env = "QUIRE_KEY", hide_env_values = true)]
    key: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

impl ServerArguments {
    async fn connect(&self) -> anyhow::Result<ApiClient> {
        if let Some(url) = &self.server {
            return Ok(ApiClient::new(url)?.with_key(self.key.clone()));
        }
        find_running(&self.folders).await.with_context(|| {
            format!(
                "no server runs on {}, so no model is in memory; `quire serve` starts one",
                self.folders.data.display()
            )
        })
    }
}

/// What to list.
#[derive(Args, Debug)]
pub struct ListArguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What to load.
#[derive(Args, Debug)]
pub struct LoadArguments {
    /// Its name
    name: ModelId,
    /// How many seconds it stays after its last use; 0 unloads it when it is idle, -1 never
    /// [default: as the server was told]
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    ttl: Option<i64>,
    /// Load nothing: tell what the model would take of memory, and what would fit if it does not
    #[arg(long)]
    estimate_only: bool,
    #[command(flatten)]
    options: LoadFlags,
    #[command(flatten)]
    server: ServerArguments,
}

/// What to unload.
#[derive(Args, Debug)]
pub struct UnloadArguments {
    /// Its name
    name: ModelId,
    #[command(flatten)]
    server: ServerArguments,
}

/// Lists what is in memory.
pub async fn list(arguments: ListArguments) -> anyhow::Result<()> {
    let client = arguments.server.connect().await?;
    let loaded: LoadedModels = client.get(&["api", "models", "loaded"]).await?;
    if arguments.json {
        return output::json(&loaded);
    }
    show(&loaded.models);
    Ok(())
}

/// Loads a model, and lists what is in memory then.
pub async fn load(arguments: LoadArguments, store: &ModelStore) -> anyhow::Result<Ending> {
    if arguments.estimate_only {
        return estimate::tell(&arguments.name, arguments.options.into(), store);
    }
    let client = arguments.server.connect().await?;
    let options = arguments.options.into();
    let body = LoadBody { model: arguments.name, ttl: arguments.ttl, options };
    let loaded: LoadedModels = client.post(&["api", "models", "load"], &body).await?;
    show(&loaded.models);
    Ok(Ending::Done)
}

/// Unloads a model.
pub async fn unload(arguments: UnloadArguments) -> anyhow::Result<()> {
    let client = arguments.server.connect().await?;
    let body = UnloadBody { model: arguments.name };
    let unloaded: Unloaded = client.post(&["api", "models", "unload"], &body).await?;
    let name = body.model;
    output::note(&format!("Model `{name}` {}.", unloaded.outcome.describe()));
    Ok(())
}

fn show(models: &[ResidentModel]) {
    if models.is_empty() {
        output::note("No model is in memory; each is loaded when it is first asked.");
        return;
    }
    let row = |model: &ResidentModel| {
        vec![
            model.id.to_string(),
            kind(model.kind).to_owned(),
            state(model.state).to_owned(),
            output::size(model.memory_bytes),
            model.waiting_requests.to_string(),
            speed(model),
            leaves(model),
        ]
    };
    let rows: Vec<_> = models.iter().map(row).collect();
    output::table(&["NAME", "KIND", "STATE", "MEMORY", "WAITING", "TOKENS/S", "LEAVES"], &rows);
}

fn state(state: ResidentState) -> &'static str {
    match state {
        ResidentState::Loading => "loading",
        ResidentState::Working => "working",
        ResidentState::Idle => "idle",
    }
}

/// Says how fast a model was last.
fn speed(model: &ResidentModel) -> String {
    model.tokens_per_second.map_or_else(|| "-".to_owned(), |speed| format!("{speed:.1}"))
}

/// Says when a model leaves by itself.
fn leaves(model: &ResidentModel) -> String {
    match (model.ttl_seconds, model.state) {
        (None, _) => "never".to_owned(),
        (Some(seconds), ResidentState::Idle) => format!("in {seconds} s"),
        (Some(0), _) => "when idle".to_owned(),
        (Some(seconds), _) => format!("{seconds} s after its work"),
    }
}

#[cfg(test)]
mod tests {
    use quire_domain::ModelKind;

    use super::*;

    #[test]
    fn it_is_told_when_a_model_leaves() {
        let check = |state, ttl_seconds, told: &str| {
            let model = ResidentModel {
                id: "a/b".parse().expect("a name"),
                kind: ModelKind::Chat,
                state,
                memory_bytes: 1,
                ttl_seconds,
                requests: 0,
                waiting_requests: 0,
                tokens_per_second: None,
            };
            assert_eq!(leaves(&model), told);
        };
        check(ResidentState::Idle, Some(590), "in 590 s");
        check(ResidentState::Working, Some(600), "600 s after its work");
        check(ResidentState::Working, Some(0), "when idle");
        check(ResidentState::Loading, None, "never");
    }
}
