//! A response from its request to its last event, however it is told.

use futures::StreamExt;
use quire_domain::ModelKind;
use quire_engines::FinishReason;
use quire_service::Services;
use serde_json::Value;

use super::events::{Encoder, StreamEvent};
use super::kept::{self, Keeping};
use super::request::{Purpose, ResponseBody};
use super::resource::{Resource, Settings, Status};
use crate::http::error::ApiError;
use crate::http::guard::access::Identity;
use crate::http::state::AppState;
use crate::http::stored::new_id;
use crate::http::turn::step::{Ending, Step, Usage};
use crate::http::turn::timing::Timing;
use crate::http::turn::{self, Asked, Delivery, Steps, Turn, model};
use crate::http::v1::conversations;
use crate::http::v1::error::from_service;
use crate::http::v1::resolve::{Target, resolve};

/// Whoever sent a request.
pub struct Asker<'a> {
    /// Who they are, if a guard found out.
    pub identity: Option<&'a Identity>,
    /// The server's address as they know it.
    pub base_url: String,
}

/// A request that has been read: what is asked, how it is told, and what is kept of it.
pub struct Prepared {
    /// What is asked.
    pub asked: Asked,
    /// How it is told.
    pub encoder: Encoder,
    /// What is kept.
    pub keeping: Keeping,
}

/// A response that is being told.
pub struct Telling {
    services: Services,
    encoder: Encoder,
    keeping: Keeping,
    steps: Steps,
    is_begun: bool,
}

/// Finds what was said before a request.
pub async fn find_earlier(
    services: &Services,
    body: &ResponseBody,
) -> Result<Vec<Value>, ApiError> {
    match (&body.previous_response_id, body.conversation_id()) {
        (Some(id), _) => Ok(kept::get(services, id).await?.items),
        (None, Some(id)) => conversations::all_items(services, id).await,
        (None, None) => Ok(Vec::new()),
    }
}

impl Prepared {
    /// Reads a request that follows these items.
    pub fn read(
        body: ResponseBody,
        purpose: Purpose,
        (earlier, sender): (Vec<Value>, Asker<'_>),
    ) -> Result<Self, ApiError> {
        let settings = Settings::of(&body);
        let include = body.include.clone().unwrap_or_default();
        let named = body.model.clone().unwrap_or_default();
        let conversation = body.conversation_id().map(str::to_owned);
        let is_kept = body.is_kept();
        let (asked, input) = body.read(purpose, &earlier, sender.identity)?;
        let keeping = Keeping { earlier, input, conversation, is_kept };
        let resource = Resource::begin(new_id(), named, settings);
        let encoder = Encoder::new(resource, sender.base_url, &include);
        Ok(Self { asked, encoder, keeping })
    }

    /// Begins to answer. What can be refused before anything is said is an error.
    pub async fn begin(self, state: &AppState, delivery: Delivery) -> Result<Telling, ApiError> {
        let Self { asked, encoder, keeping } = self;
        let Turn { model, steps, .. } = turn::begin(state, asked, delivery).await?;
        Ok(Telling::new(state, (encoder, keeping), (&model, steps)))
    }

    /// Has the model read what is asked, and answers nothing. Whom a collection or a search of files would ask is not known
    /// yet, so that nothing is read there.
    pub async fn warm_up(self, state: &AppState) -> Result<Telling, ApiError> {
        let Self { mut asked, encoder, keeping } = self;
        let name = asked.options.model.clone();
        let target = resolve(&state.services, name.as_deref(), ModelKind::Chat).await?;
        let searches = asked.tools.take_file_search().is_some();
        let model = match target {
            Target::Model(model) => Some(model),
            Target::Default => None,
            Target::Collection { name: collection, .. } => {
                // One that is not there is told of now.
                state.services.collections.get(&collection).await.map_err(from_service)?;
                let model = name.unwrap_or_default();
                return Ok(Telling::of_nothing(
                    state,
                    (encoder, keeping),
                    (&model, Usage::default()),
                ));
            }
        };
        if searches {
            let model = state.services.models.get_generator(model.as_ref()).await;
            let model = model.map_err(from_service)?;
            let model = model.info().model.to_string();
            return Ok(Telling::of_nothing(state, (encoder, keeping), (&model, Usage::default())));
        }
        asked.options.max_tokens = Some(0);
        let (model, steps) = model::ask(state, model, asked).await?;
        let steps = turn::counted(state, steps);
        let read = Turn { model, steps, timing: Timing::default() };
        let model = read.model.clone();
        let usage = read.finish().await?.usage;
        Ok(Telling::of_nothing(state, (encoder, keeping), (&model, usage)))
    }
}

impl Telling {
    fn new(
        state: &AppState,
        (mut encoder, keeping): (Encoder, Keeping),
        (model, steps): (&str, Steps),
    ) -> Self {
        encoder.name_model(model);
        let services = state.services.clone();
        Self { services, encoder, keeping, steps, is_begun: false }
    }

    /// Tells a response that says nothing.
    fn of_nothing(
        state: &AppState,
        told: (Encoder, Keeping),
        (model, usage): (&str, Usage),
    ) -> Self {
        let end = Step::End(Ending { reason: FinishReason::Stop, usage, answer: None });
        let steps = Box::pin(futures::stream::iter([end]));
        Self::new(state, told, (model, steps))
    }

    /// Gives the next events, and nothing at the end. What is kept is kept before the last of them, so that whoever hears
    /// of the end can go on with it.
    pub async fn next(&mut self) -> Option<Vec<StreamEvent>> {
        if !std::mem::replace(&mut self.is_begun, true) {
            return Some(self.encoder.begin());
        }
        let step = self.steps.next().await?;
        let events = self.encoder.write(step);
        if self.encoder.is_complete() {
            self.keeping.finish(&self.services, self.encoder.resource()).await;
        }
        Some(events)
    }

    /// Waits for the end.
    pub async fn finish(mut self) -> Result<Resource, ApiError> {
        while let Some(step) = self.steps.next().await {
            self.encoder.write(step);
        }
        let resource = self.encoder.finish()?;
        self.keeping.finish(&self.services, &resource).await;
        Ok(resource)
    }

    /// Tells how far it is.
    pub fn status(&self) -> Status {
        self.encoder.resource().status
    }

    /// Gives its identifier, and the whole chat up to it.
    pub fn chat(&self) -> (String, Vec<Value>) {
        let resource = self.encoder.resource();
        (resource.id.clone(), self.keeping.items(resource))
    }
}
