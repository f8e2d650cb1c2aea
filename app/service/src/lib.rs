//! The use cases of Quire: one [`Services`] struct that every face (web, API, command line) calls.
//!
//! A handler decodes, calls one method here, and encodes. This crate knows no HTTP, no page, no
//! environment variable and no concrete back end: stores and engines come in as traits.

pub mod config;
mod data_folder;
pub mod error;
pub mod services;

pub mod access;
pub mod answer;
pub mod collections;
pub mod conversations;
pub mod documents;
pub mod evaluation;
pub mod health;
mod indexes;
pub mod ingest;
pub mod models;
pub mod search;
pub mod second_judge;
pub mod sync;
mod uploads;

pub use access::Access;
pub use answer::{AnswerStream, AskRequest};
pub use collections::{CollectionChange, Collections, NewCollection};
pub use config::{IngestLimits, ServiceConfig};
pub use conversations::{ConversationWithMessages, Conversations};
pub use data_folder::FOLDERS_FILE;
pub use documents::{
    DisplayedPage, DocumentPage, DocumentQuery, DocumentView, Documents, OpenedDocument,
    OriginalFile, StoredText,
};
pub use error::ServiceError;
pub use evaluation::{
    EvaluationRequest, EvaluationStream, Evaluations, SuggestRequest, SuggestionStream,
    SweepRequest,
};
pub use ingest::parse_file::{ParseReport, ParsedBlock, parse_file};
pub use ingest::parse_worker;
pub use models::{ChatRequest, Models};
pub use quire_catalog::{DocumentsOfSource, Precondition, Reach, SqliteFolders};
pub use search::SearchRequest;
pub use services::{Parts, Services};
pub use sync::Sources;
pub use uploads::{Upload, UploadWriter, Uploads};
