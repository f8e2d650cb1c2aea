//! Evaluations, for the page. They are run over `/api`, which sends their progress.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use quire_domain::{Evaluation, EvaluationQuestion};
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use super::service::services;
use crate::UiError;

/// How many questions were new, and how many took another's place.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeptQuestions {
    /// New ones.
    pub added: u64,
    /// Those whose identifier was there before.
    pub replaced: u64,
}

/// The paths of a collection's documents, by name.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct DocumentPaths {
    /// The first thousand.
    pub paths: Vec<String>,
    /// Whether there are more.
    pub more: bool,
}

/// Lists the questions kept with a collection.
#[server(prefix = "/ui", endpoint = "list_questions", input = Json)]
pub async fn list_questions(
    /// The collection's name.
    collection: String,
) -> Result<Vec<EvaluationQuestion>, UiError> {
    Ok(services()?.evaluations.list_questions(&collection.parse()?).await?)
}

/// Keeps questions: in place of the one with the same identifier, else at the end. A question
/// without an identifier gets one.
#[server(prefix = "/ui", endpoint = "keep_questions", input = Json)]
pub async fn keep_questions(
    /// The collection's name.
    collection: String,
    /// The questions.
    questions: Vec<EvaluationQuestion>,
) -> Result<KeptQuestions, UiError> {
    let (services, collection) = (services()?, collection.parse()?);
    let mut kept = services.evaluations.list_questions(&collection).await?;
    let merged = crate::evaluation::questions::merge(&mut kept, questions);
    services.evaluations.set_questions(&collection, kept).await?;
    Ok(KeptQuestions { added: merged.added, replaced: merged.replaced })
}

/// Deletes one of a collection's questions.
#[server(prefix = "/ui", endpoint = "delete_question", input = Json)]
pub async fn delete_question(
    /// The collection's name.
    collection: String,
    /// The question's identifier.
    id: String,
) -> Result<(), UiError> {
    let (services, collection) = (services()?, collection.parse()?);
    let mut kept = services.evaluations.list_questions(&collection).await?;
    kept.retain(|question| question.id != id);
    Ok(services.evaluations.set_questions(&collection, kept).await?)
}

/// Deletes all of a collection's questions.
#[server(prefix = "/ui", endpoint = "delete_questions", input = Json)]
pub async fn delete_questions(
    /// The collection's name.
    collection: String,
) -> Result<(), UiError> {
    Ok(services()?.evaluations.set_questions(&collection.parse()?, Vec::new()).await?)
}

/// Lists the paths that a question can name.
#[server(prefix = "/ui", endpoint = "list_document_paths", input = Json)]
pub async fn list_document_paths(
    /// The collection's name.
    collection: String,
) -> Result<DocumentPaths, UiError> {
    let query = quire_service::DocumentQuery {
        status: None,
        prefix: None,
        limit: Some(1000),
        cursor: None,
    };
    let found = services()?.documents.list(&collection.parse()?, query).await?;
    let paths = found.documents.iter().map(|document| document.path.to_string()).collect();
    Ok(DocumentPaths { paths, more: found.next.is_some() })
}

/// Lists the reports about a collection, newest first, without their single questions.
#[server(prefix = "/ui", endpoint = "list_evaluations", input = Json)]
pub async fn list_evaluations(
    /// The collection's name.
    collection: String,
) -> Result<Vec<Evaluation>, UiError> {
    Ok(services()?.evaluations.list(&collection.parse()?).await?)
}

/// Gets a report whole.
#[server(prefix = "/ui", endpoint = "get_evaluation", input = Json)]
pub async fn get_evaluation(
    /// Its identifier.
    id: String,
) -> Result<Evaluation, UiError> {
    Ok(services()?.evaluations.get(&id.parse()?).await?)
}

/// Deletes a report.
#[server(prefix = "/ui", endpoint = "delete_evaluation", input = Json)]
pub async fn delete_evaluation(
    /// Its identifier.
    id: String,
) -> Result<(), UiError> {
    Ok(services()?.evaluations.delete(&id.parse()?).await?)
}
