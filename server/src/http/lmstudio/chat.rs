//! `/api/v1/chat`: LM Studio's own chat, which the server keeps so that the next request can go on with it.

use async_stream::stream;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use quire_domain::WhenFull;
use quire_engines::{ChatMessage, ChatRole, ContentPart};
use quire_service::{KeptResponse, Services};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::events::{Encoder, StreamEvent};
use super::stats::tokens_per_second;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::state::AppState;
use crate::http::stored::{items_of, message_of, new_id};
use crate::http::stream as sse;
use crate::http::text_or::TextOr;
use crate::http::turn::finished::{Finished, Part};
use crate::http::turn::marked::Marked;
use crate::http::turn::{self, Asked, Delivery};
use crate::http::v1::error::unsupported;
use crate::http::v1::messages::content::image_at;
use crate::http::v1::messages::settle;
use crate::http::v1::options::CommonOptions;
use crate::http::v1::responses::input::InputItem;
use crate::http::v1::responses::kept::missing;
use crate::http::v1::tools::ToolFields;

/// The request. The size of the context is up to the server.
#[derive(Debug, Deserialize)]
pub struct ChatBody {
    model: Option<String>,
    input: TextOr<SaidItem>,
    system_prompt: Option<String>,
    integrations: Option<Vec<Value>>,
    stream: Option<bool>,
    temperature: Option<f32>,
    top_p: Option<f32>,
    top_k: Option<i64>,
    min_p: Option<f32>,
    repeat_penalty: Option<f32>,
    max_output_tokens: Option<i64>,
    reasoning: Option<Reasoning>,
    store: Option<bool>,
    previous_response_id: Option<String>,
    /// How long the model stays in memory from now on, in seconds; Quire's own.
    ttl: Option<i64>,
    /// What happens when the context is full; Quire's own.
    when_full: Option<WhenFull>,
}

/// A part of what is said.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum SaidItem {
    #[serde(alias = "text")]
    Message {
        content: String,
    },
    Image {
        data_url: String,
    },
}

/// How much a model may think first.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reasoning {
    Off,
    Low,
    Medium,
    High,
    On,
}

/// A whole reply.
#[derive(Debug, Serialize)]
pub struct Reply {
    model_instance_id: String,
    output: Vec<OutputItem>,
    stats: ReplyStats,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_id: Option<String>,
}

/// A part of a reply.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OutputItem {
    Reasoning { content: String },
    Message { content: String },
}

#[derive(Debug, Serialize)]
struct ReplyStats {
    input_tokens: usize,
    total_output_tokens: usize,
    reasoning_output_tokens: usize,
    tokens_per_second: f64,
    time_to_first_token_seconds: f64,
    /// Tokens of the conversation that were forgotten to make room; Quire's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    dropped_tokens: Option<usize>,
}

/// Keeps a chat when its reply has ended, among the responses of OpenAI's protocol.
struct Keeping {
    services: Services,
    messages: Vec<ChatMessage>,
    id: String,
}

impl Keeping {
    /// Keeps it. The reply has been given already, so that a failure is only logged.
    async fn keep(self, reply: &Reply, done: &Finished) {
        let Self { services, mut messages, id } = self;
        let input = items_of(&messages);
        // No tools are offered here, so that nothing is called.
        messages.push(message_of(done));
        let kept = KeptResponse { resource: json!(reply), items: items_of(&messages), input };
        if let Err(error) = services.kept.put_response(&id, kept).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a chat is not kept: {error}");
        }
    }
}

/// Answers what is said.
pub async fn chat(
    State(state): State<AppState>,
    JsonBody(body): JsonBody<ChatBody>,
) -> Result<Response, ApiError> {
    let is_stream = body.stream.unwrap_or(false);
    let is_kept = body.store.unwrap_or(true);
    let asked = body.read(&state.services).await?;
    let mut keeping = is_kept.then(|| Keeping {
        services: state.services.clone(),
        messages: asked.messages.clone(),
        id: new_id(),
    });
    let response_id = keeping.as_ref().map(|keeping| keeping.id.clone());
    if !is_stream {
        let turn = turn::begin(&state, asked, Delivery::Whole).await?;
        let model = turn.model.clone();
        let done = turn.finish().await?;
        let reply = Reply::of(model, &done, response_id);
        if let Some(keeping) = keeping {
            keeping.keep(&reply, &done).await;
        }
        return Ok(Json(reply).into_response());
    }
    let mut turn = turn::begin(&state, asked, Delivery::Streamed).await?;
    let mut encoder = Encoder::new(turn.model, turn.timing, response_id);
    let events = stream! {
        yield encoder.begin();
        while let Some(step) = turn.steps.next().await {
            for event in encoder.write(step) {
                // Before it is told, so that whoever hears of its end can go on with it.
                if let StreamEvent::ChatEnd { result } = &event
                    && result.is_kept()
                    && let Some(keeping) = keeping.take()
                {
                    keeping.keep(result, encoder.done()).await;
                }
                yield event.sse();
            }
        }
    };
    Ok(sse::reply(events, &state.options.shutdown))
}

impl ChatBody {
    async fn read(self, services: &Services) -> Result<Asked, ApiError> {
        if self.integrations.is_some_and(|listed| !listed.is_empty()) {
            return Err(unsupported("integrations", "Calling plugins and MCP servers"));
        }
        let mut messages = match &self.previous_response_id {
            Some(id) => {
                let kept = services.kept.get_response(id).await;
                let kept = kept.map_err(|error| missing(error.into()))?;
                InputItem::read_all(&kept.items, "previous_response_id")?
            }
            None => Vec::new(),
        };
        if let Some(system) = self.system_prompt.filter(|system| !system.is_empty()) {
            messages.push(ChatMessage::new(ChatRole::System, system));
        }
        let mut said = ChatMessage::new(ChatRole::User, "");
        match self.input {
            TextOr::Text(text) => said.add_paragraph(&text),
            TextOr::Parts(items) => {
                for (at, item) in items.into_iter().enumerate() {
                    match item {
                        SaidItem::Message { content } => said.add_paragraph(&content),
                        SaidItem::Image { data_url } => {
                            let image = image_at(&data_url, &format!("input[{at}]"))?;
                            said.content.push(ContentPart::Image(image));
                        }
                    }
                }
            }
        }
        messages.push(said);
        let effort = self.reasoning.and_then(|reasoning| match reasoning {
            Reasoning::Off => Some("none"),
            Reasoning::Low => Some("low"),
            Reasoning::Medium => Some("medium"),
            Reasoning::High => Some("high"),
            Reasoning::On => None,
        });
        let options = CommonOptions {
            model: self.model,
            max_tokens: self.max_output_tokens,
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            min_p: self.min_p,
            repeat_penalty: self.repeat_penalty,
            reasoning_effort: effort.map(str::to_owned),
            ttl: self.ttl,
            when_full: self.when_full,
            ..CommonOptions::default()
        };
        let tools = ToolFields::default().read()?;
        Ok(Asked { messages: settle(messages)?, tools, form: None, options })
    }
}

impl Reply {
    /// Returns whether its chat is kept.
    fn is_kept(&self) -> bool {
        self.response_id.is_some()
    }

    /// Makes a whole reply; with an identifier if its chat is kept.
    pub fn of(model: String, done: &Finished, response_id: Option<String>) -> Self {
        let mut marked = Marked::default();
        let mut output = Vec::new();
        for part in &done.parts {
            let more = match part {
                Part::Thought(content) => {
                    output.push(OutputItem::Reasoning { content: content.clone() });
                    continue;
                }
                Part::Text(text) => {
                    marked.text(text);
                    text.clone()
                }
                Part::Sentence(cited) => marked.sentence(cited),
                // No tools are offered here.
                Part::Call(_) => continue,
            };
            match output.last_mut() {
                Some(OutputItem::Message { content }) => content.push_str(&more),
                _ => output.push(OutputItem::Message { content: more }),
            }
        }
        let stats = ReplyStats {
            input_tokens: done.usage.prompt,
            total_output_tokens: done.usage.completion,
            reasoning_output_tokens: done.usage.reasoning,
            tokens_per_second: tokens_per_second(&done.timing, done.usage),
            time_to_first_token_seconds: done.timing.reading().as_secs_f64(),
            dropped_tokens: Some(done.usage.dropped).filter(|dropped| *dropped > 0),
        };
        Self { model_instance_id: model, output, stats, response_id }
    }
}
