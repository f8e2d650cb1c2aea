//! Embedding. Clients send one text a call and many calls at once: those that wait together are embedded together.

use quire_domain::{ModelId, Permission};
use quire_engines::TextRole;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::error::Refusal;
use super::specifier::{Domain, Specifier, find};
use crate::http::error::ApiError;
use crate::http::guard::access::policy::Need;
use crate::http::guard::access::socket::SocketCaller;
use crate::http::guard::streams::Length;
use crate::http::v1::embeddings::{Wanted, make};

/// The most texts that are embedded together.
const TOGETHER: usize = 64;

/// How many texts may wait: as many as are embedded together, twice, so that the next ones are there when these are done.
const WAITING: usize = 2 * TOGETHER;

/// What an error says of a text that is too long for the model.
const TOO_LONG: &str = "context_length_exceeded";

/// A text to be embedded.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmbedString {
    model_specifier: Specifier,
    input_string: String,
}

/// Its vector.
#[derive(Debug, Serialize)]
pub struct Embedded {
    embedding: Vec<f32>,
}

/// The texts of a connection on their way to models.
pub struct Embeddings {
    sender: mpsc::Sender<Waiting>,
}

/// The other end.
pub struct EmbeddingQueue {
    receiver: mpsc::Receiver<Waiting>,
}

struct Waiting {
    model: ModelId,
    text: String,
    reply: oneshot::Sender<Result<Vec<f32>, ApiError>>,
}

impl Embeddings {
    /// Makes both ends.
    pub fn new() -> (Self, EmbeddingQueue) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender }, EmbeddingQueue { receiver })
    }

    /// Embeds a text.
    pub async fn embed(
        &self,
        caller: &SocketCaller,
        asked: EmbedString,
    ) -> Result<Embedded, Refusal> {
        let found = find(&caller.state, Domain::Embedding, asked.model_specifier).await?;
        let model = found.model("Embedding by a collection")?.id;
        let (reply, embedded) = oneshot::channel();
        let waiting = Waiting { model, text: asked.input_string, reply };
        let ended = || ApiError::internal(&"the queue of texts ended before its connection");
        self.sender.send(waiting).await.map_err(|_| ended())?;
        let embedding = embedded.await.map_err(|_| ended())??;
        Ok(Embedded { embedding })
    }
}

impl EmbeddingQueue {
    /// Embeds what comes, until nothing can come any more.
    pub async fn work(mut self, caller: &SocketCaller) {
        let mut put_off = None;
        loop {
            let first = match put_off.take() {
                Some(first) => first,
                None => match self.receiver.recv().await {
                    Some(first) => first,
                    None => return,
                },
            };
            let model = first.model.clone();
            let mut batch = vec![first];
            while batch.len() < TOGETHER {
                match self.receiver.try_recv() {
                    Ok(next) if next.model == model => batch.push(next),
                    Ok(next) => {
                        put_off = Some(next);
                        break;
                    }
                    Err(_) => break,
                }
            }
            embed_together(caller, &model, batch).await;
        }
    }
}

/// Embeds texts, and one by one if one of them is too long, so that the others have their vectors.
async fn embed_together(caller: &SocketCaller, model: &ModelId, batch: Vec<Waiting>) {
    let (replies, texts): (Vec<_>, Vec<_>) =
        batch.into_iter().map(|one| (one.reply, one.text)).unzip();
    let made = embed(caller, model, texts.clone()).await;
    let is_one_too_long =
        made.as_ref().is_err_and(|error| error.detail.code.as_deref() == Some(TOO_LONG));
    let mut results = Vec::with_capacity(replies.len());
    match made {
        Ok(vectors) => results.extend(vectors.into_iter().map(Ok)),
        Err(_) if is_one_too_long && texts.len() > 1 => {
            for text in texts {
                let made = embed(caller, model, vec![text]).await;
                results.push(made.map(|vectors| vectors.into_iter().next().unwrap_or_default()));
            }
        }
        Err(error) => results.extend(texts.iter().map(|_| Err(error.clone()))),
    }
    for (reply, result) in replies.into_iter().zip(results) {
        // Whoever waited has left.
        let _unheard = reply.send(result);
    }
}

async fn embed(
    caller: &SocketCaller,
    model: &ModelId,
    texts: Vec<String>,
) -> Result<Vec<Vec<f32>>, ApiError> {
    // One answer in the making, however many texts it is of.
    let _place = caller.allow(Need::Permission(Permission::Ask), Length::Short).await?;
    let model = Some(model.to_string());
    let role = TextRole::Passage;
    let wanted = Wanted { model, texts, role, dimensions: None, ttl: None };
    let (_, made) = make(&caller.state.services, wanted).await?;
    Ok(made.vectors)
}
