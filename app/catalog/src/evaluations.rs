//! Records of evaluations and of the questions they ask.

use async_trait::async_trait;
use quire_domain::{CollectionName, Evaluation, EvaluationId, EvaluationQuestion};

use crate::CatalogError;

/// Keeps reports of evaluations, and each collection's own questions.
#[async_trait]
pub trait EvaluationRecords: Send + Sync {
    /// Keeps a report.
    async fn add_evaluation(&self, evaluation: Evaluation) -> Result<(), CatalogError>;

    /// Lists the reports about a collection, newest first, without their `results`.
    async fn list_evaluations(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<Evaluation>, CatalogError>;

    /// Gets a report whole.
    async fn get_evaluation(&self, id: &EvaluationId) -> Result<Evaluation, CatalogError>;

    /// Removes a report.
    async fn delete_evaluation(&self, id: &EvaluationId) -> Result<(), CatalogError>;

    /// Reads the questions kept with a collection, in order.
    async fn list_questions(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<EvaluationQuestion>, CatalogError>;

    /// Puts these in place of the questions kept with a collection, all or none.
    async fn set_questions(
        &self,
        collection: &CollectionName,
        questions: Vec<EvaluationQuestion>,
    ) -> Result<(), CatalogError>;
}
