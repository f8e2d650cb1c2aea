//! Models that come and go: `/api/pull`, `/api/delete`, `/api/copy`. What is got is what the catalog of Quire has.

use async_stream::stream;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream::BoxStream;
use quire_domain::ModelId;
use quire_engines::PullProgress;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::error::ErrorBody;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::pulling::{self, Pulling, Wanted, failed, open_store};
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
    let pulling = if state.services.models.find(&name).await.is_ok() {
        None
    } else {
        let store = open_store(&state.options)?;
        Some(pulling::begin(store, state.options.pull.clone(), Wanted::OfCatalog(name)))
    };
    let mut lines = pull_lines(pulling);
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

/// Tells of a model that is being got; if it is not, it is there already.
fn pull_lines(pulling: Option<Pulling>) -> BoxStream<'static, Result<PullLine, ApiError>> {
    let lines = stream! {
        yield Ok(PullLine::status("pulling manifest"));
        if let Some(mut pulling) = pulling {
            while let Some(progress) = pulling.next().await {
                yield Ok(PullLine::progress(progress));
            }
            if let Err(error) = pulling.end().await {
                yield Err(error);
                return;
            }
        }
        yield Ok(PullLine::status("success"));
    };
    lines.boxed()
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
    let store = open_store(&state.options)?;
    state.services.models.unload(&name).await?;
    let deleted = spawn_blocking(move || store.delete(&name)).await;
    deleted.map_err(|error| ApiError::internal(&error))?.map_err(failed)?;
    Ok(StatusCode::OK)
}

/// Refuses to give a model a second name: here a model has the name of its publisher's.
pub async fn copy() -> Result<StatusCode, ApiError> {
    Err(unsupported("destination", "Giving a model a second name"))
}
