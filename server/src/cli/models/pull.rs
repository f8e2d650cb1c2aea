//! `quire models pull`: models of the catalog, of Hugging Face, of any address, or of a `model.yaml`.

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use quire_engines::store::{ModelYaml, Reference, StoredModel};
use quire_engines::{ModelStore, PullOptions, PullProgress};

use crate::cli::{Ending, output};
use crate::config::{DEFAULT_CHAT_MODEL, DEFAULT_EMBEDDING_MODEL, HubOptions};

/// What to get.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Names of the catalog; repositories of Hugging Face with or without a quantisation, such as
    /// `owner/name:Q4_K_M`; addresses of GGUF files; or files called `model.yaml`
    /// [default: the two that a new installation needs]
    names: Vec<String>,
    #[command(flatten)]
    hub: HubOptions,
}

/// What is got for one argument.
enum Wanted {
    Reference(Reference),
    Described(ModelYaml),
}

/// Gets each; what was begun is gone on with.
pub async fn run(arguments: Arguments, store: &ModelStore) -> anyhow::Result<Ending> {
    let options = arguments.hub.pull_options();
    let names = if arguments.names.is_empty() {
        vec![DEFAULT_EMBEDDING_MODEL.to_owned(), DEFAULT_CHAT_MODEL.to_owned()]
    } else {
        arguments.names
    };
    let wanted: anyhow::Result<Vec<Wanted>> = names.iter().map(|name| read(name)).collect();
    for one in wanted? {
        let bar = ProgressBar::new(0).with_style(
            ProgressStyle::with_template("{msg} [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec}")?
                .progress_chars("=> "),
        );
        let told = bar.clone();
        let progress = move |progress: PullProgress| {
            told.set_length(progress.total_bytes);
            told.set_position(progress.done_bytes);
            told.set_message(format!("{} from {}", progress.file, progress.source));
        };
        let pulled = tokio::select! {
            pulled = get(store, one, &options, &progress) => pulled,
            _ = tokio::signal::ctrl_c() => {
                bar.finish_and_clear();
                output::note("Stopped; the same command goes on from here.");
                return Ok(Ending::Interrupted);
            }
        };
        bar.finish_and_clear();
        let stored = pulled?;
        output::line(&format!("{} is in {}", stored.model.id, stored.path.display()));
    }
    Ok(Ending::Done)
}

fn read(name: &str) -> anyhow::Result<Wanted> {
    let path = PathBuf::from(name);
    let is_description = path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    if is_description && !name.contains("://") {
        return Ok(Wanted::Described(ModelYaml::read(&path)?));
    }
    Ok(Wanted::Reference(name.parse()?))
}

async fn get(
    store: &ModelStore,
    wanted: Wanted,
    options: &PullOptions,
    progress: &(dyn Fn(PullProgress) + Send + Sync),
) -> anyhow::Result<StoredModel> {
    let description = match wanted {
        Wanted::Reference(reference) => {
            return Ok(store.pull_reference(&reference, options, progress).await?);
        }
        Wanted::Described(description) => description,
    };
    let mut failure = anyhow::anyhow!("it names no repository");
    for name in description.repositories {
        let reference = Reference::Named { name, variant: None };
        match store.pull_reference(&reference, options, progress).await {
            Ok(stored) => {
                let mut settings = store.read_settings()?;
                let id = stored.model.id.clone();
                settings.set_preset(&id, description.preset);
                settings.aliases.insert(description.name.to_string(), id);
                store.write_settings(&settings)?;
                return Ok(stored);
            }
            Err(error) => failure = error.into(),
        }
    }
    Err(failure)
}
