//! Fetching a file over HTTP, going on where an earlier try stopped; and asking what will come.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT_ENCODING, CONTENT_LENGTH, ETAG, HeaderMap, LOCATION, RANGE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use super::pull::{Download, Promise, Trouble};
use crate::key::Key;

/// A place that cannot be reached should cost seconds: there may be another.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that gives nothing for so long is dead.
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// How often a connection that broke is made anew, as long as each brought something.
const TRIES: usize = 5;
const REPORT_EVERY: Duration = Duration::from_millis(100);

const REDIRECTS: usize = 8;

/// Asks what is at `url`, without fetching it.
///
/// Hugging Face answers for a large file with a redirect that carries its size and SHA-256
/// (`X-Linked-Size`, `X-Linked-Etag`); so does `huggingface_hub` read them. The place that is
/// redirected to has names of its own for its files. A small file's tag is a git hash, of which
/// nothing is made here.
pub async fn ask(url: &str, token: Option<&Key>) -> Result<Promise, Trouble> {
    let client = client(Policy::none())?;
    let mut url = Url::parse(url).map_err(|error| Trouble::Place(error.to_string()))?;
    let first = url.origin();
    for _ in 0..REDIRECTS {
        let mut request = client.head(url.clone()).header(ACCEPT_ENCODING, "identity");
        // Where it is redirected to is none of the token's business.
        if let Some(token) = token.filter(|_| url.origin() == first) {
            request = request.bearer_auth(token.secret());
        }
        let response = request.send().await.map_err(|error| Trouble::Place(explain(&error)))?;
        let (status, headers) = (response.status(), response.headers());
        let linked = headers.contains_key("x-linked-etag");
        if status.is_success() || (status.is_redirection() && linked) {
            return Ok(promise(headers, status.is_success()));
        }
        let location = headers.get(LOCATION).and_then(|it| it.to_str().ok());
        let Some(target) = location.filter(|_| status.is_redirection()) else {
            return Err(Trouble::Place(describe(status)));
        };
        url = url.join(target).map_err(|error| Trouble::Place(error.to_string()))?;
    }
    Err(Trouble::Place("it redirects in a circle".to_owned()))
}

/// Reads what is promised; the length of a redirect's own body is not that of the file.
fn promise(headers: &HeaderMap, is_file: bool) -> Promise {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let number = |name: &str| text(name)?.parse().ok();
    let tag = text("x-linked-etag").or_else(|| text(ETAG.as_str()));
    let length = || number(CONTENT_LENGTH.as_str()).filter(|_| is_file);
    Promise {
        size_bytes: number("x-linked-size").or_else(length),
        sha256: tag.and_then(sha256_of_tag),
    }
}

fn sha256_of_tag(tag: &str) -> Option<String> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    let is_hash = tag.len() == 64 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then(|| tag.to_ascii_lowercase())
}

fn client(redirects: Policy) -> Result<Client, Trouble> {
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .redirect(redirects)
        .user_agent(concat!("quire/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| Trouble::Place(explain(&error)))
}

/// Fetches `url` into the download's part file.
pub async fn fetch(download: &Download<'_>, url: &str) -> Result<(), Trouble> {
    let client = client(Policy::default())?;
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
    if Some(length) == download.size_bytes && length > 0 {
        return Ok(());
    }
    if download.size_bytes.is_some_and(|size| length > size) {
        fs::remove_file(part).await.map_err(disk)?;
        length = 0;
    }
    let mut request = client.get(url);
    // The client leaves it out where it is redirected to another host.
    if let Some(token) = download.token {
        request = request.bearer_auth(token.secret());
    }
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
        status => return Err(place(describe(status))),
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
        if download.size_bytes.is_some_and(|size| length > size) {
            break;
        }
        file.write_all(&chunk).await.map_err(disk)?;
        if reported.elapsed() >= REPORT_EVERY {
            reported = Instant::now();
            download.report(length);
        }
    }
    file.flush().await.map_err(disk)?;
    match download.size_bytes.map(|size| length.cmp(&size)) {
        Some(std::cmp::Ordering::Less) => Err(Broken::Midway("it ended early".to_owned())),
        Some(std::cmp::Ordering::Greater) => {
            fs::remove_file(part).await.map_err(disk)?;
            Err(place("it gives more than it said".to_owned()))
        }
        _ => Ok(()),
    }
}

async fn part_length(download: &Download<'_>) -> u64 {
    fs::metadata(&download.part).await.map_or(0, |metadata| metadata.len())
}

/// Says what a status means for whoever wants a model.
fn describe(status: StatusCode) -> String {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => format!(
            "it answered {status}: put a token into `$HF_TOKEN`, and accept the model's licence on its page"
        ),
        _ => format!("it answered {status}"),
    }
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
