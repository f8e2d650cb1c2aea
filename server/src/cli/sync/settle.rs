//! Waiting until what was sent can be searched, and telling what could not be read.

use std::collections::HashSet;
use std::time::Duration;

use anyhow::bail;
use futures::StreamExt;
use indicatif::ProgressBar;
use quire_domain::sync::{FileStage, SourceEvent, SourceFailure, SourceStatus};
use quire_folder_sync::FileProblem;
use reqwest::Method;
use serde::Deserialize;

use super::mirror::HttpMirror;

/// How often the connection may break in a row.
const MAX_FAILURES: u32 = 20;

#[derive(Deserialize)]
struct Failures {
    failures: Vec<SourceFailure>,
}

/// Waits until no file of the source is on its way.
pub async fn wait_until_indexed(
    mirror: &HttpMirror,
    bar: &ProgressBar,
) -> anyhow::Result<SourceStatus> {
    let mut failures = 0;
    loop {
        let request = mirror.call(Method::GET, &["events"]);
        match mirror.client.follow(request).await {
            Ok(events) => {
                let mut events = Box::pin(events);
                let (mut before, mut finished) = (0, HashSet::new());
                while let Some(event) = events.next().await {
                    failures = 0;
                    match serde_json::from_str(&event.data) {
                        Ok(SourceEvent::Summary(status)) => {
                            let index = &status.index;
                            before = index.done + index.failed + index.skipped;
                            finished.clear();
                            bar.set_length(status.files);
                            if index.queued + index.running == 0 {
                                return Ok(*status);
                            }
                        }
                        Ok(SourceEvent::File { path, stage, .. }) => {
                            if matches!(stage, FileStage::Done | FileStage::Failed) {
                                finished.insert(path);
                            }
                        }
                        Err(_) => {}
                    }
                    bar.set_position(before + finished.len() as u64);
                }
            }
            Err(error) if failures >= MAX_FAILURES => return Err(error),
            Err(_) => failures += 1,
        }
        if failures > MAX_FAILURES {
            bail!("the server's events ended");
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Lists files that the server has and could not read; files of a sort that it does not read are none.
pub async fn list_failures(mirror: &HttpMirror) -> anyhow::Result<Vec<FileProblem>> {
    let request = mirror.call(Method::GET, &["failures"]);
    let Failures { failures } = mirror.client.read(request).await?;
    let failed = failures.into_iter().filter(|failure| failure.code != "unsupported");
    let show = |failure: SourceFailure| FileProblem {
        path: failure.path.to_string(),
        code: failure.code,
        message: failure.message,
        hint: failure.hint,
    };
    Ok(failed.map(show).collect())
}
