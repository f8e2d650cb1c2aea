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
pub mod files;
pub mod health;
mod indexes;
pub mod ingest;
pub mod kept;
pub mod models;
pub mod search;
pub mod second_judge;
pub mod sync;
mod uploads;
pub mod vector_stores;

pub use access::Access;
pub use answer::{AnswerStream, AskRequest, PassageRequest, ReplyCheck, ReplyPassages};
pub use collections::{CollectionChange, Collections, NewCollection};
pub use config::{IngestLimits, ServiceConfig};
pub use conversations::{ConversationWithMessages, Conversations};
pub use data_folder::{FOLDERS_FILE, FolderOwner, check_data_folder, find_folder_owner};
pub use documents::{
    DisplayedPage, DocumentPage, DocumentQuery, DocumentView, Documents, OpenedDocument,
    OriginalFile, StoredText,
};
pub use error::ServiceError;
pub use evaluation::{
    EvaluationRequest, EvaluationStream, Evaluations, SuggestRequest, SuggestionStream,
    SweepRequest,
};
pub use files::{AttributeFilter, Files};
pub use ingest::parse_file::parse_file;
pub use ingest::parse_worker;
pub use ingest::scans::PageReaders;
pub use kept::Kept;
pub use models::{ChatRequest, Models};
pub use quire_catalog::{
    AttachedFile, AttachedFilter, DocumentsOfSource, FileBatch, FileFilter, KeptResponse, Order,
    Paging, Precondition, Reach, SqliteFolders, Thread, ThreadItem, VectorStoreRecord,
};
pub use search::{Beside, SearchRequest};
pub use services::{Parts, Services};
pub use sync::Sources;
pub use uploads::{Upload, UploadWriter, Uploads};
pub use vector_stores::{NewVectorStore, StoreChange, VectorStores};
