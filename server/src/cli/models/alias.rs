//! `quire models alias`: other names for models on this machine.

use anyhow::bail;
use clap::Args;
use quire_domain::ModelId;
use quire_engines::ModelStore;

use crate::cli::output;

/// Which name to give.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The new name [default: list all]
    name: Option<ModelId>,
    /// The model that it means
    #[arg(conflicts_with = "remove")]
    model: Option<ModelId>,
    /// Take the name away again
    #[arg(long, requires = "name")]
    remove: bool,
}

/// Gives a name, takes one away, or lists them.
pub fn run(arguments: Arguments, store: &ModelStore) -> anyhow::Result<()> {
    let mut settings = store.read_settings()?;
    match (arguments.name, arguments.model) {
        (None, _) => {
            let rows: Vec<Vec<String>> = settings
                .aliases
                .iter()
                .map(|(name, model)| vec![name.clone(), model.to_string()])
                .collect();
            output::table(&["NAME", "MODEL"], &rows);
        }
        (Some(name), Some(model)) => {
            let model = store.get(&model)?.model.id;
            if store.list()?.iter().any(|installed| installed.id == name) {
                bail!("`{name}` is a model on this machine; choose another name");
            }
            settings.aliases.insert(name.to_string(), model.clone());
            store.write_settings(&settings)?;
            output::note(&format!("`{name}` means `{model}`."));
        }
        (Some(name), None) if arguments.remove => {
            if settings.aliases.remove(name.as_str()).is_none() {
                bail!("no model was named `{name}`; `quire models alias` lists the names");
            }
            store.write_settings(&settings)?;
            output::note(&format!("`{name}` means nothing any more."));
        }
        (Some(name), None) => match settings.find_alias(&name) {
            Some(model) => output::line(model.as_str()),
            None => bail!("no model was named `{name}`; name the model that it is to mean"),
        },
    }
    Ok(())
}
