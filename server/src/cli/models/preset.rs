//! `quire models preset`: what holds for chats with a model unless a request says otherwise.

use anyhow::bail;
use clap::Args;
use quire_domain::{ModelId, Preset, WhenFull};
use quire_engines::ModelStore;
use quire_engines::remote::read_upstreams;

use super::load_flags::LoadFlags;
use crate::cli::output;

/// What to settle for which model.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The model
    model: ModelId,
    /// What it is told first, if a chat has no instructions of its own
    #[arg(long, value_name = "TEXT")]
    system: Option<String>,
    /// How freely tokens are chosen
    #[arg(long, value_name = "NUMBER")]
    temperature: Option<f32>,
    /// The probability mass of the tokens that are chosen from
    #[arg(long, value_name = "NUMBER")]
    top_p: Option<f32>,
    /// How many tokens are chosen from; 0 is all
    #[arg(long, value_name = "NUMBER")]
    top_k: Option<u32>,
    /// The least share of the likeliest token's probability
    #[arg(long, value_name = "NUMBER")]
    min_p: Option<f32>,
    /// What makes repeated tokens less likely
    #[arg(long, value_name = "NUMBER")]
    repeat_penalty: Option<f32>,
    /// How many tokens that looks back on; -1 is all
    #[arg(long, value_name = "TOKENS", allow_negative_numbers = true)]
    repeat_last_n: Option<i32>,
    /// What happens when the context is full: `stop` ends the answer, `shift` forgets the oldest
    #[arg(long, value_name = "WAY")]
    when_full: Option<WhenFull>,
    #[command(flatten)]
    load: LoadFlags,
    /// Forget what was settled before
    #[arg(long)]
    clear: bool,
}

/// Settles what is named, and shows what holds then.
pub fn run(arguments: Arguments, store: &ModelStore) -> anyhow::Result<()> {
    let is_remote = is_of_upstream(&arguments.model, store)?;
    let model = if is_remote { arguments.model } else { store.get(&arguments.model)?.model.id };
    let mut settings = store.read_settings()?;
    let before = if arguments.clear { None } else { settings.preset(&model).cloned() };
    let newer = Preset {
        system: arguments.system,
        temperature: arguments.temperature,
        top_p: arguments.top_p,
        top_k: arguments.top_k,
        min_p: arguments.min_p,
        repeat_penalty: arguments.repeat_penalty,
        repeat_last_n: arguments.repeat_last_n,
        when_full: arguments.when_full,
        load: arguments.load.into(),
    };
    if is_remote && (newer.when_full.is_some() || !newer.load.is_empty()) {
        bail!(
            "`{model}` runs on another machine, which says how it is loaded and what happens when its context is full; settle its instructions and sampling here"
        );
    }
    let is_change = arguments.clear || !newer.is_empty();
    let preset = before.unwrap_or_default().updated_by(newer);
    if is_change {
        settings.set_preset(&model, preset.clone());
        store.write_settings(&settings)?;
    }
    if preset.is_empty() {
        output::note(&format!("Nothing is settled for `{model}`."));
        return Ok(());
    }
    output::json(&preset)
}

/// Returns whether a name means a model of another machine.
fn is_of_upstream(model: &ModelId, store: &ModelStore) -> anyhow::Result<bool> {
    let Some((first, _)) = model.as_str().split_once('/') else { return Ok(false) };
    let upstreams = read_upstreams(store.folder())?;
    Ok(upstreams.iter().any(|upstream| upstream.name.as_str() == first))
}
