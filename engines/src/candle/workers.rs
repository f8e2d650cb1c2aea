//! The threads that run an embedding model: one a core, each with whole batches of its own.
//!
//! Batches of questions go before batches of passages, so that a search does not wait for an
//! ingest. The queue holds two batches a thread: enough that none idles, few enough that a question
//! and a cancellation are seen soon.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::bert::Bert;
use crate::TextRole;

/// The vectors of one batch, or what candle said.
pub type BatchResult = candle_core::Result<Vec<Vec<f32>>>;

/// The threads, and the queue before them; dropping it ends them once the queue is empty.
pub struct Workers {
    queue: Arc<Queue>,
    room: Arc<Semaphore>,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    questions: VecDeque<Batch>,
    passages: VecDeque<Batch>,
    closed: bool,
}

struct Batch {
    texts: Vec<Vec<u32>>,
    reply: oneshot::Sender<BatchResult>,
    _room: OwnedSemaphorePermit,
}

impl Workers {
    /// Starts `count` threads on `model`.
    pub fn start(model: &Arc<Bert>, count: usize) -> std::io::Result<Self> {
        let queue = Arc::new(Queue { state: Mutex::default(), changed: Condvar::new() });
        for number in 0..count {
            let (model, queue) = (Arc::clone(model), Arc::clone(&queue));
            // A pool of one thread: candle's products, which split themselves over the pool they
            // run in, then stay on this thread.
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .thread_name(move |_| format!("embed-{number}"))
                .build()
                .map_err(std::io::Error::other)?;
            pool.spawn(move || work(&model, &queue));
        }
        Ok(Self { queue, room: Arc::new(Semaphore::new(2 * count)) })
    }

    /// Queues a batch, waiting for room; the receiver gives its vectors, and dropped before its
    /// turn takes it back. `None` when the threads are gone.
    pub async fn submit(
        &self,
        texts: Vec<Vec<u32>>,
        role: TextRole,
    ) -> Option<oneshot::Receiver<BatchResult>> {
        let room = Arc::clone(&self.room).acquire_owned().await.ok()?;
        let (reply, receiver) = oneshot::channel();
        let batch = Batch { texts, reply, _room: room };
        let mut state = self.queue.state.lock().unwrap_or_else(PoisonError::into_inner);
        match role {
            TextRole::Query => state.questions.push_back(batch),
            TextRole::Passage => state.passages.push_back(batch),
        }
        drop(state);
        self.queue.changed.notify_one();
        Some(receiver)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue.state.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
        self.queue.changed.notify_all();
    }
}

fn work(model: &Bert, queue: &Queue) {
    while let Some(batch) = next(queue) {
        if !batch.reply.is_closed() {
            // Whoever asked may have gone meanwhile; then nobody misses the answer.
            let _ = batch.reply.send(model.embed(&batch.texts));
        }
    }
}

fn next(queue: &Queue) -> Option<Batch> {
    let mut state = queue.state.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        let batch = state.questions.pop_front().or_else(|| state.passages.pop_front());
        if batch.is_some() || state.closed {
            return batch;
        }
        state = queue.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}
