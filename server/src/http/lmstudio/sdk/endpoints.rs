//! The endpoints: which there are in which namespace, what each needs, and who answers.

use std::str::FromStr;

use quire_domain::{ErrorKind, Permission};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::embedding::EmbedString;
use super::error::Refusal;
use super::files::parsing::{ParseDocument, ParserOf};
use super::files::retrieval::Retrieve;
use super::files::{UploadFile, parsing, retrieval};
use super::loading::{GetOrLoad, LoadModel};
use super::models::{ModelOf, Unloading};
use super::prediction::{CompleteRawText, Predict};
use super::session::{Channel, Session, wire};
use super::specifier::Domain;
use super::system::VariantsOf;
use super::tokens::{ChatOf, TextOf};
use super::{files, loading, models, prediction, system, tokens};
use crate::http::error::ApiError;
use crate::http::guard::access::policy::Need;
use crate::http::guard::streams::Length;

const READ: Need = Need::Permission(Permission::Read);
const ASK: Need = Need::Permission(Permission::Ask);
const WRITE: Need = Need::Permission(Permission::Write);

/// What a socket is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Namespace {
    /// Models that chat.
    Llm,
    /// Models that embed.
    Embedding,
    /// What is installed.
    System,
    /// Files.
    Files,
    /// Models elsewhere.
    Repository,
    /// What happens in the server.
    Diagnostics,
    /// Programs that add to LM Studio.
    Plugins,
    /// Engines.
    Runtime,
}

impl Namespace {
    const ALL: [Self; 8] = [
        Self::Llm,
        Self::Embedding,
        Self::System,
        Self::Files,
        Self::Repository,
        Self::Diagnostics,
        Self::Plugins,
        Self::Runtime,
    ];

    /// Gives the word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Llm => "llm",
            Self::Embedding => "embedding",
            Self::System => "system",
            Self::Files => "files",
            Self::Repository => "repository",
            Self::Diagnostics => "diagnostics",
            Self::Plugins => "plugins",
            Self::Runtime => "runtime",
        }
    }

    fn domain(self) -> Option<Domain> {
        match self {
            Self::Llm => Some(Domain::Llm),
            Self::Embedding => Some(Domain::Embedding),
            _ => None,
        }
    }

    /// Says what there is instead of an endpoint that is not here.
    fn instead(self) -> &'static str {
        match self {
            Self::Repository => {
                " Models are looked for with `quire models search`, and got with `quire models pull` or `POST /api/v1/models/download`."
            }
            Self::Diagnostics => " Questions and answers are not logged here.",
            _ => "",
        }
    }
}

impl FromStr for Namespace {
    type Err = ();

    fn from_str(value: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|namespace| namespace.as_str() == value).ok_or(())
    }
}

/// What is called, and with what.
#[derive(Deserialize)]
#[serde(tag = "endpoint", content = "parameter", rename_all = "camelCase")]
enum Call {
    ListLoaded,
    GetModelInfo(ModelOf),
    GetLoadConfig(ModelOf),
    GetBasePredictionConfig(ModelOf),
    GetInstanceProcessingState(ModelOf),
    UnloadModel(Unloading),
    Tokenize(TextOf),
    CountTokens(TextOf),
    ApplyPromptTemplate(ChatOf),
    EmbedString(EmbedString),
    ListDownloadedModels,
    ListDownloadedModelVariants(VariantsOf),
    Version,
    Info,
    UploadFileBase64(UploadFile),
    GetDocumentParsingLibrary(ParserOf),
}

/// What a channel is opened to, and with what.
#[derive(Deserialize)]
#[serde(tag = "endpoint", content = "parameter", rename_all = "camelCase")]
enum Opening {
    LoadModel(LoadModel),
    GetOrLoad(GetOrLoad),
    Predict(Predict),
    CompleteRawText(CompleteRawText),
    Retrieve(Retrieve),
    ParseDocument(ParseDocument),
}

/// The endpoints of calls in a namespace.
fn calls_in(namespace: Namespace) -> &'static [&'static str] {
    match namespace {
        Namespace::Llm => &[
            "listLoaded",
            "getModelInfo",
            "getLoadConfig",
            "getBasePredictionConfig",
            "getInstanceProcessingState",
            "unloadModel",
            "tokenize",
            "countTokens",
            "applyPromptTemplate",
        ],
        Namespace::Embedding => &[
            "listLoaded",
            "getModelInfo",
            "getLoadConfig",
            "getBasePredictionConfig",
            "getInstanceProcessingState",
            "unloadModel",
            "tokenize",
            "countTokens",
            "embedString",
        ],
        Namespace::System => {
            &["listDownloadedModels", "listDownloadedModelVariants", "version", "info"]
        }
        Namespace::Files => &["uploadFileBase64", "getDocumentParsingLibrary"],
        Namespace::Repository
        | Namespace::Diagnostics
        | Namespace::Plugins
        | Namespace::Runtime => &[],
    }
}

/// Those of channels.
fn channels_in(namespace: Namespace) -> &'static [&'static str] {
    match namespace {
        Namespace::Llm => &["loadModel", "getOrLoad", "predict", "completeRawText"],
        Namespace::Embedding => &["loadModel", "getOrLoad"],
        Namespace::Files => &["retrieve", "parseDocument"],
        Namespace::System
        | Namespace::Repository
        | Namespace::Diagnostics
        | Namespace::Plugins
        | Namespace::Runtime => &[],
    }
}

impl Call {
    fn need(&self) -> Need {
        match self {
            Self::ListLoaded
            | Self::GetModelInfo(_)
            | Self::GetLoadConfig(_)
            | Self::GetBasePredictionConfig(_)
            | Self::GetInstanceProcessingState(_)
            | Self::ListDownloadedModels
            | Self::ListDownloadedModelVariants(_)
            | Self::Version
            | Self::Info
            // Of embedding the queue asks for what it needs, once for all texts that are embedded together.
            | Self::EmbedString(_) => Need::AnyKey,
            Self::UnloadModel(_) => Need::Models,
            Self::Tokenize(_) | Self::CountTokens(_) | Self::ApplyPromptTemplate(_) => ASK,
            Self::GetDocumentParsingLibrary(_) => READ,
            Self::UploadFileBase64(_) => WRITE,
        }
    }
}

impl Opening {
    fn need(&self) -> Need {
        match self {
            Self::LoadModel(_) => Need::Models,
            // A model that is asked is loaded as well.
            Self::GetOrLoad(_) | Self::Predict(_) | Self::CompleteRawText(_) => ASK,
            Self::Retrieve(_) | Self::ParseDocument(_) => READ,
        }
    }

    fn length(&self) -> Length {
        match self {
            Self::Predict(_) | Self::CompleteRawText(_) => Length::Long,
            Self::LoadModel(_)
            | Self::GetOrLoad(_)
            | Self::Retrieve(_)
            | Self::ParseDocument(_) => Length::Short,
        }
    }
}

/// Returns whether a call waits with others for the same engine, and not for its turn among calls.
pub fn is_queued_elsewhere(endpoint: &str) -> bool {
    endpoint == "embedString"
}

/// Answers a call; nothing if the endpoint gives nothing.
pub async fn call(
    session: &Session,
    namespace: Namespace,
    (endpoint, parameter): (&str, Value),
) -> Result<Option<Value>, Refusal> {
    let call: Call = read(namespace, calls_in(namespace), (endpoint, parameter))?;
    let _place = session.caller.allow(call.need(), Length::Short).await?;
    let state = session.state();
    let domain = namespace.domain().unwrap_or(Domain::Llm);
    let told = match call {
        Call::ListLoaded => wire(&models::list_loaded(state, domain).await?)?,
        Call::GetModelInfo(asked) => return models::get_model_info(state, domain, asked).await,
        Call::GetLoadConfig(asked) => wire(&models::get_load_config(state, domain, asked).await?)?,
        Call::GetBasePredictionConfig(asked) => {
            wire(&models::get_base_prediction_config(state, domain, asked).await?)?
        }
        Call::GetInstanceProcessingState(asked) => {
            wire(&models::get_processing_state(state, domain, asked).await?)?
        }
        Call::UnloadModel(asked) => {
            models::unload(state, domain, asked).await?;
            return Ok(None);
        }
        Call::Tokenize(asked) => wire(&tokens::tokenize(state, domain, asked).await?)?,
        Call::CountTokens(asked) => wire(&tokens::count(state, domain, asked).await?)?,
        Call::ApplyPromptTemplate(asked) => {
            wire(&tokens::apply_prompt_template(state, asked).await?)?
        }
        Call::EmbedString(asked) => wire(&session.embeddings.embed(&session.caller, asked).await?)?,
        Call::ListDownloadedModels => wire(&system::list_downloaded_models(state).await?)?,
        Call::ListDownloadedModelVariants(asked) => {
            wire(&system::list_variants(state, asked).await?)?
        }
        Call::Version => wire(&system::version())?,
        Call::Info => wire(&system::process())?,
        Call::UploadFileBase64(asked) => wire(&files::upload(state, asked).await?)?,
        Call::GetDocumentParsingLibrary(asked) => wire(&parsing::parser_of(state, asked).await?)?,
    };
    Ok(Some(told))
}

/// Serves a channel until its end.
pub async fn open(
    session: &Session,
    namespace: Namespace,
    (endpoint, parameter): (&str, Value),
    channel: &Channel,
) -> Result<(), Refusal> {
    let opening: Opening = read(namespace, channels_in(namespace), (endpoint, parameter))?;
    let _place = session.caller.allow(opening.need(), opening.length()).await?;
    let domain = namespace.domain().unwrap_or(Domain::Llm);
    match opening {
        Opening::LoadModel(asked) => loading::load_model(session, domain, (asked, channel)).await,
        Opening::GetOrLoad(asked) => loading::get_or_load(session, domain, (asked, channel)).await,
        Opening::Predict(asked) => prediction::predict(session, asked, channel).await,
        Opening::CompleteRawText(asked) => prediction::complete(session, asked, channel).await,
        Opening::Retrieve(asked) => retrieval::retrieve(session, asked, channel).await,
        Opening::ParseDocument(asked) => parsing::parse(session, asked, channel).await,
    }
}

/// Reads what an endpoint is given; one that is not in the namespace is refused with what there is.
fn read<T: DeserializeOwned>(
    namespace: Namespace,
    known: &[&str],
    (endpoint, parameter): (&str, Value),
) -> Result<T, ApiError> {
    if !known.contains(&endpoint) {
        let message = format!(
            "There is no endpoint `{endpoint}` in `{}` here.{}",
            namespace.as_str(),
            namespace.instead()
        );
        return Err(ApiError::new(ErrorKind::NotFound, message).code("unknown_endpoint"));
    }
    let asked = [("endpoint".to_owned(), endpoint.into()), ("parameter".to_owned(), parameter)];
    let asked = Value::Object(Map::from_iter(asked));
    T::deserialize(asked).map_err(|error| {
        ApiError::invalid(format!("`{endpoint}` cannot be read: {error}.")).code("invalid_json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_endpoint_of_a_namespace_is_one() {
        let is_known = |error: ApiError| !error.detail.message.contains("unknown variant");
        for namespace in Namespace::ALL {
            assert_eq!(namespace.as_str().parse(), Ok(namespace));
            for endpoint in calls_in(namespace) {
                let read = read::<Call>(namespace, calls_in(namespace), (endpoint, Value::Null));
                assert!(read.is_ok() || read.is_err_and(is_known), "{endpoint}");
            }
            for endpoint in channels_in(namespace) {
                let read = read::<Opening>(namespace, channels_in(namespace), (endpoint, json!(5)));
                assert!(read.is_err_and(is_known), "{endpoint}");
            }
        }
    }

    #[test]
    fn an_endpoint_of_another_namespace_is_not_here() {
        let read =
            read::<Call>(Namespace::Llm, calls_in(Namespace::Llm), ("embedString", json!({})));
        let error = read.err().expect("it is not here");
        assert_eq!(error.detail.code.as_deref(), Some("unknown_endpoint"));
    }
}
