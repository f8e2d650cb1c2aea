//! `quire models import`: models that are on this machine already, taken in by links.

use std::path::PathBuf;

use clap::Args;
use quire_domain::ModelId;
use quire_engines::ModelStore;

use crate::cli::output;

/// What to take in.
#[derive(Args, Debug)]
pub struct Arguments {
    /// A GGUF file, a folder with a model, or a folder of LM Studio (`~/.lmstudio`) or Ollama
    /// (`~/.ollama`); nothing is copied
    path: PathBuf,
    /// The name of a single model [default: told from the folders above it]
    #[arg(long, value_name = "NAME")]
    name: Option<ModelId>,
}

/// Takes in, and says what came.
pub fn run(arguments: &Arguments, store: &ModelStore) -> anyhow::Result<()> {
    for imported in store.import(&arguments.path, arguments.name.as_ref())? {
        output::line(&format!("{} is linked to {}", imported.id, imported.from.display()));
    }
    Ok(())
}
