//! Models as people see them: what is installed, what it is for, what it needs, and what is in memory.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::refuse;
use crate::{InvalidName, Language, ModelId, Preset};

/// What a model does.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Continues text and answers.
    Chat,
    /// Turns text into vectors.
    Embedding,
    /// Scores how well a passage answers a question.
    Reranker,
    /// Judges if a sentence follows from a passage.
    Judge,
    /// Recognises the text on pictures of pages.
    Ocr,
}

/// How a model's weights are stored.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ModelFormat {
    /// One GGUF file, for llama.cpp.
    Gguf,
    /// A folder with safetensors, tokenizer and configuration, for candle.
    Safetensors,
    /// A folder with networks in ONNX, for text recognition.
    Onnx,
}

/// A model that is on disk, or that another machine has.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InstalledModel {
    /// Its name.
    pub id: ModelId,
    /// What it does.
    pub kind: ModelKind,
    /// How it is stored; `null` if it is not on this machine.
    pub format: Option<ModelFormat>,
    /// Bytes on disk; 0 of a model that is not there.
    pub size_bytes: u64,
    /// The longest input it takes, in tokens, if known without loading.
    pub context_tokens: Option<u32>,
    /// Such as `Q4_K_M`, if known.
    pub quantization: Option<String>,
    /// How many numbers a vector of an embedding model has, if known without loading.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// Those of the languages it was made for that Quire tells apart, if somebody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub languages: Option<Vec<Language>>,
    /// Whether it reads images, if that is known without loading.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads_images: bool,
    /// Whether it is in memory now.
    pub loaded: bool,
    /// The machine that runs it, if that is not this one: what the model is asked leaves for there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_host: Option<String>,
    /// What a person has settled for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
}

impl InstalledModel {
    /// Returns whether another machine runs it.
    pub fn is_remote(&self) -> bool {
        self.remote_host.is_some()
    }
}

/// How long a model stays in memory when nobody uses it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum TimeToLive {
    /// So long after its last use; zero unloads it as soon as it is idle.
    After(Duration),
    /// For ever: the model is pinned, and leaves only when somebody unloads it.
    Never,
}

impl TimeToLive {
    /// Reads seconds as requests state them: 0 unloads a model when it is idle, and less than 0 never.
    pub fn from_seconds(seconds: i64) -> Self {
        u64::try_from(seconds)
            .map_or(Self::Never, |seconds| Self::After(Duration::from_secs(seconds)))
    }
}

impl Default for TimeToLive {
    /// Ten minutes.
    fn default() -> Self {
        Self::After(Duration::from_mins(10))
    }
}

impl FromStr for TimeToLive {
    type Err = InvalidName;

    fn from_str(value: &str) -> Result<Self, InvalidName> {
        let problem = "is not a whole number of seconds; -1 stands for never";
        value.parse().map(Self::from_seconds).map_err(|_| refuse("time to live", value, problem))
    }
}

/// What a model in memory is doing.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum ResidentState {
    /// It is being loaded.
    Loading,
    /// Somebody uses it.
    Working,
    /// Nobody uses it.
    Idle,
}

/// A model that is in memory, or on its way there.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ResidentModel {
    /// Its name.
    pub id: ModelId,
    /// What it does.
    pub kind: ModelKind,
    /// What it is doing.
    pub state: ResidentState,
    /// Bytes of memory that it takes, estimated before it was loaded.
    pub memory_bytes: u64,
    /// In how many seconds it leaves memory by itself, from the end of its work while it works; `null` if
    /// it never does.
    pub ttl_seconds: Option<u64>,
    /// How many requests use it.
    pub requests: u32,
    /// How many wait: until it is loaded, or until a chat model begins with what it was given. Other models do
    /// not tell what they have begun with.
    pub waiting_requests: u32,
    /// How many tokens a second a chat model wrote in its last reply, or an embedding model read in its last request;
    /// `null` if it has done nothing that tells, and of other models.
    #[serde(default)]
    pub tokens_per_second: Option<f64>,
}

/// What came of unloading a model.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unloading {
    /// It was not in memory.
    NotLoaded,
    /// It has left memory.
    Unloaded,
    /// It is at work, and leaves when that is done.
    WhenIdle,
}

impl Unloading {
    /// Says it in a few words, to stand behind the model's name.
    pub fn describe(self) -> &'static str {
        match self {
            Self::NotLoaded => "was not in memory",
            Self::Unloaded => "has left memory",
            Self::WhenIdle => "is at work, and leaves memory when that is done",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_as_other_servers_mean_them() {
        let check = |given: &str, read| assert_eq!(given.parse(), Ok(read));
        check("0", TimeToLive::After(Duration::ZERO));
        check("600", TimeToLive::default());
        check("-1", TimeToLive::Never);
        let error = "5m".parse::<TimeToLive>().expect_err("it has a unit");
        assert!(error.to_string().contains("`5m` is not a whole number of seconds"), "{error}");
    }
}
