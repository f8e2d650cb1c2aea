//! One turn of a chat: a model or a collection is asked, and replies in steps. Each protocol reads its requests into
//! what is asked here, and writes the same steps in its own shapes; none has rules of its own about who answers.

pub mod finished;
pub mod marked;
pub mod sentences;
pub mod step;
pub mod timing;

mod collection;
pub mod model;

use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use quire_domain::ModelKind;
use quire_engines::ChatMessage;

use super::error::ApiError;
use super::state::AppState;
use super::v1::constraint::Form;
use super::v1::options::CommonOptions;
use super::v1::resolve::{COLLECTION_PREFIX, Target, resolve};
use super::v1::tools::ToolUse;
use finished::Finished;
use step::Step;
use timing::Timing;

/// The steps of a reply; dropping them stops whoever replies.
pub type Steps = Pin<Box<dyn Stream<Item = Step> + Send>>;

/// What is asked.
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

/// Asks the model or the collection that the options name. What can be refused before anything is said is an error.
pub async fn begin(state: &AppState, asked: Asked, delivery: Delivery) -> Result<Turn, ApiError> {
    let mut timing = Timing::default();
    let name = asked.options.model.as_deref();
    let (model, steps) = match resolve(&state.services, name, ModelKind::Chat).await? {
        Target::Collection { name, model } => {
            let shown = match &model {
                Some(model) => format!("{model}@{name}"),
                None => format!("{COLLECTION_PREFIX}{name}"),
            };
            (shown, collection::ask(state, (&name, model), asked, delivery).await?)
        }
        Target::Model(model) => model::ask(state, Some(model), asked).await?,
        Target::Default => model::ask(state, None, asked).await?,
    };
    timing.begin();
    let metrics = Arc::clone(&state.metrics);
    let steps = steps.inspect(move |step| {
        if let Step::End(ending) = step {
            metrics.count_tokens(ending.usage);
        }
    });
    let steps = Box::pin(steps);
    Ok(Turn { model, steps, timing })
}
