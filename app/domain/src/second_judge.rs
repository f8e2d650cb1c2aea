//! The second judge: a model that is asked when the citation check is unsure, and what it changed.

use serde::{Deserialize, Serialize};

use crate::ModelId;

/// Whose word decided how well a sentence is backed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum JudgedBy {
    /// The check's.
    Check,
    /// The second judge's: it accepted what the check was unsure of, or doubted what the check took for
    /// supported.
    Judge,
}

/// What the second judge did.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JudgeUse {
    /// The model.
    pub model: ModelId,
    /// Sentences that it was asked about.
    pub asked: u32,
    /// Those of them that it accepted while the check was unsure.
    pub accepted: u32,
    /// Those of them that it doubted while the check took them for supported.
    pub doubted: u32,
    /// Those of them that it could not answer, so that the check's word stands.
    pub unanswered: u32,
    /// Why it could not answer, or was not asked at all; the last reason of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

impl JudgeUse {
    /// Begins the account of a model that was not asked yet.
    pub fn new(model: ModelId) -> Self {
        Self { model, asked: 0, accepted: 0, doubted: 0, unanswered: 0, failure: None }
    }

    /// Says it in a sentence.
    pub fn describe(&self) -> String {
        let Self { model, asked, accepted, doubted, unanswered, failure } = self;
        let missed =
            if *unanswered > 0 { format!(", {unanswered} not answered") } else { String::new() };
        let reason = failure.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        format!("{model}: {asked} asked, {accepted} accepted, {doubted} doubted{missed}{reason}")
    }
}
