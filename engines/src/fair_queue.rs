//! A queue that is fair between callers: whoever waits is served in turn with the others, however much each has sent.
//!
//! It is bounded for each caller, so that one who fills it leaves room for the others, and as a whole. It is closed
//! when either end is dropped; what waits then is dropped with the receiving end.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use quire_domain::ModelId;

use crate::{Caller, EngineError};

/// How many callers may fill their places before there is no room for another.
const FULL_CALLERS: usize = 8;

/// Makes a queue in which `places` items of each caller may wait, and eight times as many in all.
pub fn fair_queue<T>(places: usize) -> (FairSender<T>, FairReceiver<T>) {
    let places = places.max(1);
    let state = State { turns: VecDeque::new(), count: 0, places, is_closed: false };
    let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
    (FairSender(Arc::clone(&shared)), FairReceiver(shared))
}

/// Why an item cannot wait.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NoPlace {
    /// The caller's places are taken, or all of them are.
    Full,
    /// Nobody will ever take it.
    Closed,
}

impl NoPlace {
    /// Says so of the queue of a model.
    pub fn of(self, model: &ModelId) -> EngineError {
        let model = model.clone();
        match self {
            Self::Full => EngineError::Busy { model },
            Self::Closed => EngineError::EngineDied { model },
        }
    }
}

/// The end that items are put in.
pub struct FairSender<T>(Arc<Shared<T>>);

/// The end that they are taken from.
pub struct FairReceiver<T>(Arc<Shared<T>>);

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

struct State<T> {
    /// Who waits, the next to be served first, with what they sent, the oldest first. Nobody is in it twice, or with
    /// nothing.
    turns: VecDeque<(Caller, VecDeque<T>)>,
    count: usize,
    places: usize,
    is_closed: bool,
}

impl<T> State<T> {
    fn put(&mut self, caller: &Caller, item: T) -> Result<(), NoPlace> {
        if self.is_closed {
            return Err(NoPlace::Closed);
        }
        if self.count >= self.places.saturating_mul(FULL_CALLERS) {
            return Err(NoPlace::Full);
        }
        match self.turns.iter_mut().find(|(other, _)| other == caller) {
            Some((_, items)) if items.len() >= self.places => return Err(NoPlace::Full),
            Some((_, items)) => items.push_back(item),
            None => self.turns.push_back((caller.clone(), VecDeque::from([item]))),
        }
        self.count += 1;
        Ok(())
    }

    fn take(&mut self) -> Option<T> {
        let (caller, mut items) = self.turns.pop_front()?;
        let item = items.pop_front();
        if !items.is_empty() {
            self.turns.push_back((caller, items));
        }
        self.count -= usize::from(item.is_some());
        item
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }
}

impl<T> FairSender<T> {
    /// Has an item wait behind those of its caller.
    pub fn try_send(&self, caller: &Caller, item: T) -> Result<(), NoPlace> {
        let put = self.0.lock().put(caller, item);
        self.0.changed.notify_all();
        put
    }

    /// Returns whether nobody will take anything any more.
    pub fn is_closed(&self) -> bool {
        self.0.lock().is_closed
    }
}

impl<T> FairReceiver<T> {
    /// Waits for the next item; `None` when none is left and no more can come.
    pub fn blocking_recv(&mut self) -> Option<T> {
        let mut state = self.0.lock();
        loop {
            match state.take() {
                Some(item) => return Some(item),
                None if state.is_closed => return None,
                None => {
                    let woken = self.0.changed.wait(state);
                    state = woken.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }

    /// Gives the next item, if one waits.
    pub fn try_recv(&mut self) -> Option<T> {
        self.0.lock().take()
    }

    /// Has no more items come; those that wait can still be taken.
    pub fn close(&mut self) {
        self.0.close();
    }
}

impl<T> Drop for FairSender<T> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<T> Drop for FairReceiver<T> {
    fn drop(&mut self) {
        self.0.close();
        // Whoever waits for what becomes of an item hears that nothing does; not behind the lock.
        let waiting = std::mem::take(&mut self.0.lock().turns);
        drop(waiting);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn callers_are_served_in_turn() {
        let (sender, mut receiver) = fair_queue(8);
        let [many, few, late] = ["many", "few", "late"].map(Caller::new);
        for number in 1..=4 {
            sender.try_send(&many, ("many", number)).expect("there is room");
        }
        sender.try_send(&few, ("few", 1)).expect("there is room");
        assert_eq!(receiver.try_recv(), Some(("many", 1)));
        sender.try_send(&late, ("late", 1)).expect("there is room");
        let rest: Vec<(&str, i32)> = std::iter::from_fn(|| receiver.try_recv()).collect();
        let expected = [("few", 1), ("many", 2), ("late", 1), ("many", 3), ("many", 4)];
        assert_eq!(rest, expected);
    }

    #[test]
    fn one_who_fills_it_leaves_room_for_others() {
        let (sender, mut receiver) = fair_queue(2);
        let names: Vec<Caller> =
            (0..=FULL_CALLERS).map(|number| Caller::new(&number.to_string())).collect();
        for caller in &names[..FULL_CALLERS] {
            assert_eq!(sender.try_send(caller, 1), Ok(()));
            assert_eq!(sender.try_send(caller, 2), Ok(()));
            assert_eq!(sender.try_send(caller, 3), Err(NoPlace::Full));
        }
        assert_eq!(sender.try_send(&names[FULL_CALLERS], 1), Err(NoPlace::Full));
        assert_eq!(receiver.try_recv(), Some(1));
        assert_eq!(sender.try_send(&names[FULL_CALLERS], 1), Ok(()));
    }

    #[test]
    fn either_end_closes_it() {
        let (sender, mut receiver) = fair_queue(2);
        let caller = Caller::default();
        sender.try_send(&caller, 1).expect("there is room");
        receiver.close();
        assert_eq!(sender.try_send(&caller, 2), Err(NoPlace::Closed));
        assert_eq!((receiver.blocking_recv(), receiver.blocking_recv()), (Some(1), None));
        drop(receiver);
        assert!(sender.is_closed());

        let (sender, mut receiver) = fair_queue::<i32>(2);
        let waiting = std::thread::spawn(move || receiver.blocking_recv());
        std::thread::sleep(Duration::from_millis(20));
        drop(sender);
        assert_eq!(waiting.join().expect("it does not panic"), None);
    }
}
