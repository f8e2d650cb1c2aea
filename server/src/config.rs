//! What the server is told, one struct a concern.
//!
//! A struct that people can set declares its options itself: flag, variable, default and help stand
//! at the field, and a command that takes them flattens the struct.

mod folders;
mod http;
mod models;

use std::env;

use quire_service::config::ParseWorker;
use quire_service::{IngestLimits, ServiceConfig};

pub use folders::{Folders, ModelsFolder};
pub use http::{Callers, DEFAULT_BIND, HttpOptions};
pub use models::{DEFAULT_CHAT_MODEL, DEFAULT_EMBEDDING_MODEL, DefaultModels, VectorLength};

/// Makes the service's settings; parsing runs in this same program as a child process.
pub fn service_config(folders: &Folders, models: &DefaultModels) -> ServiceConfig {
    let parse_worker = match env::current_exe() {
        Ok(program) => ParseWorker::Child { program, arguments: vec!["parse-worker".to_owned()] },
        Err(_) => ParseWorker::InProcess,
    };
    let DefaultModels { embedding, chat, judge, .. } = models.clone();
    let ingest = IngestLimits { parse_worker, ..IngestLimits::default() };
    ServiceConfig {
        ingest,
        judge_model: judge,
        ..ServiceConfig::new(folders.data.clone(), embedding, chat)
    }
}
