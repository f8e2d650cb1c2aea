//! A request at work: what it has said so far, and what becomes of the next token.

use std::sync::Arc;

use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::vocab::LlamaVocab;
use tokio::sync::mpsc;

use crate::chat::{Guard, ReplyParser, ReplyPart, TextStream, tell};
use crate::{FinishReason, GenerateEvent, Sampling, TokenBias};

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

/// Why a request is over.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum End {
    /// It has said all that it says.
    Finished(FinishReason),
    /// It could not be held to its form.
    Failed(String),
    /// Nobody listens any more.
    Cancelled,
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
    stream: TextStream,
    reply: ReplyParser,
    completion_tokens: usize,
    max_tokens: usize,
    top_logprobs: Option<usize>,
    events: mpsc::Sender<GenerateEvent>,
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
            stream: TextStream::new(&job.stop),
            reply: job.reply,
            completion_tokens: 0,
            max_tokens: job.max_tokens,
            top_logprobs: job.top_logprobs,
            entries: job.prompt,
            images: job.images,
            events: job.events,
        }
    }

    /// Returns whether nobody listens any more.
    pub fn is_abandoned(&self) -> bool {
        self.events.is_closed()
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
        // Whoever is gone is noticed at the text.
        let _ = self.events.try_send(GenerateEvent::Dropped { tokens });
    }

    /// How many more tokens may come after the next one.
    pub fn room_after_next(&self) -> usize {
        (self.max_tokens - self.completion_tokens).saturating_sub(1)
    }

    /// Says that the prompt was read, once; returns the end if no token is wanted, or nobody listens.
    pub fn start(&mut self) -> Option<End> {
        if !self.is_started {
            self.is_started = true;
            let Self { prompt_tokens, cached_tokens, dropped, .. } = *self;
            if dropped > 0 {
                // Whoever is gone is noticed at once.
                let _ = self.events.try_send(GenerateEvent::Dropped { tokens: dropped });
            }
            let started = GenerateEvent::Started { prompt_tokens, cached_tokens };
            if self.events.try_send(started).is_err() {
                return Some(End::Cancelled);
            }
        }
        (self.completion_tokens >= self.max_tokens).then_some(End::Finished(FinishReason::Length))
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
        self.completion_tokens += 1;
        if let Some(count) = self.top_logprobs {
            // Whoever is gone is noticed at the text.
            let bytes =
                |token: u32| vocabulary.token_to_piece(LlamaToken::new(token as i32), true, None);
            let _ = self.events.try_send(tell(scores(), token.0 as u32, count, bytes));
        }
        let mut piece = vocabulary.token_to_piece(token, false, None);
        if piece.is_empty() {
            // Special tokens are no text, but some begin or end a call.
            let special = vocabulary.token_to_piece(token, true, None);
            if std::str::from_utf8(&special).is_ok_and(|mark| self.reply.reads_token(mark)) {
                piece = special;
            }
        }
        let step = self.stream.push(&piece);
        if !self.show(&step.text) {
            return Some(End::Cancelled);
        }
        if !self.reply.is_thinking()
            && let Some(sampler) = self.sampler_of_answer.take()
        {
            self.sampler = sampler;
        }
        let is_whole = self.guard.as_ref().is_some_and(Guard::is_over);
        if step.stopped || self.reply.is_over() || is_whole {
            return Some(End::Finished(FinishReason::Stop));
        }
        (self.completion_tokens >= self.max_tokens).then_some(End::Finished(FinishReason::Length))
    }

    /// Shows what was held back and says how it ended.
    pub fn finish(mut self, reason: FinishReason) {
        let rest = std::mem::replace(&mut self.stream, TextStream::new(&[])).finish();
        if !rest.is_empty() {
            self.show(&rest);
        }
        let Self { mut reply, completion_tokens, events, .. } = self;
        for held in reply.finish() {
            let _ = events.try_send(held.into());
        }
        let reason = reply.reason(reason);
        let _ = events.try_send(GenerateEvent::Finished { reason, completion_tokens });
    }

    /// Says that it failed.
    pub fn fail(self, error: crate::EngineError) {
        let _ = self.events.try_send(GenerateEvent::Failed(error));
    }

    /// Shows text, thought and calls apart from the answer; false when nobody listens any more.
    fn show(&mut self, text: &str) -> bool {
        let parts = if text.is_empty() { Vec::new() } else { self.reply.push(text) };
        let is_heard = |part: ReplyPart| self.events.try_send(part.into()).is_ok();
        if parts.is_empty() { !self.events.is_closed() } else { parts.into_iter().all(is_heard) }
    }
}
