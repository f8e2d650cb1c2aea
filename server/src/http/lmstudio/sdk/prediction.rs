//! The channels over which models predict: a chat is answered, or text is continued as it is.

mod packets;

use futures::StreamExt;
use quire_engines::Prompt;
use serde::Deserialize;

use super::error::Refusal;
use super::history::History;
use super::info::InstanceInfo;
use super::kv::{KvConfig, KvStack};
use super::load_config::told;
use super::models::describe;
use super::prediction_config::PredictionConfig;
use super::session::{Channel, Session};
use super::specifier::{Domain, Found, Specifier, find};
use super::tokens::add_system_prompt;
use crate::http::error::ApiError;
use crate::http::state::AppState;
use crate::http::turn::step::Step;
use crate::http::turn::timing::Timing;
use crate::http::turn::{self, Asked, Delivery, Turn, model};
use crate::http::v1::messages::settle;
use crate::http::v1::options::CommonOptions;
use packets::{Encoder, Success};

/// A chat to be answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predict {
    model_specifier: Specifier,
    history: History,
    #[serde(default)]
    prediction_config_stack: KvStack,
    fuzzy_preset_identifier: Option<String>,
}

/// Text to be continued.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CompleteRawText {
    model_specifier: Specifier,
    raw_prompt: String,
    #[serde(default)]
    prediction_config_stack: KvStack,
    fuzzy_preset_identifier: Option<String>,
}

/// What a model is given.
enum Input {
    Chat(History),
    Text(String),
}

/// What is predicted, by whom, and how.
struct Wanted {
    specifier: Specifier,
    input: Input,
    config: KvStack,
    preset: Option<String>,
}

/// Answers a chat.
pub async fn predict(session: &Session, asked: Predict, channel: &Channel) -> Result<(), Refusal> {
    let wanted = Wanted {
        specifier: asked.model_specifier,
        input: Input::Chat(asked.history),
        config: asked.prediction_config_stack,
        preset: asked.fuzzy_preset_identifier,
    };
    Box::pin(run(session.state(), wanted, channel)).await
}

/// Continues text as it is.
pub async fn complete(
    session: &Session,
    asked: CompleteRawText,
    channel: &Channel,
) -> Result<(), Refusal> {
    let wanted = Wanted {
        specifier: asked.model_specifier,
        input: Input::Text(asked.raw_prompt),
        config: asked.prediction_config_stack,
        preset: asked.fuzzy_preset_identifier,
    };
    Box::pin(run(session.state(), wanted, channel)).await
}

async fn run(state: &AppState, wanted: Wanted, channel: &Channel) -> Result<(), Refusal> {
    if let Some(preset) = wanted.preset {
        return Err(Refusal::no_preset(preset));
    }
    let config = PredictionConfig::read(wanted.config)?;
    let found = find(state, Domain::Llm, wanted.specifier).await?;
    let (token_limit, said) = (config.options.token_limit()?, config.told.clone());
    let mut encoder = Encoder::new(config.tells_thoughts, token_limit);
    let begun = tokio::select! {
        begun = begin(state, &found, (wanted.input, config)) => Some(begun?),
        () = channel.cancelled.cancelled() => None,
    };
    if let Some(mut turn) = begun {
        encoder.begin(turn.timing);
        loop {
            let step = tokio::select! {
                // What was said before it was cancelled is no more wanted than what comes after.
                biased;
                () = channel.cancelled.cancelled() => break,
                step = turn.steps.next() => step,
            };
            let ended = || ApiError::internal(&"a reply ended without a last word");
            let step = step.ok_or_else(ended)?;
            let is_last = matches!(step, Step::End(_));
            for packet in encoder.write(step)? {
                channel.send(&packet).await?;
            }
            if is_last {
                break;
            }
        }
        // The turn is over here, so that whoever predicts has stopped when the client hears of the end.
    }
    let account = encoder.stats();
    let info = describe(state, &found).await?;
    let load_model_config = told(Domain::Llm, info.context_length);
    channel.send(&success(account, info, (load_model_config, said))).await
}

fn success(
    stats: packets::Stats,
    model_info: InstanceInfo,
    (load_model_config, prediction_config): (KvConfig, KvConfig),
) -> packets::Packet {
    packets::Packet::Success(Box::new(Success {
        stats,
        model_info,
        load_model_config,
        prediction_config,
    }))
}

/// Has whoever was found begin.
async fn begin(
    state: &AppState,
    found: &Found,
    (input, config): (Input, PredictionConfig),
) -> Result<Turn, ApiError> {
    let PredictionConfig { options, tools, form, system_prompt, is_text, .. } = config;
    let options = CommonOptions { model: Some(found.name()), ..options };
    let text = match input {
        Input::Chat(history) if !is_text => {
            let mut messages = history.read(state).await?;
            add_system_prompt(&mut messages, system_prompt);
            let asked = Asked { messages: settle(messages)?, tools, form, options };
            return turn::begin(state, asked, Delivery::Streamed).await;
        }
        Input::Chat(history) => history.plain_text()?,
        Input::Text(text) => text,
    };
    if tools.is_wanted() {
        let what = "Calling tools while text is continued as it is";
        return Err(crate::http::v1::error::unsupported("llm.prediction.tools", what));
    }
    let model = found.clone().model("Continuing text by a collection")?.id;
    let mut timing = Timing::default();
    let asked = (Some(model), Prompt::Text(text));
    let (model, steps) = model::generate(state, asked, (&options, form.as_ref())).await?;
    timing.begin();
    Ok(Turn { model, steps: turn::counted(state, steps), timing })
}
