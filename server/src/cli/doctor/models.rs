//! Whether the models are there, are the right ones, and work.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::ensure;
use quire_domain::ModelId;
use quire_domain::hex::hex;
use quire_engines::store::{CatalogModel, Checked};
use quire_engines::{
    ChatMessage, ChatRole, GenerateEvent, GenerateRequest, ModelRuntime, ModelStore, Prompt,
    TextRole,
};
use sha2::{Digest, Sha256};

use super::check::Check;
use crate::Folders;

/// Checks the files of every model on disk against the catalog.
pub async fn files(folders: &Folders) -> Vec<Check> {
    let store = ModelStore::new(&folders.models.path);
    let checked = tokio::task::spawn_blocking(move || check_files(&store)).await;
    checked.unwrap_or_else(|error| {
        vec![Check::broken("models", error.to_string(), "report this; the log may say more")]
    })
}

fn check_files(store: &ModelStore) -> Vec<Check> {
    let get = "`quire models pull` gets what a new installation needs";
    let models = match store.list() {
        Ok(models) if models.is_empty() => {
            let detail = format!("there are none in {}", store.folder().display());
            return vec![Check::broken("models", detail, get)];
        }
        Ok(models) => models,
        Err(error) => {
            let fix = "make the models folder readable, or choose another with `--models`";
            return vec![Check::broken("models", error.to_string(), fix)];
        }
    };
    let check = |id: &ModelId| match store.catalog().find(id) {
        None => Check::ok("model files", format!("{id} is not in the catalog and was not checked")),
        Some(known) => match verify(store, known) {
            Ok(state) => Check::ok("model files", format!("{id} {state}")),
            Err(error) => Check::broken(
                "model files",
                format!("{id}: {error}"),
                format!("`quire models delete {id}`, then `quire models pull {id}`"),
            ),
        },
    };
    models.iter().map(|model| check(&model.id)).collect()
}

/// Compares a model's files with the catalog, or with what came if that states nothing.
fn verify(store: &ModelStore, model: &CatalogModel) -> anyhow::Result<String> {
    let folder = store.folder().join(model.id.as_str());
    let pulled = store.get(&model.id)?.pulled_files()?;
    let mut unverified = 0;
    for known in &model.files {
        let path = folder.join(&known.name);
        let size = path.metadata().map_err(|error| anyhow::anyhow!("`{}`: {error}", known.name))?;
        let size_is_right = known.size_bytes.is_none_or(|expected| size.len() == expected);
        ensure!(size_is_right, "`{}` has the wrong size", known.name);
        let came = pulled.iter().find(|file| file.name == known.name);
        let expected = known.sha256.as_ref().or(came.map(|file| &file.sha256));
        if let Some(expected) = expected {
            ensure!(hash(&path)? == *expected, "`{}` has the wrong checksum", known.name);
        }
        let was_checked = came.is_some_and(|file| file.checked != Checked::Nothing);
        unverified += usize::from(known.sha256.is_none() && !was_checked);
    }
    Ok(match unverified {
        0 => "has the right checksums".to_owned(),
        count => format!("is as it came, but {count} files of it were never verified"),
    })
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&piece[..length]);
    }
}

/// Checks that the embedding model loads and embeds.
pub async fn embedder(runtime: &dyn ModelRuntime, model: &ModelId) -> Check {
    match try_embedder(runtime, model).await {
        Ok(detail) => Check::ok("embedding", detail),
        Err(error) => Check::broken(
            "embedding",
            format!("{error:#}"),
            format!("`quire models pull {model}`, or name another in `$QUIRE_EMBEDDING_MODEL`"),
        ),
    }
}

async fn try_embedder(runtime: &dyn ModelRuntime, model: &ModelId) -> anyhow::Result<String> {
    let embedder = runtime.get_embedder(model).await?;
    let made = embedder.embed(vec!["A probe.".to_owned()], TextRole::Passage).await?;
    let vector = made.vectors.first().map(Vec::as_slice).unwrap_or_default();
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    ensure!((length - 1.0).abs() < 1e-3, "its vector has the length {length} instead of 1");
    Ok(format!("{} makes vectors of {} dimensions", embedder.info().model, vector.len()))
}

/// Checks that the chat model loads and generates.
pub async fn chat(runtime: &dyn ModelRuntime, model: &ModelId) -> Check {
    match try_chat(runtime, model).await {
        Ok(detail) => Check::ok("chat", detail),
        Err(error) => Check::broken(
            "chat",
            format!("{error:#}"),
            format!("`quire models pull {model}`, or name another in `$QUIRE_CHAT_MODEL`"),
        ),
    }
}

async fn try_chat(runtime: &dyn ModelRuntime, model: &ModelId) -> anyhow::Result<String> {
    let generator = runtime.get_generator(model).await?;
    let message = ChatMessage::new(ChatRole::User, "Say yes.");
    let request = GenerateRequest::greedy(Prompt::chat(vec![message]), 1);
    let mut generation = generator.generate(request).await?;
    loop {
        match generation.recv().await {
            Some(GenerateEvent::Finished { completion_tokens, .. }) => {
                ensure!(completion_tokens == 1, "it generated {completion_tokens} tokens, not 1");
                let info = generator.info();
                return Ok(format!(
                    "{} generates, with a context of {} tokens",
                    info.model, info.context_tokens
                ));
            }
            Some(GenerateEvent::Failed(error)) => return Err(error.into()),
            Some(
                GenerateEvent::Started { .. }
                | GenerateEvent::Dropped { .. }
                | GenerateEvent::Token { .. }
                | GenerateEvent::Thought(_)
                | GenerateEvent::Text(_)
                | GenerateEvent::Call { .. }
                | GenerateEvent::Arguments(_),
            ) => {}
            None => anyhow::bail!("its engine ended without a word"),
        }
    }
}
