//! How a chat model is loaded, as `quire models load` and `quire models preset` take it.

use std::path;

use clap::Args;
use quire_domain::{GpuLayers, KvType, LoadOptions, LoraAdapter};

/// How a chat model is loaded; `preset` holds from the next loading on.
#[derive(Args, Clone, Debug)]
pub struct LoadFlags {
    /// The size of its context, in tokens
    #[arg(long, value_name = "TOKENS")]
    context: Option<u32>,
    /// How exactly keys and values of the context are kept: `f16`, `q8_0` or `q4_0`
    #[arg(long, value_name = "TYPE")]
    kv_type: Option<KvType>,
    /// How many layers a graphics processor computes: `auto`, `max`, `off`, a number, or a share such as `0.5`
    #[arg(long, value_name = "LAYERS")]
    gpu_layers: Option<GpuLayers>,
    /// A LoRA adapter that is laid over its weights: a GGUF file, and how strongly it counts
    #[arg(long, value_name = "FILE[=SCALE]")]
    lora: Option<LoraAdapter>,
}

impl From<LoadFlags> for LoadOptions {
    fn from(flags: LoadFlags) -> Self {
        // The server may run in another folder.
        let lora = flags.lora.map(|lora| match path::absolute(&lora.path) {
            Ok(path) => LoraAdapter { path, ..lora },
            Err(_) => lora,
        });
        let LoadFlags { context: context_tokens, kv_type, gpu_layers, .. } = flags;
        Self { context_tokens, kv_type, gpu_layers, lora }
    }
}
