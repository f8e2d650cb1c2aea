//! The loop that owns the context of an embedding model.
//!
//! A text is a job of its own: it fills the processor as well as several do, its vector cannot depend
//! on others, and between two of them a question can go ahead of the passages of an ingest.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use tokio::sync::{mpsc, oneshot};

use crate::foreground::{Foreground, PAUSE};

/// How often it is looked if somebody still waits for other work.
const LOOK: Duration = Duration::from_millis(10);
/// The sequence of the context that every text is written to.
const SEQUENCE: i32 = 0;

/// A text, and where its vector goes.
pub struct Job {
    /// Its tokens, special tokens included; no more than the window.
    pub tokens: Vec<LlamaToken>,
    /// Hears the vector as the model pools it, or what llama.cpp said.
    pub reply: oneshot::Sender<Result<Vec<f32>, String>>,
}

/// Where jobs come from; the first go first.
pub struct Inbox {
    /// Questions.
    pub questions: mpsc::Receiver<Job>,
    /// Passages.
    pub passages: mpsc::Receiver<Job>,
    /// Passages that nobody waits for.
    pub background: mpsc::Receiver<Job>,
}

/// Serves jobs until the inbox closes; `ready` hears first whether the context could be made.
pub fn run(
    (backend, model): (&LlamaBackend, &Arc<LlamaModel>),
    (window, threads): (u32, i32),
    mut inbox: Inbox,
    ready: &std::sync::mpsc::Sender<Result<(), String>>,
) {
    // A text is read at once: its tokens look at each other in both directions.
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(window))
        .with_n_batch(window)
        .with_n_ubatch(window)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_embeddings(true)
        .with_no_perf(true);
    let mut context = match model.new_context(backend, parameters) {
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
    let mut batch = LlamaBatch::new(window as usize, 1);
    let mut held = None;
    while let Some(job) = next(&mut inbox, &mut held) {
        if !job.reply.is_closed() {
            // Whoever asked may have gone meanwhile; then nobody misses the answer.
            let _ = job.reply.send(embed(&mut context, &mut batch, &job.tokens));
        }
    }
}

/// Waits for a job. One of the background steps aside for a while if somebody waits for other work; `held` keeps it.
fn next(inbox: &mut Inbox, held: &mut Option<Job>) -> Option<Job> {
    let until = Instant::now() + PAUSE;
    while held.is_some() {
        if let Ok(job) = inbox.questions.try_recv().or_else(|_| inbox.passages.try_recv()) {
            return Some(job);
        }
        if !Foreground::is_busy() || Instant::now() >= until {
            return held.take();
        }
        std::thread::sleep(LOOK);
    }
    let (job, is_background) = futures::executor::block_on(async {
        tokio::select! {
            biased;
            Some(job) = inbox.questions.recv() => Some((job, false)),
            Some(job) = inbox.passages.recv() => Some((job, false)),
            Some(job) = inbox.background.recv() => Some((job, true)),
            else => None,
        }
    })?;
    if is_background && Foreground::is_busy() {
        *held = Some(job);
        return next(inbox, held);
    }
    Some(job)
}

fn embed(
    context: &mut LlamaContext,
    batch: &mut LlamaBatch,
    tokens: &[LlamaToken],
) -> Result<Vec<f32>, String> {
    batch.clear();
    for (position, token) in tokens.iter().enumerate() {
        let position = i32::try_from(position).map_err(|error| error.to_string())?;
        batch.add(*token, position, &[SEQUENCE], true).map_err(|error| error.to_string())?;
    }
    context.clear_kv_cache();
    context.decode(batch).map_err(|error| error.to_string())?;
    let vector = context.embeddings_seq_ith(SEQUENCE).map_err(|error| error.to_string())?;
    Ok(vector.to_vec())
}
