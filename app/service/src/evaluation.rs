//! Evaluation: how well search and answers do on questions whose answers are known.

mod answer_metrics;
mod claim_metrics;
pub mod claims;
mod evidence_metrics;
mod plain_facts;
mod ranking_metrics;
mod run;
mod suggest;
pub mod support;
mod sweep;

use std::pin::Pin;
use std::sync::Arc;

use futures::{Stream, StreamExt};
use quire_catalog::{CatalogError, EvaluationRecords};
use quire_domain::{
    Collection, CollectionName, ErrorKind, Evaluation, EvaluationEvent, EvaluationId,
    EvaluationQuestion, IndexChoice, IndexState, ModelId,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

use crate::models::Models;
use crate::{ServiceError, Services};

pub use suggest::{SuggestRequest, SuggestionStream};
pub use sweep::SweepRequest;

/// The steps of an evaluation; dropping it stops the evaluation at the next question.
pub type EvaluationStream = Pin<Box<dyn Stream<Item = EvaluationEvent> + Send>>;

/// An evaluation to be run.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct EvaluationRequest {
    /// What to call it.
    #[serde(default)]
    pub name: Option<String>,
    /// The questions; those kept with the collection if absent.
    #[serde(default)]
    pub questions: Option<Vec<EvaluationQuestion>>,
    /// Whether to answer the questions too, and not only to search.
    #[serde(default)]
    pub answers: bool,
    /// The chat model that answers; the service's default if absent.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// Which index to search.
    #[serde(default)]
    pub index: IndexChoice,
}

/// The part of the services that keeps reports and the questions of collections, and judges claims. What
/// searches and answers to make a report is a method of [`Services`].
pub struct Evaluations {
    pub(crate) catalog: Arc<dyn EvaluationRecords>,
    pub(crate) models: Arc<Models>,
}

impl Evaluations {
    /// Lists the reports about a collection, newest first, without their single questions.
    pub async fn list(&self, collection: &CollectionName) -> Result<Vec<Evaluation>, ServiceError> {
        Ok(self.catalog.list_evaluations(collection).await?)
    }

    /// Gets a report whole.
    pub async fn get(&self, id: &EvaluationId) -> Result<Evaluation, ServiceError> {
        Ok(self.catalog.get_evaluation(id).await?)
    }

    /// Deletes a report.
    pub async fn delete(&self, id: &EvaluationId) -> Result<(), ServiceError> {
        Ok(self.catalog.delete_evaluation(id).await?)
    }

    /// Reads the questions kept with a collection.
    pub async fn list_questions(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<EvaluationQuestion>, ServiceError> {
        Ok(self.catalog.list_questions(collection).await?)
    }

    /// Keeps these questions with a collection, in place of those it had.
    pub async fn set_questions(
        &self,
        collection: &CollectionName,
        questions: Vec<EvaluationQuestion>,
    ) -> Result<(), ServiceError> {
        Ok(self.catalog.set_questions(collection, questions).await?)
    }
}

impl Services {
    /// Runs an evaluation; the report is kept with the collection.
    pub async fn evaluate(
        &self,
        collection: &CollectionName,
        request: EvaluationRequest,
    ) -> Result<EvaluationStream, ServiceError> {
        let collection = self.choose_index(collection, request.index).await?;
        let questions = match request.questions {
            Some(questions) => questions,
            None => self.evaluations.list_questions(&collection.name).await?,
        };
        if questions.is_empty() {
            return Err(ServiceError::Empty { what: "list of questions" });
        }
        if request.answers {
            // A missing model is told before an hour of searching.
            self.models.get_generator(request.model.as_ref()).await?;
        }
        let (sender, receiver) = mpsc::channel(16);
        let run = run::Run {
            collection,
            name: request.name.unwrap_or_else(|| "evaluation".to_owned()),
            questions,
            answers: request.answers,
            model: request.model,
            index: request.index,
        };
        tokio::spawn(run::run(self.clone(), run, sender).in_current_span());
        Ok(ReceiverStream::new(receiver).boxed())
    }

    /// Gives the collection with the chosen index, which must be complete.
    async fn choose_index(
        &self,
        name: &CollectionName,
        choice: IndexChoice,
    ) -> Result<Collection, ServiceError> {
        let collection = self.inner.catalog.get_collection(name).await?;
        let chosen = collection.with_index(choice);
        let chosen = chosen.ok_or_else(|| CatalogError::NoNextIndex { name: name.to_string() })?;
        let next = collection.next_index.filter(|_| choice == IndexChoice::Next);
        match next.map(|next| (next.state, next)) {
            None | Some((IndexState::Ready, _)) => Ok(chosen),
            Some((IndexState::Building, next)) => {
                let (collection, done, total) = (collection.name, next.done, next.total);
                Err(ServiceError::IndexNotReady { collection, done, total })
            }
            Some((IndexState::Failed, next)) => {
                let (collection, reason) = (collection.name, next.error.unwrap_or_default());
                Err(ServiceError::IndexFailed { collection, reason })
            }
        }
    }

    /// Runs an evaluation and waits for its report.
    pub async fn evaluate_whole(
        &self,
        collection: &CollectionName,
        request: EvaluationRequest,
    ) -> Result<Evaluation, ServiceError> {
        let mut events = self.evaluate(collection, request).await?;
        while let Some(event) = events.next().await {
            match event {
                EvaluationEvent::Done { evaluation } => return Ok(*evaluation),
                EvaluationEvent::Failed { kind, message } => {
                    return Err(ServiceError::AnswerFailed { kind, message });
                }
                EvaluationEvent::Searched { .. } | EvaluationEvent::Answered { .. } => {}
            }
        }
        let message = "the evaluation ended before its time".to_owned();
        Err(ServiceError::AnswerFailed { kind: ErrorKind::Internal, message })
    }
}
