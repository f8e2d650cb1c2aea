//! The vocabulary of Quire: names, documents, chunks, answers and the kinds of error.
//!
//! Every other crate speaks these types; this one knows no file, no network, no clock and no
//! framework, and builds for wasm so that the page in the browser shares it. All positions in text
//! count Unicode code points, all times are milliseconds since the Unix epoch, pages count from 1.

pub mod error;
pub mod id;
pub mod language;
pub mod text;

pub mod collection;
pub mod document;
pub mod index;
pub mod parsed;
pub mod place;

pub mod chunk;
pub mod search;

pub mod answer;
pub mod conversation;
pub mod evaluation;
pub mod event;
pub mod model;

pub use answer::{
    Answer, AnswerEvent, AnswerMode, Candidate, Citation, Coverage, ModeReason, PassageUse,
    PromptMessage, Receipt, Sentence, Support, Timings, Trace,
};
pub use chunk::{Chunk, Locator};
pub use collection::{Collection, CollectionCounts, IndexHealth};
pub use conversation::{Conversation, Message, Role};
pub use document::{Document, DocumentRef, DocumentStatus, Failure, Warning};
pub use error::ErrorKind;
pub use evaluation::{
    AnswerFigures, Evaluation, EvaluationEvent, EvaluationQuestion, PageOfDocument, QuestionAnswer,
    QuestionResult, RetrievalFigures,
};
pub use event::IngestEvent;
pub use id::{
    ChunkId, CollectionName, ContentHash, ConversationId, DocumentId, DocumentPath, EvaluationId,
    InvalidName, ModelId,
};
pub use index::{IndexChoice, IndexState, IndexSwitch, NextIndex, PreviousIndex};
pub use language::Language;
pub use model::{InstalledModel, ModelFormat, ModelKind};
pub use parsed::{Block, BlockKind, Format, LineBox, PageText, ParsedDocument};
pub use place::{Folder, Places};
pub use search::{Hit, HitScores, SearchMode, SearchResults};
pub use text::Span;
