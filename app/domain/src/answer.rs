//! Answers: sentences, the citations they rest on, and the receipt of how they came about.

mod coverage;
mod receipt;

use serde::{Deserialize, Serialize};

use crate::{
    ChunkId, ConversationId, DocumentRef, DocumentTarget, Hit, HitScores, JudgedBy, ModelId,
    Sampling, TextVersion,
};

pub use coverage::Coverage;
pub use receipt::{DropReason, PassageUse, Receipt, SearchAccount, Truncation};

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
    /// Whose word that is; absent if there is no second judge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_by: Option<JudgedBy>,
}

/// A quote in a stored document: `quote` is its page's text from `start` to `end`, always, in the
/// version of the text that was current when the answer was made.
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
    /// First and last line of the quote in the file.
    pub lines: Option<(u32, u32)>,
    /// First and last data row of the quote.
    pub rows: Option<(u32, u32)>,
    /// The words above a table's row that name its columns, if the quote is such a row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TableHeader>,
    /// The exact words.
    pub quote: String,
    /// Where they start in the page's stored text, in code points.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// The chunk the quote lies in.
    pub chunk_id: ChunkId,
    /// The version of the text that the quote was found in; citations of before were kept without it.
    #[serde(default)]
    pub version: Option<TextVersion>,
    /// A link, on this server, to the document opened at the quote. It carries version and words, so
    /// that the quote is found again, or shown as it was, after the document has changed.
    pub url: String,
    /// A link that opens Obsidian there, if the document is a file of a vault.
    #[serde(default)]
    pub obsidian_url: Option<String>,
}

/// The words that name the columns of a table: the page's text from `start` to `end`, as with a quote.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TableHeader {
    /// The exact words.
    pub quote: String,
    /// Where they start in the page's stored text, in code points.
    pub start: usize,
    /// Where they end.
    pub end: usize,
}

/// Something about an answer as a whole that whoever asked should know.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerNotice {
    /// What it is.
    pub code: NoticeCode,
    /// The same as a sentence, in the language of the question.
    pub message: String,
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// No chat model is installed: the evidence alone is the answer.
    NoChatModel,
    /// The answer is a quote: the documents answer the question in so many words, and no model was asked.
    Quoted,
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

/// One message of the prompt as the model got it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PromptMessage {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The words.
    pub content: String,
}

/// The model's judgement whether the passages answer a question.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AnswerableCheck {
    /// How likely it holds that they state the answer, 0 to 1.
    pub stated: f32,
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
    /// Words of the prompt that the model repeated as if they were its answer, and that were taken out of it: the
    /// example of the instructions, and labels of passages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub echoes: Vec<String>,
}

/// How long the parts took.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timings {
    /// From the question to the passages.
    pub retrieve_ms: u64,
    /// From the question to the evidence, which is the first event; 0 in answers that were kept before.
    #[serde(default)]
    pub evidence_ms: u64,
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
    /// The quotes that seemed to answer the question best before a model was asked, best first. Their
    /// numbers, from 1, are not those of `citations`. Empty in answers that were kept before there were any.
    #[serde(default)]
    pub evidence: Vec<Citation>,
    /// What whoever asked should know of the answer as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<AnswerNotice>,
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

impl Citation {
    /// Points to the quote in its document.
    pub fn target(&self) -> DocumentTarget {
        DocumentTarget {
            id: self.document.id.to_string(),
            page: self.page,
            start: Some(self.start),
            end: Some(self.end),
            version: self.version.clone(),
            quote: Some(self.quote.clone()),
        }
    }
}

/// One step of an answer as it is made.
///
/// Order: `Evidence` once, before a chat model is loaded; `Reading` for answers about everything,
/// `Retrieved` once, `Token`s mixed with `Sentence`s, and `Done` or `Failed` last. A `Sentence` comes as
/// soon as it is complete and checked, with the citations it is first to use.
///
/// Without a chat model nothing comes between `Evidence` and `Done`. If a quote is the answer, it comes as one `Token` and
/// one `Sentence`, and nothing is `Retrieved` for a model. What is only known with the model, such
/// as that a question is too long for it or that it cannot be loaded, comes as `Failed` after `Evidence`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AnswerEvent {
    /// The quotes that answer the question best, as far as a program can tell.
    Evidence {
        /// The quotes, best first, numbered from 1; their numbers are not those of the answer's citations.
        citations: Vec<Citation>,
    },
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
