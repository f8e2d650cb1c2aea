//! Who is in memory, since when and for how long: the rules, without threads and without a clock.
//!
//! Whoever calls says what time it is, so that tests can step it. Models that leave are kept aside until
//! [`Roster::take_leaving`]: dropping them may take a while, and nobody is to wait for it behind the lock.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use quire_domain::{ModelId, ModelKind, ResidentModel, ResidentState, TimeToLive, Unloading};
use tokio::sync::watch;

use super::budget::MemoryBudget;
use super::eviction::{self, Candidate};
use crate::{Embedder, EngineError, EntailmentJudge, Feature, Generator, Reranker};

/// A model in memory.
#[derive(Clone)]
pub enum Loaded {
    /// It turns text into vectors.
    Embedder(Arc<dyn Embedder>),
    /// It ranks passages.
    Reranker(Arc<dyn Reranker>),
    /// It judges entailment.
    Judge(Arc<dyn EntailmentJudge>),
    /// It answers.
    Generator(Arc<dyn Generator>),
}

/// What a model can take, as it was loaded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Capacity {
    /// The longest input in tokens; of a chat model prompt and answer together.
    pub context_tokens: usize,
    /// Whether it reads pictures.
    pub reads_images: bool,
}

impl Loaded {
    /// Tells what it can take; nothing of models that are asked for no text of a client's.
    fn capacity(&self) -> Option<Capacity> {
        match self {
            Self::Embedder(model) => {
                let context_tokens = model.info().max_tokens;
                Some(Capacity { context_tokens, reads_images: false })
            }
            Self::Generator(model) => {
                let info = model.info();
                let reads_images = info.features.contains(&Feature::Images);
                Some(Capacity { context_tokens: info.context_tokens, reads_images })
            }
            Self::Reranker(_) | Self::Judge(_) => None,
        }
    }

    fn is_alive(&self) -> bool {
        match self {
            Self::Embedder(model) => model.is_alive(),
            Self::Reranker(model) => model.is_alive(),
            Self::Judge(model) => model.is_alive(),
            Self::Generator(model) => model.is_alive(),
        }
    }
}

/// What is known of a model before it is loaded.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its full name.
    pub model: ModelId,
    /// Bytes of memory that it will take, estimated.
    pub memory_bytes: u64,
}

/// What a caller finds.
pub enum Found {
    /// The model is here and is theirs until they give it back.
    Here(Loaded, Place),
    /// Somebody loads it; the other end of this closes when that is over.
    Loading(watch::Receiver<()>, Place),
    /// Nobody does: it is theirs to load. This is to be closed when that is over.
    Absent(watch::Sender<()>, Place),
}

/// A place in the roster. A model that is loaded anew has another one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// The model's full name.
    pub model: ModelId,
    number: u64,
}

/// The models in memory and on their way there.
pub struct Roster {
    slots: HashMap<ModelId, Slot>,
    /// Those that have left and are not dropped yet.
    leaving: Vec<Loaded>,
    default_ttl: TimeToLive,
    budget: MemoryBudget,
    /// What the budget came to when it was last measured.
    limit_bytes: u64,
    last_number: u64,
}

struct Slot {
    number: u64,
    kind: ModelKind,
    memory_bytes: u64,
    content: Content,
    ttl: TimeToLive,
    /// Whether it leaves as soon as it is idle, whatever its time to live.
    leaves: bool,
    used: Instant,
    /// How many have it.
    requests: u32,
    /// How many wait for it.
    waiting: u32,
    /// How many tokens a second it wrote or read last.
    speed: Option<f64>,
}

enum Content {
    /// The other end is held by whoever loads it, so that it closes even if that fails badly.
    Loading(watch::Receiver<()>),
    Here(Loaded),
}

impl Slot {
    /// Whether nothing will come of it: loading broke off, or the model has died.
    fn is_dead(&self) -> bool {
        match &self.content {
            Content::Loading(over) => over.has_changed().is_err(),
            Content::Here(model) => !model.is_alive(),
        }
    }

    fn is_idle(&self) -> bool {
        self.requests == 0 && matches!(self.content, Content::Here(_))
    }

    fn may_be_evicted(&self) -> bool {
        self.is_dead() || (self.is_idle() && self.ttl != TimeToLive::Never)
    }

    fn as_candidate(&self, model: &ModelId) -> Candidate {
        let Self { kind, memory_bytes, used, .. } = *self;
        Candidate { model: model.clone(), kind, memory_bytes, used }
    }

    /// When it leaves by itself, if nobody asks for it until then.
    fn due(&self) -> Option<Instant> {
        if !self.is_idle() {
            return None;
        }
        match self.ttl {
            _ if self.leaves => Some(self.used),
            TimeToLive::After(idle) => self.used.checked_add(idle),
            TimeToLive::Never => None,
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        self.due().is_some_and(|due| due <= now)
    }

    fn describe(&self, model: &ModelId, now: Instant) -> ResidentModel {
        let state = match self.content {
            Content::Loading(_) => ResidentState::Loading,
            Content::Here(_) if self.requests == 0 => ResidentState::Idle,
            Content::Here(_) => ResidentState::Working,
        };
        let ttl_seconds = match (self.ttl, self.due()) {
            _ if self.leaves => Some(0),
            (_, Some(due)) => Some(due.saturating_duration_since(now).as_secs()),
            (TimeToLive::After(idle), None) => Some(idle.as_secs()),
            (TimeToLive::Never, None) => None,
        };
        ResidentModel {
            id: model.clone(),
            kind: self.kind,
            state,
            memory_bytes: self.memory_bytes,
            ttl_seconds,
            requests: self.requests,
            waiting_requests: self.waiting,
            tokens_per_second: self.speed.map(|speed| (speed * 10.0).round() / 10.0),
        }
    }
}

impl Roster {
    /// Makes an empty one; models stay for `default_ttl` unless somebody says otherwise.
    pub fn new(default_ttl: TimeToLive, budget: MemoryBudget) -> Self {
        let (slots, leaving) = Default::default();
        Self { slots, leaving, default_ttl, budget, limit_bytes: 0, last_number: 0 }
    }

    /// Gives a model that is here; the caller has it until [`Self::give_back`].
    pub fn find(&mut self, model: &ModelId, now: Instant) -> Option<(Loaded, Place)> {
        let slot = self.slots.get_mut(model).filter(|slot| !slot.is_dead())?;
        let Content::Here(loaded) = &slot.content else { return None };
        let found = (loaded.clone(), Place { model: model.clone(), number: slot.number });
        slot.requests += 1;
        slot.used = now;
        Some(found)
    }

    /// Tells what a model that is here can take. To look is not to use: it leaves when it would have left.
    pub fn find_capacity(&self, model: &ModelId) -> Option<Capacity> {
        match &self.slots.get(model).filter(|slot| !slot.is_dead())?.content {
            Content::Here(loaded) => loaded.capacity(),
            Content::Loading(_) => None,
        }
    }

    /// Finds a model, or makes a place for it: others leave if it does not fit. A dead one is dropped first.
    pub fn enter(
        &mut self,
        plan: &Plan,
        kind: ModelKind,
        now: Instant,
    ) -> Result<Found, EngineError> {
        if let Some((loaded, place)) = self.find(&plan.model, now) {
            return Ok(Found::Here(loaded, place));
        }
        if self.slots.get(&plan.model).is_some_and(Slot::is_dead) {
            self.remove(&plan.model);
            tracing::warn!(model = %plan.model, "the model had died and is loaded anew");
        }
        let place = |number| Place { model: plan.model.clone(), number };
        if let Some(Slot { content: Content::Loading(over), number, .. }) =
            self.slots.get(&plan.model)
        {
            return Ok(Found::Loading(over.clone(), place(*number)));
        }
        self.make_room(plan, kind)?;
        let (loading, over) = watch::channel(());
        self.last_number += 1;
        let slot = Slot {
            number: self.last_number,
            kind,
            memory_bytes: plan.memory_bytes,
            content: Content::Loading(over),
            ttl: self.default_ttl,
            leaves: false,
            used: now,
            requests: 0,
            waiting: 0,
            speed: None,
        };
        self.slots.insert(plan.model.clone(), slot);
        Ok(Found::Absent(loading, place(self.last_number)))
    }

    /// Has others leave if a model does not fit beside them, or refuses it; then nobody leaves.
    fn make_room(&mut self, plan: &Plan, kind: ModelKind) -> Result<(), EngineError> {
        if self.slots.is_empty() {
            self.limit_bytes = self.budget.measure();
        }
        let taken = self.slots.values().map(|slot| slot.memory_bytes);
        let taken_bytes = taken.fold(0, u64::saturating_add);
        let wanted = taken_bytes.saturating_add(plan.memory_bytes);
        let missing_bytes = wanted.saturating_sub(self.limit_bytes);
        let idle = self.slots.iter().filter(|(_, slot)| slot.may_be_evicted());
        let candidates: Vec<Candidate> = idle.map(|(name, slot)| slot.as_candidate(name)).collect();
        let idle_bytes = candidates.iter().map(|one| one.memory_bytes).fold(0, u64::saturating_add);
        let chosen = eviction::choose(candidates, kind, missing_bytes);
        let chosen = chosen.ok_or_else(|| EngineError::NotEnoughMemory {
            model: plan.model.clone(),
            needed_bytes: plan.memory_bytes,
            budget_bytes: self.limit_bytes,
            busy_bytes: taken_bytes.saturating_sub(idle_bytes),
        })?;
        for model in chosen {
            tracing::info!(model = %model, "unloaded `{model}` to make room for `{}`", plan.model);
            self.remove(&model);
        }
        Ok(())
    }

    /// Puts a model that was loaded into its place; who loaded it has it. One that found no use meanwhile, for the
    /// place is gone, is kept by nobody.
    pub fn settle(&mut self, place: &Place, loaded: Loaded, now: Instant) {
        if let Some(slot) = self.slot(place) {
            slot.content = Content::Here(loaded);
            slot.requests += 1;
            slot.used = now;
        }
    }

    /// Strikes out a place whose model could not be loaded.
    pub fn strike_out(&mut self, place: &Place) {
        if self.slot(place).is_some() {
            self.remove(&place.model);
        }
    }

    /// Notes that somebody has done with a model, and returns whether it leaves now.
    pub fn give_back(&mut self, place: &Place, now: Instant) -> bool {
        let Some(slot) = self.slot(place) else { return false };
        slot.requests = slot.requests.saturating_sub(1);
        slot.used = now;
        let leaves = slot.is_dead() || slot.is_due(now);
        if leaves {
            self.remove(&place.model);
        }
        leaves
    }

    /// Notes that somebody waits for a model, or does so no more.
    pub fn wait(&mut self, place: &Place, change: Waiting) {
        if let Some(slot) = self.slot(place) {
            slot.waiting = match change {
                Waiting::Begins => slot.waiting.saturating_add(1),
                Waiting::Ends => slot.waiting.saturating_sub(1),
            };
        }
    }

    /// Notes how many tokens a second a model wrote or read.
    pub fn note_speed(&mut self, place: &Place, speed: f64) {
        if let Some(slot) = self.slot(place) {
            slot.speed = Some(speed);
        }
    }

    /// Says how long a model stays from now on.
    pub fn keep(&mut self, model: &ModelId, ttl: TimeToLive, now: Instant) {
        let Some(slot) = self.slots.get_mut(model) else { return };
        slot.ttl = ttl;
        slot.leaves = false;
        if slot.is_due(now) {
            self.remove(model);
        }
    }

    /// Lets a model go, at once or as soon as it is idle; a pinned one as well.
    pub fn unload(&mut self, model: &ModelId) -> Unloading {
        let Some(slot) = self.slots.get_mut(model) else { return Unloading::NotLoaded };
        let (is_dead, is_idle) = (slot.is_dead(), slot.is_idle());
        if !is_dead && !is_idle {
            slot.leaves = true;
            return Unloading::WhenIdle;
        }
        self.remove(model);
        if is_dead { Unloading::NotLoaded } else { Unloading::Unloaded }
    }

    /// Lets a model go if it is idle; false if it is not.
    pub fn unload_idle(&mut self, model: &ModelId) -> bool {
        let Some(slot) = self.slots.get(model) else { return true };
        let leaves = slot.is_dead() || slot.is_idle();
        if leaves {
            self.remove(model);
        }
        leaves
    }

    /// Gives the moment when the next model leaves by itself.
    pub fn next_due(&self) -> Option<Instant> {
        self.slots.values().filter_map(Slot::due).min()
    }

    /// Lets those go whose time has come, and names them.
    pub fn remove_due(&mut self, now: Instant) -> Vec<ModelId> {
        let due = self.slots.iter().filter(|(_, slot)| slot.is_due(now));
        let names: Vec<ModelId> = due.map(|(name, _)| name.clone()).collect();
        for name in &names {
            self.remove(name);
        }
        names
    }

    /// Lets all go.
    pub fn remove_all(&mut self) {
        let names: Vec<ModelId> = self.slots.keys().cloned().collect();
        for name in &names {
            self.remove(name);
        }
    }

    /// Gives those that have left, to be dropped.
    pub fn take_leaving(&mut self) -> Vec<Loaded> {
        std::mem::take(&mut self.leaving)
    }

    /// Describes what is in memory and on its way there, by name.
    pub fn list(&self, now: Instant) -> Vec<ResidentModel> {
        let living = self.slots.iter().filter(|(_, slot)| !slot.is_dead());
        let mut models: Vec<_> = living.map(|(name, slot)| slot.describe(name, now)).collect();
        models.sort_by(|a, b| a.id.as_str().cmp(b.id.as_str()));
        models
    }

    fn remove(&mut self, model: &ModelId) {
        if let Some(Slot { content: Content::Here(loaded), .. }) = self.slots.remove(model) {
            self.leaving.push(loaded);
        }
    }

    fn slot(&mut self, place: &Place) -> Option<&mut Slot> {
        self.slots.get_mut(&place.model).filter(|slot| slot.number == place.number)
    }
}

/// How the number of those who wait changes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Waiting {
    /// By one more.
    Begins,
    /// By one less.
    Ends,
}
