//! A request at work: what it has said so far, and what becomes of the next token.

use std::sync::Arc;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;
use quire_domain::ModelId;
use tokio::sync::mpsc;

use crate::chat::{Guard, Piece, ReplyParser, Writer, tell};
use crate::{EngineError, FinishReason, GenerateEvent, Sampling, TokenBias};

pub(crate) use crate::chat::Ending as End;

use super::constrained::Form;
use super::entry::{Entry, cells_of, tokens_of};
use super::lookup::Proposals;
use super::projector::ReadImage;
use super::sampling::{Corrections, Setting, sampler};

/// What is asked of the engine, with its prompt as tokens and images.
pub struct Job {
    /// The prompt, shorter than the context. It ends with a token.
    pub prompt: Vec<Entry>,
    /// The images in it.
    pub images: Vec<Arc<ReadImage>>,
    /// How many tokens were left out of it, for it was longer.
    pub dropped: usize,
    /// How many tokens it begins with that are kept when others are forgotten, if it goes on when the context is full.
    pub kept: Option<usize>,
    /// How many tokens of the prompt are instructions, whose reading is kept on disk.
    pub instructions: usize,
    /// Takes the reply apart: thought, answer and calls of tools.
    pub reply: ReplyParser,
    /// How many tokens at most; no more than there is room for, if it ends when the context is full.
    pub max_tokens: usize,
    /// Texts to stop before.
    pub stop: Vec<String>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens that are made more or less likely.
    pub logit_bias: Vec<TokenBias>,
    /// What the answer is held to.
    pub form: Option<Form>,
    /// How many likeliest tokens are told with each one.
    pub top_logprobs: Option<usize>,
    /// Where the events go; it has room for all of them.
    pub events: mpsc::Sender<GenerateEvent>,
}

/// A request that has a sequence of the context.
pub struct Request {
    /// Its sequence.
    pub sequence: usize,
    /// The prompt and what came after it. The sequence holds the first of them; the rest is to be read.
    pub entries: Vec<Entry>,
    /// The images among them.
    images: Vec<Arc<ReadImage>>,
    /// How many tokens of the prompt are instructions, whose reading is kept on disk.
    pub instructions: usize,
    /// How many of its first tokens are kept when others are forgotten, if it goes on when the context is full.
    pub kept: Option<usize>,
    /// Chooses tokens.
    pub sampler: LlamaSampler,
    /// Chooses them once the thought is over.
    sampler_of_answer: Option<LlamaSampler>,
    guard: Option<Guard>,
    /// What is proposed of the next tokens.
    pub proposals: Proposals,
    /// Whether it waits until others have made room.
    pub is_paused: bool,
    prompt_tokens: usize,
    cached_tokens: usize,
    dropped: usize,
    is_started: bool,
    writer: Writer,
    top_logprobs: Option<usize>,
}

impl Request {
    /// Begins a job in a sequence that holds the first `known` entries of its prompt; prompt and answer have `context_tokens`.
    pub fn new(
        job: Job,
        (sequence, known): (usize, usize),
        (model, context_tokens): (&LlamaModel, usize),
        proposals: Proposals,
    ) -> Self {
        let prompt = tokens_of(&job.prompt);
        let (form, guard) = job.form.map(|form| (form.sampler, form.guard)).unzip();
        let chain = |form| {
            let corrections = Corrections { form, logit_bias: job.logit_bias.clone() };
            let setting = Setting { model, context_tokens, prompt: &prompt };
            sampler(&job.sampling, corrections, setting)
        };
        let waits = form.is_some() && job.reply.is_thinking();
        let (sampler, sampler_of_answer) =
            if waits { (chain(None), Some(chain(form))) } else { (chain(form), None) };
        Self {
            sequence,
            sampler,
            sampler_of_answer,
            guard,
            proposals,
            is_paused: false,
            instructions: job.instructions,
            kept: job.kept.map(|kept| kept.max(job.instructions)),
            dropped: job.dropped,
            prompt_tokens: cells_of(&job.prompt),
            cached_tokens: cells_of(&job.prompt[..known]),
            is_started: false,
            writer: Writer::new(job.reply, &job.stop, job.max_tokens, job.events),
            top_logprobs: job.top_logprobs,
            entries: job.prompt,
            images: job.images,
        }
    }

    /// Returns whether nobody listens any more.
    pub fn is_abandoned(&self) -> bool {
        self.writer.is_abandoned()
    }

    /// Gives the instructions of the prompt; no image is among them.
    pub fn instructions(&self) -> &[Entry] {
        &self.entries[..self.instructions]
    }

    /// Counts the cells of the context that it takes when all of it is read.
    pub fn cells(&self) -> usize {
        if self.images.is_empty() { self.entries.len() } else { cells_of(&self.entries) }
    }

    /// Gives the image that comes after the first `held` entries, if it is one.
    pub fn image_at(&self, held: usize) -> Option<&Arc<ReadImage>> {
        let Entry::Image { hash, .. } = self.entries.get(held)? else { return None };
        self.images.iter().find(|image| image.hash == *hash)
    }

    /// Forgets entries, and says so. The last one is never among them.
    pub fn forget(&mut self, range: std::ops::Range<usize>) {
        let tokens = cells_of(&self.entries[range.clone()]);
        self.entries.drain(range);
        self.writer.tell(GenerateEvent::Dropped { tokens });
    }

    /// How many more tokens may come after the next one.
    pub fn room_after_next(&self) -> usize {
        self.writer.tokens_left().saturating_sub(1)
    }

    /// Says that the prompt was read, once; returns the end if no token is wanted, or nobody listens.
    pub fn start(&mut self) -> Option<End> {
        if !self.is_started {
            self.is_started = true;
            let Self { prompt_tokens, cached_tokens, dropped, .. } = *self;
            if dropped > 0 {
                self.writer.tell(GenerateEvent::Dropped { tokens: dropped });
            }
            self.writer.tell(GenerateEvent::Started { prompt_tokens, cached_tokens });
            if self.writer.is_abandoned() {
                return Some(End::Cancelled);
            }
        }
        self.writer.limit()
    }

    /// Takes the token that was chosen, with the `scores` that it was chosen by, and shows it.
    pub fn take<'s>(
        &mut self,
        token: LlamaToken,
        scores: impl FnOnce() -> &'s [f32],
        vocabulary: &LlamaVocab<'_>,
    ) -> Option<End> {
        if vocabulary.is_eog(token) {
            return Some(End::Finished(FinishReason::Stop));
        }
        if self.sampler_of_answer.is_none()
            && let Some(Err(reason)) = self.guard.as_mut().map(|guard| guard.take(token.0 as u32))
        {
            return Some(End::Failed(reason));
        }
        self.entries.push(token.into());
        if let Some(count) = self.top_logprobs {
            let bytes =
                |token: u32| vocabulary.token_to_piece(LlamaToken::new(token as i32), true, None);
            self.writer.tell(tell(scores(), token.0 as u32, count, bytes));
        }
        let text = vocabulary.token_to_piece(token, false, None);
        let is_special = text.is_empty();
        let bytes = if is_special { vocabulary.token_to_piece(token, true, None) } else { text };
        let end = self.writer.take(Piece { bytes: &bytes, is_special }, self.guard.as_ref());
        if !self.writer.is_thinking()
            && let Some(sampler) = self.sampler_of_answer.take()
        {
            self.sampler = sampler;
        }
        end
    }

    /// Says how it ended, and before that what was held back.
    pub fn end(self, end: End, model: &ModelId) {
        self.writer.end(end, |reason| EngineError::Inference { model: model.clone(), reason });
    }

    /// Says that it failed.
    pub fn fail(self, error: EngineError) {
        self.writer.tell(GenerateEvent::Failed(error));
    }
}
