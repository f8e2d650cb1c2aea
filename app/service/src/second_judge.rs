//! The second judge: an entailment model that is asked when the citation check is unsure.
//!
//! It accepts what the check was unsure of, and doubts what the check took for supported. It never sees
//! a claim of which a fact has failed, and no quote: there the check's word is the last. It is never needed:
//! whatever goes wrong with it, the check's word stands, and the account says so.

use std::sync::Arc;

use quire_domain::{ErrorKind, JudgeUse, JudgedBy, Language, ModelId, Support};
use quire_engines::{EngineError, EntailmentPair, ModelRuntime};
use quire_grounding::{Claim, Evidence, PreparedGround, evidence};
use quire_language::Lexicon;

use crate::ServiceError;

/// The probability from which a claim that the check is unsure of is taken for supported.
///
/// Set by hand: see `docs/decisions/121-a-second-judge-decides-what-words-leave-open.md`.
const ACCEPTS_FROM: f32 = 0.9;
/// The probability below which a claim that the check took for supported is so no more.
///
/// Set by hand: see `docs/decisions/121-a-second-judge-decides-what-words-leave-open.md`.
const DOUBTS_BELOW: f32 = 0.1;
/// How many places a claim is looked for in if the check is unsure of it.
const MAX_PLACES: usize = 3;

/// A second judge, with an account of what it did.
pub struct SecondJudge {
    models: Arc<dyn ModelRuntime>,
    language: Language,
    account: JudgeUse,
    /// Whether it has failed in a way that the next question would meet as well.
    is_off: bool,
}

/// What is held of a claim once both have spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Ruling {
    /// The passages that it rests on, by their place in the list, and the words there; none if it is
    /// unsupported.
    pub evidence: Vec<(usize, Evidence)>,
    /// Whose word that is.
    pub judged_by: JudgedBy,
}

impl SecondJudge {
    /// Makes one of a model, which is loaded when it is first asked.
    pub fn new(models: Arc<dyn ModelRuntime>, model: ModelId, language: Language) -> Self {
        Self { models, language, account: JudgeUse::new(model), is_off: false }
    }

    /// Makes one of a model that must be there, for texts that [`SecondJudge::read`] names.
    pub async fn load(models: Arc<dyn ModelRuntime>, model: ModelId) -> Result<Self, ServiceError> {
        models.get_judge(&model).await?;
        Ok(Self::new(models, model, Language::Unknown))
    }

    /// Goes on with texts in another language.
    pub fn read(&mut self, language: Language) {
        self.language = language;
    }

    /// Gives the account of what it did.
    pub fn into_account(self) -> JudgeUse {
        self.account
    }

    /// Rules on a claim for which the check found `evidence` in some of the passages, or none.
    pub async fn rule(
        &mut self,
        claim: &Claim,
        evidence: Vec<(usize, Evidence)>,
        grounds: &[PreparedGround],
        lexicon: &Lexicon,
    ) -> Ruling {
        if evidence.is_empty() {
            self.decide(claim, grounds, lexicon).await
        } else {
            self.confirm(claim, evidence, grounds).await
        }
    }

    /// Decides on a claim that the check does not take for supported, if the check is unsure.
    async fn decide(
        &mut self,
        claim: &Claim,
        grounds: &[PreparedGround],
        lexicon: &Lexicon,
    ) -> Ruling {
        let unsure = |(index, ground)| {
            evidence::find_unsure(claim, ground, lexicon).map(|found| (index, found))
        };
        let mut places: Vec<(usize, Evidence)> =
            grounds.iter().enumerate().filter_map(unsure).collect();
        places.sort_by(|(_, one), (_, other)| other.coverage.total_cmp(&one.coverage));
        places.truncate(MAX_PLACES);
        let by_check = Ruling { evidence: Vec::new(), judged_by: JudgedBy::Check };
        let Some(probabilities) = self.ask(claim, &places, grounds).await else { return by_check };
        let judged = places.into_iter().zip(probabilities);
        let best = judged.reduce(|best, next| if next.1 > best.1 { next } else { best });
        match best {
            Some((place, probability)) if probability >= ACCEPTS_FROM => {
                self.account.accepted += 1;
                Ruling { evidence: vec![place], judged_by: JudgedBy::Judge }
            }
            _ => by_check,
        }
    }

    /// Confirms or doubts a claim that the check takes for supported. A quote is beyond doubt.
    async fn confirm(
        &mut self,
        claim: &Claim,
        evidence: Vec<(usize, Evidence)>,
        grounds: &[PreparedGround],
    ) -> Ruling {
        let is_quoted = evidence.iter().any(|(_, one)| one.support == Support::Quoted);
        // What leans on its question cannot be judged by itself.
        let probabilities = if is_quoted || claim.borrowed > 0 {
            None
        } else {
            self.ask(claim, &evidence, grounds).await
        };
        let Some(probabilities) = probabilities else {
            return Ruling { evidence, judged_by: JudgedBy::Check };
        };
        let judged = evidence.into_iter().zip(probabilities);
        let held = judged.filter(|(_, probability)| *probability >= DOUBTS_BELOW);
        let evidence: Vec<(usize, Evidence)> = held.map(|(place, _)| place).collect();
        let judged_by = if evidence.is_empty() { JudgedBy::Judge } else { JudgedBy::Check };
        self.account.doubted += u32::from(evidence.is_empty());
        Ruling { evidence, judged_by }
    }

    /// Asks for the probabilities that a claim follows from some places; `None` if there are none, or it
    /// cannot answer.
    async fn ask(
        &mut self,
        claim: &Claim,
        places: &[(usize, Evidence)],
        grounds: &[PreparedGround],
    ) -> Option<Vec<f32>> {
        if places.is_empty() {
            return None;
        }
        self.account.asked += 1;
        if self.is_off {
            self.account.unanswered += 1;
            return None;
        }
        let pair = |(index, found): &(usize, Evidence)| EntailmentPair {
            premise: grounds.get(*index).map(|one| one.premise(found.span)).unwrap_or_default(),
            hypothesis: claim.text.clone(),
        };
        let answered = match self.judge(places.iter().map(pair).collect()).await {
            Ok(probabilities) => probabilities,
            Err(error) => {
                let model = &self.account.model;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the second judge `{model}` could not answer, the check's word stands: {error}"
                );
                // Another sentence may be short enough, or the queue free; all else would fail again.
                self.is_off = !matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::Busy);
                self.account.failure = Some(error.to_string());
                None
            }
        };
        self.account.unanswered += u32::from(answered.is_none());
        answered
    }

    /// Asks the model, unless it was made for other languages.
    async fn judge(&mut self, pairs: Vec<EntailmentPair>) -> Result<Option<Vec<f32>>, EngineError> {
        let judge = self.models.get_judge(&self.account.model).await?;
        let knows = judge.info().languages.as_ref().is_none_or(|it| it.contains(&self.language));
        if !knows {
            let name = self.language.name();
            self.account.failure = Some(format!("it was not made for texts in {name}"));
            return Ok(None);
        }
        let judged = judge.judge(pairs).await?;
        Ok(Some(judged.into_iter().map(|one| one.entailment).collect()))
    }
}
