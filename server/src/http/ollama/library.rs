//! Models that come and go: `/api/pull`, `/api/delete`, `/api/copy`. What is got is what the catalog of Quire has.

use async_stream::stream;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream::BoxStream;
use quire_domain::ModelId;
use quire_engines::{EngineError, ModelStore, PullOptions, PullProgress};
use quire_service::ServiceError;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tracing::Span;

use super::error::ErrorBody;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;
use crate::http::stream;
use crate::http::v1::error::{from_service, unsupported};

/// Which model to get or delete.
#[derive(Deserialize)]
pub struct NameBody {
    model: Option<String>,
    name: Option<String>,
    stream: Option<bool>,
}

/// How far getting a model is.
#[derive(Serialize)]
#[serde(untagged)]
enum PullLine {
    Status {
        status: String,
        #[serde(flatten)]
        progress: Option<FileProgress>,
    },
    Failed(ErrorBody),
}

#[derive(Serialize)]
struct FileProgress {
    /// The file's name, by which clients tell bars apart.
    digest: String,
    total: u64,
    completed: u64,
}

impl NameBody {
    fn read(&self) -> Result<ModelId, ApiError> {
        let name = self.model.as_deref().or(self.name.as_deref()).unwrap_or_default();
        let name = name.strip_suffix(":latest").unwrap_or(name);
        Ok(name.parse()?)
    }
}

/// Gets a model of the catalog; one that is there is there at once.
pub async fn pull(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<NameBody>,
) -> Result<Response, ApiError> {
    let name = body.read()?;
    let is_there = state.services.models.find(&name).await.is_ok();
    let store = if is_there { None } else { Some(store(&state)?) };
    let mut lines = pull_lines(name, store);
    if body.stream.unwrap_or(true) {
        let lines = lines.map(|line| line.unwrap_or_else(|error| PullLine::Failed(error.into())));
        return Ok(stream::lines(lines, &state.options.shutdown));
    }
    let mut last = None;
    while let Some(line) = lines.next().await {
        last = Some(line?);
    }
    Ok(Json(last).into_response())
}

/// Gets a model from `store`; without one it is there already.
fn pull_lines(
    name: ModelId,
    store: Option<ModelStore>,
) -> BoxStream<'static, Result<PullLine, ApiError>> {
    let lines = stream! {
        yield Ok(PullLine::status("pulling manifest"));
        if let Some(store) = store {
            let (sender, mut told) = watch::channel(None);
            let span = Span::current();
            let pulling = spawn_blocking(move || {
                span.in_scope(|| Handle::current().block_on(get(name, store, sender)))
            });
            // It fails when nobody tells any more: the end.
            while told.changed().await.is_ok() {
                let progress = told.borrow_and_update().clone();
                if let Some(progress) = progress {
                    yield Ok(PullLine::progress(progress));
                }
            }
            let ended = pulling.await.map_err(|error| ApiError::internal(&error));
            if let Err(error) = ended.and_then(|ended| ended.map_err(failed)) {
                yield Err(error);
                return;
            }
        }
        yield Ok(PullLine::status("success"));
    };
    lines.boxed()
}

/// Gets a model; stops when nobody listens any more, and a later call goes on from there.
async fn get(
    name: ModelId,
    store: ModelStore,
    listener: watch::Sender<Option<PullProgress>>,
) -> Result<(), EngineError> {
    let tell = |progress| {
        listener.send_replace(Some(progress));
    };
    let options = PullOptions::default();
    tokio::select! {
        pulled = store.pull(&name, &options, &tell) => pulled.map(drop),
        () = listener.closed() => Ok(()),
    }
}

impl PullLine {
    fn status(status: &str) -> Self {
        Self::Status { status: status.to_owned(), progress: None }
    }

    fn progress(progress: PullProgress) -> Self {
        let PullProgress { file, done_bytes, total_bytes, .. } = progress;
        let status = format!("pulling {file}");
        let progress = FileProgress { digest: file, total: total_bytes, completed: done_bytes };
        Self::Status { status, progress: Some(progress) }
    }
}

/// Deletes a model's files.
pub async fn delete(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<NameBody>,
) -> Result<StatusCode, ApiError> {
    let name = state.services.models.find(&body.read()?).await.map_err(from_service)?.id;
    let store = store(&state)?;
    state.services.models.unload(&name).await?;
    let deleted = spawn_blocking(move || store.delete(&name)).await;
    deleted.map_err(|error| ApiError::internal(&error))?.map_err(failed)?;
    Ok(StatusCode::OK)
}

/// Refuses to give a model a second name: here a model has the name of its publisher's.
pub async fn copy() -> Result<StatusCode, ApiError> {
    Err(unsupported("destination", "Giving a model a second name"))
}

/// Opens the folder of the models.
fn store(state: &AppState) -> Result<ModelStore, ApiError> {
    let folder = state
        .options
        .models
        .as_ref()
        .ok_or_else(|| unsupported("model", "Getting and deleting models"))?;
    Ok(ModelStore::new(folder))
}

fn failed(error: EngineError) -> ApiError {
    from_service(ServiceError::Engine(error))
}
