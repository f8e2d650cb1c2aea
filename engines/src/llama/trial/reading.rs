//! What the child process does: all that loading a model does, but for its weights.

use std::num::NonZeroU32;
use std::path::Path;

use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;

use crate::llama::backend::init;
use crate::llama::kernels::load_plainest;
use crate::store::gguf::read_head;
use crate::store::parts_of;

use super::errors::listen;

/// As much context as shows that one can be made.
const CONTEXT: u32 = 256;
/// Words, digits, an end of a line, and a character of several bytes.
const TEXT: &str = "Two words, 12 figures\nand an \u{fc}ber-letter.";

/// Has llama.cpp read a model of one or several files, and what is laid over it; the error says what is wrong with them.
///
/// The files may end this process: this is for one that does nothing else.
///
/// # Errors
///
/// It says why a file cannot be read, by Quire or by llama.cpp.
pub fn try_file(model: &Path, adapter: Option<&Path>) -> Result<(), String> {
    for part in parts_of(model) {
        read_head(&part).map_err(|error| format!("`{}`: {error}", part.display()))?;
    }
    let (read, logged) = listen(|| read(model, adapter));
    read.map_err(|error| {
        let reason = if logged.is_empty() { error } else { logged };
        format!("llama.cpp cannot read it: {reason}")
    })
}

fn read(path: &Path, adapter: Option<&Path>) -> Result<(), String> {
    load_plainest()?;
    let backend = init()?;
    let parameters = LlamaModelParams::default().with_no_alloc(true).with_n_gpu_layers(0);
    let mut model = LlamaModel::load_from_file(backend, path, &parameters)
        .map_err(|error| error.to_string())?;
    let tokens = model.vocab().tokenize(TEXT.as_bytes(), true, true);
    let _text = model.vocab().detokenize(&tokens, false, true);
    // Whether a template can be used, a context be made and an adapter fit is told, with the reason, by whoever loads the
    // model; here it counts that nothing of it ends a process.
    let _template = model.chat_template(None);
    let parameters = LlamaContextParams::default().with_n_ctx(NonZeroU32::new(CONTEXT));
    drop(model.new_context(backend, parameters));
    if let Some(adapter) = adapter.filter(|adapter| read_head(adapter).is_ok()) {
        drop(model.lora_adapter_init(adapter));
    }
    Ok(())
}
