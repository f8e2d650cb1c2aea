//! Evaluation: questions with known answers, and how well search and answers did on them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AnswerableCheck, CollectionName, EvaluationId, IndexChoice, Language, ModelId, Scope};

/// A step of making questions from a collection's passages.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SuggestionEvent {
    /// One more question; its answer stands in its document, word for word.
    Suggested {
        /// The question.
        question: Box<EvaluationQuestion>,
    },
    /// A passage that no question came of.
    Passed {
        /// How many so far.
        passed: u32,
    },
    /// The end.
    Done {
        /// How many questions were made.
        suggested: u32,
        /// How many passages no question came of.
        passed: u32,
    },
    /// It could not be finished.
    Failed {
        /// The sort of error.
        kind: crate::ErrorKind,
        /// What happened, for people.
        message: String,
    },
}

/// A question with what is known of its answer: a line of an evaluation file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EvaluationQuestion {
    /// Names the question in the report.
    pub id: String,
    /// The question.
    pub question: String,
    /// Paths of the documents that answer it, as they were ingested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<String>,
    /// The pages that answer it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageOfDocument>,
    /// How relevant each document is, if some are more so than others; 1 for each of
    /// `documents` that is not named here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub grades: BTreeMap<String, u32>,
    /// Right answers; one is enough.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Whether the documents answer it at all.
    #[serde(default = "yes")]
    pub answerable: bool,
    /// Which documents it is asked of.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
}

fn yes() -> bool {
    true
}

/// One page of one document.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PageOfDocument {
    /// The document's path.
    pub path: String,
    /// The page, from 1.
    pub page: u32,
}

/// How well one way to search found the documents, as means over the questions.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RetrievalFigures {
    /// Normalised discounted cumulative gain of the first ten documents, 0 to 1.
    #[serde(rename = "ndcg@10")]
    pub ndcg_at_10: f64,
    /// One through the rank of the first right document, 0 beyond ten.
    #[serde(rename = "mrr@10")]
    pub mrr_at_10: f64,
    /// Share of questions whose first document is right.
    #[serde(rename = "hit@1")]
    pub hit_at_1: f64,
    /// Share with a right document among five.
    #[serde(rename = "hit@5")]
    pub hit_at_5: f64,
    /// Share with a right document among ten.
    #[serde(rename = "hit@10")]
    pub hit_at_10: f64,
    /// Share of the right documents that are among the first hundred.
    #[serde(rename = "recall@100")]
    pub recall_at_100: f64,
    /// Share of questions with known pages whose first passage is on one.
    #[serde(rename = "page_hit@1")]
    pub page_hit_at_1: Option<f64>,
    /// The same among five passages.
    #[serde(rename = "page_hit@5")]
    pub page_hit_at_5: Option<f64>,
    /// The same among ten passages.
    #[serde(rename = "page_hit@10")]
    pub page_hit_at_10: Option<f64>,
    /// Share of questions with a known answer that stands in the best quote of what was found.
    #[serde(default, rename = "evidence_hit@1")]
    pub evidence_hit_at_1: Option<f64>,
    /// The same for the three best quotes.
    #[serde(default, rename = "evidence_hit@3")]
    pub evidence_hit_at_3: Option<f64>,
}

/// How well a chat model answered; shares are 0 to 1, and absent if nothing was to be counted.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerFigures {
    /// The chat model.
    pub model: Option<ModelId>,
    /// Questions asked.
    pub asked: u32,
    /// Share of known answers that were given to the letter (SQuAD's normalisation).
    pub exact_match: Option<f64>,
    /// Mean overlap of words with the known answer (SQuAD's F1).
    pub f1: Option<f64>,
    /// Share of answers that contain the known answer.
    pub contains: Option<f64>,
    /// Share of citations whose quote supports their sentence.
    pub citation_precision: Option<f64>,
    /// Share of sentences with at least one citation.
    pub citation_recall: Option<f64>,
    /// Share of quotes that stand in the stored text to the letter; must be 1.
    pub quotes_verbatim: Option<f64>,
    /// Answerable questions that were not answered.
    pub wrong_refusals: u32,
    /// Unanswerable questions that were not answered.
    pub right_refusals: u32,
    /// Answerable questions asked.
    pub answerable: u32,
    /// Unanswerable questions asked.
    pub unanswerable: u32,
    /// Numbers in answers that stand in no passage cited.
    pub hallucinated_numbers: u32,
    /// Numbers in answers.
    pub numbers: u32,
    /// Median time to the first word.
    pub first_token_ms_p50: u64,
    /// Median time to the end.
    pub total_ms_p50: u64,
}

/// What became of one question.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionResult {
    /// The question's id.
    pub id: String,
    /// The question.
    pub question: String,
    /// The rank of the first right document by mode, from 1; absent beyond a hundred.
    pub ranks: BTreeMap<String, u32>,
    /// The answer, when answers were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<QuestionAnswer>,
}

/// The answer to one question of an evaluation.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct QuestionAnswer {
    /// Whether it was answered.
    pub answered: bool,
    /// Whether it should have been.
    pub answerable: bool,
    /// What the model held of the passages before it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<AnswerableCheck>,
    /// The text.
    pub text: String,
    /// Whether it contains a known answer.
    pub contains: Option<bool>,
    /// Citations, and those of them that support their sentence.
    pub citations: u32,
    /// See `citations`.
    pub supporting_citations: u32,
    /// Numbers that stand in no passage cited.
    pub hallucinated_numbers: Vec<String>,
}

/// The report of one evaluation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evaluation {
    /// Its identifier.
    pub id: EvaluationId,
    /// The collection it was run on.
    pub collection: CollectionName,
    /// What it is called.
    pub name: String,
    /// When, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// Which index was searched; `next` may have become the active one since.
    #[serde(default)]
    pub index: IndexChoice,
    /// The embedding model.
    pub embedding_model: ModelId,
    /// The language of the keyword index.
    #[serde(default)]
    pub language: Language,
    /// How many questions.
    pub queries: u32,
    /// How many documents were indexed.
    pub documents: u64,
    /// The figures of `dense`, `keyword`, `hybrid` and `hybrid+rerank`; empty if no question
    /// names its documents or an answer.
    pub modes: BTreeMap<String, RetrievalFigures>,
    /// Median time of a search as people get it.
    pub query_ms_p50: f64,
    /// The time that 95 of 100 searches take at most.
    pub query_ms_p95: f64,
    /// Median time of the second stage within that.
    pub rerank_ms_p50: f64,
    /// The answers, if they were asked for.
    pub answers: Option<AnswerFigures>,
    /// Question by question.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<QuestionResult>,
}

/// Progress of an evaluation.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EvaluationEvent {
    /// Questions searched so far.
    Searched {
        /// How many.
        done: u32,
        /// Of how many.
        total: u32,
    },
    /// Questions answered so far.
    Answered {
        /// How many.
        done: u32,
        /// Of how many.
        total: u32,
    },
    /// The report.
    Done {
        /// As it is stored.
        evaluation: Box<Evaluation>,
    },
    /// It could not be finished.
    Failed {
        /// The sort of error.
        kind: crate::ErrorKind,
        /// What happened, for people.
        message: String,
    },
}
