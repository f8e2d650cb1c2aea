//! The models in memory, each loaded once however many wait for it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quire_domain::ModelId;
use tokio::sync::OnceCell;

use crate::EngineError;

/// Loaded models of one sort, by their full names.
pub struct Shelf<T: ?Sized> {
    slots: Mutex<HashMap<ModelId, Slot<T>>>,
}

struct Slot<T: ?Sized> {
    model: Arc<OnceCell<Arc<T>>>,
    used: Instant,
}

impl<T: ?Sized> Default for Shelf<T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<T: ?Sized> Shelf<T> {
    /// Gives a model that is loaded.
    pub fn get(&self, name: &ModelId) -> Option<Arc<T>> {
        let mut slots = self.lock();
        let slot = slots.get_mut(name)?;
        slot.used = Instant::now();
        slot.model.get().cloned()
    }

    /// Gives a model, loading it if nobody has or is about to; a failure is tried anew next time.
    pub async fn get_or_load(
        &self,
        name: &ModelId,
        load: impl Future<Output = Result<Arc<T>, EngineError>>,
    ) -> Result<Arc<T>, EngineError> {
        let cell = {
            let mut slots = self.lock();
            let slot = slots
                .entry(name.clone())
                .or_insert_with(|| Slot { model: Arc::default(), used: Instant::now() });
            slot.used = Instant::now();
            Arc::clone(&slot.model)
        };
        cell.get_or_try_init(|| load).await.cloned()
    }

    /// Names the models that are loaded.
    pub fn names(&self) -> Vec<ModelId> {
        let slots = self.lock();
        let loaded = slots.iter().filter(|(_, slot)| slot.model.initialized());
        loaded.map(|(name, _)| name.clone()).collect()
    }

    /// Takes a model off the shelf and says whether it was there.
    pub fn remove(&self, name: &ModelId) -> bool {
        self.lock().remove(name).is_some_and(|slot| slot.model.initialized())
    }

    /// Takes off the shelf what nobody holds and nobody has asked for in `idle`.
    pub fn remove_idle(&self, idle: Duration) {
        self.lock().retain(|_, slot| {
            let at_work = match slot.model.get() {
                Some(model) => Arc::strong_count(model) > 1,
                // Somebody is loading it; else loading failed and nothing is here.
                None => Arc::strong_count(&slot.model) > 1,
            };
            if at_work {
                slot.used = Instant::now();
            }
            at_work || (slot.model.initialized() && slot.used.elapsed() < idle)
        });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ModelId, Slot<T>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn name(name: &str) -> ModelId {
        name.parse().expect("a valid name")
    }

    #[tokio::test]
    async fn a_model_is_loaded_once_however_many_wait() {
        let shelf = Shelf::<str>::default();
        let loads = AtomicUsize::new(0);
        let get = || {
            shelf.get_or_load(&BOTH, async {
                tokio::task::yield_now().await;
                loads.fetch_add(1, Ordering::SeqCst);
                Ok(Arc::from("loaded"))
            })
        };
        let (a, b) = tokio::join!(get(), get());
        assert!(Arc::ptr_eq(&a.expect("loads"), &b.expect("waits")));
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }

    static BOTH: std::sync::LazyLock<ModelId> = std::sync::LazyLock::new(|| name("a/both"));

    #[tokio::test]
    async fn a_failure_is_tried_anew() {
        let shelf = Shelf::<str>::default();
        let model = name("a/b");
        let fail = async { Err(EngineError::NotInstalled { model: name("a/b") }) };
        shelf.get_or_load(&model, fail).await.expect_err("the first try fails");
        assert!(shelf.names().is_empty());
        let load = async { Ok(Arc::from("loaded")) };
        shelf.get_or_load(&model, load).await.expect("the second works");
        assert_eq!(shelf.names(), [model]);
    }

    #[tokio::test]
    async fn idle_models_go_and_held_ones_stay() {
        let shelf = Shelf::<str>::default();
        let load = async { Ok(Arc::from("held")) };
        let held = shelf.get_or_load(&name("a/held"), load).await.expect("it loads");
        let load = async { Ok(Arc::from("free")) };
        shelf.get_or_load(&name("a/free"), load).await.expect("it loads");
        shelf.remove_idle(Duration::from_mins(10));
        assert_eq!(shelf.names().len(), 2, "nothing is idle yet");
        shelf.remove_idle(Duration::ZERO);
        assert_eq!(shelf.names(), [name("a/held")]);
        drop(held);
        shelf.remove_idle(Duration::ZERO);
        assert!(shelf.names().is_empty());
    }
}
