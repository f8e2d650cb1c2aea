//! Evaluations in SQLite.

use async_trait::async_trait;
use quire_domain::{CollectionName, Evaluation, EvaluationId, EvaluationQuestion};
use rusqlite::{Transaction, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::database::SqliteCatalog;
use super::rows::collections::collection_row;
use crate::reach::reaches;
use crate::{CatalogError, EvaluationRecords};

fn write<T: Serialize>(value: &T, column: &'static str) -> Result<String, CatalogError> {
    serde_json::to_string(value).map_err(|_| CatalogError::Corrupt { column })
}

fn read<T: DeserializeOwned>(text: &str, column: &'static str) -> Result<T, CatalogError> {
    serde_json::from_str(text).map_err(|_| CatalogError::Corrupt { column })
}

fn missing(id: &EvaluationId) -> CatalogError {
    CatalogError::NoSuchEvaluation { id: id.to_string() }
}

/// Reads the reports that `condition` finds; the collection may have been renamed since.
fn read_reports(
    transaction: &Transaction<'_>,
    condition: &str,
    value: &dyn rusqlite::ToSql,
) -> Result<Vec<Evaluation>, CatalogError> {
    let sql = format!(
        "SELECT e.report, c.name FROM evaluations e JOIN collections c ON c.id = e.collection_id
        WHERE {condition} ORDER BY e.created_at_ms DESC, e.id DESC"
    );
    let mut statement = transaction.prepare_cached(&sql)?;
    let rows = statement.query_and_then([value], |row| {
        let (report, name): (String, String) = (row.get(0)?, row.get(1)?);
        let mut evaluation: Evaluation = read(&report, "report")?;
        evaluation.collection =
            name.parse().map_err(|_| CatalogError::Corrupt { column: "name" })?;
        Ok(evaluation)
    })?;
    let is_reached = |found: &Result<Evaluation, CatalogError>| {
        found.as_ref().map_or(true, |evaluation| reaches(&evaluation.collection))
    };
    rows.filter(is_reached).collect()
}

fn read_report(
    transaction: &Transaction<'_>,
    id: &EvaluationId,
) -> Result<Evaluation, CatalogError> {
    let found = read_reports(transaction, "e.id = ?1", &id.as_str())?;
    found.into_iter().next().ok_or_else(|| missing(id))
}

#[async_trait]
impl EvaluationRecords for SqliteCatalog {
    async fn add_evaluation(&self, evaluation: Evaluation) -> Result<(), CatalogError> {
        let work = move |transaction: &Transaction<'_>| {
            let collection = collection_row(transaction, &evaluation.collection)?;
            let report = write(&evaluation, "report")?;
            let sql = "INSERT INTO evaluations (id, collection_id, created_at_ms, report)
                VALUES (?1, ?2, ?3, ?4)";
            let (id, created) = (evaluation.id.as_str(), evaluation.created_at_ms);
            transaction.execute(sql, params![id, collection, created, report])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn list_evaluations(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<Evaluation>, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &collection)?;
            let mut reports = read_reports(transaction, "e.collection_id = ?1", &id)?;
            for report in &mut reports {
                report.results.clear();
            }
            Ok(reports)
        };
        self.database.transact(work).await
    }

    async fn get_evaluation(&self, id: &EvaluationId) -> Result<Evaluation, CatalogError> {
        let id = id.clone();
        self.database.transact(move |transaction| read_report(transaction, &id)).await
    }

    async fn delete_evaluation(&self, id: &EvaluationId) -> Result<(), CatalogError> {
        let id = id.clone();
        let work = move |transaction: &Transaction<'_>| {
            read_report(transaction, &id)?;
            transaction.execute("DELETE FROM evaluations WHERE id = ?1", [id.as_str()])?;
            Ok(())
        };
        self.database.transact(work).await
    }

    async fn list_questions(
        &self,
        collection: &CollectionName,
    ) -> Result<Vec<EvaluationQuestion>, CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &collection)?;
            let sql = "SELECT question FROM evaluation_questions WHERE collection_id = ?1
                ORDER BY position";
            let mut statement = transaction.prepare_cached(sql)?;
            let rows = statement.query_and_then([id], |row| {
                let question: String = row.get(0)?;
                read(&question, "question")
            })?;
            rows.collect()
        };
        self.database.transact(work).await
    }

    async fn set_questions(
        &self,
        collection: &CollectionName,
        questions: Vec<EvaluationQuestion>,
    ) -> Result<(), CatalogError> {
        let collection = collection.clone();
        let work = move |transaction: &Transaction<'_>| {
            let id = collection_row(transaction, &collection)?;
            let sql = "DELETE FROM evaluation_questions WHERE collection_id = ?1";
            transaction.execute(sql, [id])?;
            let sql = "INSERT INTO evaluation_questions (collection_id, position, question)
                VALUES (?1, ?2, ?3)";
            for (position, question) in (0_i64..).zip(&questions) {
                transaction.execute(sql, params![id, position, write(question, "question")?])?;
            }
            Ok(())
        };
        self.database.transact(work).await
    }
}
