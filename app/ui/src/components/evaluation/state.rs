//! What the parts of an evaluation share: the questions, the reports, the paths there are.

use leptos::prelude::*;
use quire_domain::{Evaluation, EvaluationQuestion, url_part};

use crate::UiError;
use crate::server_functions::evaluations::{
    DocumentPaths, list_document_paths, list_evaluations, list_questions,
};

/// How many rows are listed at first, and how many more each time.
pub(crate) const ROWS_AT_A_TIME: usize = 50;

/// The state of a collection's evaluation.
#[derive(Clone, Copy)]
pub(crate) struct EvaluationState {
    /// The collection's name.
    pub(crate) name: Memo<String>,
    /// Its questions.
    pub(crate) questions: Resource<Result<Vec<EvaluationQuestion>, UiError>>,
    /// The paths of its documents.
    pub(crate) paths: Resource<Result<DocumentPaths, UiError>>,
    /// The reports about it, newest first.
    pub(crate) reports: Resource<Result<Vec<Evaluation>, UiError>>,
}

impl EvaluationState {
    /// Makes the state of a collection's evaluation.
    pub(crate) fn new(name: Memo<String>) -> Self {
        Self {
            name,
            questions: Resource::new(move || name.get(), list_questions),
            paths: Resource::new(move || name.get(), list_document_paths),
            reports: Resource::new(move || name.get(), list_evaluations),
        }
    }

    /// Gives the address of the overview.
    pub(crate) fn url(self) -> String {
        format!("/c/{}/evaluation", url_part(&self.name.read()))
    }

    /// Gives the address of a report.
    pub(crate) fn report_url(self, id: &str) -> String {
        format!("{}?report={id}", self.url())
    }

    /// Gives the address of two reports beside each other.
    pub(crate) fn comparison_url(self, before: &str, after: &str) -> String {
        format!("{}?compare={before}&with={after}", self.url())
    }
}
