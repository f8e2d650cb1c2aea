//! A model's turn with tools of servers: the model calls, the call is made here or waits for somebody's word, and the model
//! reads what came of it and goes on.
//!
//! A call is made without anybody's word only if the request says so, the owner's `mcp.json` allows that tool, and no
//! passages of documents are in the chat: what a document says can then bring about no more than a request for approval.

mod offer;
pub mod told;

use std::collections::HashSet;

use async_stream::stream;
use futures::StreamExt;
use quire_domain::{ErrorKind, ModelId};
use quire_engines::{ChatMessage, ChatRole, ContentPart, FinishReason, ToolCall, ToolChoice};

use super::step::{Call, Ending, Step, Usage};
use super::{Asked, Steps, model};
use crate::http::error::ApiError;
use crate::http::guard::caller;
use crate::http::state::AppState;
use crate::http::v1::error::unsupported;
use crate::http::v1::mcp::McpTool;
use crate::http::v1::resolve::Target;
use crate::mcp_host::McpHost;
use offer::Offer;
use told::{HostedCall, HostedStep};

/// How often a model may call and read in one reply; in the last round it is shown no tools, so that it answers.
const MOST_ROUNDS: usize = 8;
/// The most calls that are made in one reply.
const MOST_CALLS: usize = 32;

/// The servers of a request, and what its chat says of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Hosted {
    /// The servers.
    pub servers: Vec<McpTool>,
    /// The calls that somebody has approved in this request, in order. Their results stand in the chat already, empty.
    pub approved: Vec<ApprovedCall>,
    /// The servers whose tools were told earlier in the chat.
    pub listed: HashSet<String>,
    /// Whether passages of documents are in the chat, so that every call waits for somebody's word.
    pub has_passages: bool,
    /// The most calls that the request wants made.
    pub max_calls: Option<u32>,
    /// The server that must be called first.
    pub only: Option<String>,
}

/// A call that somebody has approved.
#[derive(Clone, Debug, PartialEq)]
pub struct ApprovedCall {
    /// The request that was approved.
    pub request_id: String,
    /// What the chat names the call by.
    pub call_id: String,
    /// The tool, by the name that the model was shown.
    pub shown: String,
    /// The arguments: JSON text.
    pub arguments: String,
}

impl Hosted {
    /// Begins with the servers alone.
    pub fn new(servers: Vec<McpTool>) -> Self {
        Self {
            servers,
            approved: Vec::new(),
            listed: HashSet::new(),
            has_passages: false,
            max_calls: None,
            only: None,
        }
    }
}

/// Asks a model that may call tools of servers.
pub fn ask(
    state: &AppState,
    target: Target,
    (hosted, asked): (Box<Hosted>, Asked),
) -> Result<(String, Steps), ApiError> {
    let model = match target {
        Target::Model(model) => Some(model),
        Target::Default => None,
        Target::Collection { .. } => {
            let what = "Calling tools of servers in an answer from documents (ask a model for it in the next request)";
            return Err(unsupported("tools", what));
        }
    };
    if asked.options.choices()? != 1 {
        return Err(unsupported("n", "More than one reply that calls tools of servers"));
    }
    let host = &state.options.mcp_host;
    for server in &hosted.servers {
        if host.find(&server.label).is_none() {
            return Err(unknown(&server.label, host));
        }
    }
    for approved in &hosted.approved {
        if !host.use_approval(&approved.request_id) {
            let message =
                format!("The request `{}` has been answered already.", approved.request_id);
            return Err(ApiError::new(ErrorKind::Conflict, message).code("already_answered"));
        }
    }
    let shown = model.clone().unwrap_or_else(|| state.services.config().chat_model.clone());
    Ok((shown.to_string(), steps(state.clone(), model, (hosted, asked))))
}

fn unknown(label: &str, host: &McpHost) -> ApiError {
    let known: Vec<String> =
        host.servers().iter().map(|server| format!("`{}`", server.label())).collect();
    let known = match (host.problem(), known.as_slice()) {
        (Some(_), _) => "`mcp.json` cannot be read; `quire mcp servers` says why".to_owned(),
        (None, []) => "there are none; they are set up in `mcp.json`".to_owned(),
        (None, known) => format!("there are {}", known.join(", ")),
    };
    ApiError::invalid(format!("There is no server `{label}`: {known}."))
        .param("tools")
        .code("unknown_server")
}

fn steps(state: AppState, model: Option<ModelId>, (hosted, asked): (Box<Hosted>, Asked)) -> Steps {
    let caller = caller::current();
    Box::pin(stream! {
        let (offer, listed) = Offer::list(&state.options.mcp_host, &hosted).await;
        for tools in listed {
            yield Step::Hosted(HostedStep::Listed(tools));
        }
        if let Some(name) = asked.tools.tools.iter().map(|tool| &tool.name).find(|name| offer.has(name)) {
            let message = format!("The function `{name}` is called as a tool of a server; call it otherwise.");
            yield Step::Failed(ApiError::invalid(message).param("tools"));
            return;
        }
        let mut talk = Talk::new(asked, &hosted);
        for approved in &hosted.approved {
            let call = Call {
                arguments: approved.arguments.clone(),
                ..Call::new(approved.shown.clone())
            };
            let call = offer.call(call, Some(approved.request_id.clone()));
            yield Step::Hosted(HostedStep::Began(call.clone()));
            let call = talk.make(&offer, call).await;
            talk.fill(&approved.call_id, &call.words());
            yield Step::Hosted(HostedStep::Ended(call));
        }
        loop {
            // What is read after the handler has returned is still asked on behalf of whoever sent the request.
            let round = model::ask(&state, model.clone(), talk.asked_with(&offer));
            let begun = caller::serve(caller.clone(), round).await;
            let mut steps = match begun {
                Ok((_, steps)) => steps,
                Err(error) => {
                    yield Step::Failed(error);
                    return;
                }
            };
            let mut round = Round::default();
            while let Some(step) = steps.next().await {
                if let Step::Failed(_) = step {
                    yield step;
                    return;
                }
                if let Some(step) = round.hear(step, &offer, &talk) {
                    yield step;
                }
            }
            talk.usage.add(round.usage);
            // Arguments that were cut off are none.
            if round.mine.is_empty() || round.reason != FinishReason::ToolCalls {
                yield talk.end(round.reason);
                return;
            }
            let mut is_waiting = round.is_foreign_called;
            let mut made = Vec::new();
            for call in std::mem::take(&mut round.mine) {
                let wants_approval = offer.wants_approval(&call.name);
                let call = offer.call(call, None);
                if wants_approval {
                    is_waiting = true;
                    yield Step::Hosted(HostedStep::Wanted(call));
                    continue;
                }
                yield Step::Hosted(HostedStep::Began(call.clone()));
                let call = talk.make(&offer, call).await;
                yield Step::Hosted(HostedStep::Ended(call.clone()));
                made.push(call);
            }
            if is_waiting {
                yield talk.end(FinishReason::ToolCalls);
                return;
            }
            talk.add(&round, &made);
        }
    })
}

/// A chat that grows by calls and their results until the model answers.
struct Talk {
    asked: Asked,
    only: Option<String>,
    usage: Usage,
    rounds: usize,
    calls_left: usize,
}

impl Talk {
    fn new(asked: Asked, hosted: &Hosted) -> Self {
        let wanted = hosted.max_calls.map_or(MOST_CALLS, |most| most as usize);
        let calls_left = wanted.min(MOST_CALLS);
        Self { asked, only: hosted.only.clone(), usage: Usage::default(), rounds: 0, calls_left }
    }

    /// Gives the chat with the tools of this round.
    fn asked_with(&self, offer: &Offer) -> Asked {
        let mut asked = self.asked.clone();
        let only = self.only.as_deref().filter(|_| self.rounds == 0);
        if only.is_some() {
            asked.tools.tools.clear();
        }
        asked.tools.tools.extend(offer.shown(only).cloned());
        if self.rounds > 0 && asked.tools.choice != ToolChoice::None {
            // What had to be called has been called.
            asked.tools.choice = ToolChoice::Auto;
        }
        if self.rounds >= MOST_ROUNDS {
            asked.tools.choice = ToolChoice::None;
        }
        asked
    }

    /// Has a call made, unless there were too many.
    async fn make(&mut self, offer: &Offer, call: HostedCall) -> HostedCall {
        let Some(left) = self.calls_left.checked_sub(1) else {
            let outcome = Some(Err("no more calls are made in this reply".to_owned()));
            return HostedCall { outcome, ..call };
        };
        self.calls_left = left;
        offer.make(&call).await
    }

    /// Puts what came of an approved call where the chat waits for it.
    fn fill(&mut self, call_id: &str, words: &str) {
        let messages = self.asked.messages.iter_mut();
        for message in messages.filter(|message| message.call_id.as_deref() == Some(call_id)) {
            message.content = vec![ContentPart::Text(words.to_owned())];
        }
    }

    /// Adds what the model said and called, and what came of it.
    fn add(&mut self, round: &Round, made: &[HostedCall]) {
        self.rounds += 1;
        let mut message = ChatMessage::new(ChatRole::Assistant, round.text.trim());
        message.reasoning = Some(round.thought.clone()).filter(|thought| !thought.is_empty());
        let calls = made.iter().map(|made| ToolCall {
            id: made.call.id.clone(),
            name: made.call.name.clone(),
            arguments: made.call.arguments.clone(),
        });
        message.tool_calls = calls.collect();
        self.asked.messages.push(message);
        let results = made.iter().map(|made| ChatMessage::tool_result(&made.call.id, made.words()));
        self.asked.messages.extend(results);
    }

    fn end(&self, reason: FinishReason) -> Step {
        Step::End(Ending { reason, usage: self.usage, answer: None })
    }
}

/// What the model says and calls before it hears of results.
struct Round {
    text: String,
    thought: String,
    /// The calls that are made here.
    mine: Vec<Call>,
    /// Whether there are others, which are the client's.
    is_foreign_called: bool,
    is_last_mine: bool,
    usage: Usage,
    reason: FinishReason,
}

impl Default for Round {
    fn default() -> Self {
        Self {
            text: String::new(),
            thought: String::new(),
            mine: Vec::new(),
            is_foreign_called: false,
            is_last_mine: false,
            usage: Usage::default(),
            reason: FinishReason::Stop,
        }
    }
}

impl Round {
    /// Takes a step, and gives what is to be told of it.
    fn hear(&mut self, step: Step, offer: &Offer, talk: &Talk) -> Option<Step> {
        match step {
            Step::Started(usage) => return (talk.rounds == 0).then_some(Step::Started(usage)),
            Step::Text(text, tokens) => {
                self.text.push_str(&text);
                return Some(Step::Text(text, tokens));
            }
            Step::Thought(text) => {
                self.thought.push_str(&text);
                return Some(Step::Thought(text));
            }
            Step::Call(call) => {
                self.is_last_mine = offer.has(&call.name);
                if !self.is_last_mine {
                    self.is_foreign_called = true;
                    return Some(Step::Call(call));
                }
                self.mine.push(call);
            }
            Step::Arguments(text) if !self.is_last_mine => return Some(Step::Arguments(text)),
            Step::Arguments(text) => {
                if let Some(call) = self.mine.last_mut() {
                    call.arguments.push_str(&text);
                }
            }
            Step::End(ending) => {
                self.usage = ending.usage;
                self.reason = ending.reason;
            }
            // A model that is asked for words says nothing of these; what failed is told before.
            other @ (Step::Searched(_)
            | Step::Evidence(_)
            | Step::Sentence(_)
            | Step::Hosted(_)
            | Step::Failed(_)) => return Some(other),
        }
        None
    }
}
