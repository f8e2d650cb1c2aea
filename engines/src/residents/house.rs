//! The roster behind its lock, and the thread that lets models go when their time has come.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::roster::Roster;

/// Tells the time. A trait, so that tests can step it.
pub trait Clock: Send + Sync {
    /// Gives the present moment.
    fn now(&self) -> Instant;
}

/// The clock of this machine, which stands still while the machine sleeps.
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// What the residents, those who use them and the thread share.
pub struct House {
    state: Mutex<State>,
    /// Somebody has come, gone or changed its time to live.
    changed: Condvar,
    clock: Box<dyn Clock>,
}

/// What is behind the lock.
pub struct State {
    /// Who is here.
    pub roster: Roster,
    has_doorkeeper: bool,
    is_closed: bool,
}

impl House {
    /// Makes one around a roster.
    pub fn new(roster: Roster, clock: Box<dyn Clock>) -> Self {
        let state = Mutex::new(State { roster, has_doorkeeper: false, is_closed: false });
        Self { state, changed: Condvar::new(), clock }
    }

    /// Locks it. Nothing may be dropped or waited for meanwhile.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the present moment.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Does something with the roster, and has the thread look at what is due from then on.
    pub fn change<T>(self: &Arc<Self>, act: impl FnOnce(&mut Roster, Instant) -> T) -> T {
        let now = self.now();
        let mut state = self.lock();
        let outcome = act(&mut state.roster, now);
        // A house without a model that leaves by itself needs no thread.
        if !state.has_doorkeeper && !state.is_closed && state.roster.next_due().is_some() {
            let house = Arc::clone(self);
            let thread = std::thread::Builder::new().name("model-ttl".to_owned());
            match thread.spawn(move || house.keep_the_door()) {
                Ok(_) => state.has_doorkeeper = true,
                Err(error) => {
                    tracing::error!(%error, "no thread: idle models stay in memory for now");
                }
            }
        }
        let leaving = state.roster.take_leaving();
        drop(state);
        self.changed.notify_all();
        drop(leaving);
        outcome
    }

    /// Lets go of all models and ends the thread. What is in use stays with those who use it.
    pub fn close(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        state.roster.remove_all();
        let leaving = state.roster.take_leaving();
        drop(state);
        self.changed.notify_all();
        drop(leaving);
    }

    /// Sleeps until the next model is due, lets it go, and so on until the house is closed.
    fn keep_the_door(&self) {
        let mut state = self.lock();
        while !state.is_closed {
            let now = self.now();
            let gone = state.roster.remove_due(now);
            if !gone.is_empty() {
                let leaving = state.roster.take_leaving();
                drop(state);
                drop(leaving);
                for model in gone {
                    tracing::info!(model = %model, "unloaded `{model}`: nobody used it for its time to live");
                }
                state = self.lock();
                continue;
            }
            state = match state.roster.next_due() {
                Some(due) => {
                    let sleep = due.saturating_duration_since(now);
                    let woken = self.changed.wait_timeout(state, sleep);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}
