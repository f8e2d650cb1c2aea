//! The threads that run a network: one a core, each with whole batches of its own.
//!
//! Batches of questions go before batches of passages, so that a search does not wait for an
//! ingest. The queue holds two batches a thread: enough that none idles, few enough that a question
//! and a cancellation are seen soon.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::encoder::Tokens;
use crate::TextRole;

/// How many tokens are run through the network at once, at the least one text: enough that the
/// products run at full speed, few enough that the rows between them stay in the core's cache.
///
/// Chosen by chunks a second: see `docs/decisions/013-batches-of-the-embedding-network.md`.
const BATCH_TOKENS: usize = 256;

/// What the threads run.
///
/// Contract: one row of numbers a text, in their order, that does not depend on the other texts.
pub trait Network: Send + Sync {
    /// Runs the texts of a batch.
    fn run(&self, texts: &[Tokens]) -> BatchResult;
}

/// The numbers of each text of a batch, or what candle said.
pub type BatchResult = candle_core::Result<Vec<Vec<f32>>>;

/// Why texts were not run.
#[derive(Debug)]
pub enum Failure {
    /// The threads are gone.
    Stopped,
    /// The network failed.
    Network(candle_core::Error),
}

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
    texts: Vec<Tokens>,
    reply: oneshot::Sender<BatchResult>,
    _room: OwnedSemaphorePermit,
}

impl Workers {
    /// Starts threads on a network; `count` 0 takes one a core.
    pub fn start(network: &Arc<dyn Network>, count: usize) -> std::io::Result<Self> {
        let count = match count {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let queue = Arc::new(Queue { state: Mutex::default(), changed: Condvar::new() });
        for number in 0..count {
            let (network, queue) = (Arc::clone(network), Arc::clone(&queue));
            // A pool of one thread: candle's products, which split themselves over the pool they
            // run in, then stay on this thread.
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .thread_name(move |_| format!("candle-{number}"))
                .build()
                .map_err(std::io::Error::other)?;
            pool.spawn(move || work(network.as_ref(), &queue));
        }
        Ok(Self { queue, room: Arc::new(Semaphore::new(2 * count)) })
    }

    /// Runs texts in batches on all threads; one row of numbers a text, in their order.
    ///
    /// Dropping the future takes back the batches that have not begun.
    pub async fn run(&self, texts: Vec<Tokens>, role: TextRole) -> Result<Vec<Vec<f32>>, Failure> {
        let mut rows = vec![Vec::new(); texts.len()];
        let mut running = Vec::new();
        for batch in batches(texts) {
            let (indexes, texts): (Vec<usize>, Vec<Tokens>) = batch.into_iter().unzip();
            let reply = self.submit(texts, role).await.ok_or(Failure::Stopped)?;
            running.push((indexes, reply));
        }
        for (indexes, reply) in running {
            let batch = reply.await.map_err(|_| Failure::Stopped)?.map_err(Failure::Network)?;
            for (index, row) in indexes.into_iter().zip(batch) {
                rows[index] = row;
            }
        }
        Ok(rows)
    }

    /// Queues a batch, waiting for room; the receiver gives its rows, and dropped before its turn
    /// takes it back. `None` when the threads are gone.
    async fn submit(
        &self,
        texts: Vec<Tokens>,
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

fn work(network: &dyn Network, queue: &Queue) {
    while let Some(batch) = next(queue) {
        if !batch.reply.is_closed() {
            // Whoever asked may have gone meanwhile; then nobody misses the answer.
            let _ = batch.reply.send(network.run(&batch.texts));
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

/// Cuts texts into batches of about `BATCH_TOKENS`, longest first so that the threads end together.
fn batches(texts: Vec<Tokens>) -> Vec<Vec<(usize, Tokens)>> {
    let mut sorted: Vec<(usize, Tokens)> = texts.into_iter().enumerate().collect();
    sorted.sort_by_key(|(_, text)| std::cmp::Reverse(text.ids.len()));
    let mut batches: Vec<Vec<(usize, Tokens)>> = Vec::new();
    let mut room = 0;
    for item in sorted {
        let length = item.1.ids.len();
        match batches.last_mut() {
            Some(batch) if length <= room => batch.push(item),
            _ => {
                batches.push(vec![item]);
                room = BATCH_TOKENS;
            }
        }
        room = room.saturating_sub(length);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_every_text_and_stay_small() {
        let lengths = [3, 256, 100, 90, 60, 1, 300, 2];
        let texts = lengths.iter().map(|length| Tokens::single(vec![7; *length])).collect();
        let batches = batches(texts);
        let mut seen: Vec<usize> = batches.iter().flatten().map(|(index, _)| *index).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
        for batch in &batches {
            let tokens: usize = batch.iter().map(|(_, text)| text.ids.len()).sum();
            assert!(tokens <= BATCH_TOKENS || batch.len() == 1, "{tokens} tokens in a batch");
        }
        assert_eq!(batches[0][0].1.ids.len(), 300, "the longest goes first");
    }
}
