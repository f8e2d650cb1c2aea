//! The residents, with a clock that is stepped.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use quire_domain::ResidentState;
use tokio::sync::Notify;

use super::*;
use crate::scripted::ScriptedGenerator;
use crate::{
    Embedder, EmbedderInfo, Embeddings, GenerateRequest, Generator, LoadedModel, Prompt, TextRole,
};

/// How long a test waits for what is to happen, before it fails.
const PATIENCE: Duration = Duration::from_secs(20);
const MINUTE: Duration = Duration::from_mins(1);

/// A clock that goes when it is told to.
#[derive(Clone)]
struct Stepped(Arc<Mutex<Instant>>);

impl Clock for Stepped {
    fn now(&self) -> Instant {
        *self.0.lock().expect("nobody panics with it")
    }
}

/// Residents whose clock is stepped.
struct Fixture {
    residents: Residents,
    clock: Stepped,
    gone: mpsc::Receiver<ModelId>,
    tell: mpsc::Sender<ModelId>,
}

impl Fixture {
    fn new(ttl: TimeToLive) -> Self {
        Self::within(ttl, MemoryBudget::Unlimited)
    }

    /// Holds models of so many bytes, each of which takes a thousand.
    fn within(ttl: TimeToLive, budget: MemoryBudget) -> Self {
        let clock = Stepped(Arc::new(Mutex::new(Instant::now())));
        let residents = Residents::with_clock(ttl, budget, Box::new(clock.clone()));
        let (tell, gone) = mpsc::channel();
        Self { residents, clock, gone, tell }
    }

    /// Lets time pass, as it would for a thread that sleeps until the next model is due.
    fn step(&self, by: Duration) {
        *self.clock.0.lock().expect("nobody panics with it") += by;
        self.residents.house.change(|_, _| ());
    }

    async fn embedder(&self, name: &str) -> Arc<dyn Embedder> {
        let model = Told::new(id(name), self.tell.clone());
        self.residents.get_or_load(plan(name), async { Ok(model as _) }).await.expect("it loads")
    }

    fn names(&self) -> Vec<String> {
        self.residents.list().into_iter().map(|model| model.id.to_string()).collect()
    }

    fn only(&self) -> ResidentModel {
        let mut models = self.residents.list();
        assert_eq!(models.len(), 1, "{models:?}");
        models.remove(0)
    }
}

/// An embedder that dies when told to, and tells when it leaves memory.
struct Told {
    info: EmbedderInfo,
    is_alive: AtomicBool,
    gone: mpsc::Sender<ModelId>,
}

impl Told {
    fn new(model: ModelId, gone: mpsc::Sender<ModelId>) -> Arc<Self> {
        let fingerprint = model.to_string();
        let info =
            EmbedderInfo { model, dimensions: 1, max_tokens: 1, fingerprint, languages: None };
        Arc::new(Self { info, is_alive: AtomicBool::new(true), gone })
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        // The test that listened may be over.
        let _heard = self.gone.send(self.info.model.clone());
    }
}

impl LoadedModel for Told {
    fn is_alive(&self) -> bool {
        self.is_alive.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Embedder for Told {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    fn count_tokens(&self, _text: &str) -> usize {
        1
    }

    async fn embed(&self, texts: Vec<String>, _role: TextRole) -> Result<Embeddings, EngineError> {
        Ok(Embeddings { vectors: vec![vec![1.0]; texts.len()], token_counts: vec![1; texts.len()] })
    }
}

fn id(name: &str) -> ModelId {
    name.parse().expect("a valid name")
}

fn plan(name: &str) -> Plan {
    Plan { model: id(name), memory_bytes: 1000 }
}

#[tokio::test]
async fn a_model_is_loaded_once_however_many_wait() {
    let fixture = Fixture::new(TimeToLive::default());
    let (loads, go) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let get = || {
        let (loads, go) = (Arc::clone(&loads), Arc::clone(&go));
        let model = Told::new(id("a/both"), fixture.tell.clone());
        fixture.residents.get_or_load::<dyn Embedder>(plan("a/both"), async move {
            loads.fetch_add(1, Ordering::SeqCst);
            go.notified().await;
            Ok(model as _)
        })
    };
    let seen = async {
        // The others have asked by now: they were polled before this.
        let model = fixture.only();
        assert_eq!((model.state, model.waiting_requests), (ResidentState::Loading, 2));
        go.notify_one();
    };
    let (a, b, ()) = tokio::join!(get(), get(), seen);
    let (a, b) = (a.expect("it loads"), b.expect("it is there"));
    assert!(std::ptr::eq(a.info(), b.info()));
    assert_eq!(loads.load(Ordering::SeqCst), 1);
    let model = fixture.only();
    assert_eq!((model.state, model.memory_bytes), (ResidentState::Working, 1000));
    assert_eq!((model.requests, model.waiting_requests), (2, 0));
}

#[tokio::test]
async fn a_failure_is_told_once_and_whoever_waited_tries_anew() {
    let fixture = Fixture::new(TimeToLive::default());
    let fail = async {
        tokio::task::yield_now().await;
        Err(EngineError::NotInstalled { model: id("a/b") })
    };
    let first = fixture.residents.get_or_load::<dyn Embedder>(plan("a/b"), fail);
    let (first, second) = tokio::join!(first, fixture.embedder("a/b"));
    assert!(matches!(first, Err(EngineError::NotInstalled { .. })));
    assert_eq!(second.info().model, id("a/b"));
    assert_eq!(fixture.names(), ["a/b"]);
}

#[tokio::test]
async fn loading_goes_on_when_its_caller_leaves() {
    let fixture = Fixture::new(TimeToLive::default());
    let go = Arc::new(Notify::new());
    let (model, wait) = (Told::new(id("a/b"), fixture.tell.clone()), Arc::clone(&go));
    let load = async move {
        wait.notified().await;
        Ok(model as Arc<dyn Embedder>)
    };
    {
        let left = fixture.residents.get_or_load(plan("a/b"), load);
        let left = tokio::time::timeout(Duration::ZERO, left).await;
        assert!(left.is_err(), "it is not loaded yet");
    }
    go.notify_one();
    let never = async { panic!("it is loaded already") };
    let found = fixture.residents.get_or_load::<dyn Embedder>(plan("a/b"), never).await;
    assert_eq!(found.expect("it is there").info().model, id("a/b"));
}

#[tokio::test]
async fn an_idle_model_leaves_by_itself_and_a_working_one_stays() {
    let fixture = Fixture::new(TimeToLive::After(10 * MINUTE));
    drop(fixture.embedder("a/free").await);
    let held = fixture.embedder("a/held").await;
    fixture.step(9 * MINUTE);
    assert_eq!(fixture.names(), ["a/free", "a/held"], "nothing is due yet");
    fixture.step(MINUTE);
    assert_eq!(fixture.gone.recv_timeout(PATIENCE), Ok(id("a/free")), "nobody asked for it");
    fixture.step(60 * MINUTE);
    let model = fixture.only();
    assert_eq!((model.state, model.ttl_seconds), (ResidentState::Working, Some(600)));
    drop(held);
    fixture.step(4 * MINUTE);
    let model = fixture.only();
    assert_eq!((model.state, model.ttl_seconds), (ResidentState::Idle, Some(360)));
    fixture.step(6 * MINUTE);
    assert_eq!(fixture.gone.recv_timeout(PATIENCE), Ok(id("a/held")), "counted from its last use");
}

#[tokio::test]
async fn the_clock_of_the_machine_unloads_without_anybody_asking() {
    let residents =
        Residents::new(TimeToLive::After(Duration::from_millis(20)), MemoryBudget::Free);
    let (tell, gone) = mpsc::channel();
    let model = Told::new(id("a/b"), tell);
    let load = async { Ok(model as Arc<dyn Embedder>) };
    drop(residents.get_or_load(plan("a/b"), load).await.expect("it loads"));
    assert_eq!(gone.recv_timeout(PATIENCE), Ok(id("a/b")));
    assert!(residents.list().is_empty());
}

#[tokio::test]
async fn a_time_to_live_of_its_own_overrules_the_default() {
    let fixture = Fixture::new(TimeToLive::After(MINUTE));
    let at_once = fixture.embedder("a/at-once").await;
    fixture.residents.keep(&id("a/at-once"), TimeToLive::from_seconds(0));
    assert_eq!(fixture.names(), ["a/at-once"], "it works");
    drop(at_once);
    assert_eq!(fixture.gone.try_recv(), Ok(id("a/at-once")));

    let pinned = fixture.embedder("a/pinned").await;
    fixture.residents.keep(&id("a/pinned"), TimeToLive::from_seconds(-1));
    drop((pinned, fixture.embedder("a/usual").await));
    fixture.step(MINUTE);
    assert_eq!(fixture.gone.recv_timeout(PATIENCE), Ok(id("a/usual")));
    assert_eq!(fixture.only().ttl_seconds, None);
    fixture.step(1000 * MINUTE);
    drop(fixture.embedder("a/pinned").await);
    assert_eq!(fixture.names(), ["a/pinned"], "using it does not unpin it");
    // The embedder that was not needed.
    assert_eq!(fixture.gone.try_recv(), Ok(id("a/pinned")));
    fixture.residents.keep(&id("a/pinned"), TimeToLive::from_seconds(0));
    assert_eq!(fixture.gone.try_recv(), Ok(id("a/pinned")), "it is idle");
}

#[tokio::test]
async fn unloading_waits_for_work_and_overrules_a_pin() {
    let fixture = Fixture::new(TimeToLive::Never);
    assert_eq!(fixture.residents.unload(&id("a/b")), Unloading::NotLoaded);
    let held = fixture.embedder("a/b").await;
    assert_eq!(fixture.residents.unload(&id("a/b")), Unloading::WhenIdle);
    assert_eq!(fixture.only().ttl_seconds, Some(0));
    held.embed(vec!["text".to_owned()], TextRole::Query).await.expect("it works on");
    drop(held);
    assert_eq!(fixture.gone.try_recv(), Ok(id("a/b")));
    drop(fixture.embedder("a/b").await);
    assert_eq!(fixture.residents.unload(&id("a/b")), Unloading::Unloaded);
    assert_eq!(fixture.gone.try_recv(), Ok(id("a/b")));
}

#[tokio::test]
async fn a_generation_keeps_its_model_when_nobody_else_does() {
    let fixture = Fixture::new(TimeToLive::After(Duration::ZERO));
    let model = Arc::new(ScriptedGenerator::new(id("a/chat"), ["Two words".to_owned()]));
    let weak = Arc::downgrade(&model);
    let load = async { Ok(model as Arc<dyn Generator>) };
    let generator = fixture.residents.get_or_load(plan("a/chat"), load).await.expect("it loads");
    let request = GenerateRequest::new(Prompt::Text("Say".to_owned()));
    let mut generation = generator.generate(request).await.expect("it begins");
    drop(generator);
    let model = fixture.only();
    assert_eq!((model.state, model.waiting_requests), (ResidentState::Working, 1));
    generation.recv().await.expect("the engine has begun");
    assert_eq!(fixture.only().waiting_requests, 0);
    while generation.recv().await.is_some() {}
    assert_eq!(fixture.names(), ["a/chat"], "the generation is still held");
    drop(generation);
    assert!(fixture.names().is_empty());
    assert!(weak.upgrade().is_none(), "its memory is free");
}

#[tokio::test]
async fn a_dead_model_is_dropped_and_loaded_anew_once() {
    let fixture = Fixture::new(TimeToLive::default());
    let first = Told::new(id("a/b"), fixture.tell.clone());
    let given = Arc::clone(&first);
    let load = async { Ok(given as Arc<dyn Embedder>) };
    let held = fixture.residents.get_or_load(plan("a/b"), load).await.expect("it loads");
    first.is_alive.store(false, Ordering::SeqCst);
    assert!(fixture.names().is_empty(), "the dead are not listed");
    assert!(fixture.residents.find::<dyn Embedder>(&id("a/b")).is_none());
    let (a, b) = tokio::join!(fixture.embedder("a/b"), fixture.embedder("a/b"));
    assert!(a.is_alive() && std::ptr::eq(a.info(), b.info()) && !held.is_alive());
    drop((held, first));
    assert_eq!(fixture.only().requests, 2, "giving back the dead one does not count");

    let second = fixture.embedder("a/c").await;
    drop((a, b, second));
    assert_eq!(fixture.names(), ["a/b", "a/c"]);
}

#[tokio::test]
async fn idle_models_make_room_and_what_still_does_not_fit_is_refused() {
    let fixture = Fixture::within(TimeToLive::default(), MemoryBudget::Bytes(2500));
    drop(fixture.embedder("a/first").await);
    fixture.step(MINUTE);
    drop(fixture.embedder("a/second").await);
    fixture.step(MINUTE);
    drop(fixture.embedder("a/first").await);
    let third = fixture.embedder("a/third").await;
    assert_eq!(fixture.names(), ["a/first", "a/third"], "the second was used longest ago");

    fixture.residents.keep(&id("a/first"), TimeToLive::Never);
    let load = async { panic!("it does not fit") };
    let refused = fixture.residents.get_or_load::<dyn Embedder>(plan("a/fourth"), load).await;
    let Err(error) = refused else { panic!("one works and the other is pinned") };
    let EngineError::NotEnoughMemory { needed_bytes, budget_bytes, busy_bytes, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!((*needed_bytes, *budget_bytes, *busy_bytes), (1000, 2500, 2000));
    let told = error.to_string();
    assert!(told.contains("about 1000 B") && told.contains("2.4 KiB"), "{told}");
    assert_eq!(fixture.names(), ["a/first", "a/third"], "nobody left in vain");

    drop(third);
    drop(fixture.embedder("a/fourth").await);
    assert_eq!(fixture.names(), ["a/first", "a/fourth"], "the pinned one stays");
}

#[tokio::test]
async fn an_embedder_leaves_for_a_chat_model_only_if_it_must() {
    let fixture = Fixture::within(TimeToLive::default(), MemoryBudget::Bytes(3000));
    let chat = |name: &'static str, memory_bytes| {
        let plan = Plan { model: id(name), memory_bytes };
        let model = Arc::new(ScriptedGenerator::new(id(name), []));
        let load = async { Ok(model as Arc<dyn Generator>) };
        fixture.residents.get_or_load(plan, load)
    };
    drop(fixture.embedder("a/embedder").await);
    fixture.step(MINUTE);
    drop(chat("a/chat", 2000).await.expect("both fit"));
    fixture.step(MINUTE);
    drop(chat("a/other", 1500).await.expect("it fits instead of the first"));
    assert_eq!(
        fixture.names(),
        ["a/embedder", "a/other"],
        "though the embedder was used longest ago"
    );
    drop(chat("a/large", 2500).await.expect("it fits alone"));
    assert_eq!(fixture.names(), ["a/large"]);
}

#[tokio::test]
async fn it_is_told_how_fast_a_model_was() {
    let fixture = Fixture::new(TimeToLive::default());
    let words = "one two three four five".to_owned();
    let model = Arc::new(ScriptedGenerator::new(id("a/chat"), [words]));
    let load = async { Ok(model as Arc<dyn Generator>) };
    let generator = fixture.residents.get_or_load(plan("a/chat"), load).await.expect("it loads");
    assert_eq!(fixture.only().tokens_per_second, None);
    let request = GenerateRequest::new(Prompt::Text("Say".to_owned()));
    let mut generation = generator.generate(request).await.expect("it begins");
    generation.recv().await.expect("the prompt is read");
    fixture.step(Duration::from_secs(2));
    while generation.recv().await.is_some() {}
    // The first of the five came with the end of the prompt.
    assert_eq!(fixture.only().tokens_per_second, Some(2.0));
}

#[tokio::test]
async fn what_is_idle_can_leave_to_be_loaded_otherwise() {
    let fixture = Fixture::new(TimeToLive::Never);
    let held = fixture.embedder("a/b").await;
    assert!(!fixture.residents.unload_idle(&id("a/b")), "somebody has it");
    assert_eq!(fixture.only().ttl_seconds, None, "and it stays for them");
    drop(held);
    assert!(fixture.residents.unload_idle(&id("a/b")));
    assert!(fixture.residents.unload_idle(&id("a/b")), "it is not there");
    assert!(fixture.names().is_empty());
}
