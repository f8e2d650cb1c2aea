//! Calls about tokens: cutting text into them, counting them, and writing a chat as a model reads it.

use quire_engines::{Chat, ChatMessage, ChatRole, FirstToken, Generator};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::Refusal;
use super::history::History;
use super::kv::KvStack;
use super::prediction_config::PredictionConfig;
use super::specifier::{Domain, Specifier, find};
use crate::http::blocking;
use crate::http::state::AppState;
use crate::http::v1::error::{from_service, unsupported};
use crate::http::v1::messages::settle;
use crate::http::v1::tools::ToolFields;

/// A text.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TextOf {
    specifier: Specifier,
    input_string: String,
}

/// The tokens of a text.
#[derive(Debug, Serialize)]
pub struct Tokens {
    tokens: Vec<u32>,
}

/// How many they are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenCount {
    token_count: usize,
}

/// A chat.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatOf {
    specifier: Specifier,
    history: History,
    #[serde(default)]
    prediction_config_stack: KvStack,
    #[serde(default)]
    opts: TemplateOptions,
}

/// How it is written. What is written ends where the model goes on, so that there is no last token to leave out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TemplateOptions {
    omit_bos_token: Option<bool>,
    tool_definitions: Option<Vec<Value>>,
}

/// A chat as a model reads it.
#[derive(Debug, Serialize)]
pub struct Formatted {
    formatted: String,
}

/// Cuts text into the tokens of a model.
pub async fn tokenize(state: &AppState, domain: Domain, asked: TextOf) -> Result<Tokens, Refusal> {
    Ok(Tokens { tokens: cut(state, domain, asked).await? })
}

/// Counts them.
pub async fn count(state: &AppState, domain: Domain, asked: TextOf) -> Result<TokenCount, Refusal> {
    Ok(TokenCount { token_count: cut(state, domain, asked).await?.len() })
}

async fn cut(state: &AppState, domain: Domain, asked: TextOf) -> Result<Vec<u32>, Refusal> {
    let found = find(state, domain, asked.specifier).await?;
    let model = found.model("Cutting text into the tokens of a collection")?;
    let models = &state.services.models;
    let text = asked.input_string;
    let tokens = match domain {
        Domain::Llm => {
            let generator = models.get_generator(Some(&model.id)).await?;
            blocking::compute(move || Ok(generator.tokenize(&text, FirstToken::LeftOut))).await?
        }
        Domain::Embedding => {
            let embedder = models.get_embedder(Some(&model.id)).await?;
            blocking::compute(move || Ok(embedder.tokenize(&text))).await?
        }
    };
    let what = || format!("Telling the tokens of `{}`", model.id);
    Ok(tokens.ok_or_else(|| unsupported("specifier", &what()))?)
}

/// Writes a chat as a model reads it, up to where it is to go on.
pub async fn apply_prompt_template(state: &AppState, asked: ChatOf) -> Result<Formatted, Refusal> {
    let found = find(state, Domain::Llm, asked.specifier).await?;
    let model = found.model("Writing a chat as a collection reads it")?;
    let config = PredictionConfig::read(asked.prediction_config_stack)?;
    let mut messages = settle(asked.history.read(state).await?)?;
    add_system_prompt(&mut messages, config.system_prompt);
    let tools = match asked.opts.tool_definitions {
        Some(tools) => ToolFields { tools: Some(json!(tools)), ..ToolFields::default() }.read()?,
        None => config.tools,
    };
    let chat = Chat {
        tools: tools.tools,
        tool_choice: tools.choice,
        thinking: config.options.thinking(),
        ..Chat::new(messages)
    };
    let generator = state.services.models.get_generator(Some(&model.id)).await?;
    let written = generator.write_prompt(&chat).map_err(|error| from_service(error.into()))?;
    let what = || format!("Telling how `{}` reads a chat", model.id);
    let mut formatted = written.ok_or_else(|| unsupported("specifier", &what()))?;
    if asked.opts.omit_bos_token.unwrap_or(false)
        && let Some(rest) = formatted.strip_prefix(&first_text(generator.as_ref()))
    {
        formatted = rest.to_owned();
    }
    Ok(Formatted { formatted })
}

/// Adds what the model is told first, if the chat does not say.
pub fn add_system_prompt(messages: &mut Vec<ChatMessage>, system_prompt: Option<String>) {
    let is_told = messages.iter().any(|message| message.role == ChatRole::System);
    if let Some(system) = system_prompt.filter(|_| !is_told) {
        messages.insert(0, ChatMessage::new(ChatRole::System, system));
    }
}

/// Gives the text of the token that every prompt of a model begins with; empty if there is none.
fn first_text(generator: &dyn Generator) -> String {
    let first = generator.tokenize("", FirstToken::Added).unwrap_or_default();
    generator.detokenize(&first).unwrap_or_default()
}
