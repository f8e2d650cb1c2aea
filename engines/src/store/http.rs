//! Fetching a file over HTTP, going on where an earlier try stopped.

use std::time::{Duration, Instant};

use reqwest::header::RANGE;
use reqwest::{Client, StatusCode};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use super::pull::{Download, Trouble};

/// A place that cannot be reached should cost seconds: there may be another.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that gives nothing for so long is dead.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// How often a connection that broke is made anew, as long as each brought something.
const TRIES: usize = 5;
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// Fetches `url` into the download's part file.
pub async fn fetch(download: &Download<'_>, url: &str) -> Result<(), Trouble> {
    let client = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .user_agent(concat!("quire/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Trouble::Place(explain(&error)))?;
    let mut tries = 0;
    loop {
        let before = part_length(download).await;
        match fetch_once(download, &client, url).await {
            Err(Broken::Midway(reason)) => {
                tries += 1;
                if tries == TRIES || part_length(download).await <= before {
                    return Err(Trouble::Place(reason));
                }
            }
            Err(Broken::For(trouble)) => return Err(trouble),
            Ok(()) => return Ok(()),
        }
    }
}

enum Broken {
    /// The connection broke; what came so far is kept.
    Midway(String),
    /// Asking again would not help.
    For(Trouble),
}

async fn fetch_once(download: &Download<'_>, client: &Client, url: &str) -> Result<(), Broken> {
    let part = &download.part;
    let disk = |error| Broken::For(Trouble::disk(part)(error));
    let place = |reason| Broken::For(Trouble::Place(reason));
    let mut length = part_length(download).await;
    if length == download.file.size_bytes && length > 0 {
        return Ok(());
    }
    if length > download.file.size_bytes {
        fs::remove_file(part).await.map_err(disk)?;
        length = 0;
    }
    let mut request = client.get(url);
    if length > 0 {
        request = request.header(RANGE, format!("bytes={length}-"));
    }
    let mut response = request.send().await.map_err(|error| place(explain(&error)))?;
    let mut file = match response.status() {
        StatusCode::PARTIAL_CONTENT => {
            OpenOptions::new().append(true).open(part).await.map_err(disk)?
        }
        StatusCode::OK => {
            length = 0;
            File::create(part).await.map_err(disk)?
        }
        status => return Err(place(format!("it answered {status}"))),
    };
    let mut reported = Instant::now();
    download.report(length);
    loop {
        let chunk = response.chunk().await.map_err(|error| Broken::Midway(explain(&error)));
        let Some(chunk) = (match chunk {
            Ok(chunk) => chunk,
            Err(broken) => {
                file.flush().await.map_err(disk)?;
                return Err(broken);
            }
        }) else {
            break;
        };
        length += chunk.len() as u64;
        if length > download.file.size_bytes {
            break;
        }
        file.write_all(&chunk).await.map_err(disk)?;
        if reported.elapsed() >= REPORT_EVERY {
            reported = Instant::now();
            download.report(length);
        }
    }
    file.flush().await.map_err(disk)?;
    match length.cmp(&download.file.size_bytes) {
        std::cmp::Ordering::Less => Err(Broken::Midway("it ended early".to_owned())),
        // Too long is wrong, and the checksum says so.
        _ => Ok(()),
    }
}

async fn part_length(download: &Download<'_>) -> u64 {
    fs::metadata(&download.part).await.map_or(0, |metadata| metadata.len())
}

/// Shows an error with its causes, which reqwest leaves out of its own message.
fn explain(error: &reqwest::Error) -> String {
    let mut text = match () {
        () if error.is_connect() => "it cannot be reached".to_owned(),
        () if error.is_timeout() => "it does not answer".to_owned(),
        () => "the connection broke".to_owned(),
    };
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        cause = error.source();
        if cause.is_none() {
            text = format!("{text} ({error})");
        }
    }
    text
}
