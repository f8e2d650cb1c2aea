//! The receipt: what was searched, chosen and dropped for an answer, and what it cost.

use serde::{Deserialize, Serialize};

use super::{AnswerableCheck, ModeReason};
use crate::{ChunkId, DocumentRef, JudgeUse, ModelId, Scope};

/// What became of one passage.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassageUse {
    /// The chunk.
    pub chunk_id: ChunkId,
    /// The document it is from.
    pub document: DocumentRef,
    /// The page, from 1.
    pub page: Option<u32>,
    /// Its size in tokens of the chat model, as it was put before the model; 0 if it was not measured.
    pub tokens: u32,
    /// Whether a citation rests on it.
    pub used: bool,
    /// The chunks that were joined to this one because they follow it or stand before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<ChunkId>,
    /// Whether only a part of it fitted: some of its sentences, or of the notes on it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shortened: bool,
    /// Why it was dropped, if it was; answers of before were kept without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<DropReason>,
}

impl PassageUse {
    /// Returns whether a chunk is this passage, or was joined to it.
    pub fn holds(&self, chunk: &ChunkId) -> bool {
        self.chunk_id == *chunk || self.joined.contains(chunk)
    }

    /// Tells why it was dropped. Dropped passages of before had not fitted.
    pub fn drop_reason(&self) -> DropReason {
        self.reason.unwrap_or(DropReason::Budget)
    }
}

/// Why a passage that was found was not put before the model.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DropReason {
    /// A better one says the same.
    Duplicate,
    /// There was no room for it.
    Budget,
    /// Everything was read, and nothing in this passage bears on the question.
    NothingNoted,
    /// Its document was deleted or changed after it was found.
    Gone,
}

impl DropReason {
    /// Every reason.
    pub const ALL: &[Self] = &[Self::Duplicate, Self::Budget, Self::NothingNoted, Self::Gone];

    /// Says it in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Duplicate => "says what a better one says",
            Self::Budget => "did not fit",
            Self::NothingNoted => "says nothing on the question",
            Self::Gone => "deleted or changed meanwhile",
        }
    }
}

/// What search left out of the question and of what it found.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct SearchAccount {
    /// Passages that were ranked behind those that were looked at.
    pub over_limit: u32,
    /// What the embedding model read of the question, if the whole was too long for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedded_query: Option<String>,
    /// Passages of which the reranking model read the beginning only.
    pub reranker_cut: u32,
    /// Whether the question was too long for the reranking model, which then ordered nothing.
    pub reranker_skipped: bool,
}

impl SearchAccount {
    /// Says in plain words what was left out of the question and of what was read, one thing a line.
    pub fn describe(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(read) = &self.embedded_query {
            lines.push(format!(
                "The question is too long for the embedding model, which read its end only: “{read}”"
            ));
        }
        if self.reranker_cut > 0 {
            lines.push(format!(
                "The reranking model read only the beginning of {} passages.",
                self.reranker_cut
            ));
        }
        if self.reranker_skipped {
            lines.push(
                "The question is too long for the reranking model, which was not asked.".into(),
            );
        }
        lines
    }

    /// Returns whether nothing was left out.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Why an answer ended before the model had said everything.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Truncation {
    /// It reached its length limit.
    Length,
    /// The model said the same sentences over and over; they are kept once.
    Repetition,
    /// The engine ended without a last word.
    EngineEnded,
}

impl Truncation {
    /// Says it in a sentence.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Length => "The answer was cut at its length limit.",
            Self::Repetition => {
                "The answer was cut where the model began to say the same again and again."
            }
            Self::EngineEnded => "The answer was cut: the model ended in the middle.",
        }
    }
}

/// The account of one answer: what was searched, chosen and dropped, and what it cost.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// The chat model.
    pub model: Option<ModelId>,
    /// The search query, when a follow-up was rewritten to stand alone.
    pub search_query: String,
    /// Tokens of the whole prompt.
    pub prompt_tokens: u32,
    /// Those of them that were still in the engine's cache.
    pub cached_tokens: u32,
    /// Tokens generated.
    pub completion_tokens: u32,
    /// The model's context, in tokens.
    pub context_tokens: u32,
    /// How many passages there were to choose from. Each is in `passages` or in `dropped`, by itself or
    /// as one that was joined, or counted in `search.over_limit`. 0 in answers of before.
    #[serde(default)]
    pub found: u32,
    /// The passages put before the model, in order; passage 1 is `[1]` in the prompt.
    pub passages: Vec<PassageUse>,
    /// Passages that were found and not put before the model, each with its reason.
    pub dropped: Vec<PassageUse>,
    /// Earlier turns of the conversation that were put before the model.
    #[serde(default)]
    pub turns: u32,
    /// Earlier turns of the conversation that did not fit.
    pub dropped_turns: u32,
    /// What search left out of the question and of what it found.
    #[serde(default, skip_serializing_if = "SearchAccount::is_empty")]
    pub search: SearchAccount,
    /// Whether the answer ended before the model had said everything; `truncated_by` says why.
    pub truncated: bool,
    /// Why it ended so. Truncated answers of before, which were kept without it, had reached their
    /// length limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncated_by: Option<Truncation>,
    /// Whether whoever asked stopped it, or left, before its end.
    #[serde(default)]
    pub stopped: bool,
    /// Why the passages were chosen in the way that the answer's `mode` names.
    #[serde(default)]
    pub mode_reason: ModeReason,
    /// What the question was limited to; all documents if empty.
    #[serde(default, skip_serializing_if = "Scope::is_everything")]
    pub limited_to: Scope,
    /// Whether the passages answer the question, as the model judged before it wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<AnswerableCheck>,
    /// What the second judge did, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeUse>,
}

impl Receipt {
    /// Counts the passages that are accounted for: [`Receipt::found`], always.
    pub fn accounted(&self) -> u32 {
        let each = |passage: &PassageUse| 1 + passage.joined.len() as u32;
        let listed: u32 = self.passages.iter().chain(&self.dropped).map(each).sum();
        listed + self.search.over_limit
    }

    /// Says in plain words what became of the passages that were found, one thing a line.
    pub fn describe_passages(&self) -> Vec<String> {
        let used = self.passages.iter().filter(|passage| passage.used).count();
        let count = |test: fn(&PassageUse) -> bool| {
            self.passages.iter().filter(|passage| test(passage)).count()
        };
        let all = self.passages.iter().chain(&self.dropped);
        let joined: usize = all.map(|passage| passage.joined.len()).sum();
        let shortened = count(|passage| passage.shortened);
        let mut lines = vec![format!("{} read, {used} cited", self.passages.len())];
        let mut say = |number: usize, words: &str| {
            if number > 0 {
                lines.push(format!("{number} {words}"));
            }
        };
        say(joined, "more joined to one that they stand beside");
        say(shortened, "shortened to what fitted");
        for reason in DropReason::ALL {
            let dropped = self.dropped.iter().filter(|one| one.drop_reason() == *reason).count();
            say(dropped, reason.describe());
        }
        say(self.search.over_limit as usize, "ranked lower and not looked at");
        lines
    }

    /// Notes why the answer ended before its time.
    pub fn truncate(&mut self, why: Truncation) {
        self.truncated = true;
        self.truncated_by = Some(why);
    }

    /// Tells why the answer ended before its time, if it did.
    pub fn truncation(&self) -> Option<Truncation> {
        self.truncated.then(|| self.truncated_by.unwrap_or(Truncation::Length))
    }
}
