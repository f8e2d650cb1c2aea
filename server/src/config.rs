//! What the server is told, one struct a concern.
//!
//! A struct that people can set declares its options itself: flag, variable, default and help stand
//! at the field, and a command that takes them flattens the struct.

mod folders;
mod http;
mod hub;
mod models;
mod owner_token;
mod tool_servers;

use std::env;

use quire_service::config::ParseWorker;
use quire_service::{IngestLimits, ServiceConfig};

pub use folders::{Folders, ModelsFolder};
pub use http::{Callers, DEFAULT_BIND, HttpOptions};
pub use hub::HubOptions;
pub use models::{DEFAULT_CHAT_MODEL, DEFAULT_EMBEDDING_MODEL, DefaultModels, VectorLength};
pub use owner_token::OwnerToken;
pub use tool_servers::ToolServers;

/// Makes the limits of ingest; files are read in child processes of this same program, which find
/// tokenizers in `models`.
pub fn ingest_limits(models: &ModelsFolder) -> IngestLimits {
    let parse_worker = match env::current_exe() {
        Ok(program) => ParseWorker::Child {
            program,
            arguments: vec!["parse-worker".into(), "--models".into(), models.path.clone().into()],
        },
        Err(_) => ParseWorker::InProcess,
    };
    IngestLimits { parse_worker, ..IngestLimits::default() }
}

/// Makes the service's settings.
pub fn service_config(folders: &Folders, models: &DefaultModels) -> ServiceConfig {
    let DefaultModels { embedding, chat, judge, .. } = models.clone();
    ServiceConfig {
        ingest: ingest_limits(&folders.models),
        judge_model: judge,
        ..ServiceConfig::new(folders.data.clone(), embedding, chat)
    }
}
