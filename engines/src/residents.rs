//! The models in memory: each is loaded once however many ask for it, stays as long as somebody uses it and its
//! time to live after that, and then leaves by itself.
//!
//! Whoever gets a model has a *lease* on it: the `Arc` that was given out, and each generation. While there is one,
//! the model is working and stays. A model whose time to live is *never* is pinned. One that has died is dropped, and
//! loaded anew for whoever asks next.
//!
//! Together they keep within a [`MemoryBudget`]. For a model that would not fit idle ones leave, and if that is not
//! enough it is refused.

mod budget;
mod eviction;
mod house;
mod lease;
mod lent;
mod roster;

use std::future::Future;
use std::sync::Arc;

use quire_domain::{ModelId, ResidentModel, TimeToLive, Unloading};
use tracing::Instrument;

use crate::EngineError;

pub use budget::{MachineMemory, MemoryBudget};
pub use house::{Clock, SystemClock};
pub use lent::Resident;
pub use roster::{Capacity, Loaded, Plan};

use house::House;
use lease::{Lease, Wait};
use roster::{Found, Place, Roster};

/// The models in memory.
pub struct Residents {
    house: Arc<House>,
}

impl Residents {
    /// Makes an empty one, whose models stay for `default_ttl` after their last use unless somebody says otherwise, and
    /// take no more than `budget` together.
    pub fn new(default_ttl: TimeToLive, budget: MemoryBudget) -> Self {
        Self::with_clock(default_ttl, budget, Box::new(SystemClock))
    }

    /// Makes one that goes by another clock.
    pub fn with_clock(
        default_ttl: TimeToLive,
        budget: MemoryBudget,
        clock: Box<dyn Clock>,
    ) -> Self {
        Self { house: Arc::new(House::new(Roster::new(default_ttl, budget), clock)) }
    }

    /// Gives a model that is here and alive, by its full name.
    pub fn find<T: Resident + ?Sized>(&self, model: &ModelId) -> Option<Arc<T>> {
        let (loaded, place) = self.house.change(|roster, now| roster.find(model, now))?;
        self.lend(&loaded, place)
    }

    /// Gives a model, loading it if nobody has or is about to.
    ///
    /// Loading goes on when its caller leaves, so that the next one finds it and does not begin a second time. A failure
    /// is told to whoever began; those who waited for it try for themselves. What does not fit into the budget is an
    /// [`EngineError::NotEnoughMemory`].
    pub async fn get_or_load<T: Resident + ?Sized + 'static>(
        &self,
        plan: Plan,
        load: impl Future<Output = Result<Arc<T>, EngineError>> + Send + 'static,
    ) -> Result<Arc<T>, EngineError> {
        loop {
            match self.house.change(|roster, now| roster.enter(&plan, T::KIND, now))? {
                Found::Here(loaded, place) => {
                    return self.lend(&loaded, place).ok_or_else(|| EngineError::Load {
                        model: plan.model,
                        reason: "another sort of model is in memory under its name; unload that"
                            .to_owned(),
                    });
                }
                Found::Loading(mut over, place) => {
                    let _counted = Wait::begin(&self.house, &place);
                    // It closes without ever saying a word.
                    let _closed = over.changed().await;
                }
                Found::Absent(loading, place) => {
                    let counted = Wait::begin(&self.house, &place);
                    let house = Arc::clone(&self.house);
                    let work = async move {
                        let loaded = load.await;
                        let lent = settle(&house, place, loaded);
                        drop(loading);
                        lent
                    };
                    let lent = tokio::spawn(work.in_current_span()).await;
                    drop(counted);
                    return lent.unwrap_or_else(|error| {
                        Err(EngineError::Load { model: plan.model, reason: error.to_string() })
                    });
                }
            }
        }
    }

    /// Says how long a model stays after its last use, from now on and until somebody says otherwise. Nothing happens
    /// if it is not here.
    pub fn keep(&self, model: &ModelId, ttl: TimeToLive) {
        self.house.change(|roster, now| roster.keep(model, ttl, now));
    }

    /// Lets a model go, at once or, if it is at work, when that is done; a pinned one as well.
    pub fn unload(&self, model: &ModelId) -> Unloading {
        self.house.change(|roster, _| roster.unload(model))
    }

    /// Lets a model go if nobody uses it; false if somebody does, or it is being loaded.
    pub fn unload_idle(&self, model: &ModelId) -> bool {
        self.house.change(|roster, _| roster.unload_idle(model))
    }

    /// Describes what is in memory and on its way there, by name.
    pub fn list(&self) -> Vec<ResidentModel> {
        let now = self.house.now();
        self.house.lock().roster.list(now)
    }

    /// Tells what a model that is in memory can take, by its full name; to look is not to use.
    pub fn find_capacity(&self, model: &ModelId) -> Option<Capacity> {
        self.house.lock().roster.find_capacity(model)
    }

    fn lend<T: Resident + ?Sized>(&self, loaded: &Loaded, place: Place) -> Option<Arc<T>> {
        let lease = Lease::new(Arc::clone(&self.house), place);
        Some(T::lend(T::of_loaded(loaded)?, lease))
    }
}

impl Drop for Residents {
    fn drop(&mut self) {
        self.house.close();
    }
}

/// Puts what was loaded into its place and lends it to whoever loaded it.
fn settle<T: Resident + ?Sized>(
    house: &Arc<House>,
    place: Place,
    loaded: Result<Arc<T>, EngineError>,
) -> Result<Arc<T>, EngineError> {
    match loaded {
        Ok(model) => {
            let stored = T::into_loaded(Arc::clone(&model));
            house.change(|roster, now| roster.settle(&place, stored, now));
            Ok(T::lend(model, Lease::new(Arc::clone(house), place)))
        }
        Err(error) => {
            house.change(|roster, _| roster.strike_out(&place));
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests;
