//! Uploading: files in batches, streamed from disk.

use std::sync::{Arc, OnceLock};

use futures::TryStreamExt;
use indicatif::ProgressBar;
use quire_domain::{CollectionName, DocumentId};
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde::Serialize;
use tokio::fs::File;
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

use super::walk::FoundFile;
use crate::client::{ApiClient, Refused};
use crate::http::api::upload::Uploaded;

/// The most files of one request.
const BATCH_FILES: usize = 32;
/// The most bytes of one request, unless a single file has more.
const BATCH_BYTES: u64 = 32 << 20;

/// What to upload.
pub struct Job {
    /// The files.
    pub files: Vec<FoundFile>,
    /// The bar that shows how much is sent.
    pub bytes: ProgressBar,
}

/// What became of some files.
pub enum Sent {
    /// The server took them.
    Accepted(Vec<DocumentId>),
    /// It did not take this one.
    Rejected(Rejected),
}

impl Sent {
    fn reject(found: &FoundFile, reason: String) -> Self {
        Self::Rejected(Rejected { path: found.path.to_string(), reason })
    }
}

/// A file that was not accepted.
#[derive(Clone, Debug, Serialize)]
pub struct Rejected {
    /// Its path.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Uploads all files, telling what becomes of each batch.
pub async fn upload(
    client: ApiClient,
    collection: CollectionName,
    job: Job,
    sender: mpsc::Sender<Sent>,
) -> anyhow::Result<()> {
    for batch in batches(job.files) {
        for sent in send(&client, &collection, &batch, &job.bytes).await? {
            if sender.send(sent).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn batches(files: Vec<FoundFile>) -> Vec<Vec<FoundFile>> {
    let mut batches: Vec<Vec<FoundFile>> = Vec::new();
    let mut size = 0;
    for file in files {
        let is_full = batches
            .last()
            .is_none_or(|batch| batch.len() >= BATCH_FILES || size + file.size_bytes > BATCH_BYTES);
        if is_full {
            batches.push(Vec::new());
            size = 0;
        }
        size += file.size_bytes;
        if let Some(batch) = batches.last_mut() {
            batch.push(file);
        }
    }
    batches
}

/// Why a batch was not taken.
enum Failure {
    /// Something is wrong with a file, or with each of them.
    Files(String),
    /// The server cannot be reached, has a fault of its own, or takes no files.
    Server(anyhow::Error),
}

/// Sends a batch. If that fails because of a file, each is sent by itself, so that a bad one
/// costs no other and each has its own reason.
async fn send(
    client: &ApiClient,
    collection: &CollectionName,
    batch: &[FoundFile],
    bytes: &ProgressBar,
) -> anyhow::Result<Vec<Sent>> {
    let before = bytes.position();
    match send_together(client, collection, batch, bytes).await {
        Ok(sent) => Ok(sent),
        Err(Failure::Server(error)) => Err(error),
        Err(Failure::Files(reason)) => {
            if let [found] = batch {
                return Ok(vec![Sent::reject(found, reason)]);
            }
            bytes.set_position(before);
            let mut sent = Vec::new();
            for found in batch {
                let alone = std::slice::from_ref(found);
                sent.extend(Box::pin(send(client, collection, alone, bytes)).await?);
            }
            Ok(sent)
        }
    }
}

async fn send_together(
    client: &ApiClient,
    collection: &CollectionName,
    batch: &[FoundFile],
    bytes: &ProgressBar,
) -> Result<Vec<Sent>, Failure> {
    let mut sent = Vec::new();
    // Names go over as they are, in UTF-8; only quotes are escaped.
    let mut form = Form::new().percent_encode_noop();
    let unreadable = Arc::new(OnceLock::new());
    let mut is_empty = true;
    for found in batch {
        match File::open(&found.file).await {
            Ok(file) => {
                let part = part(file, bytes.clone(), Arc::clone(&unreadable));
                form = form.part("files", part.file_name(found.path.to_string()));
                is_empty = false;
            }
            Err(error) => sent.push(Sent::reject(found, error.to_string())),
        }
    }
    if is_empty {
        return Ok(sent);
    }
    let path = ["api", "collections", collection.as_str(), "documents"];
    let request = client.request(Method::POST, &path).multipart(form);
    let reply = client.read::<Uploaded>(request).await;
    let uploaded =
        reply.map_err(|error| match (unreadable.get(), error.downcast::<Refused>()) {
            (Some(reason), _) => Failure::Files(String::clone(reason)),
            (None, Ok(refused)) if is_about_files(refused.status) => {
                Failure::Files(refused.message)
            }
            (None, Ok(refused)) => Failure::Server(refused.into()),
            (None, Err(error)) => Failure::Server(error),
        })?;
    sent.push(Sent::Accepted(uploaded.documents.into_iter().map(|d| d.id).collect()));
    sent.extend(uploaded.rejected.into_iter().map(|rejected| {
        Sent::Rejected(Rejected { path: rejected.path, reason: rejected.error.message })
    }));
    Ok(sent)
}

/// Returns whether other files may fare better: they will not if the collection is gone, or a key is
/// wanted.
fn is_about_files(status: StatusCode) -> bool {
    let is_about_all =
        [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND].contains(&status);
    status.is_client_error() && !is_about_all
}

/// Streams a file as it is when it is read: it may grow or shrink meanwhile, so no length is told.
fn part(file: File, bytes: ProgressBar, unreadable: Arc<OnceLock<String>>) -> Part {
    let stream = ReaderStream::with_capacity(file, 64 << 10)
        .inspect_ok(move |piece| bytes.inc(piece.len() as u64))
        .inspect_err(move |error| {
            // The first is the one that ended the request.
            let _ = unreadable.set(error.to_string());
        });
    Part::stream(reqwest::Body::wrap_stream(stream))
}
