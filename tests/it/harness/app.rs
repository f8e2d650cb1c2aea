//! The router in this process, on scripted engines and the in-memory store.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use axum::response::Response;
use quire_domain::{CollectionName, SseParser};
use quire_engines::Feature;
use quire_engines::scripted::ScriptedRuntime;
use quire_server::{Callers, HttpOptions};
use quire_service::{IngestLimits, Parts, ServiceConfig, Services};
use quire_vectorstore::MemoryStore;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

/// A server without a socket.
pub struct App {
    router: Router,
    /// The services behind it.
    pub services: Services,
    /// The models behind those.
    pub models: Arc<ScriptedRuntime>,
    folder: TempDir,
}

/// A reply, read to its end.
#[derive(Debug)]
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Reads the body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("not JSON ({error}): {}", String::from_utf8_lossy(&self.body))
        })
    }

    /// Reads the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Reads a header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Asserts that this is an error in the envelope, and gives its message.
    pub fn error(&self, status: u16, code: &str) -> String {
        let body = self.json();
        assert_eq!(self.status.as_u16(), status, "{body}");
        assert_eq!(body["error"]["code"], code, "{body}");
        let message = body["error"]["message"].as_str().expect("a message").to_owned();
        assert!(!message.is_empty());
        assert!(body["error"]["type"].is_string(), "{body}");
        message
    }

    /// Reads the body as server-sent events: names and data.
    pub fn events(&self) -> Vec<(String, String)> {
        let events = SseParser::default().push(&self.body);
        events.into_iter().map(|event| (event.name, event.data)).collect()
    }
}

impl App {
    /// Opens one whose chat model will say `replies` in turn.
    pub async fn new(replies: &[&str]) -> Self {
        Self::with_limits(replies, IngestLimits::default()).await
    }

    /// Opens one with limits of its own.
    pub async fn with_limits(replies: &[&str], ingest: IngestLimits) -> Self {
        Self::open(replies, ingest, HttpOptions::default()).await
    }

    /// Opens one that answers Obsidian Copilot.
    pub async fn serving_miyo() -> Self {
        let options = HttpOptions {
            callers: Callers { miyo: true, ..Callers::default() },
            ..HttpOptions::default()
        };
        Self::open(&[], IngestLimits::default(), options).await
    }

    /// Opens one whose chat model can be made to call tools, by its own word.
    pub async fn that_calls_tools(replies: &[&str]) -> Self {
        let models = ScriptedRuntime::new(replies.iter().map(|&reply| reply.to_owned()));
        let models = models.with_feature(Feature::RequiredCalls);
        Self::open_with(models, IngestLimits::default(), HttpOptions::default()).await
    }

    /// Opens one that has a reranking model.
    pub async fn with_reranker() -> Self {
        let models = ScriptedRuntime::new([]).with_reranker();
        Self::open_with(models, IngestLimits::default(), HttpOptions::default()).await
    }

    /// Opens one whose HTTP faces are told this.
    pub async fn with_options(replies: &[&str], options: HttpOptions) -> Self {
        Self::open(replies, IngestLimits::default(), options).await
    }

    /// Shows where its data lie.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    async fn open(replies: &[&str], ingest: IngestLimits, options: HttpOptions) -> Self {
        let models = ScriptedRuntime::new(replies.iter().map(|&reply| reply.to_owned()));
        Self::open_with(models, ingest, options).await
    }

    async fn open_with(
        models: ScriptedRuntime,
        ingest: IngestLimits,
        options: HttpOptions,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let config = ServiceConfig::scripted(folder.path().to_owned());
        let config = ServiceConfig { ingest, ..config };
        let models = Arc::new(models);
        let parts =
            Parts { store: Arc::new(MemoryStore::default()), models: Arc::clone(&models) as _ };
        let services = Services::open(config, parts).await.expect("it opens");
        services.start_ingest();
        let router = quire_server::router(services.clone(), options);
        Self { router, services, models, folder }
    }

    /// Sends a request; `Host` is this machine unless it is set.
    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.begin(request).await;
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, 64 << 20).await.expect("a whole body").to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request, and does not read the reply's body.
    pub async fn begin(&self, mut request: Request<Body>) -> Response {
        let host = header::HeaderValue::from_static("127.0.0.1:1234");
        request.headers_mut().entry(header::HOST).or_insert(host);
        self.router.clone().oneshot(request).await.expect("a router answers")
    }

    /// Gets a path.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// Gets a page as a browser does.
    pub async fn page(&self, path: &str) -> Reply {
        let request = Request::get(path).header(header::ACCEPT, "text/html");
        self.send(request.body(Body::empty()).expect("a request")).await
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send_json(Method::POST, path, body).await
    }

    /// Sends JSON.
    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> Reply {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .expect("a request");
        self.send(request).await
    }

    /// Deletes a path.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Request::delete(path).body(Body::empty()).expect("a request")).await
    }

    /// Uploads files to a collection.
    pub async fn upload(&self, collection: &str, files: &[(&str, &[u8])]) -> Reply {
        let request = Request::post(format!("/api/collections/{collection}/documents"))
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=cut")
            .body(Body::from(multipart(files)))
            .expect("a request");
        self.send(request).await
    }

    /// Makes a collection, uploads files and waits until all are through.
    pub async fn fill(&self, collection: &str, files: &[(&str, &[u8])]) -> Value {
        let made = self.post("/api/collections", &serde_json::json!({"name": collection})).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
        let uploaded = self.upload(collection, files).await;
        assert_eq!(uploaded.status, StatusCode::ACCEPTED, "{}", uploaded.text());
        let collection: CollectionName = collection.parse().expect("a name");
        self.services.wait_until_idle(&collection).await.expect("it comes to rest");
        uploaded.json()
    }

    /// Lists the documents of a collection.
    pub async fn documents(&self, collection: &str) -> Vec<Value> {
        let listed = self.get(&format!("/api/collections/{collection}/documents")).await.json();
        listed["documents"].as_array().expect("a list").clone()
    }
}

/// Makes the body of an upload, cut by `cut`.
pub fn multipart(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (path, bytes) in files {
        let head = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{path}\"\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--cut--\r\n");
    body
}
