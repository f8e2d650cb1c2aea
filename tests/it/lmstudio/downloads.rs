//! `/api/v1/models/download` against a hub of the test's own, which plays Hugging Face's part.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::{StreamExt, stream};
use quire_domain::hex::hex;
use quire_engines::PullOptions;
use quire_engines::store::gguf::GgufWriter;
use quire_server::HttpOptions;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::harness::App;

const FILE: &str = "b-Q4_K_M.gguf";

/// A hub whose repositories `pub/..` have one model each; `broken` is one whose file is no model, and `none` is not there.
#[derive(Clone)]
struct Hub {
    /// The second halves of files come for permits of this.
    gate: Arc<Semaphore>,
}

impl Hub {
    async fn serve() -> (Self, String) {
        let hub = Self { gate: Arc::new(Semaphore::new(0)) };
        let routes = Router::new()
            .route("/api/models/pub/{name}", get(describe))
            .route("/pub/{name}/resolve/{revision}/{file}", get(give))
            .with_state(hub.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (hub, format!("http://{address}"))
    }
}

fn file_of(name: &str) -> Vec<u8> {
    if name == "broken" { b"GGUF, or so it says".repeat(9) } else { gguf() }
}

async fn describe(Path(name): Path<String>) -> Response {
    if name == "none" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let file = file_of(&name);
    let stored = json!({"sha256": hex(&Sha256::digest(&file)), "size": file.len()});
    let siblings = json!([{"rfilename": FILE, "size": file.len(), "lfs": stored}]);
    axum::Json(json!({"id": format!("pub/{name}"), "sha": "0".repeat(40), "siblings": siblings}))
        .into_response()
}

async fn give(
    State(hub): State<Hub>,
    Path((name, _, _)): Path<(String, String, String)>,
) -> Response {
    let file = file_of(&name);
    let (first, second) = file.split_at(file.len() / 2);
    let (first, second) = (Bytes::copy_from_slice(first), Bytes::copy_from_slice(second));
    let rest = stream::once(async move {
        hub.gate.acquire().await.expect("it stays open").forget();
        Ok(second)
    });
    Body::from_stream(stream::iter([Ok::<_, std::io::Error>(first)]).chain(rest)).into_response()
}

/// Makes the least that is a chat model in a GGUF file.
fn gguf() -> Vec<u8> {
    let mut file = GgufWriter::default();
    file.text("general.architecture", "llama");
    file.number("llama.context_length", 2048);
    file.texts("tokenizer.ggml.tokens", &["a".to_owned(), "b".to_owned()]);
    file.number("general.file_type", 15);
    file.finish()
}

/// A server that gets models from a hub.
struct Served {
    app: App,
    hub: Hub,
    models: TempDir,
}

impl Served {
    async fn new() -> Self {
        let (hub, hf_endpoint) = Hub::serve().await;
        let models = tempfile::tempdir().expect("a folder");
        let options = HttpOptions {
            models: Some(models.path().to_owned()),
            pull: PullOptions { hf_endpoint, ..PullOptions::default() },
            ..HttpOptions::default()
        };
        Self { app: App::with_options(&[], options).await, hub, models }
    }

    async fn download(&self, body: Value) -> Value {
        let reply = self.app.post("/api/v1/models/download", &body).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        reply.json()
    }

    /// Asks how far a job is until it has ended.
    async fn end_of(&self, job: &Value) -> Value {
        let path = format!("/api/v1/models/download/status/{}", job.as_str().expect("a job"));
        for _ in 0..1000 {
            let status = self.app.get(&path).await.json();
            if status["status"] != "downloading" {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{path} does not end");
    }
}

#[tokio::test]
async fn a_model_comes_while_others_ask_how_far_it_is() {
    let served = Served::new().await;
    let size = gguf().len();
    let wanted = json!({"model": "https://huggingface.co/pub/b-GGUF", "quantization": "Q4_K_M"});
    let begun = served.download(wanted.clone()).await;
    assert_eq!(begun["status"], "downloading", "{begun}");
    assert_eq!(begun["total_size_bytes"], size, "{begun}");
    assert!(begun["downloaded_bytes"].as_u64().is_some_and(|bytes| bytes < size as u64), "{begun}");
    assert!(begun["started_at"].as_str().is_some_and(|moment| moment.ends_with('Z')), "{begun}");
    let job = &begun["job_id"];
    assert!(job.as_str().is_some_and(|job| job.starts_with("job_")), "{begun}");
    assert_eq!(&served.download(wanted.clone()).await["job_id"], job, "it is on its way");

    served.hub.gate.add_permits(1);
    let done = served.end_of(job).await;
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!((&done["job_id"], &done["started_at"]), (job, &begun["started_at"]));
    assert_eq!(
        (&done["downloaded_bytes"], &done["total_size_bytes"]),
        (&json!(size), &json!(size))
    );
    assert!(done["completed_at"].as_str().is_some_and(|moment| moment.ends_with('Z')), "{done}");
    let file = served.models.path().join("pub/b-GGUF").join(FILE);
    assert_eq!(std::fs::read(file).expect("it is there"), gguf());
    assert_eq!(served.download(wanted).await, json!({"status": "already_downloaded"}));
}

#[tokio::test]
async fn what_goes_wrong_is_told_by_the_request_or_by_the_job() {
    let served = Served::new().await;
    for (body, status, kind) in [
        (json!({"model": "pub/none"}), 404, "model_not_found"),
        (json!({"model": "pub/b-GGUF", "quantization": "Q2_K"}), 404, "model_not_found"),
        (json!({"model": "no-such-model"}), 404, "model_not_found"),
        (json!({"model": "http://127.0.0.1:9/b.gguf"}), 400, "invalid_request"),
        (json!({"model": "../b"}), 400, "invalid_request"),
        (json!({}), 400, "invalid_request"),
    ] {
        let reply = served.app.post("/api/v1/models/download", &body).await;
        let told = format!("{body}: {}", reply.text());
        assert_eq!(reply.status.as_u16(), status, "{told}");
        assert_eq!(reply.json()["error"]["type"], kind, "{told}");
    }
    let begun = served.download(json!({"model": "pub/broken"})).await;
    served.hub.gate.add_permits(1);
    let failed = served.end_of(&begun["job_id"]).await;
    assert_eq!(failed["status"], "failed", "{failed}");
    let why = failed["error"]["message"].as_str().expect("a reason");
    assert!(why.contains("not a model that can be used"), "{why}");
}

#[tokio::test]
async fn few_models_come_at_a_time() {
    let served = Served::new().await;
    let mut jobs = Vec::new();
    for name in ["a", "b", "c", "d"] {
        let begun = served.download(json!({"model": format!("pub/{name}")})).await;
        jobs.push(begun["job_id"].clone());
    }
    let fifth = json!({"model": "pub/e"});
    let refused = served.app.post("/api/v1/models/download", &fifth).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{}", refused.text());
    served.hub.gate.add_permits(jobs.len() + 1);
    for job in &jobs {
        assert_eq!(served.end_of(job).await["status"], "completed");
    }
    let begun = served.download(fifth).await;
    assert!(
        ["downloading", "completed"].contains(&begun["status"].as_str().unwrap_or_default()),
        "{begun}"
    );
}
