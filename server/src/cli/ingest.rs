//! `quire ingest`: files and folders into a collection, until they can be searched.

mod follow;
mod report;
mod upload;
mod walk;

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::bail;
use clap::Args;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use quire_domain::{CollectionName, Document, DocumentId, IndexHealth, IngestTask};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::connection::{ConnectArguments, Connection, Purpose};
use super::documents::{Filter, list_all};
use super::{Ending, output};
use crate::client::{ApiClient, Refused};
use follow::Update;
use report::Report;
use upload::Sent;

/// What to add.
#[derive(Args, Debug)]
pub struct Arguments {
    /// Files and folders; paths in the collection are relative to the folder given. Hidden files and
    /// links below a folder are left out
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// The collection to add to; made if there is none
    #[arg(short, long)]
    collection: CollectionName,
    /// Print a summary as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connect: ConnectArguments,
}

/// Adds and waits.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let started = Instant::now();
    let found = find(&arguments.paths)?;
    let connection = Connection::open(&arguments.connect, Purpose::Ingest).await?;
    let client = connection.client.clone();
    let mut progress = Progress::new(&client, &arguments.collection, found);
    let result = tokio::select! {
        result = progress.run() => result.map(|()| None),
        _ = tokio::signal::ctrl_c() => Ok(Some(Ending::Interrupted)),
    };
    progress.bars.clear();
    let is_own = connection.is_own();
    connection.close().await;
    if let Some(ending) = result? {
        tell_interrupted(progress.accepted.len(), is_own);
        return Ok(ending);
    }
    let report = progress.into_report(started.elapsed());
    if arguments.json {
        output::json(&report)?;
    } else {
        report.show();
    }
    Ok(if report.failed == 0 { Ending::Done } else { Ending::SomeFailed })
}

/// Adds what lies below `paths` and waits.
pub async fn add(
    client: &ApiClient,
    collection: &CollectionName,
    paths: &[PathBuf],
) -> anyhow::Result<Report> {
    let started = Instant::now();
    let mut progress = Progress::new(client, collection, find(paths)?);
    let result = progress.run().await;
    progress.bars.clear();
    result.map(|()| progress.into_report(started.elapsed()))
}

fn find(paths: &[PathBuf]) -> anyhow::Result<walk::Found> {
    let found = walk::walk(paths)?;
    if found.files.is_empty() {
        bail!("there are no files to add in what was given");
    }
    Ok(found)
}

fn tell_interrupted(accepted: usize, is_own: bool) {
    let when = if is_own { "when Quire runs next on this data folder" } else { "in the server" };
    output::note(&format!(
        "Stopped. {accepted} files were accepted and go on {when}; give the same command again for the rest."
    ));
}

/// An ingest on its way.
struct Progress<'a> {
    client: &'a ApiClient,
    collection: &'a CollectionName,
    found: walk::Found,
    bars: Bars,
    /// The documents of this call, in the order of upload.
    accepted: Vec<DocumentId>,
    /// The newest that is known of every document of the collection.
    latest: HashMap<DocumentId, Document>,
    rejected: Vec<upload::Rejected>,
    /// Why the server waits, as it was last said.
    waits_for: Option<String>,
}

impl<'a> Progress<'a> {
    fn new(client: &'a ApiClient, collection: &'a CollectionName, found: walk::Found) -> Self {
        let bars = Bars::new(&found);
        Self {
            client,
            collection,
            found,
            bars,
            accepted: Vec::new(),
            latest: HashMap::new(),
            rejected: Vec::new(),
            waits_for: None,
        }
    }

    async fn run(&mut self) -> anyhow::Result<()> {
        make_collection(self.client, self.collection).await?;
        // Both are bounded: the uploads wait for this loop, and the server's events for the follower.
        let (sent_sender, mut sent) = mpsc::channel(4);
        let (update_sender, mut updates) = mpsc::channel(64);
        let follow = follow::follow(self.client.clone(), self.collection.clone(), update_sender);
        let files = std::mem::take(&mut self.found.files);
        let bytes = self.bars.bytes.clone();
        let upload = upload::upload(
            self.client.clone(),
            self.collection.clone(),
            upload::Job { files, bytes },
            sent_sender,
        );
        let (_following, uploading) = (AbortOnDrop(tokio::spawn(follow)), tokio::spawn(upload));
        let mut uploading = AbortOnDrop(uploading);
        let mut is_uploading = true;
        loop {
            tokio::select! {
                message = sent.recv(), if is_uploading => match message {
                    Some(Sent::Accepted(ids)) => self.accepted.extend(ids),
                    Some(Sent::Rejected(rejected)) => self.rejected.push(rejected),
                    None => {
                        is_uploading = false;
                        (&mut uploading.0).await??;
                        self.bars.bytes.finish();
                        self.look().await?;
                    }
                },
                update = updates.recv() => match update {
                    Some(Update::Document(document)) => {
                        self.latest.insert(document.id.clone(), *document);
                    }
                    Some(Update::Deleted(id)) => self.accepted.retain(|accepted| *accepted != id),
                    // Events may have been lost before this: what is known is read anew.
                    Some(Update::Paused(pause)) => {
                        self.tell_of_pause(pause.map(|pause| pause.reason));
                    }
                    Some(Update::Snapshot) => self.look().await?,
                    Some(Update::Lost(error)) => return Err(error),
                    None => bail!("the server's events ended"),
                },
            }
            let finished = self.count_finished();
            self.bars.documents.set_position(finished as u64);
            if !is_uploading && finished == self.accepted.len() {
                return Ok(());
            }
        }
    }

    async fn look(&mut self) -> anyhow::Result<()> {
        let documents = list_all(self.client, self.collection, &Filter::default()).await?;
        self.latest =
            documents.into_iter().map(|document| (document.id.clone(), document)).collect();
        // The server may wait since before anybody listened. A server that cannot tell is no reason to end.
        let health = self.client.get::<IndexHealth>(&["api", "health", "index"]).await;
        if let Ok(health) = health {
            let waits = health.pauses.into_iter().find(|one| one.task == IngestTask::Documents);
            self.tell_of_pause(waits.map(|pause| pause.reason));
        }
        Ok(())
    }

    /// Says why the server waits, once for each reason, and when it goes on.
    fn tell_of_pause(&mut self, reason: Option<String>) {
        match (&reason, &self.waits_for) {
            (Some(new), old) if old.as_ref() != Some(new) => self.bars.note(&format!(
                "The server waits and tries again: {new}. Ctrl-C leaves; what was accepted goes on later."
            )),
            (None, Some(_)) => self.bars.note("The server goes on."),
            _ => {}
        }
        self.waits_for = reason;
    }

    fn count_finished(&self) -> usize {
        let is_final = |id: &&DocumentId| {
            self.latest.get(*id).is_some_and(|document| document.status.is_final())
        };
        self.accepted.iter().filter(is_final).count()
    }

    fn into_report(mut self, took: Duration) -> Report {
        let documents =
            self.accepted.iter().filter_map(|id| self.latest.remove(id)).collect::<Vec<_>>();
        Report::new(
            self.collection.clone(),
            documents,
            report::Left { rejected: self.rejected, skipped: self.found.skipped },
            took,
        )
    }
}

/// A task that ends with the value.
struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn make_collection(client: &ApiClient, name: &CollectionName) -> anyhow::Result<()> {
    let found = client.get::<Value>(&["api", "collections", name.as_str()]).await;
    let Err(error) = found else { return Ok(()) };
    let is_missing = error
        .downcast_ref::<Refused>()
        .is_some_and(|refused| refused.status == StatusCode::NOT_FOUND);
    if !is_missing {
        return Err(error);
    }
    client.post::<Value>(&["api", "collections"], &json!({"name": name})).await.map(|_| ())
}

/// The progress bars; nothing is drawn if standard error is no terminal.
struct Bars {
    all: MultiProgress,
    bytes: ProgressBar,
    documents: ProgressBar,
}

impl Bars {
    fn new(found: &walk::Found) -> Self {
        let style = |template: &str| {
            ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("=> ")
        };
        let all = MultiProgress::new();
        let size = found.files.iter().map(|file| file.size_bytes).sum();
        let bytes = all.add(
            ProgressBar::new(size)
                .with_style(style("Uploading [{bar:32}] {bytes}/{total_bytes} {bytes_per_sec}")),
        );
        let documents = all.add(ProgressBar::new(found.files.len() as u64).with_style(style(
            "Indexing  [{bar:32}] {pos}/{len} documents, {elapsed} passed, about {eta} left",
        )));
        documents.enable_steady_tick(Duration::from_millis(500));
        Self { all, bytes, documents }
    }

    /// Prints a line above the bars.
    fn note(&self, text: &str) {
        self.all.suspend(|| output::note(text));
    }

    fn clear(&self) {
        self.bytes.finish_and_clear();
        self.documents.finish_and_clear();
        // A terminal that cannot be cleared keeps its last bars.
        let _ = self.all.clear();
    }
}
