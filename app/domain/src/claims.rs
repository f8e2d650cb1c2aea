//! Claims with their passages: lines of a file that measures the citation check, and what it made of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{JudgeUse, JudgedBy, Language, Support};

/// What people hold of a claim and its passages.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ClaimLabel {
    /// The passages say all of it.
    #[serde(rename = "attributable")]
    Attributable,
    /// They do not.
    #[serde(rename = "not attributable")]
    NotAttributable,
}

/// A claim with the passages that it may rest on.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimLine {
    /// Names the claim in the report.
    pub id: String,
    /// The question that it answers, if it answers one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// One or more sentences.
    pub claim: String,
    /// The passages, each as a document holds it.
    pub passages: Vec<String>,
    /// What the passages' document is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The language of claim and passages; told from the passages if absent, else English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What people hold of it; without one the claim is judged, but counts in no figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<ClaimLabel>,
    /// Any word by which figures are given apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// What the check made of one sentence of a claim.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JudgedSentence {
    /// The sentence.
    pub text: String,
    /// How well it is backed.
    pub support: Support,
    /// The words of a passage that it rests on, exactly as they stand there.
    pub quote: Option<String>,
    /// Why it is not supported, in words.
    pub why_not: Option<String>,
    /// Whose word that is; absent if there is no second judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_by: Option<JudgedBy>,
}

/// What the check made of a claim.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JudgedClaim {
    /// The claim's id.
    pub id: String,
    /// The worst of its sentences that state something; `unsupported` if it has none.
    pub support: Support,
    /// Its sentences, in order.
    pub sentences: Vec<JudgedSentence>,
}

/// How the check's word compares with the labels; it says "attributable" of what is quoted or supported.
///
/// Shares are 0 to 1, and null if there was nothing to be counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimFigures {
    /// Claims that have a label.
    pub labelled: u32,
    /// Attributable, and quoted or supported.
    pub true_positives: u32,
    /// Not attributable, but quoted or supported.
    pub false_positives: u32,
    /// Not attributable, and unsupported.
    pub true_negatives: u32,
    /// Attributable, but unsupported.
    pub false_negatives: u32,
    /// Share of what is quoted or supported that is attributable.
    pub precision: Option<f64>,
    /// Share of what is attributable that is quoted or supported.
    pub recall: Option<f64>,
    /// Mean of the recalls of both labels.
    pub balanced_accuracy: Option<f64>,
    /// Mean of the F1 of both labels.
    pub macro_f1: Option<f64>,
}

/// How the check did on claims.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimReport {
    /// Claim by claim, in the order of the lines.
    pub claims: Vec<JudgedClaim>,
    /// Over all claims that have a label.
    #[serde(flatten)]
    pub figures: ClaimFigures,
    /// By kind, over those that have a label and a kind.
    pub kinds: BTreeMap<String, ClaimFigures>,
    /// What the second judge did, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeUse>,
}
