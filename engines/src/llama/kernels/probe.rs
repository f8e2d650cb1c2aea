//! The tiny model that kernels are tested with, and what they make of it.
//!
//! It has one layer, and weights of the kinds that models come in. Their bytes are made up, as every byte is a weight; only
//! the scales of their blocks are set. The format is described in ggml's `docs/gguf.md`, that of the blocks in
//! `ggml-common.h`.

use std::num::NonZeroU32;
use std::path::Path;

use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;

use crate::llama::backend::init;
use crate::store::gguf::GgufWriter;

const WIDTH: u64 = 256;
const KEPT_WIDTH: u64 = 128;
const INNER_WIDTH: u64 = 512;
const WORDS: u64 = 256;
const CONTEXT: u32 = 64;
/// Enough tokens at once for the kernels of whole matrices; those of one row are used for the next token.
const PROMPT: i32 = 24;

/// A kind of weights: ggml's number of it, and what a block of them looks like.
struct Kind {
    number: u32,
    weights: u64,
    bytes: u64,
    /// Where in a block a scale stands, and the scale as a number of 16 bits.
    scales: &'static [(usize, u16)],
}

const Q4_0: Kind = Kind { number: 2, weights: 32, bytes: 18, scales: &[(0, 0x1c00)] };
const Q8_0: Kind = Kind { number: 8, weights: 32, bytes: 34, scales: &[(0, 0x1000)] };
const Q4_K: Kind =
    Kind { number: 12, weights: 256, bytes: 144, scales: &[(0, 0x0a00), (2, 0x1600)] };
const Q6_K: Kind = Kind { number: 14, weights: 256, bytes: 210, scales: &[(208, 0x0400)] };

/// Loads a library of kernels, has it read the tiny model, and gives the scores that it comes to.
///
/// The library may end this process, and stays loaded: this is for a process that does nothing else.
///
/// # Errors
///
/// It says why the processor cannot use the library, or at which step it failed.
pub fn test_kernels(library: &Path) -> Result<Vec<f32>, String> {
    super::load_only(library)?;
    if llama_cpp_2::list_llama_ggml_backend_devices().is_empty() {
        return Err("this processor lacks instructions that it uses".to_owned());
    }
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let path = folder.path().join("probe.gguf");
    std::fs::write(&path, tiny_model()).map_err(|error| error.to_string())?;
    let backend = init()?;
    let model = LlamaModel::load_from_file(backend, &path, &LlamaModelParams::default())
        .map_err(|error| error.to_string())?;
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(CONTEXT))
        .with_n_threads(2)
        .with_n_threads_batch(2);
    let mut context = model.new_context(backend, parameters).map_err(|error| error.to_string())?;
    let mut batch = LlamaBatch::new(PROMPT as usize, 1);
    for position in 0..PROMPT {
        add(&mut batch, position, position + 1 == PROMPT)?;
    }
    context.decode(&mut batch).map_err(|error| error.to_string())?;
    let mut scores = context.get_logits_ith(PROMPT - 1).to_vec();
    batch.clear();
    add(&mut batch, PROMPT, true)?;
    context.decode(&mut batch).map_err(|error| error.to_string())?;
    scores.extend_from_slice(context.get_logits_ith(0));
    Ok(scores)
}

fn add(batch: &mut LlamaBatch<'_>, position: i32, is_wanted: bool) -> Result<(), String> {
    let token = LlamaToken::new((position * 37 + 11) % WORDS as i32);
    batch.add(token, position, &[0], is_wanted).map_err(|error| error.to_string())
}

/// Writes the tiny model as a GGUF file.
fn tiny_model() -> Vec<u8> {
    let matrices = [
        ("token_embd.weight", [WIDTH, WORDS], Q8_0),
        ("output.weight", [WIDTH, WORDS], Q6_K),
        ("blk.0.attn_q.weight", [WIDTH, WIDTH], Q4_K),
        ("blk.0.attn_k.weight", [WIDTH, KEPT_WIDTH], Q4_K),
        ("blk.0.attn_v.weight", [WIDTH, KEPT_WIDTH], Q6_K),
        ("blk.0.attn_output.weight", [WIDTH, WIDTH], Q4_0),
        ("blk.0.ffn_gate.weight", [WIDTH, INNER_WIDTH], Q4_K),
        ("blk.0.ffn_up.weight", [WIDTH, INNER_WIDTH], Q8_0),
        ("blk.0.ffn_down.weight", [INNER_WIDTH, WIDTH], Q4_K),
    ];
    let norms = ["output_norm.weight", "blk.0.attn_norm.weight", "blk.0.ffn_norm.weight"];
    let mut head = GgufWriter::default();
    head.text("general.architecture", "llama");
    head.text("tokenizer.ggml.model", "no_vocab");
    head.number("llama.vocab_size", WORDS);
    head.number("llama.context_length", u64::from(CONTEXT));
    head.number("llama.embedding_length", WIDTH);
    head.number("llama.feed_forward_length", INNER_WIDTH);
    head.number("llama.block_count", 1);
    head.number("llama.attention.head_count", 4);
    head.number("llama.attention.head_count_kv", 2);
    head.fraction("llama.attention.layer_norm_rms_epsilon", 1e-5);
    let mut random = 0x9e37_79b9_7f4a_7c15;
    for (name, shape, kind) in matrices {
        let blocks = shape[0] * shape[1] / kind.weights;
        let weights: Vec<u8> = (0..blocks).flat_map(|_| block(&kind, &mut random)).collect();
        head.tensor(name, &shape, kind.number, &weights);
    }
    for name in norms {
        let ones: Vec<u8> = (0..WIDTH).flat_map(|_| 1.0_f32.to_le_bytes()).collect();
        head.tensor(name, &[WIDTH], 0, &ones);
    }
    head.finish()
}

fn block(kind: &Kind, random: &mut u64) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..kind.bytes).map(|_| next(random)).collect();
    for (place, scale) in kind.scales {
        bytes[*place..place + 2].copy_from_slice(&scale.to_le_bytes());
    }
    bytes
}

/// Gives the next of a row of bytes without a pattern, the same on every machine: Marsaglia's xorshift.
fn next(state: &mut u64) -> u8 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 32) as u8
}
