//! A judge without a model, for tests: it counts shared words, and accepts, doubts or fails as it is told
//! to.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use quire_domain::{Language, ModelId};

use crate::{
    EngineError, Entailment, EntailmentJudge, EntailmentLabel, EntailmentPair, JudgeInfo,
    LoadedModel,
};

use super::words;

/// Judges by the share of the hypothesis's words that the premise holds.
pub struct WordJudge {
    pub(super) info: JudgeInfo,
    accepted: Vec<String>,
    doubted: Vec<String>,
    fails: bool,
    pairs: Mutex<Vec<EntailmentPair>>,
}

impl WordJudge {
    /// Makes one that reads pairs of 256 words.
    pub fn new(model: ModelId) -> Self {
        use EntailmentLabel::{Contradiction, Entailment, Neutral};
        let info = JudgeInfo {
            model,
            labels: vec![Entailment, Neutral, Contradiction],
            max_tokens: 256,
            max_hypothesis_tokens: 124,
            languages: None,
        };
        let pairs = Mutex::default();
        Self { info, accepted: Vec::new(), doubted: Vec::new(), fails: false, pairs }
    }

    /// Accepts every hypothesis that holds this text, whatever its premise.
    #[must_use]
    pub fn accepting(mut self, text: &str) -> Self {
        self.accepted.push(text.to_owned());
        self
    }

    /// Doubts every hypothesis that holds this text, whatever its premise.
    #[must_use]
    pub fn doubting(mut self, text: &str) -> Self {
        self.doubted.push(text.to_owned());
        self
    }

    /// Fails whatever it is asked.
    #[must_use]
    pub fn failing(mut self) -> Self {
        self.fails = true;
        self
    }

    /// Is made for these languages.
    #[must_use]
    pub fn with_languages(mut self, languages: &[Language]) -> Self {
        self.info.languages = Some(languages.to_vec());
        self
    }

    /// Shows the pairs judged so far.
    pub fn pairs(&self) -> Vec<EntailmentPair> {
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn judge_pair(&self, index: usize, pair: &EntailmentPair) -> Result<Entailment, EngineError> {
        let wanted = words(&pair.hypothesis);
        let JudgeInfo { model, max_hypothesis_tokens, .. } = &self.info;
        if wanted.len() > *max_hypothesis_tokens {
            return Err(EngineError::HypothesisTooLong {
                model: model.clone(),
                index,
                tokens: wanted.len(),
                max_tokens: *max_hypothesis_tokens,
            });
        }
        let held = words(&pair.premise.join(" "));
        let found = wanted.iter().filter(|word| held.contains(word)).count();
        // Between the ends, as a softmax is.
        let share = (found as f32 + 0.5) / (wanted.len() as f32 + 1.0);
        let holds = |texts: &[String]| texts.iter().any(|text| pair.hypothesis.contains(text));
        let entailment = if holds(&self.doubted) {
            0.02
        } else if holds(&self.accepted) {
            0.98
        } else {
            share
        };
        let rest = (1.0 - entailment) / 2.0;
        Ok(Entailment {
            entailment,
            neutral: Some(rest),
            contradiction: Some(rest),
            window_count: 1,
        })
    }
}

impl LoadedModel for WordJudge {
    fn is_alive(&self) -> bool {
        true
    }
}

#[async_trait]
impl EntailmentJudge for WordJudge {
    fn info(&self) -> &JudgeInfo {
        &self.info
    }

    async fn judge(&self, pairs: Vec<EntailmentPair>) -> Result<Vec<Entailment>, EngineError> {
        if self.fails {
            return Err(EngineError::EngineDied { model: self.info.model.clone() });
        }
        let judged = pairs.iter().enumerate().map(|(index, pair)| self.judge_pair(index, pair));
        let judged = judged.collect::<Result<Vec<Entailment>, EngineError>>()?;
        self.pairs.lock().unwrap_or_else(PoisonError::into_inner).extend(pairs);
        Ok(judged)
    }
}
