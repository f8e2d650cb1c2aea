//! The plain library: one prompt read and continued by the shortest loop there is, as a measure for the engine.

use std::num::NonZeroU32;
use std::path::Path;
use std::time::{Duration, Instant};

use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::sampling::LlamaSampler;

use super::backend::{backend, threads};

/// llama.cpp's own size of a batch.
const BATCH_TOKENS: u32 = 512;

/// How long the plain library took.
#[derive(Clone, Copy, Debug)]
pub struct PlainRun {
    /// Tokens of the prompt.
    pub prompt_tokens: usize,
    /// The time that reading them took.
    pub reading: Duration,
    /// Tokens written.
    pub written_tokens: usize,
    /// The time that writing them took.
    pub writing: Duration,
}

/// A model without an engine around it.
pub struct PlainModel(LlamaModel);

impl PlainModel {
    /// Loads a GGUF file; the error says why it cannot.
    pub fn load(path: &Path) -> Result<Self, String> {
        let model = LlamaModel::load_from_file(backend()?, path, &LlamaModelParams::default());
        model.map(Self).map_err(|error| error.to_string())
    }

    /// Continues a text by its likeliest tokens, `most` at most; blocks until that is done.
    pub fn run(&self, prompt: &str, most: usize) -> Result<PlainRun, String> {
        let model = &self.0;
        let vocabulary = model.vocab();
        let tokens = vocabulary.tokenize(prompt.as_bytes(), true, true);
        let size = u32::try_from(tokens.len() + most + 1).map_err(|error| error.to_string())?;
        let parameters = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(size))
            .with_n_batch(BATCH_TOKENS)
            .with_n_ubatch(BATCH_TOKENS)
            .with_n_threads(threads(0))
            .with_n_threads_batch(threads(0));
        let mut context =
            model.new_context(backend()?, parameters).map_err(|error| error.to_string())?;
        let mut batch = LlamaBatch::new(BATCH_TOKENS as usize, 1);
        let started = Instant::now();
        for (number, part) in tokens.chunks(BATCH_TOKENS as usize).enumerate() {
            batch.clear();
            for (offset, token) in part.iter().enumerate() {
                let position = number * BATCH_TOKENS as usize + offset;
                let is_last = position + 1 == tokens.len();
                batch
                    .add(*token, position as i32, &[0], is_last)
                    .map_err(|error| error.to_string())?;
            }
            context.decode(&mut batch).map_err(|error| error.to_string())?;
        }
        let reading = started.elapsed();
        let started = Instant::now();
        let mut sampler = LlamaSampler::greedy();
        let mut written_tokens = 0;
        while written_tokens < most {
            let token = sampler.sample(&context, -1);
            if vocabulary.is_eog(token) {
                break;
            }
            batch.clear();
            let position = (tokens.len() + written_tokens) as i32;
            batch.add(token, position, &[0], true).map_err(|error| error.to_string())?;
            context.decode(&mut batch).map_err(|error| error.to_string())?;
            written_tokens += 1;
        }
        let writing = started.elapsed();
        Ok(PlainRun { prompt_tokens: tokens.len(), reading, written_tokens, writing })
    }
}
