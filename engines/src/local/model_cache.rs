//! The models in memory, each loaded once however many wait for it, and anew once it has died.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quire_domain::ModelId;
use tokio::sync::OnceCell;

use crate::{EngineError, LoadedModel};

/// Loaded models of one sort, by their full names.
pub struct ModelCache<T: ?Sized> {
    slots: Mutex<HashMap<ModelId, Slot<T>>>,
}

struct Slot<T: ?Sized> {
    model: Arc<OnceCell<Arc<T>>>,
    used: Instant,
}

impl<T: LoadedModel + ?Sized> Slot<T> {
    fn is_dead(&self) -> bool {
        self.model.get().is_some_and(|model| !model.is_alive())
    }
}

impl<T: ?Sized> Default for ModelCache<T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<T: LoadedModel + ?Sized> ModelCache<T> {
    /// Gives a model that is loaded and alive.
    pub fn get(&self, name: &ModelId) -> Option<Arc<T>> {
        let mut slots = self.lock();
        let slot = slots.get_mut(name).filter(|slot| !slot.is_dead())?;
        slot.used = Instant::now();
        slot.model.get().cloned()
    }

    /// Gives a model, loading it if nobody has or is about to; a failure is tried anew next time. A
    /// dead one is dropped first.
    pub async fn get_or_load(
        &self,
        name: &ModelId,
        load: impl Future<Output = Result<Arc<T>, EngineError>>,
    ) -> Result<Arc<T>, EngineError> {
        let cell = {
            let mut slots = self.lock();
            if slots.get(name).is_some_and(Slot::is_dead) {
                slots.remove(name);
                tracing::warn!(model = %name, "the model had died and is loaded anew");
            }
            let slot = slots
                .entry(name.clone())
                .or_insert_with(|| Slot { model: Arc::default(), used: Instant::now() });
            slot.used = Instant::now();
            Arc::clone(&slot.model)
        };
        cell.get_or_try_init(|| load).await.cloned()
    }

    /// Names the models that are loaded and alive.
    pub fn names(&self) -> Vec<ModelId> {
        let slots = self.lock();
        let loaded = slots.iter().filter(|(_, slot)| slot.model.initialized() && !slot.is_dead());
        loaded.map(|(name, _)| name.clone()).collect()
    }

    /// Drops a model and tells if it was there.
    pub fn remove(&self, name: &ModelId) -> bool {
        self.lock().remove(name).is_some_and(|slot| slot.model.initialized())
    }

    /// Drops what has died, and what nobody holds and nobody has asked for in `idle`.
    pub fn remove_idle(&self, idle: Duration) {
        self.lock().retain(|_, slot| {
            if slot.is_dead() {
                return false;
            }
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
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use super::*;

    /// A model that dies when told to.
    #[derive(Debug)]
    struct TestModel {
        is_alive: AtomicBool,
    }

    impl TestModel {
        fn new() -> Arc<Self> {
            Arc::new(Self { is_alive: AtomicBool::new(true) })
        }

        fn die(&self) {
            self.is_alive.store(false, Ordering::SeqCst);
        }
    }

    impl LoadedModel for TestModel {
        fn is_alive(&self) -> bool {
            self.is_alive.load(Ordering::SeqCst)
        }
    }

    fn name(name: &str) -> ModelId {
        name.parse().expect("a valid name")
    }

    #[tokio::test]
    async fn a_model_is_loaded_once_however_many_wait() {
        let cache = ModelCache::<TestModel>::default();
        let loads = AtomicUsize::new(0);
        let get = || {
            cache.get_or_load(&BOTH, async {
                tokio::task::yield_now().await;
                loads.fetch_add(1, Ordering::SeqCst);
                Ok(TestModel::new())
            })
        };
        let (a, b) = tokio::join!(get(), get());
        assert!(Arc::ptr_eq(&a.expect("loads"), &b.expect("waits")));
        assert_eq!(loads.load(Ordering::SeqCst), 1);
    }

    static BOTH: std::sync::LazyLock<ModelId> = std::sync::LazyLock::new(|| name("a/both"));

    #[tokio::test]
    async fn a_failure_is_tried_anew() {
        let cache = ModelCache::<TestModel>::default();
        let model = name("a/b");
        let fail = async { Err(EngineError::NotInstalled { model: name("a/b") }) };
        cache.get_or_load(&model, fail).await.expect_err("the first try fails");
        assert!(cache.names().is_empty());
        let load = async { Ok(TestModel::new()) };
        cache.get_or_load(&model, load).await.expect("the second works");
        assert_eq!(cache.names(), [model]);
    }

    #[tokio::test]
    async fn idle_models_go_and_held_ones_stay() {
        let cache = ModelCache::<TestModel>::default();
        let load = async { Ok(TestModel::new()) };
        let held = cache.get_or_load(&name("a/held"), load).await.expect("it loads");
        let load = async { Ok(TestModel::new()) };
        cache.get_or_load(&name("a/free"), load).await.expect("it loads");
        cache.remove_idle(Duration::from_mins(10));
        assert_eq!(cache.names().len(), 2, "nothing is idle yet");
        cache.remove_idle(Duration::ZERO);
        assert_eq!(cache.names(), [name("a/held")]);
        drop(held);
        cache.remove_idle(Duration::ZERO);
        assert!(cache.names().is_empty());
    }

    #[tokio::test]
    async fn a_dead_model_is_dropped_and_loaded_anew_once() {
        let cache = ModelCache::<TestModel>::default();
        let dead = cache.get_or_load(&BOTH, async { Ok(TestModel::new()) }).await.expect("loads");
        dead.die();
        assert!(cache.get(&BOTH).is_none() && cache.names().is_empty());
        let loads = AtomicUsize::new(0);
        let get = || {
            cache.get_or_load(&BOTH, async {
                tokio::task::yield_now().await;
                loads.fetch_add(1, Ordering::SeqCst);
                Ok(TestModel::new())
            })
        };
        let (a, b) = tokio::join!(get(), get());
        let (a, b) = (a.expect("loads anew"), b.expect("waits"));
        assert!(Arc::ptr_eq(&a, &b) && !Arc::ptr_eq(&a, &dead) && a.is_alive());
        assert_eq!(loads.load(Ordering::SeqCst), 1);
        assert!(cache.get(&BOTH).is_some_and(|model| Arc::ptr_eq(&model, &a)));
    }

    #[tokio::test]
    async fn a_dead_model_leaves_memory_however_many_hold_it() {
        let cache = ModelCache::<TestModel>::default();
        let held = cache.get_or_load(&BOTH, async { Ok(TestModel::new()) }).await.expect("loads");
        held.die();
        cache.remove_idle(Duration::from_mins(10));
        assert_eq!(Arc::strong_count(&held), 1, "the cache holds it no more");
    }
}
