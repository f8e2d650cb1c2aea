//! Loading a chat model: its weights, what is laid over them, its template, and what its context is made with.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use quire_domain::{GpuLayers, KvType, LoadOptions, LoraAdapter, ModelId};
use sha2::{Digest, Sha256};

use crate::EngineError;
use crate::chat::ChatTemplate;
use crate::store::gguf::{GgufHead, read_head};

use super::backend::threads;
use super::devices::{free_graphics_bytes, layers_that_fit};
use super::engine::{Adapter, ContextSettings};
use super::projector::Projector;
use super::prompt_cache::{PromptCache, short_hash};

/// How a model is run.
#[derive(Clone, Debug, PartialEq)]
pub struct LlamaOptions {
    /// How the model is loaded; a context is at most as large as the model's own. Default as [`LoadOptions`] has it.
    pub load: LoadOptions,
    /// The GGUF file of the projector with which it reads images. Default none: images are refused.
    pub projector: Option<PathBuf>,
    /// How many threads compute; 0 (the default) takes one a physical core.
    pub threads: usize,
    /// How many tokens of a prompt are read at once; a cancelled request stops between. Default 512; fewer while it is slow or others write.
    pub batch_tokens: u32,
    /// How many requests are served side by side; they share the context. Default 4.
    pub parallel: usize,
    /// How many tokens are proposed at most from what was said before; 0 proposes none. Default 4.
    pub proposed_tokens: usize,
    /// In which folder the reading of instructions is kept, if it is kept. Default nowhere.
    pub prompt_cache: Option<PathBuf>,
    /// How many requests of one caller may wait before `Busy`; of all callers eight times as many. Default 32.
    pub queue: usize,
}

impl Default for LlamaOptions {
    fn default() -> Self {
        Self {
            load: LoadOptions::default(),
            projector: None,
            threads: 0,
            batch_tokens: 512,
            parallel: 4,
            proposed_tokens: 4,
            prompt_cache: None,
            queue: 32,
        }
    }
}

/// Reads the weights of a GGUF file, and those that are laid over them.
pub fn load_model(
    backend: &LlamaBackend,
    (path, name): (&Path, &ModelId),
    options: &LlamaOptions,
) -> Result<(LlamaModel, Option<Adapter>), EngineError> {
    let head = read_head(path).unwrap_or_default();
    let parameters =
        LlamaModelParams::default().with_n_gpu_layers(gpu_layers(&head, path, options));
    let mut model = LlamaModel::load_from_file(backend, path, &parameters).map_err(|error| {
        EngineError::Load {
            model: name.clone(),
            reason: format!("llama.cpp cannot read `{}`: {error}", path.display()),
        }
    })?;
    let adapter = options.load.lora.as_ref().map(|lora| load_adapter(&mut model, &head, lora));
    let adapter = adapter.transpose();
    let refuse = |reason| EngineError::CannotLoadSo { model: name.clone(), reason };
    Ok((model, adapter.map_err(refuse)?))
}

/// Loads the projector of a model, if it has one.
pub fn load_projector(
    model: &Arc<LlamaModel>,
    name: &ModelId,
    options: &LlamaOptions,
) -> Result<Option<Arc<Projector>>, EngineError> {
    let Some(path) = &options.projector else { return Ok(None) };
    let use_gpu = options.load.gpu_layers() != GpuLayers::Off;
    let loaded = Projector::load(path, model, (threads(options.threads), use_gpu));
    let refuse = |problem: String| EngineError::Load {
        model: name.clone(),
        reason: format!(
            "its projector `{}` is of no use: {problem}; replace the file, or delete it to use the model without images",
            path.display()
        ),
    };
    loaded.map(|projector| Some(Arc::new(projector))).map_err(refuse)
}

/// Decides how many layers a graphics processor computes.
fn gpu_layers(head: &GgufHead, path: &Path, options: &LlamaOptions) -> u32 {
    let free = free_graphics_bytes();
    let wanted = options.load.gpu_layers();
    let layers = u32::try_from(head.shape.layers).unwrap_or(u32::MAX);
    let Some(free_bytes) = free else {
        if !matches!(wanted, GpuLayers::Auto | GpuLayers::Off) {
            tracing::warn!(path = %path.display(), layers = %wanted,
                "no graphics processor was found that this build can use; the processor computes all layers");
        }
        return 0;
    };
    wanted.of(layers).unwrap_or_else(|| {
        let weights = path.metadata().map_or(u64::MAX, |file| file.len());
        let cache = kept_bytes(head, options.load.context_tokens(), options.load.kv_type());
        layers_that_fit(layers, weights.saturating_add(cache), free_bytes)
    })
}

/// Gives the bytes of keys and values of a full context.
pub fn kept_bytes(head: &GgufHead, context_tokens: u32, kv_type: KvType) -> u64 {
    kv_type.bytes_of(u64::from(context_tokens).saturating_mul(head.shape.kept_numbers()))
}

/// Reads an adapter that was made for the model of `head`; the error says what is wrong with the file.
fn load_adapter(
    model: &mut LlamaModel,
    head: &GgufHead,
    lora: &LoraAdapter,
) -> Result<Adapter, String> {
    let path = &lora.path;
    let refuse = |problem: &str| Err(format!("the LoRA adapter `{}` {problem}", path.display()));
    if !path.is_file() {
        return refuse("is not a file; name the GGUF file of an adapter");
    }
    if !lora.scale.is_finite() {
        return refuse("has a scale that is no number");
    }
    let adapter = match read_head(path) {
        Ok(adapter) => adapter,
        Err(error) => return refuse(&format!("cannot be read: {error}")),
    };
    if adapter.adapter.as_deref() != Some("lora") {
        return refuse(
            "is not a LoRA adapter; models and other adapters cannot be laid over a model",
        );
    }
    if adapter.architecture != head.architecture {
        let (made, is) = (&adapter.architecture, &head.architecture);
        return refuse(&format!("was made for a model of the kind `{made}`, and this is `{is}`"));
    }
    match model.lora_adapter_init(path) {
        Ok(adapter) => Ok((adapter, lora.scale)),
        Err(_) => refuse(
            "does not fit the model: it changes weights that the model has not, or of another shape",
        ),
    }
}

/// Identifies a file by its size and the hash of its first mebibyte, which holds what a GGUF file
/// says of itself and the beginning of its weights: hashing gigabytes would take seconds a load.
fn identify(path: &Path) -> std::io::Result<String> {
    let mut head = Vec::new();
    let file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    file.take(1 << 20).read_to_end(&mut head)?;
    Ok(format!("{size}-{}", short_hash(&Sha256::digest(&head))))
}

/// Identifies the weights of a model with what is laid over them, and with its projector.
pub fn fingerprint(path: &Path, options: &LlamaOptions) -> std::io::Result<String> {
    let mut parts = vec![identify(path)?];
    if let Some(LoraAdapter { path, scale }) = &options.load.lora {
        parts.push(format!("{}*{scale}", identify(path)?));
    }
    if let Some(projector) = &options.projector {
        parts.push(identify(projector)?);
    }
    Ok(parts.join("+"))
}

/// Reads the chat template of a model, and the text of the token that its prompts begin with.
pub fn template(model: &LlamaModel) -> Result<(ChatTemplate, String), String> {
    let source = match model.chat_template(None) {
        Ok(template) => Some(template.to_string().map_err(|error| error.to_string())?),
        Err(_) => None,
    };
    let vocabulary = model.vocab();
    let text = |token| {
        let bytes = vocabulary.token_to_piece(token, true, None);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    // A model without one has token -1 there.
    let special = |token: LlamaToken| if token.0 < 0 { String::new() } else { text(token) };
    let (bos, eos) = (special(vocabulary.bos()), special(vocabulary.eos()));
    let template =
        ChatTemplate::new(source, bos.clone(), eos).map_err(|error| error.to_string())?;
    Ok((template, bos))
}

/// Says what the context of a model is made with.
pub fn settings(model: &LlamaModel, options: &LlamaOptions, fingerprint: &str) -> ContextSettings {
    ContextSettings {
        context_tokens: options.load.context_tokens().clamp(16, model.n_ctx_train().max(16)),
        kv_type: options.load.kv_type(),
        batch_tokens: options.batch_tokens.max(1),
        threads: threads(options.threads),
        parallel: options.parallel.clamp(1, 64),
        proposed_tokens: options.proposed_tokens,
        prompt_cache: options.prompt_cache.as_deref().map(|folder| {
            PromptCache::new(folder, &format!("{fingerprint}/{}", options.load.kv_type()))
        }),
    }
}
