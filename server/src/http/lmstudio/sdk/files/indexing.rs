//! Having files indexed that are in no collection yet, and telling how far that is.

use std::time::Duration;

use async_stream::try_stream;
use futures::Stream;
use quire_domain::{
    Attributes, Collection, CollectionName, Document, DocumentId, DocumentStatus, ErrorKind,
    FileId, IngestEvent, ModelId, ModelKind, Permission,
};
use quire_service::{NewCollection, Services};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;

use super::Refusal;
use crate::http::error::ApiError;
use crate::http::guard::access::policy::Need;
use crate::http::lmstudio::sdk::session::{Channel, Session};
use crate::http::v1::error::from_service;
use crate::http::v1::resolve::{Target, resolve};

/// The collection of files that clients had indexed; others have a number behind it.
const COLLECTION: &str = "LM Studio files";

/// The most such collections: one an embedding model.
const MOST_COLLECTIONS: u32 = 100;

/// How long nothing may be heard of a document before it is looked at.
const QUIET: Duration = Duration::from_secs(2);

/// A part of the way from a file to what can be searched.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Stage {
    /// It is read.
    Loading,
    /// It is cut.
    Chunking,
    /// Its chunks are embedded.
    Embedding,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Progress {
    /// A stage begins.
    Begun(Stage),
    /// So much of it is done, 0 to 1.
    At(Stage, f32),
    /// It is done.
    Ended(Stage),
}

/// Has a file indexed that is not, by a model if one is named. Returns its document at once.
pub async fn attach(
    session: &Session,
    file: &FileId,
    model: Option<&str>,
) -> Result<Document, ApiError> {
    session.caller.require(Need::Permission(Permission::Write))?;
    let services = &session.state().services;
    let model = match model.filter(|model| !model.is_empty()) {
        None => services.config().embedding_model.clone(),
        Some(name) => embedding_model(session, name).await?,
    };
    let collection = collection_of(services, &model).await?;
    let attached = services.files.attach(file, &collection.name, Attributes::new()).await?;
    Ok(attached.document)
}

/// Finds the model that is to embed.
async fn embedding_model(session: &Session, name: &str) -> Result<ModelId, ApiError> {
    let state = session.state();
    let services = &state.services;
    let named = state.instances.find(name).map(|model| model.to_string());
    let name = named.as_deref().unwrap_or(name);
    match resolve(services, Some(name), ModelKind::Embedding).await? {
        Target::Model(model) => Ok(services.models.find(&model).await.map_err(from_service)?.id),
        Target::Default => Ok(services.config().embedding_model.clone()),
        Target::Collection { .. } => {
            let message = format!("`{name}` is no embedding model.");
            Err(ApiError::invalid(message).param("retrieval.embeddingModel"))
        }
    }
}

/// Gives the collection of files that a model embeds, which is made if there is none.
async fn collection_of(services: &Services, model: &ModelId) -> Result<Collection, ApiError> {
    for number in 1..=MOST_COLLECTIONS {
        let name =
            if number == 1 { COLLECTION.to_owned() } else { format!("{COLLECTION} {number}") };
        let name: CollectionName = name.parse()?;
        let found = match services.collections.get(&name).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let embedding_model = Some(model.clone());
                let new = NewCollection { name: name.clone(), embedding_model, language: None };
                match services.collections.create(new).await {
                    // Another client was faster.
                    Err(error) if error.kind() == ErrorKind::Conflict => {
                        services.collections.get(&name).await?
                    }
                    made => made?,
                }
            }
            found => found?,
        };
        if found.embedding_model == *model {
            return Ok(found);
        }
    }
    let message = format!("{MOST_COLLECTIONS} collections `{COLLECTION}` are of other models.");
    Err(ApiError::new(ErrorKind::Conflict, message))
}

/// Tells how far a document is until it can be searched. One that cannot be read is an error, and the last thing told.
pub fn follow(
    services: Services,
    document: DocumentId,
) -> impl Stream<Item = Result<Progress, ApiError>> + Send {
    try_stream! {
        // Listens before it looks, so that nothing falls between the two.
        let mut events = services.subscribe();
        let mut reached = None;
        let mut current = services.documents.get(&document).await?;
        loop {
            for progress in steps_to(&mut reached, current.status) {
                yield progress;
            }
            match current.status {
                DocumentStatus::Indexed => break,
                DocumentStatus::Failed | DocumentStatus::Unsupported => {
                    Err::<(), _>(unreadable(&current))?;
                }
                DocumentStatus::Accepted | DocumentStatus::Parsed | DocumentStatus::Embedded => {}
            }
            match timeout(QUIET, events.recv()).await {
                Ok(Ok(IngestEvent::Document { document: told, .. })) if told.id == document => {
                    current = *told;
                }
                Ok(Ok(IngestEvent::Embedding { document_id, done, total, .. }))
                    if document_id == document =>
                {
                    yield Progress::At(Stage::Embedding, done as f32 / total.max(1) as f32);
                }
                Ok(Ok(_)) => {}
                // Events were lost, or there have been none for a while.
                Ok(Err(RecvError::Lagged(_))) | Err(_) => {
                    current = services.documents.get(&document).await?;
                }
                Ok(Err(RecvError::Closed)) => {
                    let message = "The server stops, and the file is not indexed yet.";
                    Err::<(), _>(ApiError::new(ErrorKind::Unavailable, message))?;
                }
            }
        }
    }
}

fn unreadable(document: &Document) -> ApiError {
    let reason = document.error.as_ref().map(|failure| failure.message.as_str());
    let reason = reason.unwrap_or("its format is not one that is read");
    let message = format!("`{}` cannot be searched: {reason}", document.path);
    ApiError::new(ErrorKind::Unsupported, message).code("unreadable_file")
}

/// Gives what has happened since a document was in the state that was reached.
fn steps_to(reached: &mut Option<DocumentStatus>, status: DocumentStatus) -> Vec<Progress> {
    let order = |status| match status {
        None => 0,
        Some(DocumentStatus::Accepted) => 1,
        Some(DocumentStatus::Parsed) => 2,
        Some(_) => 3,
    };
    let (from, to) = (order(*reached), order(Some(status)));
    *reached = Some(status);
    let stages: [&[Progress]; 3] = [
        &[Progress::Begun(Stage::Loading)],
        &[
            Progress::At(Stage::Loading, 1.0),
            Progress::Ended(Stage::Loading),
            Progress::Begun(Stage::Chunking),
            Progress::At(Stage::Chunking, 1.0),
            Progress::Ended(Stage::Chunking),
            Progress::Begun(Stage::Embedding),
        ],
        &[Progress::At(Stage::Embedding, 1.0), Progress::Ended(Stage::Embedding)],
    ];
    let is_failed = matches!(status, DocumentStatus::Failed | DocumentStatus::Unsupported);
    if is_failed {
        return Vec::new();
    }
    stages.into_iter().take(to).skip(from).flatten().copied().collect()
}

/// Runs something that may be stopped by the client, and tells if it came to its end.
pub async fn until_stopped<T>(
    channel: &Channel,
    work: impl Future<Output = Result<T, Refusal>>,
) -> Result<Option<T>, Refusal> {
    tokio::select! {
        done = work => done.map(Some),
        () = channel.cancelled.cancelled() => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_begins_and_ends_once_whatever_is_heard() {
        use DocumentStatus::{Accepted, Embedded, Failed, Indexed, Parsed};
        let told = |heard: &[DocumentStatus]| {
            let mut reached = None;
            heard.iter().flat_map(|status| steps_to(&mut reached, *status)).collect::<Vec<_>>()
        };
        let all = told(&[Indexed]);
        assert_eq!(all.len(), 9);
        assert_eq!(told(&[Accepted, Accepted, Parsed, Embedded, Indexed]), all);
        assert_eq!(told(&[Accepted, Indexed]), all);
        assert_eq!(told(&[Accepted, Failed]), [Progress::Begun(Stage::Loading)]);
    }
}
