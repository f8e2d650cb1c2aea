//! A chat model of an upstream.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tracing::Instrument;

use super::client::{Learned, Patience, Reply};
use super::events::{Expected, ReplyReader};
use super::listing::Listed;
use super::request::{self, Call};
use super::{Upstream, UpstreamFailure, estimate_tokens};
use crate::chat::{Chat, ContentPart};
use crate::prompt_log::log_prompt;
use crate::{
    EngineError, Feature, GenerateEvent, GenerateRequest, Generation, Generator, GeneratorInfo,
    LoadedModel, Prompt,
};

/// The context of a model of which nobody tells it.
const USUAL_CONTEXT: u32 = 8192;
/// What a message costs beside its words.
const MESSAGE_TOKENS: usize = 8;
/// What an image costs, about: upstreams count them as they like.
const IMAGE_TOKENS: usize = 1024;
/// How many events may wait to be heard.
const MOST_UNHEARD: usize = 64;
/// What upstreams are asked for and refuse themselves if they cannot: nobody can know it beforehand.
const FEATURES: [Feature; 4] =
    [Feature::Images, Feature::RequiredCalls, Feature::Json, Feature::LogitBias];

/// A chat model of an upstream.
pub struct RemoteGenerator {
    upstream: Arc<Upstream>,
    /// The upstream's name for it.
    id: String,
    info: GeneratorInfo,
    learned: Arc<Learned>,
}

impl RemoteGenerator {
    /// Makes one; nothing is sent yet.
    pub fn new(upstream: Arc<Upstream>, listed: &Listed) -> Option<Self> {
        let info = GeneratorInfo {
            model: upstream.full_name(&listed.id)?,
            context_tokens: listed.context_tokens.unwrap_or(USUAL_CONTEXT) as usize,
            memory_bytes: 0,
            fingerprint: format!("{}/{}", upstream.host(), listed.id),
            features: FEATURES.to_vec(),
        };
        let learned = upstream.learned(&listed.id);
        Some(Self { upstream, id: listed.id.clone(), info, learned })
    }

    /// Sends a request, again with another name for the limit if the model wants that.
    async fn open(
        &self,
        call: &mut Call,
        patience: &mut Patience,
    ) -> Result<Reply, UpstreamFailure> {
        if self.learned.wants_new_limit.load(Ordering::Relaxed) {
            call.rename_limit();
        }
        match self.upstream.post(call.path, &call.body, patience).await {
            Err(UpstreamFailure::Invalid { param: Some(param), .. })
                if param == "max_tokens" && call.rename_limit() =>
            {
                self.learned.wants_new_limit.store(true, Ordering::Relaxed);
                self.upstream.post(call.path, &call.body, patience).await
            }
            opened => opened,
        }
    }

    fn failed(&self, failure: UpstreamFailure, prompt_tokens: usize) -> EngineError {
        if is_about_context(&failure) {
            return EngineError::ContextExceeded {
                model: self.info.model.clone(),
                prompt_tokens,
                context_tokens: self.info.context_tokens,
            };
        }
        EngineError::of_upstream(&self.info.model, &self.upstream, failure)
    }
}

/// Whether the prompt was too long: those that speak `OpenAI`'s protocol have a word for it, or words.
fn is_about_context(failure: &UpstreamFailure) -> bool {
    let UpstreamFailure::Invalid { message, code, .. } = failure else { return false };
    let words = message.to_lowercase();
    code.as_deref() == Some("context_length_exceeded")
        || (words.contains("context") && (words.contains("exceed") || words.contains("maximum")))
}

impl LoadedModel for RemoteGenerator {
    fn is_alive(&self) -> bool {
        true
    }
}

#[async_trait]
impl Generator for RemoteGenerator {
    fn info(&self) -> &GeneratorInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        estimate_tokens(text)
    }

    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError> {
        Ok(match prompt {
            Prompt::Chat(chat) => count_chat(chat),
            Prompt::Text(text) => estimate_tokens(text),
            Prompt::Tokens(tokens) => tokens.len(),
        })
    }

    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError> {
        request.check(&self.info)?;
        let expected = Expected {
            prompt_tokens: self.count_prompt_tokens(&request.prompt)?,
            stops: request.stop.clone(),
            probabilities: request.top_logprobs.is_some(),
        };
        let mut call = request::write(&self.id, &request);
        if let Some(settled) = self.upstream.settings().model(&self.id) {
            call.leave_out(&settled.leave_out);
        }
        log_prompt(&self.info.model, || call.body.to_string());
        let mut patience = self.upstream.patience();
        let opened = self.open(&mut call, &mut patience).await;
        let reply = opened.map_err(|failure| self.failed(failure, expected.prompt_tokens))?;
        let (sender, receiver) = mpsc::channel(MOST_UNHEARD);
        let relay = Relay {
            upstream: Arc::clone(&self.upstream),
            model: self.info.clone(),
            call,
            expected,
            sender,
        };
        tokio::spawn(relay.run(reply, patience).in_current_span());
        Ok(receiver.into())
    }
}

fn count_chat(chat: &Chat) -> usize {
    let part = |part: &ContentPart| match part {
        ContentPart::Text(text) => estimate_tokens(text),
        ContentPart::Image(_) => IMAGE_TOKENS,
    };
    let messages = chat.messages.iter().map(|message| {
        let calls = message.tool_calls.iter();
        let calls: usize = calls.map(|call| estimate_tokens(&call.arguments)).sum();
        MESSAGE_TOKENS + message.content.iter().map(part).sum::<usize>() + calls
    });
    let tools = chat.offered_tools().iter().map(|tool| {
        let schema = tool.parameters().to_string();
        MESSAGE_TOKENS + estimate_tokens(&tool.description) + estimate_tokens(&schema)
    });
    messages.sum::<usize>() + tools.sum::<usize>()
}

/// What passes a reply on.
struct Relay {
    upstream: Arc<Upstream>,
    model: GeneratorInfo,
    call: Call,
    expected: Expected,
    sender: mpsc::Sender<GenerateEvent>,
}

/// Why a reply is not passed on any further.
enum Stopped {
    /// Nobody listens.
    Unheard,
    /// It failed.
    Failed(UpstreamFailure),
}

impl From<UpstreamFailure> for Stopped {
    fn from(failure: UpstreamFailure) -> Self {
        Self::Failed(failure)
    }
}

impl Relay {
    /// Passes a reply on. One that fails before anything of it was told is asked for again, if that may help.
    async fn run(self, mut reply: Reply, mut patience: Patience) {
        loop {
            let mut reader = ReplyReader::new(self.expected.clone());
            let failure = match self.pass_on(reply, &mut reader).await {
                Ok(()) | Err(Stopped::Unheard) => return,
                Err(Stopped::Failed(failure)) => failure,
            };
            let again = if reader.has_passed() {
                Err(failure)
            } else {
                // It pauses, and may wait until others are served.
                tokio::select! {
                    again = self.ask_again(failure, &mut patience) => again,
                    () = self.sender.closed() => return,
                }
            };
            reply = match again {
                Ok(reply) => reply,
                Err(failure) => {
                    let error =
                        EngineError::of_upstream(&self.model.model, &self.upstream, failure);
                    // Whoever has gone needs no telling.
                    let _ = self.sender.send(GenerateEvent::Failed(error)).await;
                    return;
                }
            };
        }
    }

    async fn ask_again(
        &self,
        failure: UpstreamFailure,
        patience: &mut Patience,
    ) -> Result<Reply, UpstreamFailure> {
        patience.pause_after(failure).await?;
        self.upstream.post(self.call.path, &self.call.body, patience).await
    }

    async fn pass_on(&self, mut reply: Reply, reader: &mut ReplyReader) -> Result<(), Stopped> {
        if !reply.is_stream() {
            let whole = tokio::select! {
                whole = reply.read_whole() => whole?,
                () = self.sender.closed() => return Err(Stopped::Unheard),
            };
            self.tell(reader.take(&whole.to_string())?).await?;
            return self.tell(reader.end()?).await;
        }
        while !reader.is_over() {
            // Dropping the reply ends the connection, by which the upstream hears that nobody listens.
            let more = tokio::select! {
                more = reply.read_more() => more?,
                () = self.sender.closed() => return Err(Stopped::Unheard),
            };
            match more {
                Some(bytes) => self.tell(reader.push(&bytes)?).await?,
                None => break,
            }
        }
        self.tell(reader.end()?).await
    }

    async fn tell(&self, events: Vec<GenerateEvent>) -> Result<(), Stopped> {
        for event in events {
            self.sender.send(event).await.map_err(|_| Stopped::Unheard)?;
        }
        Ok(())
    }
}
