//! `/api/v1/models/download`: models that come from Hugging Face, or from the places that the catalog knows, and how far they are.

mod jobs;

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use quire_domain::{ErrorKind, InstalledModel, ModelId};
use quire_engines::store::{InvalidReference, Reference};
use serde::Deserialize;

use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::pulling::{self, Wanted, open_store};
use crate::http::state::AppState;

pub use jobs::{DownloadStatus, Downloads};

use jobs::Beginning;

/// How long a request waits to hear whether a model can be had, and how large it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// A model to get.
#[derive(Deserialize)]
pub struct DownloadBody {
    /// A name of the catalog, or of a repository of Hugging Face, or the address of one.
    model: String,
    /// Which of a repository's models is meant, such as `Q4_K_M`.
    quantization: Option<String>,
}

impl DownloadBody {
    /// Reads what is wanted. Other addresses are refused: whoever may call would have the server ask machines of its network.
    fn read(self) -> Result<(ModelId, Option<String>), ApiError> {
        let refused = |error: InvalidReference| ApiError::invalid(error.to_string()).param("model");
        let (name, variant) = match self.model.parse::<Reference>().map_err(refused)? {
            Reference::Named { name, variant } => (name, variant),
            Reference::File { url, .. } => {
                let message = format!(
                    "`{url}` is no repository of Hugging Face; `quire models pull` gets files from other addresses."
                );
                return Err(ApiError::invalid(message).param("model"));
            }
        };
        let refuse = |message: String| Err(ApiError::invalid(message).param("quantization"));
        match self.quantization.filter(|text| !text.is_empty()) {
            Some(_) if !name.as_str().contains('/') => {
                refuse(format!("`quantization` goes with a repository, which `{name}` is not."))
            }
            Some(wanted) if variant.as_ref().is_some_and(|named| *named != wanted) => {
                refuse(format!("`model` and `quantization` name two models of `{name}`."))
            }
            Some(wanted) => Ok((name, Some(wanted))),
            None => Ok((name, variant)),
        }
    }
}

/// Begins to get a model, and tells how far it is; one that is there, or on its way, is told of.
pub async fn download(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<DownloadBody>,
) -> Result<Json<DownloadStatus>, ApiError> {
    let (name, variant) = body.read()?;
    let found = state.services.models.find(&name).await;
    if found.is_ok_and(|model| is_variant(&model, variant.as_deref())) {
        return Ok(Json(DownloadStatus::already_downloaded()));
    }
    let store = open_store(&state.options)?;
    let options = state.options.pull.clone();
    let begin = |wanted| pulling::begin(store, options, Wanted::Named(wanted));
    let wanted = Reference::Named { name, variant };
    let shutdown = state.options.shutdown.clone();
    let job = state.downloads.begin(wanted, begin, shutdown)?;
    match state.downloads.watch(&job, PATIENCE).await {
        Beginning::UnderWay => Ok(Json(job.status())),
        Beginning::WasThere => Ok(Json(DownloadStatus::already_downloaded())),
        Beginning::Failed(error) => Err(error),
    }
}

/// Returns whether an installed model is the one of its repository that is meant; without a word any is.
fn is_variant(model: &InstalledModel, variant: Option<&str>) -> bool {
    let quantization = model.quantization.as_deref().unwrap_or_default();
    variant.is_none_or(|variant| quantization.eq_ignore_ascii_case(variant))
}

/// Tells how far a download is.
pub async fn status(
    State(state): State<AppState>,
    Path(job): Path<String>,
) -> Result<Json<DownloadStatus>, ApiError> {
    let found = state.downloads.find(&job);
    let missing = || {
        ApiError::new(ErrorKind::NotFound, format!("There is no download `{job}`."))
            .code("job_not_found")
    };
    Ok(Json(found.ok_or_else(missing)?.status()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(model: &str, quantization: Option<&str>) -> Result<(String, Option<String>), String> {
        let quantization = quantization.map(str::to_owned);
        let body = DownloadBody { model: model.to_owned(), quantization };
        let read = body.read().map_err(|error| error.detail.message);
        read.map(|(name, variant)| (name.to_string(), variant))
    }

    #[test]
    fn names_and_pages_of_repositories_are_read() {
        let check = |model: &str, quantization, name: &str, variant: Option<&str>| {
            let expected = (name.to_owned(), variant.map(str::to_owned));
            assert_eq!(read(model, quantization), Ok(expected), "{model}");
        };
        check("all-minilm", None, "all-minilm", None);
        check("all-minilm", Some(""), "all-minilm", None);
        check("https://huggingface.co/pub/b-GGUF", Some("Q4_K_M"), "pub/b-GGUF", Some("Q4_K_M"));
        check("pub/b-GGUF:Q8_0", Some("Q8_0"), "pub/b-GGUF", Some("Q8_0"));
    }

    #[test]
    fn other_addresses_and_two_models_at_once_are_refused() {
        for (model, quantization, why) in [
            ("http://192.168.0.1/admin.gguf", None, "no repository"),
            ("file:///etc/passwd", None, "address"),
            ("", None, "neither"),
            ("all-minilm", Some("Q8_0"), "goes with a repository"),
            ("pub/b:Q8_0", Some("Q4_0"), "two models"),
        ] {
            let error = read(model, quantization).expect_err(model);
            assert!(error.contains(why), "{model}: {error}");
        }
    }
}
