//! The request, read into what a model or a collection is asked.

use quire_domain::WhenFull;
use quire_engines::{ChatMessage, ChatRole};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::hosted;
use super::input::{self, InputItem};
use crate::http::error::ApiError;
use crate::http::guard::access::Identity;
use crate::http::text_or::TextOr;
use crate::http::turn::Asked;
use crate::http::v1::constraint::{Form, FormFields};
use crate::http::v1::error::unsupported;
use crate::http::v1::messages::settle;
use crate::http::v1::options::CommonOptions;
use crate::http::v1::tools::ToolFields;

/// The field that holds the text to a form.
const FORMAT: &str = "text.format";

/// What asks for the probabilities of tokens.
const LOGPROBS: &str = "message.output_text.logprobs";

/// The request. What is about OpenAI's accounts and caches is passed over.
#[derive(Debug, Deserialize)]
pub struct ResponseBody {
    pub(super) model: Option<String>,
    input: Option<TextOr<Value>>,
    pub(super) instructions: Option<String>,
    pub(super) tools: Option<Vec<Value>>,
    pub(super) tool_choice: Option<Value>,
    pub(super) parallel_tool_calls: Option<bool>,
    pub(super) text: Option<TextWish>,
    pub(super) reasoning: Option<ReasoningWish>,
    pub(super) max_output_tokens: Option<i64>,
    pub(super) previous_response_id: Option<String>,
    pub(super) store: Option<bool>,
    pub(super) temperature: Option<f32>,
    pub(super) top_p: Option<f32>,
    pub(super) metadata: Option<Map<String, Value>>,
    pub(super) truncation: Option<String>,
    pub(super) max_tool_calls: Option<u32>,
    pub(super) safety_identifier: Option<String>,
    pub(super) prompt_cache_key: Option<String>,
    stream: Option<bool>,
    background: Option<bool>,
    conversation: Option<ConversationField>,
    pub(super) include: Option<Vec<String>>,
    pub(super) top_logprobs: Option<usize>,
    /// How long the model stays in memory from now on, in seconds; Quire's own.
    ttl: Option<i64>,
}

/// The conversation to go on with: its identifier, or an object that has it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ConversationField {
    Id(String),
    Object { id: String },
}

/// What the text is to be like.
#[derive(Clone, Debug, Deserialize)]
pub struct TextWish {
    pub(super) format: Option<Value>,
}

/// How much the model may think first.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReasoningWish {
    pub(super) effort: Option<String>,
    summary: Option<String>,
}

/// What a request is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// It is answered.
    Answer,
    /// The model reads it ahead of another one. It may hold nothing that could be answered.
    WarmUp,
}

impl ResponseBody {
    /// Returns whether to stream.
    pub fn is_stream(&self) -> bool {
        self.stream.unwrap_or(false)
    }

    /// Returns whether the response is kept.
    pub fn is_kept(&self) -> bool {
        self.store.unwrap_or(true)
    }

    /// Returns whether nobody waits for the response.
    pub fn is_background(&self) -> bool {
        self.background.unwrap_or(false)
    }

    /// Gives the conversation to go on with.
    pub fn conversation_id(&self) -> Option<&str> {
        match &self.conversation {
            Some(ConversationField::Id(id) | ConversationField::Object { id }) => Some(id),
            None => None,
        }
    }

    /// Refuses fields that say different things, whatever way the request came.
    pub fn check_fields(&self) -> Result<(), ApiError> {
        if self.conversation.is_some() && self.previous_response_id.is_some() {
            let message = "Send either `conversation` or `previous_response_id`.";
            return Err(ApiError::invalid(message).param("conversation"));
        }
        Ok(())
    }

    /// Refuses fields that say different things.
    pub fn check(&self) -> Result<(), ApiError> {
        self.check_fields()?;
        if self.is_background() && self.is_stream() {
            return Err(unsupported(
                "stream",
                "Streaming a response that is made in the background",
            ));
        }
        if self.is_background() && !self.is_kept() {
            let message =
                "A response that is made in the background must be kept: leave `store` out.";
            return Err(ApiError::invalid(message).param("store"));
        }
        Ok(())
    }

    /// Reads the request that follows these items, and gives the input as it was sent beside it.
    pub fn read(
        self,
        purpose: Purpose,
        earlier: &[Value],
        identity: Option<&Identity>,
    ) -> Result<(Asked, Vec<Value>), ApiError> {
        let sent = match self.input {
            None if purpose == Purpose::WarmUp => Vec::new(),
            None => return Err(ApiError::invalid("`input` is missing.").param("input")),
            Some(TextOr::Text(text)) => vec![json!({"role": "user", "content": text})],
            Some(TextOr::Parts(items)) => items,
        };
        let mut messages = Vec::new();
        if let Some(instructions) = self.instructions.filter(|words| !words.is_empty()) {
            messages.push(ChatMessage::new(ChatRole::System, instructions));
        }
        messages.extend(InputItem::read_all(earlier, "earlier")?);
        for (at, item) in sent.iter().enumerate() {
            let param = format!("input[{at}]");
            let item = InputItem::read(item, &param)?;
            input::add(&mut messages, item, &param)?;
        }
        input::answer_open(&mut messages);
        let is_asked = messages
            .last()
            .is_some_and(|last| matches!(last.role, ChatRole::User | ChatRole::Tool));
        if purpose == Purpose::WarmUp && !is_asked {
            // What is read ahead ends where the message that is to come begins.
            messages.push(ChatMessage::new(ChatRole::User, ""));
        }
        let tools = ToolFields {
            tools: self.tools.map(Value::from),
            tool_choice: self.tool_choice,
            parallel_tool_calls: self.parallel_tool_calls,
            ..ToolFields::default()
        };
        let mut tools = tools.read_for(identity)?;
        hosted::read(tools.hosted.as_deref_mut(), earlier, &sent)?;
        if let Some(hosted) = &mut tools.hosted {
            hosted.max_calls = self.max_tool_calls;
        }
        let format = self.text.and_then(|text| text.format);
        let form = read_format(format.as_ref())?;
        let tells_tokens = self.include.iter().flatten().any(|one| one == LOGPROBS);
        let likeliest = self.top_logprobs.filter(|count| *count > 0);
        let options = CommonOptions {
            model: self.model,
            logprobs: (tells_tokens || likeliest.is_some()).then(|| true.into()),
            top_logprobs: likeliest,
            max_tokens: self.max_output_tokens,
            temperature: self.temperature,
            top_p: self.top_p,
            reasoning_effort: self.reasoning.and_then(|reasoning| reasoning.effort),
            ttl: self.ttl,
            when_full: truncation(self.truncation.as_deref())?,
            ..CommonOptions::default()
        };
        let asked = Asked { messages: settle(messages)?, tools, form, options };
        Ok((asked, sent))
    }
}

/// Reads whether a conversation that is too long loses its oldest messages.
fn truncation(word: Option<&str>) -> Result<Option<WhenFull>, ApiError> {
    match word {
        None => Ok(None),
        Some("auto") => Ok(Some(WhenFull::Shift)),
        Some("disabled") => Ok(Some(WhenFull::Stop)),
        Some(other) => {
            let message = format!("`truncation` is `{other}`; it must be `auto` or `disabled`.");
            Err(ApiError::invalid(message).param("truncation"))
        }
    }
}

/// Reads the form of the text by the rule of chats, which name it otherwise.
fn read_format(format: Option<&Value>) -> Result<Option<Form>, ApiError> {
    let fields = FormFields::deserialize(json!({"response_format": format}));
    let fields = fields.map_err(|error| ApiError::invalid(error.to_string()));
    let form = fields.and_then(|fields| fields.read());
    let form = form.map_err(|error| error.param(FORMAT))?;
    Ok(form.map(|form| Form { param: FORMAT, ..form }))
}
