//! `quire models`: search, get, take in, name, settle, list, show, delete. They work on the models folder, with or without a
//! server: a running one sees a new model at the next request. Loading and unloading are up to a server.

mod pull;
mod search;

mod import;

mod alias;
mod preset;

mod estimate;
mod load_flags;
mod loaded;
mod upstream;

use clap::{Args, Subcommand};
use quire_domain::{InstalledModel, Language, ModelId, ModelKind};
use quire_engines::ModelStore;
use quire_engines::store::{CatalogModel, Checked, PulledFile};
use serde_json::{Value, json};

use super::{Ending, output};
use crate::config::ModelsFolder;

/// What to do with models.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    models: ModelsFolder,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Get models; goes on where an earlier try stopped
    #[command(visible_alias = "get")]
    Pull(pull::Arguments),
    /// Search Hugging Face for models, with sizes and whether they fit into this machine's memory
    Search(search::Arguments),
    /// Take in models that other programs have on this machine, by links
    Import(import::Arguments),
    /// Give a model another name
    Alias(alias::Arguments),
    /// Settle instructions, sampling and context of a model
    Preset(preset::Arguments),
    /// List the models on disk, or those that can be had
    #[command(visible_alias = "ls")]
    List {
        /// List the catalog instead
        #[arg(long)]
        available: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one model
    Show {
        /// Its name
        name: ModelId,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a model's files
    Delete {
        /// Its name
        name: ModelId,
    },
    /// List the models in the memory of the running server: what each takes, and when it leaves
    Ps(loaded::ListArguments),
    /// Have the running server load a model before somebody asks it
    Load(loaded::LoadArguments),
    /// Have the running server take a model out of memory; one at work leaves when that is done
    Unload(loaded::UnloadArguments),
    /// Add, list or remove other machines whose models can be asked by name
    Upstream(upstream::Arguments),
}

/// Gets, lists, shows, deletes, loads or unloads.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let store = ModelStore::new(arguments.models.path);
    match arguments.action {
        Action::Pull(arguments) => return pull::run(arguments, &store).await,
        Action::Search(arguments) => search::run(arguments).await?,
        Action::Import(arguments) => import::run(&arguments, &store)?,
        Action::Alias(arguments) => alias::run(arguments, &store)?,
        Action::Preset(arguments) => preset::run(arguments, &store)?,
        Action::List { available: true, json } => list_available(&store, json)?,
        Action::List { available: false, json } => list(&store, json)?,
        Action::Show { name, json } => show(&store, &name, json)?,
        Action::Delete { name } => {
            store.delete(&name)?;
            output::note(&format!("Model `{name}` is gone."));
        }
        Action::Ps(arguments) => loaded::list(arguments).await?,
        Action::Load(arguments) => return loaded::load(arguments, &store).await,
        Action::Unload(arguments) => loaded::unload(arguments).await?,
        Action::Upstream(arguments) => upstream::run(arguments, store.folder()).await?,
    }
    Ok(Ending::Done)
}

fn list(store: &ModelStore, is_json: bool) -> anyhow::Result<()> {
    let models = store.list()?;
    if is_json {
        return output::json(&json!({"models": models}));
    }
    if models.is_empty() {
        output::note(&format!(
            "There are no models in {}; `quire models pull` gets the first two.",
            store.folder().display()
        ));
        return Ok(());
    }
    let row = |model: &InstalledModel| {
        vec![
            model.id.to_string(),
            kind_of(model),
            output::size(model.size_bytes),
            model.quantization.clone().unwrap_or_default(),
            number(model.context_tokens),
            number(model.dimensions),
            model.languages.as_deref().map(languages).unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = models.iter().map(row).collect();
    let headings = ["NAME", "KIND", "SIZE", "QUANTIZATION", "CONTEXT", "DIMENSIONS", "LANGUAGES"];
    output::table(&headings, &rows);
    Ok(())
}

fn list_available(store: &ModelStore, is_json: bool) -> anyhow::Result<()> {
    let installed = store.list()?;
    let is_here = |model: &CatalogModel| installed.iter().any(|here| here.id == model.id);
    let models = store.catalog().models();
    if is_json {
        let entries: Vec<Value> =
            models.iter().map(|model| describe(model, is_here(model))).collect();
        return output::json(&json!({"models": entries}));
    }
    let row = |model: &CatalogModel| {
        vec![
            model.id.to_string(),
            kind(model.kind).to_owned(),
            model.size_bytes().map_or_else(String::new, output::size),
            if is_here(model) { "yes" } else { "no" }.to_owned(),
            lengths(&model.dimensions),
            model.languages.as_deref().map(codes).unwrap_or_default(),
            model.licence.clone(),
            about(model),
        ]
    };
    let rows: Vec<_> = models.iter().map(row).collect();
    let headings =
        ["NAME", "KIND", "SIZE", "INSTALLED", "DIMENSIONS", "LANGUAGES", "LICENCE", "DESCRIPTION"];
    output::table(&headings, &rows);
    Ok(())
}

/// Says what a model is good for, and if nobody knows.
fn about(model: &CatalogModel) -> String {
    let tried = if model.untried { " (not tried with Quire)" } else { "" };
    format!("{}{tried}", model.description)
}

/// More languages than this are counted and not named.
const NAMED_LANGUAGES: usize = 5;

/// Shows the languages that Quire tells apart by their codes.
fn languages(languages: &[Language]) -> String {
    if languages.len() == Language::ALL.len() {
        return "all".to_owned();
    }
    codes(&languages.iter().map(|language| language.code().to_owned()).collect::<Vec<String>>())
}

/// Shows a few language codes, or how many there are.
fn codes(codes: &[String]) -> String {
    match codes {
        [any] if any == "*" => "all".to_owned(),
        many if many.len() > NAMED_LANGUAGES => many.len().to_string(),
        few => few.join(" "),
    }
}

/// Shows the lengths that vectors can have, their own first.
fn lengths(dimensions: &[usize]) -> String {
    dimensions.iter().map(ToString::to_string).collect::<Vec<String>>().join(" ")
}

fn number(value: Option<u32>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn describe(model: &CatalogModel, is_installed: bool) -> Value {
    let file = |file: &quire_engines::store::catalog::CatalogFile| json!({"name": file.name, "size_bytes": file.size_bytes, "sha256": file.sha256});
    json!({
        "id": model.id,
        "kind": model.kind,
        "aliases": model.aliases,
        "description": model.description,
        "licence": model.licence,
        "untried": model.untried,
        "languages": model.languages,
        "dimensions": model.dimensions,
        "size_bytes": model.size_bytes(),
        "installed": is_installed,
        "files": model.files.iter().map(file).collect::<Vec<_>>(),
    })
}

fn show(store: &ModelStore, name: &ModelId, is_json: bool) -> anyhow::Result<()> {
    let stored = store.get(name)?;
    let known = store.catalog().find(&stored.model.id);
    let pulled = stored.pulled_files()?;
    if is_json {
        let mut value = serde_json::to_value(&stored.model)?;
        value["path"] = json!(stored.path);
        value["projector"] = json!(stored.projector);
        value["pulled_files"] = json!(pulled);
        value["catalog"] = known.map_or(Value::Null, |known| describe(known, true));
        return output::json(&value);
    }
    let model = &stored.model;
    let mut rows = vec![
        ("Name", model.id.to_string()),
        ("Kind", kind_of(model)),
        ("Size", output::size(model.size_bytes)),
        ("Path", stored.path.display().to_string()),
    ];
    rows.extend(stored.projector.as_ref().map(|path| ("Projector", path.display().to_string())));
    rows.extend(model.quantization.clone().map(|name| ("Quantization", name)));
    rows.extend(model.context_tokens.map(|tokens| ("Context", format!("{tokens} tokens"))));
    rows.extend(model.dimensions.map(|length| ("Dimensions", length.to_string())));
    let spoken = known.and_then(|known| known.languages.as_deref()).map(codes);
    rows.extend(spoken.map(|spoken| ("Languages", spoken)));
    if let Some(known) = known {
        rows.push(("Licence", known.licence.clone()));
        rows.push(("About", about(known)));
    }
    rows.extend(pulled.iter().map(|file| ("File", checked(file))));
    for (name, value) in rows {
        output::line(&format!("{name:<13} {value}"));
    }
    Ok(())
}

/// Says what a file was checked against when it came.
fn checked(file: &PulledFile) -> String {
    let checked = match file.checked {
        Checked::Catalog => "checked against the catalog",
        Checked::Server => "checked against what the server stated",
        Checked::Nothing => "not verified: nobody states its checksum",
    };
    format!("{}, {checked}", file.name)
}

fn kind_of(model: &InstalledModel) -> String {
    let images = if model.reads_images { ", images" } else { "" };
    format!("{}{images}", kind(model.kind))
}

fn kind(kind: ModelKind) -> &'static str {
    match kind {
        ModelKind::Chat => "chat",
        ModelKind::Embedding => "embedding",
        ModelKind::Reranker => "reranker",
        ModelKind::Judge => "judge",
        ModelKind::Ocr => "ocr",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_languages_are_named_and_many_are_counted() {
        let check = |given: &[&str], shown: &str| {
            let given: Vec<String> = given.iter().map(|code| (*code).to_owned()).collect();
            assert_eq!(codes(&given), shown);
        };
        check(&["*"], "all");
        check(&["en", "zh"], "en zh");
        check(&["en", "de", "nl", "fr", "es", "it"], "6");
        assert_eq!(languages(Language::ALL), "all");
        assert_eq!(languages(&[Language::English, Language::German]), "en de");
        assert_eq!(lengths(&[768, 256]), "768 256");
    }
}
