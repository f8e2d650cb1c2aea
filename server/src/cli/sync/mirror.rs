//! The mirror behind a server: the protocol's calls over HTTP.

use std::sync::Arc;

use async_compression::tokio::write::GzipEncoder;
use async_trait::async_trait;
use quire_domain::sync::{
    BatchOp, BatchReply, BatchRequest, BlobState, CommitReply, CommitRequest, DigestReply,
    FileHash, PlanReply, PlanRequest, Rules, Source, SourceId, SourceRequest, SyncLimits,
};
use quire_folder_sync::{FolderMemory, Mirror, MirrorError, MirrorTerms};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::Mutex;

use crate::client::{ApiClient, Refused};

/// A source of a server.
pub struct HttpMirror {
    /// The server.
    pub client: ApiClient,
    /// The source.
    pub id: SourceId,
    /// How the source is described to the server.
    pub request: SourceRequest,
    /// Where is remembered what the server was told.
    pub memory: Arc<dyn FolderMemory>,
    /// Names the server in the memory.
    pub server: String,
    /// The terms, once they are known.
    pub known: Mutex<Option<MirrorTerms>>,
}

/// What a server was told and answered, so that a start without news is one request.
#[derive(Deserialize, PartialEq, Serialize)]
struct Described {
    request: Value,
    rules: Rules,
    rules_hash: String,
    limits: SyncLimits,
}

impl HttpMirror {
    /// Gives the terms as the server last told them, if it was told the same as now.
    pub async fn remembered(&self) -> Option<MirrorTerms> {
        let memo = self.memory.find_memo(&self.memo()).await.ok().flatten()?;
        let Described { request, rules, rules_hash, limits } = serde_json::from_str(&memo).ok()?;
        let is_same = serde_json::to_value(&self.request).is_ok_and(|now| now == request);
        is_same.then_some(MirrorTerms { rules, rules_hash, limits })
    }

    /// Makes the source, or tells the server what changed about it; makes the collection too.
    pub async fn put_source(&self) -> Result<Source, MirrorError> {
        let put = || self.call(Method::PUT, &[]).json(&self.request);
        match self.read(put()).await {
            Err(MirrorError::Refused { status: 404, .. }) => {
                let name = &self.request.collection;
                let path = ["api", "collections"];
                let make = self.client.request(Method::POST, &path).json(&json!({"name": name}));
                self.read::<Value>(make).await?;
                self.read(put()).await
            }
            done => done,
        }
    }

    async fn remember(&self, terms: &MirrorTerms) {
        let MirrorTerms { rules, rules_hash, limits } = terms.clone();
        let request = serde_json::to_value(&self.request).unwrap_or_default();
        let described = Described { request, rules, rules_hash, limits };
        let Ok(memo) = serde_json::to_string(&described) else { return };
        if let Err(error) = self.memory.put_memo(&self.memo(), &memo).await {
            // It costs one more request the next time.
            tracing::debug!("what the server said could not be remembered: {error}");
        }
    }

    fn memo(&self) -> String {
        format!("source {} of {}", self.id, self.server)
    }

    /// Begins a call of the source.
    pub fn call(&self, method: Method, rest: &[&str]) -> RequestBuilder {
        let path = [&["api", "sources", self.id.as_str()], rest].concat();
        let request = self.client.request(method, &path);
        match &self.request.device {
            Some(device) => request.header("x-device-id", device.id.as_str()),
            None => request,
        }
    }

    /// Sends a request and reads the reply.
    pub async fn read<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, MirrorError> {
        self.client.read(request).await.map_err(refused)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, MirrorError> {
        self.client.send(request).await.map_err(refused)
    }

    /// Puts a body, packed if it goes over a network.
    async fn body<T: Serialize>(&self, request: RequestBuilder, body: &T) -> RequestBuilder {
        if self.client.is_local() {
            return request.json(body);
        }
        let bytes = serde_json::to_vec(body).unwrap_or_default();
        let mut packed = GzipEncoder::new(Vec::new());
        let written = packed.write_all(&bytes).await;
        match (written, packed.shutdown().await) {
            (Ok(()), Ok(())) => request
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::CONTENT_ENCODING, "gzip")
                .body(packed.into_inner()),
            // Writing to memory does not fail; as it is it works too.
            _ => request.json(body),
        }
    }
}

fn refused(error: anyhow::Error) -> MirrorError {
    match error.downcast::<Refused>() {
        Ok(Refused { status, code, message }) => {
            let code = code.unwrap_or_default();
            MirrorError::Refused { status: status.as_u16(), code, message }
        }
        Err(error) => MirrorError::Away { message: format!("{error:#}") },
    }
}

#[async_trait]
impl Mirror for HttpMirror {
    async fn terms(&self) -> Result<MirrorTerms, MirrorError> {
        let known = self.known.lock().await.clone();
        let known = match known {
            Some(terms) => Some(terms),
            None => self.remembered().await,
        };
        match known {
            Some(terms) => {
                *self.known.lock().await = Some(terms.clone());
                Ok(terms)
            }
            None => self.renew_terms().await,
        }
    }

    async fn renew_terms(&self) -> Result<MirrorTerms, MirrorError> {
        let terms = MirrorTerms::from(&self.put_source().await?);
        self.remember(&terms).await;
        *self.known.lock().await = Some(terms.clone());
        Ok(terms)
    }

    async fn digest(&self) -> Result<DigestReply, MirrorError> {
        self.read(self.call(Method::GET, &["digest"]).query(&[("depth", 0)])).await
    }

    async fn plan(&self, request: PlanRequest) -> Result<PlanReply, MirrorError> {
        let call = self.call(Method::POST, &["plan"]);
        self.read(self.body(call, &request).await).await
    }

    async fn batch(&self, ops: Vec<BatchOp>) -> Result<BatchReply, MirrorError> {
        let call = self.call(Method::POST, &["batch"]);
        self.read(self.body(call, &BatchRequest { ops }).await).await
    }

    async fn find_blob(&self, hash: &FileHash) -> Result<BlobState, MirrorError> {
        let path = ["api", "blobs", &hash.to_string()];
        let response = self.client.request(Method::HEAD, &path).send().await;
        let response = response.map_err(|error| refused(error.into()))?;
        let offset = response.headers().get("upload-offset");
        let offset = offset.and_then(|value| value.to_str().ok()?.parse().ok());
        match (response.status(), offset) {
            (StatusCode::OK, _) => Ok(BlobState::Whole),
            (StatusCode::NOT_FOUND, Some(offset)) => Ok(BlobState::Partial(offset)),
            (status, _) => {
                let message = format!("the server answered {status} about a large file");
                Err(MirrorError::Refused { status: status.as_u16(), code: String::new(), message })
            }
        }
    }

    async fn append_blob(
        &self,
        hash: &FileHash,
        offset: u64,
        length: u64,
        piece: Vec<u8>,
    ) -> Result<(), MirrorError> {
        let request = self
            .client
            .request(Method::PATCH, &["api", "blobs", &hash.to_string()])
            .header("upload-offset", offset)
            .header("upload-length", length)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(piece);
        self.send(request).await.map(|_| ())
    }

    async fn commit(&self, request: CommitRequest) -> Result<CommitReply, MirrorError> {
        self.read(self.call(Method::POST, &["commit"]).json(&request)).await
    }
}
