//! The loop that owns a network: one thread a model, which writes one answer after the other.
//!
//! The network holds one text. What a prompt has in common with its beginning is not read again, so that the next turn
//! of a conversation goes on where the last one ended; another conversation begins anew.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use quire_domain::ModelId;
use tokio::sync::mpsc;

use crate::chat::{Ending, Guard, ReplyParser, Sampler, Writer, tell};
use crate::fair_queue::FairReceiver;
use crate::{EngineError, FinishReason, GenerateEvent, Sampling, TokenBias};

use super::network::Network;
use super::tensors::tell_error;
use super::vocabulary::Vocabulary;

/// What is asked of the engine, with its prompt as tokens.
pub struct Job {
    /// The prompt, shorter than the context.
    pub prompt: Vec<u32>,
    /// Takes the reply apart: thought, answer and calls of tools.
    pub reply: ReplyParser,
    /// How many tokens at most.
    pub max_tokens: Option<usize>,
    /// Texts to stop before.
    pub stop: Vec<String>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Tokens that are made more or less likely.
    pub logit_bias: Vec<TokenBias>,
    /// What the answer is held to.
    pub form: Option<Guard>,
    /// How many likeliest tokens are told with each one.
    pub top_logprobs: Option<usize>,
    /// Where the events go; it has room for all of them.
    pub events: mpsc::Sender<GenerateEvent>,
}

/// A network at work.
pub struct Engine {
    /// The model's name.
    pub model: ModelId,
    /// What reads and writes.
    pub network: Network,
    /// Its tokens.
    pub vocabulary: Arc<Vocabulary>,
    /// How many tokens prompt and answer have at most.
    pub context_tokens: usize,
    /// How many tokens of a prompt are read at once; a cancelled request stops between.
    pub batch_tokens: usize,
    /// The tokens that the network holds.
    pub held: Vec<u32>,
}

impl Engine {
    /// Serves jobs until the inbox closes.
    ///
    /// A panic ends the loop: the job at work and all that wait hear that the engine has died.
    pub fn run(mut self, mut inbox: FairReceiver<Job>) {
        while let Some(job) = inbox.blocking_recv() {
            let events = job.events.clone();
            // What the network holds after a panic is not known; nothing is done with it any more.
            if catch_unwind(AssertUnwindSafe(|| self.serve(job))).is_ok() {
                continue;
            }
            let model = &self.model;
            tracing::error!(%model, "the engine panicked; it is loaded anew when it is next asked for");
            inbox.close();
            let died = || GenerateEvent::Failed(EngineError::EngineDied { model: model.clone() });
            let _ = events.try_send(died());
            while let Some(job) = inbox.blocking_recv() {
                let _ = job.events.try_send(died());
            }
            return;
        }
    }

    fn serve(&mut self, mut job: Job) {
        let room = self.context_tokens.saturating_sub(job.prompt.len());
        let max_tokens = job.max_tokens.unwrap_or(room).min(room);
        let stops = std::mem::take(&mut job.stop);
        let mut writer = Writer::new(job.reply.clone(), &stops, max_tokens, job.events.clone());
        let ending = self.write(&mut job, &mut writer).unwrap_or_else(|error| {
            // What was read last may be there in part.
            self.network.keep(self.held.len());
            Ending::Failed(tell_error(&error))
        });
        let model = self.model.clone();
        writer.end(ending, |reason| EngineError::Inference { model, reason });
    }

    /// Reads the prompt and writes the answer, and says why it is over.
    fn write(&mut self, job: &mut Job, writer: &mut Writer) -> candle_core::Result<Ending> {
        // What is held is kept for those who still listen.
        if writer.is_abandoned() {
            return Ok(Ending::Cancelled);
        }
        let prompt_tokens = job.prompt.len();
        let cached_tokens = self.keep_common(&job.prompt);
        let Some(mut scores) = self.read(&job.prompt, writer)? else {
            return Ok(Ending::Cancelled);
        };
        writer.tell(GenerateEvent::Started { prompt_tokens, cached_tokens });
        if let Some(ending) = writer.limit() {
            return Ok(ending);
        }
        let mut sampler = Sampler::new(&job.sampling, &job.logit_bias, &job.prompt);
        let breakers = job.sampling.dry.as_ref().map(|dry| dry.sequence_breakers.clone());
        let vocabulary = Arc::clone(&self.vocabulary);
        let is_breaker = move |token| {
            let piece = vocabulary.piece(token);
            let text = String::from_utf8_lossy(piece.bytes);
            breakers.iter().flatten().any(|breaker| text.contains(breaker.as_str()))
        };
        let mut is_held_to_form = !writer.is_thinking();
        loop {
            // The table of a network may be longer than its vocabulary.
            scores.truncate(self.vocabulary.len());
            let mut form = job.form.as_mut().filter(|_| is_held_to_form);
            let token = match choose(&mut sampler, &scores, &is_breaker, form.as_deref_mut()) {
                Ok(token) => token,
                Err(reason) => return Ok(Ending::Failed(reason)),
            };
            if self.vocabulary.is_end(token) {
                return Ok(Ending::Finished(FinishReason::Stop));
            }
            if let Some(Err(reason)) = form.as_deref_mut().map(|form| form.take(token)) {
                return Ok(Ending::Failed(reason));
            }
            sampler.accept(token);
            if let Some(count) = job.top_logprobs {
                let bytes = |token| self.vocabulary.piece(token).bytes.to_vec();
                writer.tell(tell(&scores, token, count, bytes));
            }
            if let Some(ending) = writer.take(self.vocabulary.piece(token), form.as_deref()) {
                return Ok(ending);
            }
            is_held_to_form |= !writer.is_thinking();
            scores = self.network.score(&[token])?;
            self.held.push(token);
        }
    }

    /// Forgets what a prompt does not begin with, and says how many tokens it does. The last one is always read: its
    /// scores choose the first token of the answer.
    fn keep_common(&mut self, prompt: &[u32]) -> usize {
        let pairs = self.held.iter().zip(prompt);
        let common = pairs.take_while(|(a, b)| a == b).count().min(prompt.len().saturating_sub(1));
        self.held.truncate(common);
        self.network.keep(common);
        common
    }

    /// Reads what is not held of a prompt, in pieces, and gives the scores for the first token of the answer; `None` if
    /// nobody listens any more.
    fn read(&mut self, prompt: &[u32], writer: &Writer) -> candle_core::Result<Option<Vec<f32>>> {
        loop {
            if writer.is_abandoned() {
                return Ok(None);
            }
            let start = self.held.len();
            let end = prompt.len().min(start + self.batch_tokens);
            let piece = &prompt[start..end];
            if end == prompt.len() {
                let scores = self.network.score(piece)?;
                self.held.extend_from_slice(piece);
                return Ok(Some(scores));
            }
            self.network.read(piece)?;
            self.held.extend_from_slice(piece);
        }
    }
}

/// Chooses a token that the form allows, if there is one; the error says why there is none.
fn choose(
    sampler: &mut Sampler,
    scores: &[f32],
    is_breaker: &dyn Fn(u32) -> bool,
    form: Option<&mut Guard>,
) -> Result<u32, String> {
    let token = match form {
        Some(form) => {
            let allowed = form.allowed()?;
            let size = allowed.len();
            let is_allowed = |token: u32| (token as usize) < size && allowed.is_allowed(token);
            sampler.choose(scores, is_breaker, is_allowed)
        }
        None => sampler.choose(scores, is_breaker, |_| true),
    };
    token.ok_or_else(|| "no token that may come next has a score".to_owned())
}
