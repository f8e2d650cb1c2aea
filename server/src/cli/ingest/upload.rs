//! Uploading: files in batches, streamed from disk.

use futures::TryStreamExt;
use indicatif::ProgressBar;
use quire_domain::{CollectionName, DocumentId};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde::Serialize;
use tokio::fs::File;
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

use super::walk::FoundFile;
use crate::cli::client::{ApiClient, Refused};
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
        for sent in send(&client, &collection, batch, &job.bytes).await? {
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

async fn send(
    client: &ApiClient,
    collection: &CollectionName,
    batch: Vec<FoundFile>,
    bytes: &ProgressBar,
) -> anyhow::Result<Vec<Sent>> {
    let mut sent = Vec::new();
    // Names go over as they are, in UTF-8; only quotes are escaped.
    let mut form = Form::new().percent_encode_noop();
    let mut paths = Vec::new();
    for found in batch {
        let path = found.path.to_string();
        match part(&found, bytes).await {
            Ok(part) => {
                form = form.part("files", part.file_name(path.clone()));
                paths.push(path);
            }
            Err(error) => {
                sent.push(Sent::Rejected(Rejected { path, reason: error.to_string() }));
            }
        }
    }
    if paths.is_empty() {
        return Ok(sent);
    }
    let path = ["api", "collections", collection.as_str(), "documents"];
    let request = client.request(Method::POST, &path).multipart(form);
    match client.read::<Uploaded>(request).await {
        Ok(uploaded) => {
            sent.push(Sent::Accepted(uploaded.documents.into_iter().map(|d| d.id).collect()));
            sent.extend(uploaded.rejected.into_iter().map(|rejected| {
                Sent::Rejected(Rejected { path: rejected.path, reason: rejected.error.message })
            }));
        }
        // None of the batch was taken; the next may be.
        Err(error) => match error.downcast::<Refused>() {
            Ok(Refused { status, message, .. }) if status.is_client_error() => {
                let reject = |path| Sent::Rejected(Rejected { path, reason: message.clone() });
                sent.extend(paths.into_iter().map(reject));
            }
            Ok(refused) => return Err(refused.into()),
            Err(error) => return Err(error),
        },
    }
    Ok(sent)
}

async fn part(found: &FoundFile, bytes: &ProgressBar) -> std::io::Result<Part> {
    let file = File::open(&found.file).await?;
    let size = file.metadata().await?.len();
    let bytes = bytes.clone();
    let stream = ReaderStream::with_capacity(file, 64 << 10).inspect_ok(move |piece| {
        bytes.inc(piece.len() as u64);
    });
    Ok(Part::stream_with_length(reqwest::Body::wrap_stream(stream), size))
}
