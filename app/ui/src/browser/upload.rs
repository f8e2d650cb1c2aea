//! Uploading files in batches: a few at a time, with the progress of each.

use quire_domain::url_part;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use futures::channel::oneshot;
use serde::Deserialize;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{FormData, ProgressEvent, XmlHttpRequest};

use super::dropped::ChosenFile;
use super::{api_error, describe};

/// The most files of one request.
const BATCH_FILES: usize = 20;

/// The most bytes of one request, unless one file alone is larger.
const BATCH_BYTES: f64 = 32e6;

/// Two requests at a time keep the line busy while the server stores the one before.
const REQUESTS_AT_A_TIME: usize = 2;

/// What became of a file, by its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum UploadStep {
    /// This share of it is sent, 0 to 1.
    Sent(f64),
    /// The server has accepted it.
    Accepted,
    /// The server refused it, or it could not be sent.
    Refused(String),
}

/// A file with its number in the list.
type Numbered = (usize, ChosenFile);

/// Uploads numbered files, and reports each step; returns when all are done.
///
/// `collection` gives the name for each request, for it may change while files wait.
pub(crate) async fn upload_all(
    collection: impl Fn() -> String + Clone + 'static,
    files: Vec<Numbered>,
    on_step: impl Fn(usize, UploadStep) + Clone + 'static,
) {
    let url = move || format!("/api/collections/{}/documents", url_part(&collection()));
    let queue = Rc::new(RefCell::new(VecDeque::from(files)));
    let workers = (0..REQUESTS_AT_A_TIME).map(|_| {
        let (queue, on_step, url) = (Rc::clone(&queue), on_step.clone(), url.clone());
        async move {
            loop {
                let batch = take_batch(&mut queue.borrow_mut());
                if batch.is_empty() {
                    return;
                }
                upload_batch(&url, batch, &on_step).await;
            }
        }
    });
    futures::future::join_all(workers).await;
}

fn take_batch(queue: &mut VecDeque<Numbered>) -> Vec<Numbered> {
    let mut batch = Vec::new();
    let mut bytes = 0.0;
    while let Some((_, next)) = queue.front() {
        bytes += next.file.size();
        if !batch.is_empty() && (batch.len() == BATCH_FILES || bytes > BATCH_BYTES) {
            break;
        }
        batch.extend(queue.pop_front());
    }
    batch
}

/// Uploads a batch; when the server refuses it, each file is tried alone, so that one bad file
/// does not cost the others.
async fn upload_batch(
    url: &(impl Fn() -> String + 'static),
    batch: Vec<Numbered>,
    on_step: &(impl Fn(usize, UploadStep) + Clone + 'static),
) {
    let rejected = match send(&url(), &batch, on_step).await {
        Ok(rejected) => rejected,
        Err(message) if batch.len() == 1 => {
            return batch.iter().for_each(|(number, _)| {
                on_step(*number, UploadStep::Refused(message.clone()));
            });
        }
        Err(_) => {
            for file in batch {
                Box::pin(upload_batch(url, vec![file], on_step)).await;
            }
            return;
        }
    };
    for (number, file) in batch {
        let reason = rejected.iter().find(|rejected| rejected.path == file.path);
        let reason = reason.map(|rejected| rejected.error.message.clone());
        on_step(number, reason.map_or(UploadStep::Accepted, UploadStep::Refused));
    }
}

/// What of a reply to an upload matters here.
#[derive(Default, Deserialize)]
struct Reply {
    /// The files of the batch that were not taken, though others were.
    #[serde(default)]
    rejected: Vec<Rejected>,
}

#[derive(Deserialize)]
struct Rejected {
    path: String,
    error: Reason,
}

#[derive(Deserialize)]
struct Reason {
    message: String,
}

/// Sends a batch, and gives the files that were not taken although others were.
async fn send(
    url: &str,
    batch: &[Numbered],
    on_step: &(impl Fn(usize, UploadStep) + Clone + 'static),
) -> Result<Vec<Rejected>, String> {
    let says = |error| describe(&error);
    let form = FormData::new().map_err(says)?;
    for (_, file) in batch {
        form.append_with_blob_and_filename("files", &file.file, &file.path).map_err(says)?;
    }
    let request = XmlHttpRequest::new().map_err(says)?;
    request.open_with_async("POST", url, true).map_err(says)?;
    let on_progress = progress(batch, on_step.clone());
    request.upload().map_err(says)?.set_onprogress(Some(on_progress.as_ref().unchecked_ref()));
    let (sender, ended) = oneshot::channel();
    let mut sender = Some(sender);
    let on_end = Closure::<dyn FnMut()>::new(move || {
        if let Some(sender) = sender.take() {
            // Nobody listens any more when the page is being left.
            let _ = sender.send(());
        }
    });
    request.set_onloadend(Some(on_end.as_ref().unchecked_ref()));
    request.send_with_opt_form_data(Some(&form)).map_err(says)?;
    // The sender lives as long as `on_end`, so waiting cannot fail before the request has ended.
    let _ = ended.await;
    let status = request.status().unwrap_or(0);
    let reply = request.response_text().ok().flatten().unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(serde_json::from_str::<Reply>(&reply).unwrap_or_default().rejected);
    }
    Err(api_error(status, &reply))
}

/// Spreads the bytes sent over the files of a batch, in their order.
fn progress(
    batch: &[Numbered],
    on_step: impl Fn(usize, UploadStep) + 'static,
) -> Closure<dyn FnMut(ProgressEvent)> {
    let sizes: Vec<(usize, f64)> =
        batch.iter().map(|(number, file)| (*number, file.file.size())).collect();
    Closure::new(move |event: ProgressEvent| {
        let mut left = event.loaded();
        for (number, size) in &sizes {
            let share = if *size > 0.0 { (left / size).clamp(0.0, 1.0) } else { 1.0 };
            on_step(*number, UploadStep::Sent(share));
            left -= size;
        }
    })
}
