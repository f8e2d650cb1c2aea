//! Answers: sentences, the citations they rest on, and the receipt of how they came about.

use serde::{Deserialize, Serialize};

use crate::{ChunkId, ConversationId, DocumentRef, Hit, HitScores, ModelId, Sampling, Scope};

/// How well a sentence of an answer is backed by the stored text.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Support {
    /// Its words stand in a document.
    Quoted,
    /// A passage says it in other words.
    Supported,
    /// No passage that was read says it.
    Unsupported,
}

/// How the passages for an answer were chosen.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AnswerMode {
    /// The best passages that search found.
    Retrieval,
    /// The chosen documents whole.
    FullDocument,
    /// Every passage was read alone, and the answer written from notes on them.
    Coverage,
}

/// Why an answer's passages were chosen in the way they were.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ModeReason {
    /// Nothing spoke for another way.
    #[default]
    Usual,
    /// Whoever asked said so.
    Asked,
    /// The question is about everything.
    AboutEverything,
    /// The question is about everything, but reading it all takes so long that it is only offered.
    Offered,
    /// The documents that the question is limited to are short enough.
    ShortEnough,
}

impl ModeReason {
    /// Says it in a few words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Usual => "chosen by Quire, as for most questions",
            Self::Asked => "as you chose",
            Self::AboutEverything => "chosen by Quire: the question is about everything",
            Self::Offered => {
                "chosen by Quire: the question is about everything, but reading it all takes over a minute"
            }
            Self::ShortEnough => {
                "chosen by Quire: these documents fit before the model as they are"
            }
        }
    }
}

/// One sentence of an answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sentence {
    /// The sentence, without citation marks.
    pub text: String,
    /// Where it starts in the answer, in code points.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// How well it is backed.
    pub support: Support,
    /// The `index` of each citation it rests on.
    pub citations: Vec<u32>,
}

/// A quote in a stored document: `quote` is its page's text from `start` to `end`, always.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Citation {
    /// Its number in the answer, from 1.
    pub index: u32,
    /// The document quoted.
    pub document: DocumentRef,
    /// The page, from 1.
    pub page: Option<u32>,
    /// The headings above, outermost first.
    pub heading: Vec<String>,
    /// First and last line in the file.
    pub lines: Option<(u32, u32)>,
    /// First and last data row.
    pub rows: Option<(u32, u32)>,
    /// The exact words.
    pub quote: String,
    /// Where they start in the page's stored text, in code points.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// The chunk the quote lies in.
    pub chunk_id: ChunkId,
    /// A link, on this server, to the document opened at the quote.
    pub url: String,
    /// A link that opens Obsidian there, if the document is a file of a vault.
    #[serde(default)]
    pub obsidian_url: Option<String>,
}

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
    /// Its size in tokens of the chat model.
    pub tokens: u32,
    /// Whether a citation rests on it.
    pub used: bool,
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
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
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
    /// The passages put before the model, in order; passage 1 is `[1]` in the prompt.
    pub passages: Vec<PassageUse>,
    /// Passages that were found, but did not fit the budget.
    pub dropped: Vec<PassageUse>,
    /// Earlier turns of the conversation that did not fit.
    pub dropped_turns: u32,
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
}

impl Receipt {
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

/// One passage that was considered for an answer.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candidate {
    /// Its place before the budget cut the list, from 1.
    pub rank: u32,
    /// The chunk.
    pub chunk_id: ChunkId,
    /// The document it is from.
    pub document: DocumentRef,
    /// The page, from 1.
    pub page: Option<u32>,
    /// The score it is ranked by.
    pub score: f32,
    /// The scores behind it.
    pub scores: HitScores,
}

/// How much of the documents was read for an answer that is about all of them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Coverage {
    /// Documents read so far.
    pub documents_read: u32,
    /// Documents there are.
    pub documents: u32,
    /// Passages read so far.
    pub passages_read: u32,
    /// Passages there are.
    pub passages: u32,
    /// Those of them whose notes were known from before.
    pub cached: u32,
    /// How long the rest will take, by what reading took so far.
    pub estimated_ms: u64,
}

/// One message of the prompt as the model got it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromptMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The words.
    pub content: String,
}

/// The model's judgement whether the passages answer a question, as probabilities from 0 to 1.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerableCheck {
    /// That they state the answer.
    pub stated: f32,
    /// The answer in a few words, if the first judgement left it open.
    pub draft: Option<String>,
    /// That this is right, according to them.
    pub right: Option<f32>,
    /// Whether it was decided to answer nothing.
    pub refused: bool,
}

/// Everything that an answer was made from: enough to make it again.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trace {
    /// The question as it was asked.
    pub question: String,
    /// The question as it was searched, if a follow-up was made to stand alone.
    pub rewritten: Option<String>,
    /// The embedding model that searched.
    pub embedding_model: ModelId,
    /// All passages considered, best first.
    pub candidates: Vec<Candidate>,
    /// The prompt; empty if no model was asked.
    pub prompt: Vec<PromptMessage>,
    /// What identifies the chat model's weights.
    pub model_fingerprint: String,
    /// How tokens were chosen; without a seed that cannot be repeated, unless the temperature is 0.
    #[serde(flatten)]
    pub sampling: Sampling,
    /// Texts before which the answer was to end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// The most tokens that the answer could have.
    pub max_tokens: u32,
}

/// How long the parts took.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timings {
    /// From the question to the passages.
    pub retrieve_ms: u64,
    /// From the question to the first token.
    pub first_token_ms: u64,
    /// From the question to the end.
    pub total_ms: u64,
}

/// A whole answer, in the shape of `ask --json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Answer {
    /// Whether the documents answer the question; otherwise `answer` says that they do not.
    pub answered: bool,
    /// How passages were chosen.
    pub mode: AnswerMode,
    /// The text, without citation marks.
    pub answer: String,
    /// Its sentences, in order.
    pub sentences: Vec<Sentence>,
    /// The quotes they rest on.
    pub citations: Vec<Citation>,
    /// When nothing relevant was found: the passages that came nearest.
    pub nearest: Vec<Hit>,
    /// How it came about.
    pub receipt: Receipt,
    /// How long it took.
    pub timings: Timings,
    /// The conversation it was added to.
    pub conversation_id: Option<ConversationId>,
    /// How much was read, if the question is about everything; nothing read yet is an offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// What it was made from: in conversations, and if it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Box<Trace>>,
}

/// One step of an answer as it is made.
///
/// Order: `Reading` for answers about everything, `Retrieved` once, `Token`s mixed with `Sentence`s, and `Done` or `Failed` last. A
/// `Sentence` comes as soon as it is complete and checked, with the citations it is first to use.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AnswerEvent {
    /// The passages are chosen.
    Retrieved {
        /// What is put before the model.
        passages: Vec<PassageUse>,
        /// How it was chosen.
        mode: AnswerMode,
    },
    /// More of the documents was read; only for answers about all of them, before `Retrieved`.
    Reading {
        /// How far it is.
        coverage: Coverage,
    },
    /// More text; citation marks are taken out.
    Token {
        /// The text to append.
        text: String,
    },
    /// A sentence was checked.
    Sentence {
        /// The sentence.
        sentence: Sentence,
        /// Citations not sent before.
        citations: Vec<Citation>,
    },
    /// The whole answer.
    Done {
        /// As it is stored.
        answer: Box<Answer>,
    },
    /// It could not be finished.
    Failed {
        /// The sort of error.
        kind: crate::ErrorKind,
        /// What happened, for people.
        message: String,
    },
}
