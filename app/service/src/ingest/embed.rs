//! From chunks to vectors: those of a group together, each text once.

use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt;
use quire_catalog::{VectorKey, WorkItem};
use quire_domain::{IngestEvent, ModelId};
use quire_engines::{Embedder, EmbedderInfo};
use quire_vectorstore::StoredChunk;
use sha2::{Digest, Sha256};

use super::Ingest;
use super::commit::Ready;
use super::cut::Cut;
use super::fault::{Fault, words_of};
use super::reading::Read;
/// Texts sent to the embedder at a time; between two of these a shutdown is heeded.
const EMBED_TEXTS: usize = 64;
/// A text that every embedder can read, to see if one still works.
const PROBE: &str = "The sun rises in the east.";

/// A text without a vector.
struct Missing {
    /// Whose it is, of the group.
    owner: usize,
    /// Which of its chunks it is.
    chunk: usize,
    text: String,
    key: VectorKey,
}

/// The vectors of one document so far.
type Vectors = Result<Vec<Option<Vec<f32>>>, Fault>;

impl Ingest {
    /// Gives the chunks of documents their vectors. Those that could not have theirs come back with
    /// the reason; when the service is stopping, some come back in neither list.
    pub(super) async fn embed_group(
        &self,
        read: Vec<Read>,
    ) -> (Vec<Ready>, Vec<(WorkItem, Fault)>) {
        let mut by_model: BTreeMap<String, Vec<Read>> = BTreeMap::new();
        for one in read {
            by_model.entry(one.embedding_model.to_string()).or_default().push(one);
        }
        let (mut ready, mut faults) = (Vec::new(), Vec::new());
        for group in by_model.into_values() {
            let Some(first) = group.first() else { continue };
            let model = first.embedding_model.clone();
            let cuts: Vec<&Cut> = group.iter().map(|one| &one.cut).collect();
            let items: Vec<&WorkItem> = group.iter().map(|one| &one.item).collect();
            let progress = |owner: usize, done: usize, total: usize| {
                let document = &items[owner].document;
                self.send(IngestEvent::Embedding {
                    collection: document.collection.clone(),
                    document_id: document.id.clone(),
                    done: u32::try_from(done).unwrap_or(u32::MAX),
                    total: u32::try_from(total).unwrap_or(u32::MAX),
                });
            };
            let (dimensions, embedded) = match self.embed(&model, &cuts, progress).await {
                Ok(embedded) => embedded,
                Err(error) => {
                    // One word of the reason is enough; the documents stay as they are.
                    if let Some(first) = group.into_iter().next() {
                        faults.push((first.item, error));
                    }
                    continue;
                }
            };
            for (one, vectors) in group.into_iter().zip(embedded) {
                let item = one.item.clone();
                match self.finish_embedding(one, vectors, dimensions).await {
                    Ok(one) => ready.extend(one),
                    Err(fault) => faults.push((item, fault)),
                }
            }
        }
        (ready, faults)
    }

    async fn finish_embedding(
        &self,
        read: Read,
        vectors: Vectors,
        dimensions: usize,
    ) -> Result<Option<Ready>, Fault> {
        let Read { item, text_key, language, embedding_model, cut } = read;
        let Some(chunks) = join(cut, vectors?) else { return Ok(None) };
        let catalog = &self.parts.catalog;
        if catalog.set_embedded(&item.document).await? {
            self.announce(&catalog.get_document(&item.document.id).await?).await?;
        }
        Ok(Some(Ready { item, text_key, language, embedding_model, dimensions, chunks }))
    }

    /// Gives the texts of some documents their vectors: from the cache, or embedded now and cached.
    /// Gives the length of a vector, and for each document its vectors or what is wrong with it;
    /// some are missing when the service is stopping.
    pub(super) async fn embed(
        &self,
        model: &ModelId,
        cuts: &[&Cut],
        progress: impl Fn(usize, usize, usize) + Send + Sync,
    ) -> Result<(usize, Vec<Vectors>), Fault> {
        let info = self.parts.models.get_embedder(model).await?.info().clone();
        let (mut vectors, mut missing) = self.find_cached(&info, cuts).await;
        // Batches of like lengths, longest first, so that little is padded.
        missing.sort_by_key(|one| std::cmp::Reverse(one.text.len()));
        let mut parts: Vec<Range<usize>> = (0..missing.len())
            .step_by(EMBED_TEXTS)
            .map(|start| start..(start + EMBED_TEXTS).min(missing.len()))
            .rev()
            .collect();
        while let Some(range) = parts.pop() {
            if self.is_stopping() {
                break;
            }
            // A document that is given up costs no more.
            let part: Vec<&Missing> =
                missing[range.clone()].iter().filter(|one| vectors[one.owner].is_ok()).collect();
            let fault = match self.embed_part(model, &part, info.dimensions).await {
                Ok(fresh) => {
                    self.cache(&part, &fresh).await;
                    for (one, vector) in part.iter().zip(fresh) {
                        if let Ok(own) = &mut vectors[one.owner] {
                            own[one.chunk] = Some(vector);
                        }
                    }
                    tell(&part, &vectors, &progress);
                    continue;
                }
                Err(fault) => fault,
            };
            if !matches!(fault, Fault::Unknown(_) | Fault::Document(_)) {
                return Err(fault);
            }
            if range.len() > 1 {
                // Halves tell whose fault it is.
                let middle = range.start + range.len() / 2;
                parts.extend([middle..range.end, range.start..middle]);
                continue;
            }
            if matches!(fault, Fault::Unknown(_)) {
                // An engine that cannot read anything is to blame itself.
                self.probe(model).await?;
            }
            if let Some(one) = part.first() {
                vectors[one.owner] = Err(fault.of_one());
            }
        }
        Ok((info.dimensions, vectors))
    }

    /// Finds the vectors that are known, and lists the texts without one.
    async fn find_cached(
        &self,
        info: &EmbedderInfo,
        cuts: &[&Cut],
    ) -> (Vec<Vectors>, Vec<Missing>) {
        let key = |text: &String| VectorKey {
            text_hash: Sha256::digest(text.as_bytes()).into(),
            fingerprint: info.fingerprint.clone(),
        };
        let keys: Vec<VectorKey> = cuts.iter().flat_map(|cut| cut.texts.iter().map(key)).collect();
        // A cache that cannot be read costs time only.
        let known = self.parts.vectors.find_vectors(keys.clone()).await.unwrap_or_else(|error| {
            tracing::warn!("the cache of vectors is not read: {error}");
            Vec::new()
        });
        let mut known = known.into_iter();
        let mut keys = keys.into_iter();
        let (mut vectors, mut missing) = (Vec::new(), Vec::new());
        for (owner, cut) in cuts.iter().enumerate() {
            let mut own = Vec::with_capacity(cut.texts.len());
            for ((chunk, text), key) in cut.texts.iter().enumerate().zip(&mut keys) {
                let fits = |vector: &Vec<f32>| vector.len() == info.dimensions;
                let vector = known.next().flatten().filter(fits);
                if vector.is_none() {
                    missing.push(Missing { owner, chunk, text: text.clone(), key });
                }
                own.push(vector);
            }
            vectors.push(Ok(own));
        }
        (vectors, missing)
    }

    async fn cache(&self, part: &[&Missing], fresh: &[Vec<f32>]) {
        let keys = part.iter().map(|one| one.key.clone());
        let stored = keys.zip(fresh.iter().cloned()).collect();
        if let Err(error) = self.parts.vectors.put_vectors(stored).await {
            tracing::warn!("vectors are not kept in the cache: {error}");
        }
    }

    async fn embed_part(
        &self,
        model: &ModelId,
        part: &[&Missing],
        dimensions: usize,
    ) -> Result<Vec<Vec<f32>>, Fault> {
        if part.is_empty() {
            return Ok(Vec::new());
        }
        // Asked for each time: one that has died is loaded anew.
        let embedder = self.parts.models.get_embedder(model).await?;
        let texts = part.iter().map(|one| one.text.clone()).collect();
        let vectors = embed_guarded(&embedder, texts).await?;
        let is_whole = vectors.len() == part.len();
        if !is_whole || vectors.iter().any(|vector| vector.len() != dimensions) {
            let reason = "it gave other vectors than were asked for".to_owned();
            let error = quire_engines::EngineError::Inference { model: model.clone(), reason };
            return Err(error.into());
        }
        Ok(vectors)
    }

    /// Checks that a model can embed what any model can; if not, the fault is the machine's.
    async fn probe(&self, model: &ModelId) -> Result<(), Fault> {
        let embedder = self.parts.models.get_embedder(model).await?;
        match embed_guarded(&embedder, vec![PROBE.to_owned()]).await {
            Ok(_) => Ok(()),
            Err(Fault::Unknown(error)) => Err(Fault::Machine(error)),
            Err(fault) => Err(fault),
        }
    }
}

/// Embeds texts; a panic of the engine is a fault like others.
async fn embed_guarded(
    embedder: &Arc<dyn Embedder>,
    texts: Vec<String>,
) -> Result<Vec<Vec<f32>>, Fault> {
    let embedding = AssertUnwindSafe(embedder.embed_in_background(texts)).catch_unwind();
    match embedding.await {
        Ok(answer) => Ok(answer?.vectors),
        Err(panic) => {
            let model = &embedder.info().model;
            tracing::error!("embedding by `{model}` panicked: {}", words_of(panic.as_ref()));
            Err(Fault::panicked("embedding"))
        }
    }
}

/// Tells how far the documents are of which texts were embedded.
fn tell(part: &[&Missing], vectors: &[Vectors], progress: &impl Fn(usize, usize, usize)) {
    let mut owners: Vec<usize> = part.iter().map(|one| one.owner).collect();
    owners.sort_unstable();
    owners.dedup();
    for owner in owners {
        if let Some(Ok(own)) = vectors.get(owner) {
            progress(owner, own.iter().flatten().count(), own.len());
        }
    }
}

/// Puts chunks and vectors together; `None` if a vector is missing.
pub(super) fn join(cut: Cut, vectors: Vec<Option<Vec<f32>>>) -> Option<Vec<StoredChunk>> {
    let chunks = cut.chunks.into_iter().zip(vectors);
    chunks.map(|(chunk, vector)| vector.map(|vector| StoredChunk { chunk, vector })).collect()
}
