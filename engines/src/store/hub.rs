//! Hugging Face and mirrors of it: what is found there, and of what a repository consists.
//!
//! The API is that of `huggingface_hub`: `/api/models?search=` and `/api/models/{repository}?blobs=true`. What comes is
//! not trusted: names of files are taken only if they stay in their folder.

mod variants;

use std::time::Duration;

use quire_domain::url_part;
use reqwest::{Client, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use variants::{Variant, choose, find_variants, split_of};

use super::PullOptions;
use crate::EngineError;
use crate::network::innermost;

const TIMEOUT: Duration = Duration::from_secs(20);
/// The largest answer that is read: lists of some thousand files are below it.
const LARGEST_ANSWER: usize = 16 << 20;

/// A repository that was found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct FoundRepository {
    /// `owner/name`.
    pub id: String,
    /// How often it was got in the last month.
    #[serde(default)]
    pub downloads: u64,
}

/// What a repository consists of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Repository {
    /// `owner/name`.
    pub id: String,
    /// The commit that the files are of.
    pub revision: String,
    /// Its licence as it states it, if it does.
    pub licence: Option<String>,
    /// Whether its licence is to be accepted on its page first.
    pub is_gated: bool,
    /// Its files.
    pub files: Vec<HubFile>,
}

/// A file of a repository.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HubFile {
    /// Its path, with `/` between folders; it never leaves the repository.
    pub path: String,
    /// Its size, if it is told.
    pub size_bytes: Option<u64>,
    /// Its SHA-256 in lower-case hexadecimal, which is told of large files.
    pub sha256: Option<String>,
}

/// Finds repositories that have models in GGUF files, those that are got most first.
pub async fn search(
    words: &str,
    limit: usize,
    options: &PullOptions,
) -> Result<Vec<FoundRepository>, EngineError> {
    let query = format!(
        "api/models?search={}&filter=gguf&sort=downloads&direction=-1&limit={limit}",
        url_part(words)
    );
    get(&query, options).await
}

/// Reads what a repository consists of.
pub async fn read_repository(
    repository: &str,
    options: &PullOptions,
) -> Result<Repository, EngineError> {
    let path: Vec<String> = repository.split('/').map(url_part).collect();
    let told: Told = get(&format!("api/models/{}?blobs=true", path.join("/")), options).await?;
    let mut files = Vec::new();
    for sibling in told.siblings {
        if !stays(&sibling.rfilename) {
            let place = format!("{}/{repository}", options.hf_endpoint);
            tracing::warn!(%place, "a file of the repository has a name that leaves it");
            continue;
        }
        let large = sibling.lfs;
        files.push(HubFile {
            path: sibling.rfilename,
            size_bytes: sibling.size.or(large.as_ref().and_then(|large| large.size)),
            sha256: large.and_then(|large| large.sha256).filter(|hash| is_sha256(hash)),
        });
    }
    Ok(Repository {
        id: repository.to_owned(),
        revision: told.sha.filter(|sha| is_commit(sha)).unwrap_or_else(|| "main".to_owned()),
        licence: told.card_data.and_then(|card| card.license),
        is_gated: !matches!(told.gated, None | Some(serde_json::Value::Bool(false))),
        files,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    sha: Option<String>,
    #[serde(default)]
    siblings: Vec<Sibling>,
    card_data: Option<Card>,
    gated: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    size: Option<u64>,
    lfs: Option<Large>,
}

#[derive(Deserialize)]
struct Large {
    sha256: Option<String>,
    size: Option<u64>,
}

#[derive(Deserialize)]
struct Card {
    license: Option<String>,
}

/// Returns whether a path stays below the folder that it is put in, and names nothing hidden.
pub fn stays(path: &str) -> bool {
    let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && part.len() < 200;
    path.split('/').all(is_plain)
        && !path.chars().any(|c| c.is_control() || matches!(c, '\\' | ':' | '?' | '#' | '%'))
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

async fn get<T: DeserializeOwned>(query: &str, options: &PullOptions) -> Result<T, EngineError> {
    let place = options.hf_endpoint.trim_end_matches('/');
    let failed = |reason: String| EngineError::Hub { place: place.to_owned(), reason };
    if options.offline {
        return Err(failed("downloads are switched off".to_owned()));
    }
    let client = Client::builder()
        .timeout(TIMEOUT)
        .user_agent(concat!("quire/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| failed(innermost(&error)))?;
    let mut request = client.get(format!("{place}/{query}"));
    if let Some(token) = &options.token {
        request = request.bearer_auth(token.secret());
    }
    let sent = request.send().await;
    let mut response =
        sent.map_err(|error| failed(format!("it cannot be reached ({})", innermost(&error))))?;
    match response.status() {
        status if status.is_success() => {}
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            return Err(EngineError::NoRepository { place: place.to_owned() });
        }
        status => return Err(failed(format!("it answered {status}"))),
    }
    let mut body = Vec::new();
    while let Some(more) = response
        .chunk()
        .await
        .map_err(|error| failed(format!("it broke off ({})", innermost(&error))))?
    {
        body.extend_from_slice(&more);
        if body.len() > LARGEST_ANSWER {
            return Err(failed("its answer is too long".to_owned()));
        }
    }
    serde_json::from_slice(&body)
        .map_err(|error| failed(format!("its answer cannot be read ({error})")))
}

#[cfg(test)]
mod tests;
