//! What adding many small notes costs: seconds a thousand, which should be the same however many
//! there are.
//!
//! The notes are made up, each of about 60 words and unlike the others, in Markdown. They are
//! accepted first and indexed afterwards, so that the figures are those of ingest alone; the store,
//! the catalog and the parse workers are those of the build.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use quire_domain::CollectionName;
use quire_engines::scripted::ScriptedRuntime;
use quire_service::config::ParseWorker;
use quire_service::{NewCollection, Parts, ServiceConfig, Services};
use serde_json::{Value, json};

use super::sample::{Random, text};
use super::{Selection, rounded};
use crate::backends;
use crate::config::{DefaultModels, Folders, ingest_limits, service_config};

/// Words of a note.
const WORDS: usize = 60;
/// The largest growth of the time a note takes that counts as flat.
const FLAT: f64 = 1.2;

/// Adds notes to a fresh data folder, once for each number.
pub async fn measure(selection: &Selection, tell: &dyn Fn(&str)) -> anyhow::Result<Value> {
    ensure!(!selection.notes.contains(&0), "`--notes` takes numbers from 1 on");
    let mut sizes = Vec::new();
    let mut rates: Vec<f64> = Vec::new();
    for &notes in &selection.notes {
        tell(&format!("Adding {notes} notes ..."));
        let (accepting, indexing) = add(selection, notes).await?;
        let per_thousand = |time: Duration| time.as_secs_f64() * 1000.0 / notes as f64;
        rates.push(per_thousand(indexing));
        sizes.push(json!({
            "notes": notes,
            "accept_seconds_per_1000": rounded(per_thousand(accepting)),
            "index_seconds_per_1000": rounded(per_thousand(indexing)),
            "seconds": rounded((accepting + indexing).as_secs_f64()),
        }));
    }
    let (least, most) =
        (rates.iter().copied().reduce(f64::min), rates.iter().copied().reduce(f64::max));
    let growth = least.zip(most).map_or(1.0, |(least, most)| most / least.max(1e-9));
    Ok(json!({
        "data": format!("made-up notes of {WORDS} words"),
        "embedder": if selection.real_embedder { "default" } else { "hash" },
        "build": backends::BUILD,
        "sizes": sizes,
        "slowest_to_fastest": rounded(growth),
        "is_flat": growth <= FLAT,
    }))
}

/// Adds so many notes; gives how long it took to accept and how long to index them.
async fn add(selection: &Selection, notes: usize) -> anyhow::Result<(Duration, Duration)> {
    let data = tempfile::tempdir()?;
    let folders =
        Folders { data: data.path().to_owned(), models: selection.folders.models.clone() };
    let services = open(selection, &folders).await?;
    let collection: CollectionName = "bench".parse()?;
    let new = NewCollection { name: collection.clone(), embedding_model: None, language: None };
    services.collections.create(new).await?;
    let mut random = Random(5);
    let started = Instant::now();
    for number in 0..notes {
        let path = format!("folder {}/note {number}.md", number % 100);
        let note = format!("# Note {number}\n\n{}\n", text(&mut random, WORDS));
        let mut upload = services.uploads.begin(&path).await?;
        upload.write(note.as_bytes()).await?;
        services.documents.add(&collection, path.parse()?, upload.finish().await?).await?;
    }
    let accepting = started.elapsed();
    let started = Instant::now();
    services.start_ingest();
    services.wait_until_idle(&collection).await?;
    let indexing = started.elapsed();
    let counts = services.collections.get(&collection).await?.counts;
    services.shut_down().await;
    ensure!(counts.indexed == notes as u64, "{} of {notes} notes were indexed", counts.indexed);
    Ok((accepting, indexing))
}

async fn open(selection: &Selection, folders: &Folders) -> anyhow::Result<Services> {
    let models = DefaultModels::from_environment()?;
    let Parts { store, models: real } = backends::open(folders, &models).await?;
    let mut limits = ingest_limits(&folders.models);
    if let (ParseWorker::Child { arguments, .. }, false) =
        (&mut limits.parse_worker, selection.real_embedder)
    {
        arguments.push("--scripted".into());
    }
    let config = if selection.real_embedder {
        service_config(folders, &models)
    } else {
        ServiceConfig::scripted(folders.data.clone())
    };
    let models = if selection.real_embedder { real } else { Arc::new(ScriptedRuntime::new([])) };
    let config = ServiceConfig { ingest: limits, ..config };
    Ok(Services::open(config, Parts { store, models }).await?)
}
