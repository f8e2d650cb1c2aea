//! How much memory a model will take, told from its files before it is loaded.
//!
//! It is an estimate, on the high side where the files do not tell: llama.cpp keeps less for layers that look back only
//! a little way, and uses one buffer for several steps. Weights of a GGUF file are mapped: the system may drop pages of
//! them, but a model that is asked needs them all.

mod candle_chat;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use quire_domain::{KvType, LoadOptions, ModelFormat, ModelId, ModelKind};
use serde_json::{Map, Value};

use super::{GgufEngine, RuntimeOptions, llama};
use crate::EngineError;
use crate::store::gguf::{GgufHead, VisionHead, read_head};
use crate::store::{ModelStore, StoredModel};

/// What a thread of the candle back end has beside the weights: rows of the 256 tokens of a batch, for wide networks.
const THREAD_BYTES: u64 = 16 << 20;
/// What recognising the text of a page takes beside the networks.
const RECOGNITION_BYTES: u64 = 300 << 20;
/// The longest text that an embedder in a GGUF file reads at once.
const LONGEST_EMBEDDED: u32 = 2048;
/// With a smaller context than this no chat is worth while.
const LEAST_CONTEXT: u32 = 512;
/// The head of a safetensors file that is longer than this is none.
const LONGEST_HEAD: u64 = 100 << 20;

/// What a model will take of memory, estimated.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MemoryEstimate {
    /// Its full name.
    pub model: ModelId,
    /// Its weights.
    pub weights_bytes: u64,
    /// The keys and values of a full context.
    pub cache_bytes: u64,
    /// What lies between the steps of computing.
    pub compute_bytes: u64,
    /// The size of the context that was reckoned with; `None` if the model has none that can be chosen.
    pub context_tokens: Option<u32>,
}

impl MemoryEstimate {
    /// Adds it up.
    pub fn total_bytes(&self) -> u64 {
        self.weights_bytes.saturating_add(self.cache_bytes).saturating_add(self.compute_bytes)
    }
}

/// Estimates what a model on disk will take if it is loaded with these options. Blocks on the disk.
pub fn estimate_memory(
    store: &ModelStore,
    model: &ModelId,
    options: &RuntimeOptions,
) -> Result<MemoryEstimate, EngineError> {
    Ok(estimate(&store.get(model)?, options))
}

/// Finds the largest context, of those that are halves of halves of the wanted one, with which a model takes no more than
/// so much; `None` if it does not fit with any. Blocks on the disk.
pub fn find_fitting_context(
    store: &ModelStore,
    model: &ModelId,
    options: &RuntimeOptions,
    budget_bytes: u64,
) -> Result<Option<u32>, EngineError> {
    let stored = store.get(model)?;
    let mut context = estimate(&stored, options).context_tokens.unwrap_or(0);
    while context >= LEAST_CONTEXT {
        let options = options.with(LoadOptions::of_context(context));
        if estimate(&stored, &options).total_bytes() <= budget_bytes {
            return Ok(Some(context));
        }
        context /= 2;
    }
    Ok(None)
}

/// Estimates how many bytes a model will take: its weights, the keys and values of a full context, and what lies between
/// the steps of computing. Blocks on the disk; a head that cannot be read leaves the size of the files.
pub fn estimate(stored: &StoredModel, options: &RuntimeOptions) -> MemoryEstimate {
    let size_bytes = stored.model.size_bytes;
    let model = stored.model.id.clone();
    match stored.format {
        ModelFormat::Safetensors if stored.model.kind == ModelKind::Chat => {
            let (context_tokens, batch_tokens) =
                (options.load.context_tokens(), options.batch_tokens);
            let parts =
                candle_chat::estimate(&stored.path, size_bytes, context_tokens, batch_tokens);
            MemoryEstimate {
                model,
                weights_bytes: parts.weights,
                cache_bytes: parts.cache,
                compute_bytes: parts.compute,
                context_tokens: Some(parts.context_tokens),
            }
        }
        ModelFormat::Safetensors => {
            let weights = unpacked_bytes(&stored.path.join("model.safetensors"));
            MemoryEstimate {
                model,
                weights_bytes: weights.unwrap_or(size_bytes),
                cache_bytes: 0,
                compute_bytes: threads(options.threads) * THREAD_BYTES,
                context_tokens: None,
            }
        }
        // Parse workers load it, each for itself; this is what one of them takes.
        ModelFormat::Onnx => MemoryEstimate {
            model,
            weights_bytes: size_bytes,
            cache_bytes: 0,
            compute_bytes: RECOGNITION_BYTES,
            context_tokens: None,
        },
        ModelFormat::Gguf => {
            let head = read_head(&stored.path).unwrap_or_default();
            let trained = head.context_tokens.unwrap_or(u32::MAX).max(16);
            let is_chat = stored.model.kind == ModelKind::Chat;
            let (context, batch) = if is_chat {
                (options.load.context_tokens().clamp(16, trained), options.batch_tokens.max(1))
            } else {
                (trained.min(LONGEST_EMBEDDED), trained.min(LONGEST_EMBEDDED))
            };
            let engine = options.gguf_engine.for_format(stored.format, llama::IS_BUILT);
            // candle packs quantised matrices anew beside those of the file, and keeps numbers of 32 bits.
            let is_candle = is_chat && engine == GgufEngine::Candle;
            let times = if is_candle { 2 } else { 1 };
            let kv_type = if is_chat && !is_candle { options.load.kv_type() } else { KvType::F16 };
            let window = Window { context: u64::from(context), batch: u64::from(batch), kv_type };
            let projector = stored.projector.as_deref().map(Projector::measure).unwrap_or_default();
            let own_bytes = size_bytes.saturating_sub(projector.weights_bytes);
            // candle reads no images.
            let projector = if is_candle { Projector::default() } else { projector };
            let weights_bytes = (times * own_bytes).saturating_add(projector.weights_bytes);
            let compute_bytes = compute_bytes(&head, stored.model.kind, window);
            MemoryEstimate {
                model,
                weights_bytes: weights_bytes.saturating_add(adapter_bytes(options)),
                cache_bytes: times * cache_bytes(&head, window),
                compute_bytes: compute_bytes.saturating_add(projector.compute_bytes),
                context_tokens: is_chat.then_some(context),
            }
        }
    }
}

/// How many tokens a model holds, and how many it reads at once.
#[derive(Clone, Copy)]
struct Window {
    context: u64,
    batch: u64,
    kv_type: KvType,
}

/// What reading images takes.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Projector {
    weights_bytes: u64,
    /// What lies between the steps for an image of the network's own size; larger ones take more where it takes them.
    compute_bytes: u64,
}

impl Projector {
    fn measure(path: &Path) -> Self {
        let weights_bytes = path.metadata().map_or(0, |file| file.len());
        let vision = read_head(path).unwrap_or_default().vision;
        Self { weights_bytes, compute_bytes: image_bytes(&vision) }
    }
}

/// How the squares of an image look at each other, and rows of a layer: numbers of 32 bits.
fn image_bytes(vision: &VisionHead) -> u64 {
    let patches = vision.patches();
    let rows = vision.width.saturating_mul(8).saturating_add(vision.inner_width.saturating_mul(2));
    let looks = vision.heads.saturating_mul(patches);
    patches.saturating_mul(rows.saturating_add(looks)).saturating_mul(4)
}

/// Keys and values: a number a channel, layer and token.
fn cache_bytes(head: &GgufHead, window: Window) -> u64 {
    let numbers = window.context.saturating_mul(head.shape.kept_numbers());
    window.kv_type.bytes_of(numbers)
}

/// What is laid over the weights.
fn adapter_bytes(options: &RuntimeOptions) -> u64 {
    let file = options.load.lora.as_ref().and_then(|lora| lora.path.metadata().ok());
    file.map_or(0, |file| file.len())
}

/// The scores of every token of a batch, how they look back at the context, and rows of a layer: numbers of 32 bits.
fn compute_bytes(head: &GgufHead, kind: ModelKind, window: Window) -> u64 {
    let shape = head.shape;
    let width = u64::from(head.width.unwrap_or(0));
    let scores = if kind == ModelKind::Chat { shape.vocabulary } else { 0 };
    let looks = shape.heads.saturating_mul(window.context);
    let rows = 8 * width + 2 * shape.inner_width;
    4 * window.batch.saturating_mul(scores.saturating_add(looks).saturating_add(rows))
}

fn threads(wanted: usize) -> u64 {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if wanted == 0 { cores() as u64 } else { wanted as u64 }
}

/// Adds up the tensors of a safetensors file as the candle back end holds them: numbers of 32 bits, whatever the file
/// has.
fn unpacked_bytes(path: &Path) -> Option<u64> {
    let mut file = BufReader::new(File::open(path).ok()?);
    let mut length = [0; 8];
    file.read_exact(&mut length).ok()?;
    let length = Some(u64::from_le_bytes(length)).filter(|length| *length <= LONGEST_HEAD)?;
    let head: Map<String, Value> = serde_json::from_reader(file.take(length)).ok()?;
    let tensors = head.iter().filter(|(name, _)| *name != "__metadata__");
    tensors.map(|(_, tensor)| numbers(tensor)?.checked_mul(4)).sum()
}

fn numbers(tensor: &Value) -> Option<u64> {
    let shape = tensor.get("shape")?.as_array()?;
    shape.iter().try_fold(1_u64, |product, side| product.checked_mul(side.as_u64()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::gguf::GgufShape;

    #[test]
    fn a_context_and_a_batch_cost_what_the_network_says() {
        // Qwen2.5-Coder 1.5B: 28 layers of 2 heads with 128 numbers a key and a value, of 2 bytes, make 28 KiB a token.
        let shape = GgufShape {
            layers: 28,
            inner_width: 8960,
            heads: 12,
            kept_heads: 2,
            key_width: 128,
            value_width: 128,
            vocabulary: 151_936,
        };
        let head = GgufHead { width: Some(1536), shape, ..GgufHead::default() };
        let window = Window { context: 8192, batch: 64, kv_type: KvType::F16 };
        assert_eq!(cache_bytes(&head, window), 224 << 20);
        let exact = Window { kv_type: KvType::Q8_0, ..window };
        assert_eq!(cache_bytes(&head, exact), 119 << 20);
        let short = Window { kv_type: KvType::Q4_0, ..window };
        assert_eq!(cache_bytes(&head, short), 63 << 20);
        let compute = compute_bytes(&head, ModelKind::Chat, window) >> 20;
        assert!((37..100).contains(&compute), "the scores alone are 37 MiB: {compute} MiB");
    }

    #[test]
    fn images_cost_what_the_projector_says() {
        // LLaVA 1.5: 576 squares, which 16 heads look at, in rows of 1,024 and 4,096 numbers.
        let vision = VisionHead {
            image_size: 336,
            patch_size: 14,
            width: 1024,
            inner_width: 4096,
            heads: 16,
            ..VisionHead::default()
        };
        assert_eq!((vision.patches(), image_bytes(&vision) >> 20), (576, 56));
        let absurd = VisionHead { image_size: u64::MAX, patch_size: 1, ..vision };
        assert_eq!(image_bytes(&absurd), u64::MAX);
        assert_eq!(image_bytes(&VisionHead::default()), 0);
    }

    #[test]
    fn tensors_are_counted_as_they_are_held() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.safetensors");
        let head = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F16","shape":[100,10],"data_offsets":[0,2000]},"b":{"dtype":"F32","shape":[],"data_offsets":[2000,2004]}}"#;
        let bytes = [&(head.len() as u64).to_le_bytes(), head.as_bytes()].concat();
        std::fs::write(&path, bytes).expect("a file");
        assert_eq!(unpacked_bytes(&path), Some(4004));
        std::fs::write(&path, b"weights, or so it says").expect("a file");
        assert_eq!(unpacked_bytes(&path), None);
    }
}
