//! The seam to entailment models, which judge if a text follows from another.
//!
//! In the words of natural language inference (NLI) the text that is given is the *premise*, and what
//! may follow from it the *hypothesis*. For Quire a premise is what a citation quotes, and a
//! hypothesis is a sentence of an answer.

use std::str::FromStr;

use async_trait::async_trait;
use quire_domain::{Language, ModelId};
use serde::Deserialize;

use crate::{EngineError, LoadedModel};

/// What a hypothesis can be to its premise.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum EntailmentLabel {
    /// It follows.
    Entailment,
    /// It neither follows nor contradicts.
    Neutral,
    /// It cannot be true if the premise is.
    Contradiction,
    /// It does not follow: the second label of models that have but two.
    NotEntailment,
}

/// A name that no label of an entailment model has.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is none of entailment, neutral, contradiction, not_entailment")]
pub struct UnknownLabel(String);

impl FromStr for EntailmentLabel {
    type Err = UnknownLabel;

    /// Reads the names that published models give their labels in `id2label`.
    fn from_str(name: &str) -> Result<Self, UnknownLabel> {
        match name.to_lowercase().replace([' ', '-'], "_").as_str() {
            "entailment" | "entailed" | "entails" | "entail" | "supported" | "supports" => {
                Ok(Self::Entailment)
            }
            "neutral" => Ok(Self::Neutral),
            "contradiction" | "contradicted" | "contradicts" | "contradict" | "refuted"
            | "refutes" => Ok(Self::Contradiction),
            "not_entailment" | "not_entailed" | "unsupported" | "not_supported" => {
                Ok(Self::NotEntailment)
            }
            _ => Err(UnknownLabel(name.to_owned())),
        }
    }
}

/// How a pair is put together for a model.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum PairTemplate {
    /// As the model's own tokenizer does it.
    #[default]
    Tokenizer,
    /// With one separator between the texts, even if the tokenizer puts two: the `RoBERTa` of
    /// `MiniCheck` was trained so.
    SingleSeparator,
}

/// What is known of a loaded entailment model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JudgeInfo {
    /// Its name.
    pub model: ModelId,
    /// Its labels in the order of its outputs; `Entailment` is one of them.
    pub labels: Vec<EntailmentLabel>,
    /// The longest pair it reads, in its tokens, special tokens included.
    pub max_tokens: usize,
    /// The longest hypothesis, in its tokens without special tokens; the rest is for the premise.
    pub max_hypothesis_tokens: usize,
    /// The languages it was made for; `None` if nobody says.
    pub languages: Option<Vec<Language>>,
}

/// A question to a judge: does the hypothesis follow from the premise?
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EntailmentPair {
    /// What is given, in whole sentences, in their order. They are put together with blanks, as many
    /// as fit at a time.
    pub premise: Vec<String>,
    /// What may follow: one sentence.
    pub hypothesis: String,
}

/// How likely a hypothesis follows from its premise. The probabilities add up to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entailment {
    /// The probability that it follows.
    pub entailment: f32,
    /// The probability that it neither follows nor contradicts; `None` if the model has no such label.
    pub neutral: Option<f32>,
    /// The probability that it contradicts; `None` if the model has no such label.
    pub contradiction: Option<f32>,
    /// In how many windows the premise was read. Above 1 it was too long to be read at once, and the
    /// probabilities are those of the window from which the hypothesis follows best.
    pub window_count: usize,
}

/// A loaded entailment model: an NLI cross-encoder, or a fact checker such as `MiniCheck`.
///
/// Contract: the probabilities are the softmax of the model's outputs, by the labels of the model
/// itself, and do not depend on the other pairs. Nothing is cut: a premise that does not fit beside
/// its hypothesis is read in windows of whole sentences, and [`Entailment::window_count`] tells so; a
/// sentence that does not fit alone is an [`EngineError::PremiseTooLong`], a hypothesis longer than
/// `max_hypothesis_tokens` an [`EngineError::HypothesisTooLong`]. An empty premise is read as an empty
/// text. Dropping the future of `judge` stops the work between batches.
#[async_trait]
pub trait EntailmentJudge: LoadedModel {
    /// Describes the model.
    fn info(&self) -> &JudgeInfo;

    /// Judges pairs; one result a pair, in their order.
    async fn judge(&self, pairs: Vec<EntailmentPair>) -> Result<Vec<Entailment>, EngineError>;
}
