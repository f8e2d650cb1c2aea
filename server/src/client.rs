//! A client of the native API.

use anyhow::{Context, anyhow};
use futures::Stream;
use quire_domain::{SseEvent, SseParser};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::http::error::ErrorBody;

/// A client of one server.
#[derive(Clone, Debug)]
pub struct ApiClient {
    http: reqwest::Client,
    base: Url,
    is_local: bool,
    key: Option<String>,
}

/// What a server said instead of doing what was asked.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Refused {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable word for programs, if the server said one.
    pub code: Option<String>,
    /// The server's sentence.
    pub message: String,
}

impl ApiClient {
    /// Makes a client; `url` is such as `http://127.0.0.1:1234`.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let base: Url = url.parse().with_context(|| format!("`{url}` is not an address"))?;
        anyhow::ensure!(
            matches!(base.scheme(), "http" | "https") && base.has_host(),
            "`{url}` is not an address; give one such as http://127.0.0.1:1234"
        );
        let host = base.host_str().unwrap_or_default();
        let is_local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        let builder = reqwest::Client::builder();
        // A proxy for the internet cannot reach a server on this machine.
        let builder = if is_local { builder.no_proxy() } else { builder };
        Ok(Self { http: builder.build()?, base, is_local, key: None })
    }

    /// Sends this key with every request.
    #[must_use]
    pub fn with_key(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    /// Returns whether the server runs on this machine.
    pub fn is_local(&self) -> bool {
        self.is_local
    }

    /// Begins a request; each part of the path is escaped.
    pub fn request(&self, method: Method, path: &[&str]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let request = self.http.request(method, url);
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Gets a value.
    pub async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> anyhow::Result<T> {
        self.read(self.request(Method::GET, path)).await
    }

    /// Posts a value and reads the reply.
    pub async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        self.read(self.request(Method::POST, path).json(body)).await
    }

    /// Deletes something.
    pub async fn delete(&self, path: &[&str]) -> anyhow::Result<()> {
        self.send(self.request(Method::DELETE, path)).await.map(|_| ())
    }

    /// Sends a request and reads the reply.
    pub async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        self.send(request).await?.json().await.context("the server's reply could not be read")
    }

    /// Sends a request and follows the events of the reply.
    pub async fn follow(
        &self,
        request: RequestBuilder,
    ) -> anyhow::Result<impl Stream<Item = SseEvent> + Send + use<>> {
        let mut response = self.send(request).await?;
        Ok(async_stream::stream! {
            let mut parser = SseParser::default();
            // A reply that breaks ends early, as one that the server ends: what is missing is told
            // by the last event, which every such reply has.
            while let Ok(Some(bytes)) = response.chunk().await {
                for event in parser.push(&bytes) {
                    yield event;
                }
            }
        })
    }

    /// Sends a request; a reply that is an error becomes [`Refused`].
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = request.send().await.map_err(|error| self.explain(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let (code, message) = match response.json::<ErrorBody>().await {
            Ok(body) => (body.error.code, body.error.message),
            Err(_) => (None, format!("the server answered {status}")),
        };
        Err(Refused { status, code, message }.into())
    }

    fn explain(&self, error: reqwest::Error) -> anyhow::Error {
        if error.is_connect() {
            return anyhow!("no server answers at {}; is it running?", self.base);
        }
        anyhow::Error::from(error.without_url())
            .context(format!("the request to {} failed", self.base))
    }
}
