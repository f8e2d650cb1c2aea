//! One turn of a chat: a model or a collection is asked, and replies in steps. Each protocol reads its requests into
//! what is asked here, and writes the same steps in its own shapes; none has rules of its own about who answers.

pub mod finished;
pub mod marked;
pub mod sentences;
pub mod step;
pub mod timing;

mod collection;
pub mod file_search;
pub mod hosted;
pub mod model;

use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use quire_domain::{ModelKind, Scope};
use quire_engines::ChatMessage;

use super::error::ApiError;
use super::state::AppState;
use super::v1::constraint::Form;
use super::v1::error::unsupported;
use super::v1::options::CommonOptions;
use super::v1::resolve::{COLLECTION_PREFIX, Target, resolve};
use super::v1::tools::ToolUse;
use collection::Grounds;
use finished::Finished;
use step::Step;
use timing::Timing;

/// The steps of a reply; dropping them stops whoever replies.
pub type Steps = Pin<Box<dyn Stream<Item = Step> + Send>>;

/// What is asked.
#[derive(Clone)]
pub struct Asked {
    /// The chat, its last message being what is answered or continued.
    pub messages: Vec<ChatMessage>,
    /// The tools that may be called.
    pub tools: ToolUse,
    /// What the text must be like.
    pub form: Option<Form>,
    /// The other parameters, among them whose answer is wanted.
    pub options: CommonOptions,
}

/// A reply that has begun.
pub struct Turn {
    /// Who replies: the full name of a model, or `collection/<name>`.
    pub model: String,
    /// What they say.
    pub steps: Steps,
    /// How long it takes.
    pub timing: Timing,
}

impl Turn {
    /// Waits for the end of the reply.
    pub async fn finish(self) -> Result<Finished, ApiError> {
        let mut finished = Finished { timing: self.timing, ..Finished::default() };
        let mut steps = self.steps;
        while let Some(step) = steps.next().await {
            finished.take(step)?;
        }
        Ok(finished)
    }
}

/// Whether whoever asks hears the steps as they come, or the reply as a whole.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Delivery {
    /// As they come.
    Streamed,
    /// As a whole: what fails on the way is then told as it is, and not in the words of a stream.
    Whole,
}

/// Replies to one chat that have begun.
pub struct Begun {
    /// Who replies.
    pub model: String,
    /// The replies.
    pub turns: Vec<Turn>,
}

/// The most replies to one chat.
pub const MOST_CHOICES: u32 = 16;

/// Asks for as many replies as the options say.
pub async fn begin_all(
    state: &AppState,
    asked: Asked,
    delivery: Delivery,
) -> Result<Begun, ApiError> {
    let choices = asked.options.choices()?;
    let mut turns = Vec::new();
    for number in 0..choices {
        let mut asked = asked.clone();
        // The same seed would give the same reply.
        asked.options.seed = asked.options.seed.map(|seed| seed.wrapping_add(i64::from(number)));
        turns.push(begin(state, asked, delivery).await?);
    }
    let model = turns.first().map(|turn| turn.model.clone()).unwrap_or_default();
    Ok(Begun { model, turns })
}

/// Asks the model or the collection that the options name. What can be refused before anything is said is an error.
pub async fn begin(
    state: &AppState,
    mut asked: Asked,
    delivery: Delivery,
) -> Result<Turn, ApiError> {
    let mut timing = Timing::default();
    let name = asked.options.model.as_deref();
    let target = resolve(&state.services, name, ModelKind::Chat).await?;
    if let Some(tool) = asked.tools.take_file_search() {
        if asked.tools.hosted.is_some() {
            let what = "Calling tools of servers in an answer from files (ask for it in the next request, which knows the answer)";
            return Err(unsupported("tools", what));
        }
        let (model, steps) = file_search::ask(state, target, (tool, asked)).await?;
        timing.begin();
        return Ok(Turn { model, steps: counted(state, steps), timing });
    }
    if let Some(servers) = asked.tools.take_hosted() {
        let (model, steps) = hosted::ask(state, target, (servers, asked))?;
        timing.begin();
        return Ok(Turn { model, steps: counted(state, steps), timing });
    }
    let (model, steps) = match target {
        Target::Collection { name, model } => {
            let shown = match &model {
                Some(model) => format!("{model}@{name}"),
                None => format!("{COLLECTION_PREFIX}{name}"),
            };
            let scope = Scope::default();
            let grounds = Grounds { collection: name, model, scope, beside: Vec::new() };
            (shown, collection::ask(state, grounds, asked, delivery).await?)
        }
        Target::Model(model) => model::ask(state, Some(model), asked).await?,
        Target::Default => model::ask(state, None, asked).await?,
    };
    timing.begin();
    Ok(Turn { model, steps: counted(state, steps), timing })
}

/// Counts the tokens of a reply when it has ended.
pub fn counted(state: &AppState, steps: Steps) -> Steps {
    let metrics = Arc::clone(&state.metrics);
    Box::pin(steps.inspect(move |step| {
        if let Step::End(ending) = step {
            metrics.count_tokens(ending.usage);
        }
    }))
}
