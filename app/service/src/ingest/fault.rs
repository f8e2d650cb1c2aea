//! Faults: whose fault it is that a step failed, which decides what is done.
//!
//! One document must never stop the others, and a full disk must never mark a document as failed.
//! So every error is sorted here, in one place, and nowhere else.

use std::any::Any;

use quire_catalog::{CatalogError, WorkItem};
use quire_domain::{DocumentStatus, Failure, IngestTask};
use quire_engines::{EngineError, UpstreamFailure};
use quire_vectorstore::StoreError;

use super::Ingest;
use crate::ServiceError;

/// How often a document is tried before it is given up.
pub(super) const ATTEMPTS: u32 = 3;

/// Why a step failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The document is to blame, as far as one attempt can tell: the attempt is counted.
    Document(Failure),
    /// The document cannot be taken as things are, and trying again changes nothing.
    Refused(Failed),
    /// The document was deleted or replaced meanwhile; whoever did that has seen to the rest.
    Gone,
    /// Either one of several documents or the machine; trying parts of them tells.
    Unknown(ServiceError),
    /// The machine is to blame: disk, catalog, store or engine. It will pass, or somebody mends it.
    Machine(ServiceError),
}

/// Why a document is given up.
#[derive(Clone, Debug)]
pub(super) struct Failed {
    /// `Failed` or `Unsupported`.
    pub status: DocumentStatus,
    /// The reason.
    pub failure: Failure,
}

impl Fault {
    /// Makes a fault of a panic while something was done with documents.
    pub(super) fn panicked(task: &'static str) -> Self {
        Self::Unknown(ServiceError::Panicked { task })
    }

    /// Blames the one document that was worked on for what several might have been.
    pub(super) fn of_one(self) -> Self {
        match self {
            Self::Unknown(error) => Self::Document(failure(&error)),
            other => other,
        }
    }
}

impl From<ServiceError> for Fault {
    fn from(error: ServiceError) -> Self {
        match &error {
            ServiceError::Catalog(error) => match error {
                CatalogError::NoSuchDocument { .. } | CatalogError::NoSuchCollection { .. } => {
                    return Self::Gone;
                }
                CatalogError::Corrupt { .. } => {
                    let hint = Some("delete the document and add it again".to_owned());
                    let (code, message) = ("record_damaged".to_owned(), error.to_string());
                    return Self::Document(Failure { code, message, hint });
                }
                _ => {}
            },
            ServiceError::Engine(engine) => match engine {
                EngineError::InputTooLong { .. }
                | EngineError::ContextExceeded { .. }
                | EngineError::QueryTooLong { .. }
                | EngineError::InvalidPrompt { .. } => return Self::Document(failure(&error)),
                EngineError::NotInstalled { .. }
                | EngineError::UnknownModel { .. }
                | EngineError::NotInCatalog { .. }
                | EngineError::WrongKind { .. } => {
                    let hint = "install the model, then retry the document";
                    return refused("model_missing", engine.to_string(), hint);
                }
                // A text may have killed or upset the engine, or the engine is beyond help.
                EngineError::EngineDied { .. }
                | EngineError::Inference { .. }
                | EngineError::Template { .. } => return Self::Unknown(error),
                // Another machine refuses what it was sent, which may be one text of several.
                EngineError::Upstream { failure, .. }
                    if matches!(**failure, UpstreamFailure::Invalid { .. }) =>
                {
                    return Self::Unknown(error);
                }
                _ => {}
            },
            ServiceError::Store(store) => match store {
                // The model makes other vectors than those that the collection was made of. Waiting
                // would hold up all other collections.
                StoreError::SpecMismatch { .. } | StoreError::WrongDimensions { .. } => {
                    let hint = "choose the collection's model again to build another index, then retry the document";
                    return refused("index_mismatch", store.to_string(), hint);
                }
                // On a full disk small commits may pass while large ones fail: halves would lie.
                StoreError::Backend { source, .. } if !is_of_the_disk(source.as_ref()) => {
                    return Self::Unknown(error);
                }
                _ => {}
            },
            _ => {}
        }
        Self::Machine(error)
    }
}

impl From<CatalogError> for Fault {
    fn from(error: CatalogError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Self {
        ServiceError::from(error).into()
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        ServiceError::from(error).into()
    }
}

fn refused(code: &str, message: String, hint: &str) -> Fault {
    let failure = Failure { code: code.to_owned(), message, hint: Some(hint.to_owned()) };
    Fault::Refused(Failed { status: DocumentStatus::Failed, failure })
}

fn failure(error: &ServiceError) -> Failure {
    let code = match error {
        ServiceError::Engine(_) => "embedding_failed",
        ServiceError::Store(_) => "indexing_failed",
        _ => "processing_failed",
    };
    let hint = "retry the document; if it fails again, see the log";
    Failure { code: code.to_owned(), message: error.to_string(), hint: Some(hint.to_owned()) }
}

/// Returns whether the operating system refused to read or write, as far as the causes tell.
fn is_of_the_disk(error: &(dyn std::error::Error + 'static)) -> bool {
    // Some back ends keep only the words of what the system said.
    const WORDS: [&str; 3] = ["No space left on device", "os error 28", "os error 5)"];
    let mut cause = Some(error);
    while let Some(error) = cause {
        let words = error.to_string();
        if error.is::<std::io::Error>() || WORDS.iter().any(|known| words.contains(known)) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Shows what a panic said, for the log. It may quote a document, so it goes nowhere else.
pub(super) fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

impl Ingest {
    /// Does what a fault asks for: the document is tried again or given up. Gives back what is the
    /// machine's.
    pub(super) async fn blame(
        &self,
        item: &WorkItem,
        fault: Fault,
    ) -> Result<Option<ServiceError>, ServiceError> {
        match fault {
            Fault::Gone => Ok(None),
            Fault::Machine(error) | Fault::Unknown(error) => Ok(Some(error)),
            Fault::Refused(failed) => self.give_up(item, failed).await.map(|()| None),
            Fault::Document(failure) => {
                let attempts = self.parts.catalog.note_attempt(&item.document).await?;
                let (id, code) = (&item.document.id, &failure.code);
                match attempts {
                    Some(attempts) if attempts >= ATTEMPTS => {
                        let message = format!("{} ({attempts} attempts)", failure.message);
                        let failure = Failure { message, ..failure };
                        let failed = Failed { status: DocumentStatus::Failed, failure };
                        self.give_up(item, failed).await?;
                    }
                    Some(attempts) => {
                        tracing::warn!(document.id = %id, "document {id}: {code}, attempt {attempts}");
                    }
                    None => {}
                }
                Ok(None)
            }
        }
    }

    /// Records that a document is given up, and tells who listens.
    async fn give_up(&self, item: &WorkItem, failed: Failed) -> Result<(), ServiceError> {
        let Failed { status, failure } = failed;
        let (id, code) = (&item.document.id, failure.code.clone());
        if self.parts.catalog.set_failed(&item.document, status, failure).await? {
            tracing::info!(document.id = %id, "document {id} is {}: {code}", status.as_str());
            self.wake(IngestTask::Upkeep);
            self.wake(IngestTask::Indexes);
            let document = self.parts.catalog.get_document(id).await?;
            self.announce(&document).await?;
        }
        Ok(())
    }
}
