//! `quire models load --estimate-only`: what a model would take of memory, told before it is loaded.

use quire_domain::{InstalledModel, KvType, LoadOptions, ModelId};
use quire_engines::local::{MemoryEstimate, estimate_memory, find_fitting_context};
use quire_engines::{ModelStore, RuntimeOptions};

use crate::cli::{Ending, output};
use crate::config::DefaultModels;

/// Tells what a model would take if it is loaded as is `wanted`, and what would fit if it does not.
pub fn tell(name: &ModelId, wanted: LoadOptions, store: &ModelStore) -> anyhow::Result<Ending> {
    let defaults = DefaultModels::from_environment()?;
    let budget_bytes = defaults.memory_budget().measure();
    let stored = store.get(name)?;
    let preset = stored.model.preset.clone().unwrap_or_default();
    let usual = RuntimeOptions {
        load: defaults.load_options(),
        gguf_engine: defaults.gguf_engine,
        ..RuntimeOptions::default()
    };
    let options = usual.with(preset.load.updated_by(wanted));
    let estimate = estimate_memory(store, name, &options)?;
    show(&estimate, options.load.kv_type(), budget_bytes);
    if estimate.total_bytes() <= budget_bytes {
        return Ok(Ending::Done);
    }
    match find_fitting_context(store, name, &options, budget_bytes)? {
        Some(context) => output::note(&format!(
            "It fits with a context of {context} tokens: `quire models preset {} --context {context}`.",
            estimate.model
        )),
        None => match find_smaller(&stored.model, store, budget_bytes)? {
            Some(smaller) => output::note(&format!(
                "It does not fit with any context; `{smaller}`, which is on this machine, does."
            )),
            None => output::note(
                "It does not fit with any context; `quire models search` shows smaller ones.",
            ),
        },
    }
    Ok(Ending::Wrong)
}

fn show(estimate: &MemoryEstimate, kv_type: KvType, budget_bytes: u64) {
    let context = estimate
        .context_tokens
        .map_or_else(String::new, |tokens| format!(" of {tokens} tokens, {kv_type}"));
    for (name, bytes) in [
        ("Weights".to_owned(), estimate.weights_bytes),
        (format!("Context{context}"), estimate.cache_bytes),
        ("Computing".to_owned(), estimate.compute_bytes),
        ("Together".to_owned(), estimate.total_bytes()),
        ("Models may take".to_owned(), budget_bytes),
    ] {
        output::line(&format!("{name:<30} {:>10}", output::size(bytes)));
    }
    let fits = estimate.total_bytes() <= budget_bytes;
    let verdict = if fits { "fits" } else { "does not fit" };
    output::line(&format!("{} {verdict}", estimate.model));
}

/// Finds the largest model on disk of the same kind that fits.
fn find_smaller(
    model: &InstalledModel,
    store: &ModelStore,
    budget_bytes: u64,
) -> anyhow::Result<Option<ModelId>> {
    let mut others = store.list()?;
    others.retain(|other| other.kind == model.kind && other.id != model.id);
    others.sort_by_key(|other| std::cmp::Reverse(other.size_bytes));
    for other in others {
        let estimate = estimate_memory(store, &other.id, &RuntimeOptions::default())?;
        if estimate.total_bytes() <= budget_bytes {
            return Ok(Some(other.id));
        }
    }
    Ok(None)
}
