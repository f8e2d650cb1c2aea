//! The threads that run a network: one a core, each with whole batches of its own.
//!
//! Questions go before passages, and these before the passages of an ingest, which steps aside while a chat is
//! answered. Small calls that wait are run as one, and each queue is long enough for many of them
//! to find each other there; what nobody waits for any more is passed over.
//!
//! A panic in a network is caught: it ends the threads and every call that waits for them, and
//! nothing else.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::encoder::Tokens;
use crate::TextRole;
use crate::foreground::{Foreground, PAUSE};

/// How many tokens are run through the network at once, at the least one text: enough that the
/// products run at full speed, few enough that the rows between them stay in the core's cache.
///
/// Chosen by chunks a second: see `docs/decisions/013-batches-of-the-embedding-network.md`.
const BATCH_TOKENS: usize = 256;

/// How many batches of a lane may wait, a thread.
const WAITING_BATCHES: usize = 16;

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

/// Which of the queues a text waits in; the first ones go first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Lane {
    /// Somebody waits for an answer.
    Question,
    /// Somebody waits for vectors.
    Passage,
    /// Nobody waits.
    Background,
}

impl Lane {
    const ALL: [Self; 3] = [Self::Question, Self::Passage, Self::Background];
}

impl From<TextRole> for Lane {
    fn from(role: TextRole) -> Self {
        match role {
            TextRole::Query => Self::Question,
            TextRole::Passage => Self::Passage,
        }
    }
}

struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// How many tokens may still be put into each lane.
    room: [Arc<Semaphore>; 3],
    /// How many there may be.
    most_tokens: usize,
}

#[derive(Default)]
struct State {
    lanes: [VecDeque<Batch>; 3],
    /// Nobody puts anything in any more; what is in is still run.
    closed: bool,
    /// A thread panicked; nothing is run any more.
    died: bool,
}

impl State {
    /// Takes the next batch of a lane with those behind it that fit in.
    fn take(&mut self, lane: Lane) -> Vec<Batch> {
        let waiting = &mut self.lanes[lane as usize];
        let mut taken = Vec::new();
        let mut room = BATCH_TOKENS;
        while let Some(batch) = waiting.front() {
            let tokens = batch.tokens();
            if !taken.is_empty() && tokens > room {
                break;
            }
            room = room.saturating_sub(tokens);
            taken.extend(waiting.pop_front());
        }
        taken
    }

    /// Finds the first lane that somebody waits in.
    fn next_lane(&self) -> Option<Lane> {
        Lane::ALL.into_iter().find(|lane| !self.lanes[*lane as usize].is_empty())
    }
}

struct Batch {
    texts: Vec<Tokens>,
    reply: oneshot::Sender<BatchResult>,
    _room: OwnedSemaphorePermit,
}

impl Batch {
    fn tokens(&self) -> usize {
        self.texts.iter().map(|text| text.ids.len()).sum()
    }
}

impl Workers {
    /// Starts threads on a network; `count` 0 takes one a core.
    pub fn start(network: &Arc<dyn Network>, count: usize) -> std::io::Result<Self> {
        let count = match count {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        let most_tokens = WAITING_BATCHES * count * BATCH_TOKENS;
        let room = Lane::ALL.map(|_| Arc::new(Semaphore::new(most_tokens)));
        let (state, changed) = (Mutex::default(), Condvar::new());
        let queue = Arc::new(Queue { state, changed, room, most_tokens });
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
    pub async fn run(&self, texts: Vec<Tokens>, lane: Lane) -> Result<Vec<Vec<f32>>, Failure> {
        let mut rows = vec![Vec::new(); texts.len()];
        let mut running = Vec::new();
        for batch in batches(texts) {
            let (indexes, texts): (Vec<usize>, Vec<Tokens>) = batch.into_iter().unzip();
            let reply = self.submit(texts, lane).await.ok_or(Failure::Died)?;
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
        lane: Lane,
    ) -> Option<oneshot::Receiver<BatchResult>> {
        let tokens: usize = texts.iter().map(|text| text.ids.len()).sum();
        let tokens = u32::try_from(tokens.clamp(1, self.queue.most_tokens)).ok()?;
        let room = Arc::clone(&self.queue.room[lane as usize]);
        let room = room.acquire_many_owned(tokens).await.ok()?;
        let (reply, receiver) = oneshot::channel();
        let batch = Batch { texts, reply, _room: room };
        let mut state = self.queue.lock();
        if state.died {
            return None;
        }
        state.lanes[lane as usize].push_back(batch);
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
        let waiting = std::mem::take(&mut state.lanes);
        drop(state);
        self.room.iter().for_each(|room| room.close());
        self.changed.notify_all();
        drop(waiting);
    }
}

fn work(network: &dyn Network, queue: &Queue) {
    while let Some(mut batches) = next(queue) {
        batches.retain(|batch| !batch.reply.is_closed());
        // Networks do not change while they run, so that a panic leaves nothing half done; but what
        // made one panic is not known, and the model is given up. Uncaught, rayon would end the process.
        if catch_unwind(AssertUnwindSafe(|| run_as_one(network, &mut batches))).is_err() {
            // Before whoever waits for them hears of it.
            queue.die();
            tracing::error!(
                "a thread of a model panicked; the model is loaded anew when it is next asked for"
            );
            return;
        }
    }
}

/// Runs batches as one and gives each its rows. Fails that, each is run by itself, so that it harms its own caller alone.
fn run_as_one(network: &dyn Network, batches: &mut Vec<Batch>) {
    if batches.len() > 1 {
        let lengths: Vec<usize> = batches.iter().map(|batch| batch.texts.len()).collect();
        let texts: Vec<Tokens> =
            batches.iter_mut().flat_map(|batch| std::mem::take(&mut batch.texts)).collect();
        if let Ok(rows) = network.run(&texts) {
            let mut rows = rows.into_iter();
            for (batch, length) in batches.drain(..).zip(lengths) {
                // Whoever asked may have gone meanwhile; then nobody misses the answer.
                let _ = batch.reply.send(Ok(rows.by_ref().take(length).collect()));
            }
            return;
        }
        let mut texts = texts.into_iter();
        for (batch, length) in batches.iter_mut().zip(lengths) {
            batch.texts = texts.by_ref().take(length).collect();
        }
    }
    while let Some(batch) = batches.first() {
        let rows = network.run(&batch.texts);
        let _ = batches.remove(0).reply.send(rows);
    }
}

/// Waits for work, and gives as many batches as are run as one.
fn next(queue: &Queue) -> Option<Vec<Batch>> {
    let mut state = queue.lock();
    let mut until = None;
    loop {
        let lane = state.next_lane();
        if lane == Some(Lane::Background) && Foreground::is_busy() && !state.closed {
            let now = Instant::now();
            let until = *until.get_or_insert(now + PAUSE);
            if let Some(pause) = until.checked_duration_since(now).filter(|pause| !pause.is_zero())
            {
                let woken = queue.changed.wait_timeout(state, pause);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
        }
        if let Some(lane) = lane {
            return Some(state.take(lane));
        }
        if state.closed {
            return None;
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

    /// A network that counts its runs, waits at token 7 until it may go on, and fails at token 9.
    struct Counting {
        runs: Mutex<Vec<usize>>,
        gate: Mutex<std::sync::mpsc::Receiver<()>>,
    }

    impl Network for Counting {
        fn run(&self, texts: &[Tokens]) -> BatchResult {
            self.runs.lock().expect("nobody panics with it").push(texts.len());
            let first: Vec<u32> = texts.iter().map(|text| text.ids[0]).collect();
            if first.contains(&7) {
                self.gate.lock().expect("one thread").recv().expect("the gate opens");
            }
            if first.contains(&9) {
                return Err(candle_core::Error::Msg("it was told to fail".to_owned()));
            }
            Ok(first.into_iter().map(|token| vec![token as f32]).collect())
        }
    }

    #[tokio::test]
    async fn small_calls_that_wait_are_run_as_one_and_fail_alone() {
        let (open, gate) = std::sync::mpsc::channel();
        let counting = Arc::new(Counting { runs: Mutex::default(), gate: Mutex::new(gate) });
        let network: Arc<dyn Network> = Arc::clone(&counting) as _;
        let workers = Workers::start(&network, 1).expect("a thread");
        let small = |token| workers.run(vec![Tokens::single(vec![token; 8])], Lane::Passage);
        let first = workers.run(texts(7, 1), Lane::Passage);
        let open_when_all_wait = async {
            // The others are polled before this.
            open.send(()).expect("the thread waits at its gate");
        };
        let others = futures::future::join_all((20..30).map(small));
        let (first, others, failed, ()) = tokio::join!(first, others, small(9), open_when_all_wait);
        assert_eq!(first.expect("it went first"), [[7.0]]);
        for (token, rows) in (20_u8..).zip(others) {
            assert_eq!(rows.expect("it is not the one that fails"), [[f32::from(token)]]);
        }
        assert!(matches!(failed, Err(Failure::Network(_))), "{failed:?}");
        let runs = counting.runs.lock().expect("nobody panics with it").clone();
        // All that waited in one run, which failed, so that each was run by itself.
        assert_eq!(runs[..2], [1, 11]);
        assert_eq!(runs[2..], [1; 11]);
    }

    /// A network that notes the first token of each text, and waits at token 7 until it may go on.
    struct Noting {
        seen: Mutex<Vec<u32>>,
        gate: Mutex<std::sync::mpsc::Receiver<()>>,
    }

    impl Network for Noting {
        fn run(&self, texts: &[Tokens]) -> BatchResult {
            let first: Vec<u32> = texts.iter().map(|text| text.ids[0]).collect();
            self.seen.lock().expect("nobody panics with it").extend(&first);
            if first.contains(&7) {
                self.gate.lock().expect("one thread").recv().expect("the gate opens");
            }
            Ok(first.into_iter().map(|token| vec![token as f32]).collect())
        }
    }

    #[tokio::test]
    async fn what_somebody_waits_for_goes_before_the_background() {
        let (open, gate) = std::sync::mpsc::channel();
        let noting = Arc::new(Noting { seen: Mutex::default(), gate: Mutex::new(gate) });
        let network: Arc<dyn Network> = Arc::clone(&noting) as _;
        let workers = Workers::start(&network, 1).expect("a thread");
        let run = async |token, lane| workers.run(texts(token, 1), lane).await.expect("it works");
        let open_when_all_wait = async { open.send(()).expect("the thread waits at its gate") };
        tokio::join!(
            run(7, Lane::Question),
            run(4, Lane::Background),
            run(5, Lane::Passage),
            run(6, Lane::Question),
            open_when_all_wait,
        );
        assert_eq!(*noting.seen.lock().expect("nobody panics with it"), [7, 6, 5, 4]);
    }

    #[tokio::test]
    async fn the_background_steps_aside_while_a_chat_is_answered() {
        let (_open, gate) = std::sync::mpsc::channel();
        let counting = Arc::new(Counting { runs: Mutex::default(), gate: Mutex::new(gate) });
        let network: Arc<dyn Network> = counting;
        let workers = Workers::start(&network, 1).expect("a thread");
        let chat = Foreground::begin();
        let begun = Instant::now();
        workers.run(texts(5, 1), Lane::Background).await.expect("it goes on, if slowly");
        assert!(begun.elapsed() >= PAUSE, "{:?}", begun.elapsed());
        drop(chat);
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
        let rows = workers.run(texts(5, 3), Lane::Passage).await.expect("it works");
        assert_eq!(rows, vec![vec![5.0]; 3]);
        assert!(workers.are_alive());
        let died = workers.run(texts(13, 1), Lane::Passage).await;
        assert!(matches!(died, Err(Failure::Died)), "{died:?}");
        assert!(!workers.are_alive());
        let later = workers.run(texts(5, 1), Lane::Question).await;
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
            workers.run(texts(7, 1), Lane::Question),
            workers.run(texts(13, 1), Lane::Question),
            workers.run(texts(5, WAITING_BATCHES + 4), Lane::Passage),
            open_when_all_wait,
        );
        assert_eq!(first.expect("it had begun"), [[7.0]]);
        assert!(matches!(second, Err(Failure::Died)), "{second:?}");
        assert!(matches!(third, Err(Failure::Died)), "{third:?}");
    }
}
