//! The threads that run a network: one a core, each with whole batches of its own.
//!
//! Batches of questions go before batches of passages, so that a search does not wait for an
//! ingest. The queue holds two batches a thread: enough that none idles, few enough that a question
//! and a cancellation are seen soon.
//!
//! A panic in a network is caught: it ends the threads and every call that waits for them, and
//! nothing else.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

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
    /// A thread panicked; nothing is run any more.
    Died,
    /// The network failed.
    Network(candle_core::Error),
}

/// The threads, and the queue before them; dropping it ends them once the queue is empty.
pub struct Workers {
    queue: Arc<Queue>,
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    room: Arc<Semaphore>,
}

#[derive(Default)]
struct State {
    questions: VecDeque<Batch>,
    passages: VecDeque<Batch>,
    /// Nobody puts anything in any more; what is in is still run.
    closed: bool,
    /// A thread panicked; nothing is run any more.
    died: bool,
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
        let room = Arc::new(Semaphore::new(2 * count));
        let queue = Arc::new(Queue { state: Mutex::default(), changed: Condvar::new(), room });
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
        Ok(Self { queue })
    }

    /// Tells if the threads still run.
    pub fn are_alive(&self) -> bool {
        !self.queue.lock().died
    }

    /// Runs texts in batches on all threads; one row of numbers a text, in their order.
    ///
    /// Dropping the future takes back the batches that have not begun.
    pub async fn run(&self, texts: Vec<Tokens>, role: TextRole) -> Result<Vec<Vec<f32>>, Failure> {
        let mut rows = vec![Vec::new(); texts.len()];
        let mut running = Vec::new();
        for batch in batches(texts) {
            let (indexes, texts): (Vec<usize>, Vec<Tokens>) = batch.into_iter().unzip();
            let reply = self.submit(texts, role).await.ok_or(Failure::Died)?;
            running.push((indexes, reply));
        }
        for (indexes, reply) in running {
            let batch = reply.await.map_err(|_| Failure::Died)?.map_err(Failure::Network)?;
            for (index, row) in indexes.into_iter().zip(batch) {
                rows[index] = row;
            }
        }
        Ok(rows)
    }

    /// Queues a batch, waiting for room; the receiver gives its rows, and dropped before its turn
    /// takes it back. `None` when a thread has died.
    async fn submit(
        &self,
        texts: Vec<Tokens>,
        role: TextRole,
    ) -> Option<oneshot::Receiver<BatchResult>> {
        let room = Arc::clone(&self.queue.room).acquire_owned().await.ok()?;
        let (reply, receiver) = oneshot::channel();
        let batch = Batch { texts, reply, _room: room };
        let mut state = self.queue.lock();
        if state.died {
            return None;
        }
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
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends all threads after what they are at, and gives up what waits: the reply of a batch goes
    /// with it, and whoever waits for it hears of that.
    fn die(&self) {
        let mut state = self.lock();
        (state.closed, state.died) = (true, true);
        let waiting = [std::mem::take(&mut state.questions), std::mem::take(&mut state.passages)];
        drop(state);
        self.room.close();
        self.changed.notify_all();
        drop(waiting);
    }
}

fn work(network: &dyn Network, queue: &Queue) {
    while let Some(batch) = next(queue) {
        if batch.reply.is_closed() {
            continue;
        }
        // Networks do not change while they run, so that a panic leaves nothing half done; but what
        // made one panic is not known, and the model is given up. Uncaught, rayon would end the process.
        let Ok(rows) = catch_unwind(AssertUnwindSafe(|| network.run(&batch.texts))) else {
            tracing::error!(
                "a thread of a model panicked; the model is loaded anew when it is next asked for"
            );
            queue.die();
            return;
        };
        // Whoever asked may have gone meanwhile; then nobody misses the answer.
        let _ = batch.reply.send(rows);
    }
}

fn next(queue: &Queue) -> Option<Batch> {
    let mut state = queue.lock();
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

    /// A network that panics at token 13, waits at token 7 until it may go on, and gives a text's
    /// first token otherwise.
    struct Fragile {
        gate: Mutex<std::sync::mpsc::Receiver<()>>,
    }

    impl Network for Fragile {
        fn run(&self, texts: &[Tokens]) -> BatchResult {
            let first: Vec<u32> = texts.iter().map(|text| text.ids[0]).collect();
            assert!(!first.contains(&13), "the network was told to panic");
            if first.contains(&7) {
                self.gate.lock().expect("one thread").recv().expect("the gate opens");
            }
            Ok(first.into_iter().map(|token| vec![token as f32]).collect())
        }
    }

    /// Makes one thread on a fragile network, and what opens its gate.
    fn fragile() -> (Workers, std::sync::mpsc::Sender<()>) {
        let (open, gate) = std::sync::mpsc::channel();
        let network: Arc<dyn Network> = Arc::new(Fragile { gate: Mutex::new(gate) });
        (Workers::start(&network, 1).expect("a thread"), open)
    }

    fn texts(token: u32, count: usize) -> Vec<Tokens> {
        // Each fills a batch of its own.
        vec![Tokens::single(vec![token; BATCH_TOKENS]); count]
    }

    #[tokio::test]
    async fn a_panic_is_an_error_for_its_caller_and_for_every_later_one() {
        let (workers, _open) = fragile();
        let rows = workers.run(texts(5, 3), TextRole::Passage).await.expect("it works");
        assert_eq!(rows, vec![vec![5.0]; 3]);
        assert!(workers.are_alive());
        let died = workers.run(texts(13, 1), TextRole::Passage).await;
        assert!(matches!(died, Err(Failure::Died)), "{died:?}");
        assert!(!workers.are_alive());
        let later = workers.run(texts(5, 1), TextRole::Query).await;
        assert!(matches!(later, Err(Failure::Died)), "{later:?}");
    }

    #[tokio::test]
    async fn whoever_waits_in_the_queue_or_before_it_hears_of_a_panic() {
        let (workers, open) = fragile();
        let open_when_all_wait = async {
            // The others are polled before this: the queue is full and more wait for room.
            open.send(()).expect("the thread waits at its gate");
        };
        let (first, second, third, ()) = tokio::join!(
            workers.run(texts(7, 1), TextRole::Query),
            workers.run(texts(13, 1), TextRole::Query),
            workers.run(texts(5, 9), TextRole::Passage),
            open_when_all_wait,
        );
        assert_eq!(first.expect("it had begun"), [[7.0]]);
        assert!(matches!(second, Err(Failure::Died)), "{second:?}");
        assert!(matches!(third, Err(Failure::Died)), "{third:?}");
    }
}
