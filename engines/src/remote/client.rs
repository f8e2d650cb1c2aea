//! Talking to an upstream: with its key, one of few at a time, patient with what passes, and never following it elsewhere.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::listing::Listing;
use super::{UpstreamFailure, UpstreamSettings};
use crate::EngineError;
use crate::key::Key;

/// A place that cannot be reached should cost seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that an upstream may ask for before it is asked again; what wants more is told to whoever asked.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// The longest pause of our own.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// The largest reply that is not a stream: some thousand vectors.
const LARGEST_REPLY: usize = 64 << 20;
/// The largest reply about an error that is read.
const LARGEST_ERROR: usize = 64 << 10;
/// How many may wait here beside those that are served: as many as a busy page and an ingest together have.
const MOST_WAITING: usize = 64;

/// No upstream has more models than this; then what was learned of them is learned anew.
const MOST_LEARNED: usize = 1024;

/// An upstream: where it is, and the connections to it.
pub struct Upstream {
    settings: UpstreamSettings,
    base: Url,
    host: String,
    client: Client,
    served: Arc<Semaphore>,
    waiting: Semaphore,
    pub(super) listing: Listing,
    learned: Mutex<HashMap<String, Arc<Learned>>>,
}

/// What a model of an upstream has shown of itself; it is true of the next request as well.
#[derive(Debug, Default)]
pub struct Learned {
    /// Whether it wants the limit on tokens by its newer name.
    pub wants_new_limit: AtomicBool,
    /// Whether it has told scores that are no probabilities.
    pub tells_logits: AtomicBool,
}

/// How much patience there still is with a request.
pub struct Patience(ExponentialBackoff);

/// A reply that has begun.
pub struct Reply {
    response: Response,
    silence: Duration,
    /// Given back when the reply is dropped.
    _served: OwnedSemaphorePermit,
}

impl Upstream {
    /// Prepares for an upstream; nothing is sent yet.
    pub fn open(settings: UpstreamSettings) -> Result<Self, EngineError> {
        let name = settings.name.to_string();
        let refuse = |reason: String| EngineError::InvalidUpstream { upstream: name, reason };
        let base = match parse_base(&settings.url) {
            Ok(base) => base,
            Err(reason) => return Err(refuse(reason)),
        };
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(Policy::none())
            .user_agent(concat!("quire/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = match client {
            Ok(client) => client,
            Err(error) => return Err(refuse(error.to_string())),
        };
        let host = match base.port() {
            Some(port) => format!("{}:{port}", base.host_str().unwrap_or_default()),
            None => base.host_str().unwrap_or_default().to_owned(),
        };
        Ok(Self {
            base,
            host,
            client,
            served: Arc::new(Semaphore::new(settings.max_concurrent.max(1))),
            waiting: Semaphore::new(MOST_WAITING + settings.max_concurrent.max(1)),
            listing: Listing::default(),
            learned: Mutex::default(),
            settings,
        })
    }

    /// Shows its settings.
    pub fn settings(&self) -> &UpstreamSettings {
        &self.settings
    }

    /// Gives what is known of a model, by its upstream's name for it, and keeps what is learned.
    pub fn learned(&self, id: &str) -> Arc<Learned> {
        let mut learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        if learned.len() >= MOST_LEARNED && !learned.contains_key(id) {
            learned.clear();
        }
        Arc::clone(learned.entry(id.to_owned()).or_default())
    }

    /// Takes the key out of what the upstream said of a failure.
    pub fn redact(&self, failure: UpstreamFailure) -> UpstreamFailure {
        match self.settings.key.as_ref().map(super::KeyPlace::read) {
            Some(Ok(key)) => failure.redacted(&key),
            _ => failure,
        }
    }

    /// Shows the machine that it is, and the port if that is not the usual one.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns whether what is sent there can be read on the way: it is not encrypted and leaves this machine.
    pub fn is_readable_on_the_way(&self) -> bool {
        let host = self.base.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_loopback = |address: IpAddr| address.is_loopback();
        let is_here = host == "localhost" || host.parse().is_ok_and(is_loopback);
        self.base.scheme() != "https" && !is_here
    }

    /// Gives the patience for a new request.
    pub fn patience(&self) -> Patience {
        let pause = Duration::from_millis(self.settings.retry_pause_ms);
        let pauses = ExponentialBuilder::default()
            .with_min_delay(pause)
            .with_max_delay(LONGEST_PAUSE.max(pause))
            .with_max_times(self.settings.retries)
            .with_jitter();
        Patience(pauses.build())
    }

    /// Posts JSON, again if that may help, and gives the reply as it begins.
    pub async fn post(
        &self,
        path: &str,
        body: &Value,
        patience: &mut Patience,
    ) -> Result<Reply, UpstreamFailure> {
        let url = self.url(path);
        // It also bounds the queue: who finds no place is not to wait for one.
        let _place = self.waiting.try_acquire().map_err(|_| UpstreamFailure::QueueFull)?;
        loop {
            let served = Arc::clone(&self.served).acquire_owned().await;
            let served = served.map_err(|_| UpstreamFailure::QueueFull)?;
            match self.send(self.client.post(url.clone()).json(body)).await {
                Ok(response) => {
                    return Ok(Reply { response, silence: self.silence(), _served: served });
                }
                Err(failure) => {
                    // Others may be served while this one pauses.
                    drop(served);
                    patience.pause_after(failure).await?;
                }
            }
        }
    }

    /// Posts JSON and reads the whole reply, which is JSON.
    pub async fn post_whole(&self, path: &str, body: &Value) -> Result<Value, UpstreamFailure> {
        let mut patience = self.patience();
        loop {
            let reply = self.post(path, body, &mut patience).await?;
            match reply.read_whole().await {
                Err(failure) => patience.pause_after(failure).await?,
                read => return read,
            }
        }
    }

    /// Gets JSON, once.
    pub async fn get(&self, path: &str) -> Result<Value, UpstreamFailure> {
        let mut response = self.send(self.client.get(self.url(path))).await?;
        let bytes = read_body(&mut response, LARGEST_REPLY, self.silence()).await?;
        read_json(&bytes)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, UpstreamFailure> {
        let key = self.settings.key.as_ref().map(super::KeyPlace::read).transpose()?;
        let request = match &key {
            Some(key) => request.header(AUTHORIZATION, self.bearer(key)?),
            None => request,
        };
        let silence = self.silence();
        let sent = timeout(silence, request.send()).await;
        let sent = sent.map_err(|_| UpstreamFailure::Silent { waited: silence })?;
        let mut response = sent.map_err(|error| UpstreamFailure::Unreachable {
            reason: crate::network::innermost(&error),
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            let target = response.headers().get(LOCATION).and_then(|it| it.to_str().ok());
            return Err(UpstreamFailure::Redirects { target: target.unwrap_or("?").to_owned() });
        }
        if matches!(status.as_u16(), 401 | 403) {
            // Some repeat the key, or half of it.
            let place = self.settings.key.as_ref();
            let key = place.map_or_else(
                || "requests without a key; say where its key is found".to_owned(),
                |place| format!("the key in {place}"),
            );
            return Err(UpstreamFailure::Refused { key, status: status.as_u16() });
        }
        let retry_after = retry_after(response.headers());
        let body = read_body(&mut response, LARGEST_ERROR, silence).await.unwrap_or_default();
        let body = match &key {
            Some(key) => key.redact(&String::from_utf8_lossy(&body)).into_bytes(),
            None => body.to_vec(),
        };
        Err(UpstreamFailure::of_status(status.as_u16(), &body, retry_after))
    }

    fn bearer(&self, key: &Key) -> Result<HeaderValue, UpstreamFailure> {
        let value = HeaderValue::from_str(&format!("Bearer {}", key.secret()));
        let mut value = value.map_err(|_| UpstreamFailure::NoKey {
            place: self.settings.key.as_ref().map(ToString::to_string).unwrap_or_default(),
            reason: "it has characters that no key has".to_owned(),
        })?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    fn silence(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_seconds.max(1))
    }
}

fn parse_base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(format!("`{text}` is no address that begins with `https://` or `http://`"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("its address holds a password; keep that in a variable or a file".to_owned());
    }
    Ok(url)
}

impl Patience {
    /// Waits before the next try, or gives the failure back if there is none.
    pub async fn pause_after(&mut self, failure: UpstreamFailure) -> Result<(), UpstreamFailure> {
        if !failure.may_pass() {
            return Err(failure);
        }
        let wanted = failure.retry_after().unwrap_or_default();
        match self.0.next() {
            Some(pause) if wanted <= LONGEST_WAIT => {
                tokio::time::sleep(pause.max(wanted)).await;
                Ok(())
            }
            _ => Err(failure),
        }
    }
}

impl Reply {
    /// Returns whether it comes in events.
    pub fn is_stream(&self) -> bool {
        let kind = self.response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
    }

    /// Gives more bytes; `None` at the end.
    pub async fn read_more(&mut self) -> Result<Option<Bytes>, UpstreamFailure> {
        read_more(&mut self.response, self.silence).await
    }

    /// Reads all of it, which is JSON.
    pub async fn read_whole(mut self) -> Result<Value, UpstreamFailure> {
        let bytes = read_body(&mut self.response, LARGEST_REPLY, self.silence).await?;
        read_json(&bytes)
    }
}

async fn read_more(
    response: &mut Response,
    silence: Duration,
) -> Result<Option<Bytes>, UpstreamFailure> {
    let more = timeout(silence, response.chunk()).await;
    let more = more.map_err(|_| UpstreamFailure::Silent { waited: silence })?;
    more.map_err(|_| UpstreamFailure::BrokenOff)
}

async fn read_body(
    response: &mut Response,
    largest: usize,
    silence: Duration,
) -> Result<Bytes, UpstreamFailure> {
    let mut body = BytesMut::new();
    while let Some(more) = read_more(response, silence).await? {
        if body.len() + more.len() > largest {
            let problem = format!("it has more than {} MiB", largest >> 20);
            return Err(UpstreamFailure::Unreadable { problem });
        }
        body.extend_from_slice(&more);
    }
    Ok(body.freeze())
}

fn read_json(bytes: &[u8]) -> Result<Value, UpstreamFailure> {
    // The error of the parser would repeat what was sent.
    let unreadable = |_| UpstreamFailure::Unreadable { problem: "it is no JSON".to_owned() };
    serde_json::from_slice(bytes).map_err(unreadable)
}

/// Reads when to ask again: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}
