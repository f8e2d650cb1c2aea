//! Evaluations: their reports, and the questions kept with a collection.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use quire_domain::{
    CollectionName, Evaluation, EvaluationEvent, EvaluationId, EvaluationQuestion, IndexChoice,
    ModelId, SuggestionEvent, Sweep,
};
use quire_service::{EvaluationRequest, Services, SuggestRequest, SweepRequest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::error::{ApiError, ErrorBody};
use crate::http::extract::{JsonBody, Named};
use crate::http::state::AppState;
use crate::http::stream;

/// An evaluation to be run.
#[derive(Deserialize, ToSchema)]
pub struct EvaluationBody {
    /// What to call it.
    #[serde(default)]
    pub name: Option<String>,
    /// The questions; those kept with the collection if absent.
    #[serde(default)]
    pub questions: Option<Vec<EvaluationQuestion>>,
    /// Whether to answer the questions too; default false.
    #[serde(default)]
    pub answers: bool,
    /// The chat model that answers; the server's default if absent.
    #[serde(default)]
    pub model: Option<ModelId>,
    /// Which index to search; default `active`. `next` must be ready.
    #[serde(default)]
    pub index: IndexChoice,
    /// Whether to send events instead of one object.
    #[serde(default)]
    pub stream: Option<bool>,
}

/// Values of a constant to be tried.
#[derive(Deserialize, ToSchema)]
pub struct SweepBody {
    /// The questions; those kept with the collection if absent.
    #[serde(default)]
    pub questions: Option<Vec<EvaluationQuestion>>,
    /// The constant, such as `keyword_share`.
    pub constant: String,
    /// The values to try beside the default, 1 to 50.
    pub values: Vec<f32>,
    /// How many of a hundred questions are held out, 0 to 99; default 50.
    #[serde(default)]
    pub held_out_percent: Option<u32>,
    /// Which index to search; default `active`.
    #[serde(default)]
    pub index: IndexChoice,
}

/// The reports about a collection.
#[derive(Serialize, ToSchema)]
pub struct EvaluationList {
    /// Newest first, without their single questions.
    pub evaluations: Vec<Evaluation>,
}

/// The questions kept with a collection.
#[derive(Deserialize, Serialize, ToSchema)]
pub struct QuestionList {
    /// In order.
    pub questions: Vec<EvaluationQuestion>,
}

/// What questions to make.
#[derive(Deserialize, ToSchema)]
pub struct SuggestBody {
    /// How many, 1 to 500; default 20.
    #[serde(default)]
    pub count: Option<u32>,
    /// The chat model that proposes them; the server's default if absent.
    #[serde(default)]
    pub model: Option<ModelId>,
}

/// How many questions are made if no number is asked for.
const SUGGESTED: u32 = 20;
/// How many of a hundred questions a sweep holds out if no number is given.
const HELD_OUT_PERCENT: u32 = 50;

/// Runs an evaluation and keeps its report.
#[utoipa::path(post, path = "/api/collections/{name}/evaluations", tag = "evaluations",
    params(("name" = String, Path, description = "The collection")),
    request_body = EvaluationBody,
    responses(
        (status = 200, description = "The report, or with `stream` server-sent EvaluationEvents named by their type",
            content((Evaluation = "application/json"), (EvaluationEvent = "text/event-stream"))),
        (status = 400, description = "There are no questions", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "The next index is not ready", body = ErrorBody)))]
pub async fn run(
    State(state): State<AppState>,
    Named(name): Named<CollectionName>,
    JsonBody(body): JsonBody<EvaluationBody>,
) -> Result<Response, ApiError> {
    let EvaluationBody { name: title, questions, answers, model, index, stream } = body;
    let request = EvaluationRequest { name: title, questions, answers, model, index };
    if !stream.unwrap_or(false) {
        return Ok(Json(state.services.evaluate_whole(&name, request).await?).into_response());
    }
    let events = state.services.evaluate(&name, request).await?;
    let events = events.map(|event| stream::named(event_name(&event), &event));
    Ok(stream::reply(events, &state.options.shutdown))
}

/// Searches the questions with several values of one tuned constant; keeps nothing.
#[utoipa::path(post, path = "/api/collections/{name}/evaluations/sweep", tag = "evaluations",
    params(("name" = String, Path, description = "The collection")),
    request_body = SweepBody,
    responses(
        (status = 200, body = Sweep),
        (status = 400, description = "There are no questions, or there is no such constant or value", body = ErrorBody),
        (status = 404, body = ErrorBody),
        (status = 409, description = "The next index is not ready", body = ErrorBody)))]
pub async fn sweep(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
    JsonBody(body): JsonBody<SweepBody>,
) -> Result<Json<Sweep>, ApiError> {
    let SweepBody { questions, constant, values, held_out_percent, index } = body;
    let held_out_percent = held_out_percent.unwrap_or(HELD_OUT_PERCENT);
    let request = SweepRequest { questions, constant, values, held_out_percent, index };
    Ok(Json(services.sweep(&name, request).await?))
}

fn event_name(event: &EvaluationEvent) -> &'static str {
    match event {
        EvaluationEvent::Searched { .. } => "searched",
        EvaluationEvent::Answered { .. } => "answered",
        EvaluationEvent::Done { .. } => "done",
        EvaluationEvent::Failed { .. } => "failed",
    }
}

/// Lists the reports about a collection.
#[utoipa::path(get, path = "/api/collections/{name}/evaluations", tag = "evaluations",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, body = EvaluationList), (status = 404, body = ErrorBody)))]
pub async fn list(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<Json<EvaluationList>, ApiError> {
    let evaluations = services.evaluations.list(&name).await?;
    Ok(Json(EvaluationList { evaluations }))
}

/// Shows a report with every question.
#[utoipa::path(get, path = "/api/evaluations/{id}", tag = "evaluations",
    params(("id" = String, Path, description = "The evaluation")),
    responses((status = 200, body = Evaluation), (status = 404, body = ErrorBody)))]
pub async fn show(
    State(services): State<Services>,
    Named(id): Named<EvaluationId>,
) -> Result<Json<Evaluation>, ApiError> {
    Ok(Json(services.evaluations.get(&id).await?))
}

/// Deletes a report.
#[utoipa::path(delete, path = "/api/evaluations/{id}", tag = "evaluations",
    params(("id" = String, Path, description = "The evaluation")),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn delete(
    State(services): State<Services>,
    Named(id): Named<EvaluationId>,
) -> Result<StatusCode, ApiError> {
    services.evaluations.delete(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Reads the questions kept with a collection.
#[utoipa::path(get, path = "/api/collections/{name}/questions", tag = "evaluations",
    params(("name" = String, Path, description = "The collection")),
    responses((status = 200, body = QuestionList), (status = 404, body = ErrorBody)))]
pub async fn questions(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
) -> Result<Json<QuestionList>, ApiError> {
    let questions = services.evaluations.list_questions(&name).await?;
    Ok(Json(QuestionList { questions }))
}

/// Keeps questions with a collection, in place of those it had.
#[utoipa::path(put, path = "/api/collections/{name}/questions", tag = "evaluations",
    params(("name" = String, Path, description = "The collection")),
    request_body = QuestionList,
    responses((status = 200, body = QuestionList), (status = 404, body = ErrorBody)))]
pub async fn set_questions(
    State(services): State<Services>,
    Named(name): Named<CollectionName>,
    JsonBody(body): JsonBody<QuestionList>,
) -> Result<Json<QuestionList>, ApiError> {
    services.evaluations.set_questions(&name, body.questions.clone()).await?;
    Ok(Json(body))
}

/// Makes questions from the collection's passages; keeping them is another request.
#[utoipa::path(post, path = "/api/collections/{name}/questions/suggest", tag = "evaluations",
    params(("name" = String, Path, description = "The collection")),
    request_body = SuggestBody,
    responses(
        (status = 200, description = "Server-sent SuggestionEvents named by their type",
            content((SuggestionEvent = "text/event-stream"))),
        (status = 400, description = "The collection is empty", body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn suggest(
    State(state): State<AppState>,
    Named(name): Named<CollectionName>,
    JsonBody(body): JsonBody<SuggestBody>,
) -> Result<Response, ApiError> {
    let request = SuggestRequest { count: body.count.unwrap_or(SUGGESTED), model: body.model };
    let events = state.services.suggest_questions(&name, request).await?;
    let events = events.map(|event| stream::named(suggestion_name(&event), &event));
    Ok(stream::reply(events, &state.options.shutdown))
}

fn suggestion_name(event: &SuggestionEvent) -> &'static str {
    match event {
        SuggestionEvent::Suggested { .. } => "suggested",
        SuggestionEvent::Passed { .. } => "passed",
        SuggestionEvent::Done { .. } => "done",
        SuggestionEvent::Failed { .. } => "failed",
    }
}
