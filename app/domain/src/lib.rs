//! The vocabulary of Quire: names, documents, chunks, answers and the kinds of error.
//!
//! Every other crate speaks these types; this one knows no file, no network, no clock and no
//! framework, and builds for wasm so that the page in the browser shares it. All positions in text
//! count Unicode code points, all times are milliseconds since the Unix epoch, pages count from 1.

pub mod date;
pub mod error;
pub mod hex;
pub mod id;
pub mod language;
pub mod sse;
pub mod text;
pub mod url;

pub mod collection;
pub mod display;
pub mod document;
pub mod file;
pub mod index;
pub mod link;
pub mod metadata;
pub mod parsed;
pub mod place;
pub mod quote;
mod report;
pub mod target;

pub mod chunk;
pub mod scope;
pub mod search;

pub mod answer;
pub mod claims;
pub mod conversation;
pub mod evaluation;
pub mod event;
pub mod load;
pub mod mcp;
pub mod model;
pub mod preset;
pub mod sampling;
pub mod second_judge;
pub mod sweep;

pub mod access;
pub mod sync;

pub use access::{AccessKey, AccessKeyRequest, AccessRecord, KeyName, NewKey, Permission};
pub use answer::{
    Answer, AnswerEvent, AnswerMode, AnswerNotice, AnswerableCheck, Candidate, Citation, Coverage,
    DropReason, ModeReason, NoticeCode, PassageUse, PromptMessage, Receipt, SearchAccount,
    Sentence, Support, TableHeader, Timings, Trace, Truncation,
};
pub use chunk::{Chunk, Locator};
pub use claims::{ClaimFigures, ClaimLabel, ClaimLine, ClaimReport, JudgedClaim, JudgedSentence};
pub use collection::{Collection, CollectionCounts, IndexHealth};
pub use conversation::{Conversation, Message, Role};
pub use date::Day;
pub use document::{
    Backlink, Document, DocumentDetails, DocumentLinks, DocumentRef, DocumentStatus, Failure,
    ResolvedLink, TagCount, Warning,
};
pub use error::ErrorKind;
pub use evaluation::{
    AnswerFigures, Evaluation, EvaluationEvent, EvaluationQuestion, PageOfDocument, QuestionAnswer,
    QuestionResult, RetrievalFigures, SuggestionEvent,
};
pub use event::{IngestEvent, IngestPause, IngestTask};
pub use file::{AttributeValue, Attributes, FileRecord};
pub use id::{
    ChunkId, CollectionName, ContentHash, ConversationId, DocumentId, DocumentPath, EvaluationId,
    FileId, InvalidName, ModelId, TextVersion, VectorStoreId,
};
pub use index::{IndexChoice, IndexState, IndexSwitch, NextIndex, PreviousIndex};
pub use language::Language;
pub use link::{LinkPaths, ObsidianPlace};
pub use load::{GpuLayers, KvType, LoadOptions, LoraAdapter, WhenFull};
pub use mcp::{McpServer, McpServerState, McpServerTool, McpServers, McpToolChange};
pub use metadata::{Link, Metadata, Property};
pub use model::{
    InstalledModel, ModelFormat, ModelKind, ResidentModel, ResidentState, TimeToLive, Unloading,
};
pub use parsed::{
    Block, BlockKind, Format, LeftOut, LeftOutReason, LineBox, PageKind, PageText, ParsedDocument,
    Recognition, TEXT_VERSION,
};
pub use place::{Folder, Places};
pub use preset::Preset;
pub use quote::WantedQuote;
pub use report::{ParseReport, ParsedBlock, RecognisedPage};
pub use sampling::{Dry, Sampling, Xtc};
pub use scope::Scope;
pub use search::{Hit, HitScores, SearchMode, SearchResults};
pub use second_judge::{JudgeUse, JudgedBy};
pub use sse::{SseEvent, SseParser};
pub use sweep::{Plateau, Sweep, SweepValue};
pub use target::DocumentTarget;
pub use text::Span;
pub use url::{read_url_part, url_part};
