//! The loop that owns a llama.cpp context: one thread a model, with model and context as locals.
//!
//! Requests are served in order. The context keeps the tokens of the last one, so that a prompt
//! that begins alike is read from where it differs. A request is a state of its own
//! ([`Running`]) that is moved on by one decode at a time: serving several side by side means
//! holding more than one of them and putting their tokens into one batch.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use quire_domain::ModelId;
use tokio::sync::mpsc;

use crate::thought::{Part, ThoughtSplitter};
use crate::{EngineError, FinishReason, GenerateEvent, Sampling};

use super::probabilities::tell;
use super::sampling::sampler;
use super::stream::TextStream;

/// The sequence of the context that requests are written to.
const SEQUENCE: i32 = 0;

/// A request, with its prompt as tokens.
pub struct Job {
    /// The prompt, shorter than the context.
    pub prompt: Vec<LlamaToken>,
    /// Tells what the model thinks from its answer.
    pub thoughts: ThoughtSplitter,
    /// How many tokens at most.
    pub max_tokens: Option<usize>,
    /// Texts to stop before.
    pub stop: Vec<String>,
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// How many likeliest tokens are told with each one.
    pub top_logprobs: Option<usize>,
    /// Where the events go; it has room for all of them.
    pub events: mpsc::Sender<GenerateEvent>,
}

/// What a context is made with.
#[derive(Clone, Copy, Debug)]
pub struct ContextSettings {
    /// Its size in tokens.
    pub context_tokens: u32,
    /// How many tokens of a prompt are read at once; a cancelled request stops between.
    pub batch_tokens: u32,
    /// How many threads compute.
    pub threads: i32,
}

/// Serves jobs until the inbox closes; `ready` hears first whether the context could be made.
///
/// A panic ends the loop: the job at work and all that wait hear that the engine has died.
pub fn run(
    (backend, model, name): (&LlamaBackend, Arc<LlamaModel>, &ModelId),
    settings: ContextSettings,
    mut inbox: mpsc::Receiver<Job>,
    ready: &std::sync::mpsc::Sender<Result<(), String>>,
) {
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(settings.context_tokens))
        .with_n_batch(settings.batch_tokens)
        .with_n_ubatch(settings.batch_tokens)
        .with_n_threads(settings.threads)
        .with_n_threads_batch(settings.threads)
        .with_no_perf(true);
    let context = match model.new_context(backend, parameters) {
        Ok(context) => context,
        Err(error) => {
            // The loader has the receiver and waits; if it is gone, nobody wants the model.
            let _ = ready.send(Err(error.to_string()));
            return;
        }
    };
    if ready.send(Ok(())).is_err() {
        return;
    }
    let batch = LlamaBatch::new(settings.batch_tokens as usize, 1);
    let mut engine = Engine { model: &model, name, context, batch, cached: Vec::new(), settings };
    while let Some(job) = inbox.blocking_recv() {
        // What the context holds after a panic is not known; nothing is done with it any more.
        if catch_unwind(AssertUnwindSafe(|| engine.serve(&job))).is_err() {
            tracing::error!(model = %name, "the engine panicked; it is loaded anew when it is next asked for");
            give_up(name, job, inbox);
            return;
        }
    }
}

/// Tells the job at work and all that wait that the engine has died.
fn give_up(name: &ModelId, job: Job, mut inbox: mpsc::Receiver<Job>) {
    inbox.close();
    let mut next = Some(job);
    while let Some(job) = next {
        let died = EngineError::EngineDied { model: name.clone() };
        let _ = job.events.try_send(GenerateEvent::Failed(died));
        next = inbox.blocking_recv();
    }
}

struct Engine<'a> {
    model: &'a LlamaModel,
    name: &'a ModelId,
    context: LlamaContext<'a>,
    batch: LlamaBatch<'a>,
    /// The tokens whose keys and values the context holds, in order.
    cached: Vec<LlamaToken>,
    settings: ContextSettings,
}

/// A request that has read its prompt.
struct Running {
    sampler: LlamaSampler,
    stream: TextStream,
    thoughts: ThoughtSplitter,
    completion_tokens: usize,
    max_tokens: usize,
    top_logprobs: Option<usize>,
}

/// Why a request is over.
enum End {
    Finished(FinishReason),
    /// Nobody listens any more.
    Cancelled,
}

/// Tells text, what is thought apart from the answer; false when nobody listens any more.
fn show(thoughts: &mut ThoughtSplitter, text: &str, events: &mpsc::Sender<GenerateEvent>) -> bool {
    let parts = thoughts.push(text);
    let is_heard = |part: Part| events.try_send(part.into()).is_ok();
    if parts.is_empty() { !events.is_closed() } else { parts.into_iter().all(is_heard) }
}

impl Engine<'_> {
    fn serve(&mut self, job: &Job) {
        if job.events.is_closed() {
            return;
        }
        if let Err(reason) = self.generate(job) {
            // What the context holds is not known now.
            self.forget();
            let model = self.name.clone();
            let failed = GenerateEvent::Failed(EngineError::Inference { model, reason });
            let _ = job.events.try_send(failed);
        }
    }

    fn generate(&mut self, job: &Job) -> Result<(), String> {
        let cached_tokens = self.reuse(&job.prompt);
        if !self.read(&job.prompt[cached_tokens..], &job.events)? {
            return Ok(());
        }
        let prompt_tokens = job.prompt.len();
        let started = GenerateEvent::Started { prompt_tokens, cached_tokens };
        if job.events.try_send(started).is_err() {
            return Ok(());
        }
        let room = self.settings.context_tokens as usize - prompt_tokens;
        let mut running = Running {
            sampler: sampler(&job.sampling, self.model.n_vocab()),
            stream: TextStream::new(&job.stop),
            thoughts: job.thoughts.clone(),
            completion_tokens: 0,
            max_tokens: job.max_tokens.unwrap_or(room).min(room),
            top_logprobs: job.top_logprobs,
        };
        let reason = loop {
            match self.step(&mut running, &job.events)? {
                None => {}
                Some(End::Finished(reason)) => break reason,
                Some(End::Cancelled) => return Ok(()),
            }
        };
        let completion_tokens = running.completion_tokens;
        let rest = running.stream.finish();
        if !rest.is_empty() {
            show(&mut running.thoughts, &rest, &job.events);
        }
        if let Some(held) = running.thoughts.finish() {
            let _ = job.events.try_send(held.into());
        }
        let _ = job.events.try_send(GenerateEvent::Finished { reason, completion_tokens });
        Ok(())
    }

    /// Chooses one token, shows it, and reads it so that the next can be chosen.
    fn step(
        &mut self,
        running: &mut Running,
        events: &mpsc::Sender<GenerateEvent>,
    ) -> Result<Option<End>, String> {
        if running.completion_tokens >= running.max_tokens {
            return Ok(Some(End::Finished(FinishReason::Length)));
        }
        let token = running.sampler.sample(&self.context, -1);
        let vocabulary = self.model.vocab();
        if vocabulary.is_eog(token) {
            return Ok(Some(End::Finished(FinishReason::Stop)));
        }
        running.completion_tokens += 1;
        if let Some(count) = running.top_logprobs {
            let told = tell(self.context.get_logits_ith(-1), token, count, &vocabulary);
            // Whoever is gone is noticed at the text.
            let _ = events.try_send(told);
        }
        let step = running.stream.push(&vocabulary.token_to_piece(token, false, None));
        if step.text.is_empty() {
            if events.is_closed() {
                return Ok(Some(End::Cancelled));
            }
        } else if !show(&mut running.thoughts, &step.text, events) {
            return Ok(Some(End::Cancelled));
        }
        if step.stopped {
            return Ok(Some(End::Finished(FinishReason::Stop)));
        }
        // The last token allowed needs no reading: nothing comes after it.
        if running.completion_tokens < running.max_tokens && !self.read(&[token], events)? {
            return Ok(Some(End::Cancelled));
        }
        Ok(None)
    }

    /// Keeps what the context holds of this prompt's beginning and says how much that is.
    ///
    /// The last token is always read again: its logits choose the first token of the answer.
    fn reuse(&mut self, prompt: &[LlamaToken]) -> usize {
        let alike = self.cached.iter().zip(prompt).take_while(|(a, b)| a == b).count();
        let kept = alike.min(prompt.len().saturating_sub(1));
        if kept == self.cached.len() {
            return kept;
        }
        // Recurrent models cannot forget an end; they begin anew.
        if self.context.kv_cache_seq_rm(SEQUENCE, Some(kept as u32), None).is_err() {
            self.forget();
            return 0;
        }
        self.cached.truncate(kept);
        kept
    }

    fn forget(&mut self) {
        self.context.clear_kv_cache();
        self.cached.clear();
    }

    /// Reads tokens behind those the context holds; false when nobody listens any more.
    fn read(
        &mut self,
        tokens: &[LlamaToken],
        events: &mpsc::Sender<GenerateEvent>,
    ) -> Result<bool, String> {
        let mut rest = tokens;
        while !rest.is_empty() {
            if events.is_closed() {
                return Ok(false);
            }
            let (part, after) = rest.split_at(rest.len().min(self.settings.batch_tokens as usize));
            self.batch.clear();
            for (offset, token) in part.iter().enumerate() {
                let position = (self.cached.len() + offset) as i32;
                let last = after.is_empty() && offset + 1 == part.len();
                self.batch
                    .add(*token, position, &[SEQUENCE], last)
                    .map_err(|error| error.to_string())?;
            }
            self.context.decode(&mut self.batch).map_err(|error| error.to_string())?;
            self.cached.extend_from_slice(part);
            rest = after;
        }
        Ok(true)
    }
}
