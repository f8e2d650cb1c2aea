//! What keeps a model from leaving: somebody who has it, and a generation that goes on.

use std::sync::Arc;

use super::house::House;
use super::roster::{Place, Waiting};
use crate::GenerationWatch;

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

/// A generation: it waits until the engine begins, and has its model until it is over.
pub struct Turn {
    waits: Option<Wait>,
    _lease: Arc<Lease>,
}

impl Turn {
    /// Notes a generation that was given to the engine.
    pub fn new(lease: &Arc<Lease>) -> Self {
        let waits = Wait::begin(&lease.house, &lease.place);
        Self { waits: Some(waits), _lease: Arc::clone(lease) }
    }
}

impl GenerationWatch for Turn {
    fn begun(&mut self) {
        self.waits = None;
    }
}
