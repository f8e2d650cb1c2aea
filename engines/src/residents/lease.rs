//! What keeps a model from leaving: somebody who has it, and a generation that goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::house::House;
use super::roster::{Place, Waiting};
use crate::foreground::Foreground;
use crate::{GenerateEvent, GenerationWatch};

/// In less time than this no speed can be told.
const SHORTEST: Duration = Duration::from_millis(10);

/// Somebody has a model. It may leave when the last lease is dropped.
pub struct Lease {
    house: Arc<House>,
    place: Place,
}

impl Lease {
    /// Notes a lease that the roster has counted already.
    pub fn new(house: Arc<House>, place: Place) -> Arc<Self> {
        Arc::new(Self { house, place })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let has_left = self.house.change(|roster, now| roster.give_back(&self.place, now));
        if has_left {
            let model = &self.place.model;
            tracing::info!(model = %model, "unloaded `{model}`: its work is done");
        }
    }
}

/// Somebody waits for a model.
pub struct Wait {
    house: Arc<House>,
    place: Place,
}

impl Wait {
    /// Counts somebody who waits until this is dropped.
    pub fn begin(house: &Arc<House>, place: &Place) -> Self {
        house.lock().roster.wait(place, Waiting::Begins);
        Self { house: Arc::clone(house), place: place.clone() }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.house.lock().roster.wait(&self.place, Waiting::Ends);
    }
}

/// A generation: it waits until the engine begins, and has its model until it is over. Work in the background steps
/// aside meanwhile.
pub struct Turn {
    waits: Option<Wait>,
    /// When the prompt had been read.
    begun: Option<Instant>,
    lease: Arc<Lease>,
    _foreground: Foreground,
}

impl Turn {
    /// Notes a generation that was given to the engine.
    pub fn new(lease: &Arc<Lease>) -> Self {
        let waits = Some(Wait::begin(&lease.house, &lease.place));
        Self { waits, begun: None, lease: Arc::clone(lease), _foreground: Foreground::begin() }
    }
}

impl GenerationWatch for Turn {
    fn hear(&mut self, event: &GenerateEvent) {
        self.waits = None;
        match event {
            GenerateEvent::Started { .. } => {
                self.begun.get_or_insert_with(|| self.lease.house.now());
            }
            GenerateEvent::Finished { completion_tokens, .. } => {
                let begun = self.begun.take();
                // The first token comes with the end of the prompt.
                let tokens = completion_tokens.saturating_sub(1);
                self.lease.measure(tokens, begun.map(|begun| self.lease.house.now() - begun));
            }
            _ => {}
        }
    }
}

impl Lease {
    /// Notes how fast the model was, if that took long enough to tell.
    pub fn measure(&self, tokens: usize, time: Option<Duration>) {
        let seconds = time.filter(|time| *time >= SHORTEST).map(|time| time.as_secs_f64());
        if let Some(seconds) = seconds.filter(|_| tokens > 0) {
            let speed = tokens as f64 / seconds;
            self.house.lock().roster.note_speed(&self.place, speed);
        }
    }

    /// Gives the present moment.
    pub fn now(&self) -> Instant {
        self.house.now()
    }
}
