//! The loop that owns a llama.cpp context: one thread a model, with model and context as locals.
//!
//! Several requests are served side by side. Each step reads one batch: a token for every request that writes, with what
//! is proposed to follow it, and with the rest of the batch the prompts that wait to be read, the oldest first. An image is
//! read between two batches. A request that finds no room in the context makes the oldest of the others forget, or waits
//! until another one is over.

mod images;
mod pace;
mod shift;

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use llama_cpp_2::DecodeError;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::{KvCacheType, LlamaContextParams};
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::{LlamaLoraAdapter, LlamaModel};
use llama_cpp_2::token::LlamaToken;
use quire_domain::{KvType, ModelId};

use crate::fair_queue::FairReceiver;
use crate::{EngineError, FinishReason, GenerateEvent};

use super::entry::{Entry, tokens_before_image, tokens_of};
use super::lookup::Proposals;
use super::projector::Projector;
use super::prompt_cache::PromptCache;
use super::request::{End, Job, Request};
use super::sequences::Sequences;
use pace::Pace;

/// An adapter that is laid over the weights, and how strongly it counts.
pub type Adapter = (LlamaLoraAdapter, f32);

/// What a context is made with.
#[derive(Clone, Debug)]
pub struct ContextSettings {
    /// Its size in tokens.
    pub context_tokens: u32,
    /// How exactly keys and values are kept.
    pub kv_type: KvType,
    /// How many tokens are read at once, at most; a cancelled request stops between.
    pub batch_tokens: u32,
    /// How many threads compute.
    pub threads: i32,
    /// How many requests are served side by side.
    pub parallel: usize,
    /// How many tokens of an answer are proposed at a time, at most.
    pub proposed_tokens: usize,
    /// Where the reading of instructions is kept.
    pub prompt_cache: Option<PromptCache>,
}

/// What the loop works with beside the model.
pub struct EngineParts {
    /// What the context is made with.
    pub settings: ContextSettings,
    /// What is laid over the weights.
    pub adapter: Option<Adapter>,
    /// What images are read with.
    pub projector: Option<Arc<Projector>>,
}

/// Serves jobs until the inbox closes; `ready` hears first whether the context could be made.
///
/// A panic ends the loop: the jobs at work and all that wait hear that the engine has died.
pub fn run(
    (backend, model, name): (&LlamaBackend, Arc<LlamaModel>, &ModelId),
    EngineParts { settings, adapter, projector }: EngineParts,
    mut inbox: FairReceiver<Job>,
    ready: &std::sync::mpsc::Sender<Result<(), String>>,
) {
    // One sequence more than requests: what is kept on disk is copied to it first.
    let sequences = u32::try_from(settings.parallel).unwrap_or(1) + 1;
    // An image whose parts look at each other is read at once.
    let at_once = projector.as_ref().and_then(|projector| projector.cells_at_once()).unwrap_or(0);
    let at_once = u32::try_from(at_once).unwrap_or(u32::MAX);
    // llama.cpp ends the program if a batch has no place for a token of each sequence.
    let batch = settings.batch_tokens.max(at_once).max(sequences);
    let parameters = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(settings.context_tokens))
        .with_n_batch(batch)
        .with_n_ubatch(batch)
        .with_n_seq_max(sequences)
        .with_kv_unified(true)
        .with_type_k(cache_type(settings.kv_type))
        .with_type_v(cache_type(settings.kv_type))
        .with_n_threads(settings.threads)
        .with_n_threads_batch(settings.threads)
        .with_no_perf(true);
    let context = make_context((backend, &model), parameters, adapter);
    let context = match context {
        Ok(context) => context,
        Err(reason) => {
            // The loader has the receiver and waits; if it is gone, nobody wants the model.
            let _ = ready.send(Err(reason));
            return;
        }
    };
    if ready.send(Ok(())).is_err() {
        return;
    }
    let can_rewind = !model.is_recurrent() && !model.is_hybrid();
    let mut engine = Engine {
        model: &model,
        name,
        context,
        batch: LlamaBatch::new(settings.batch_tokens as usize, 1),
        sequences: Sequences::new(settings.parallel, can_rewind),
        can_move: shift::can_move(&model),
        projector,
        requests: Vec::new(),
        pace: Pace::new(settings.batch_tokens as usize),
        settings,
    };
    loop {
        // What the context holds after a panic is not known; nothing is done with it any more.
        match catch_unwind(AssertUnwindSafe(|| engine.turn(&mut inbox))) {
            Ok(true) => {}
            Ok(false) => return,
            Err(_) => {
                tracing::error!(model = %name, "the engine panicked; it is loaded anew when it is next asked for");
                give_up(name, engine.requests, inbox);
                return;
            }
        }
    }
}

/// Makes a context, with what is laid over the weights.
fn make_context<'a>(
    (backend, model): (&LlamaBackend, &'a LlamaModel),
    parameters: LlamaContextParams,
    adapter: Option<Adapter>,
) -> Result<LlamaContext<'a>, String> {
    let made = model.new_context(backend, parameters);
    let mut context = made.map_err(|error| format!("no context: {error}"))?;
    if let Some((mut adapter, scale)) = adapter {
        let set = context.lora_adapter_set(&mut adapter, scale);
        set.map_err(|error| format!("the LoRA adapter cannot be used: {error}"))?;
    }
    Ok(context)
}

fn cache_type(kind: KvType) -> KvCacheType {
    match kind {
        KvType::F16 => KvCacheType::F16,
        KvType::Q8_0 => KvCacheType::Q8_0,
        KvType::Q4_0 => KvCacheType::Q4_0,
    }
}

/// Tells the requests at work and all that wait that the engine has died.
fn give_up(name: &ModelId, requests: Vec<Request>, mut inbox: FairReceiver<Job>) {
    inbox.close();
    let died = || EngineError::EngineDied { model: name.clone() };
    for request in requests {
        request.fail(died());
    }
    while let Some(job) = inbox.blocking_recv() {
        let _ = job.events.try_send(GenerateEvent::Failed(died()));
    }
}

struct Engine<'a> {
    model: &'a LlamaModel,
    name: &'a ModelId,
    context: LlamaContext<'a>,
    batch: LlamaBatch<'a>,
    sequences: Sequences,
    /// Whether what a sequence holds can be moved to other places.
    can_move: bool,
    /// What images are read with.
    projector: Option<Arc<Projector>>,
    /// The requests at work, the oldest first.
    requests: Vec<Request>,
    /// How fast it reads.
    pace: Pace,
    settings: ContextSettings,
}

/// What a batch holds of one request.
struct Part {
    request: usize,
    /// How many of its tokens are read.
    tokens: usize,
    /// What is proposed to follow them; only if all of its tokens are read.
    proposed: Vec<LlamaToken>,
    /// Where in the batch its last token is, if all of its tokens are read: the scores there choose the next one.
    last: Option<i32>,
}

impl Engine<'_> {
    /// Takes in new jobs, waiting for one if there is no work, and makes one step; false when no more can come.
    fn turn(&mut self, inbox: &mut FairReceiver<Job>) -> bool {
        if self.requests.is_empty() {
            let Some(job) = inbox.blocking_recv() else { return false };
            self.admit(job);
        }
        while self.sequences.has_free() && !self.requests.iter().any(|request| request.is_paused) {
            let Some(job) = inbox.try_recv() else { break };
            self.admit(job);
        }
        if let Err(reason) = self.step() {
            self.fail_all(&reason);
        }
        true
    }

    /// Gives a job a sequence, with what the context or the disk knows of its prompt.
    fn admit(&mut self, job: Job) {
        if job.events.is_closed() {
            return;
        }
        let Some(place) = self.sequences.choose(&job.prompt) else { return };
        let sequence = place.sequence;
        let mut known = place.known;
        match place.shared_with {
            None => known = self.cut(sequence, known),
            Some(other) => {
                self.clear(sequence);
                let end = Some(known as u32);
                let copied =
                    self.context.copy_kv_cache_seq(other as i32, sequence as i32, None, end);
                known = if copied.is_ok() { known } else { 0 };
            }
        }
        let instructions = &tokens_of(&job.prompt[..job.instructions]);
        if known < instructions.len()
            && let Some(cache) =
                self.settings.prompt_cache.as_ref().filter(|it| it.has(instructions))
        {
            // What is restored takes the place of what is there.
            let _ = self.context.kv_cache_seq_rm(sequence as i32, None, None);
            let restored = cache.restore(&mut self.context, sequence as i32, instructions);
            known = if restored { instructions.len() } else { 0 };
            if !restored {
                let _ = self.context.kv_cache_seq_rm(sequence as i32, None, None);
            }
        }
        let held = self.sequences.get(sequence);
        held.is_busy = true;
        held.sound = None;
        held.entries.clear();
        held.entries.extend_from_slice(&job.prompt[..known]);
        let most = if self.sequences.can_rewind() { self.settings.proposed_tokens } else { 0 };
        let setting = (self.model, self.settings.context_tokens as usize);
        self.requests.push(Request::new(job, (sequence, known), setting, Proposals::new(most)));
    }

    /// Reads one batch and lets every request take what it chose.
    fn step(&mut self) -> Result<(), String> {
        for index in (0..self.requests.len()).rev() {
            if self.requests[index].is_abandoned() {
                self.end(index, End::Cancelled);
            }
        }
        self.shift_full();
        self.read_image();
        let parts = self.fill()?;
        if parts.is_empty() {
            return Ok(());
        }
        let started = Instant::now();
        match self.context.decode(&mut self.batch) {
            Ok(()) => self.pace.note(self.batch.n_tokens() as usize, started.elapsed()),
            Err(DecodeError::NoKvCacheSlot) => {
                self.make_room();
                return Ok(());
            }
            Err(error) => return Err(error.to_string()),
        }
        let mut ends = Vec::new();
        for part in &parts {
            if let Some(end) = self.advance(part)? {
                ends.push((part.request, end));
            }
        }
        // From the last, so that the places of the others stay.
        ends.sort_by_key(|(request, _)| std::cmp::Reverse(*request));
        for (request, end) in ends {
            self.end(request, end);
        }
        Ok(())
    }

    /// Fills the batch: what is written first, then the prompts.
    fn fill(&mut self) -> Result<Vec<Part>, String> {
        self.batch.clear();
        let mut parts = Vec::new();
        let is_alone = self.requests.len() == 1;
        let mut order: Vec<(usize, usize)> = Vec::new();
        for (index, request) in self.requests.iter().enumerate().filter(|(_, r)| !r.is_paused) {
            let held = self.sequences.get(request.sequence).entries.len();
            order.push((index, request.entries.len() - held));
        }
        order.sort_by_key(|(_, waiting)| *waiting > 1);
        let somebody_writes = order.first().is_some_and(|(_, waiting)| *waiting == 1);
        let mut room = self.pace.batch_tokens(somebody_writes);
        for (index, waiting) in order {
            let request = &mut self.requests[index];
            let held = self.sequences.get(request.sequence).entries.len();
            let tokens = tokens_before_image(&request.entries[held..]).min(room);
            if tokens == 0 {
                continue;
            }
            room -= tokens;
            let is_whole = tokens == waiting;
            let mut proposed = Vec::new();
            if is_whole && waiting == 1 && is_alone {
                let full = self.settings.context_tokens as usize;
                let most = request.room_after_next().min(room);
                let most = most.min(full.saturating_sub(request.cells()));
                let likely = request.proposals.propose(&request.entries, most);
                proposed = likely.iter().map_while(Entry::token).collect();
                room -= proposed.len();
            }
            let own = request.entries[held..held + tokens].iter().filter_map(Entry::token);
            for (offset, token) in own.chain(proposed.iter().copied()).enumerate() {
                let position = i32::try_from(held + offset).map_err(|error| error.to_string())?;
                let is_wanted = is_whole && offset + 1 >= tokens;
                self.batch
                    .add(token, position, &[request.sequence as i32], is_wanted)
                    .map_err(|error| error.to_string())?;
            }
            let last = is_whole.then(|| self.batch.n_tokens() - 1 - proposed.len() as i32);
            parts.push(Part { request: index, tokens, proposed, last });
        }
        Ok(parts)
    }

    /// Notes what was read of a request, and chooses its next tokens if all of it was.
    fn advance(&mut self, part: &Part) -> Result<Option<End>, String> {
        let request = &mut self.requests[part.request];
        let held = self.sequences.get(request.sequence);
        let read = held.entries.len()..held.entries.len() + part.tokens;
        held.entries.extend_from_slice(&request.entries[read]);
        let Some(mut scores) = part.last else { return Ok(None) };
        if let Some(end) = request.start() {
            return Ok(Some(end));
        }
        let vocabulary = self.model.vocab();
        let mut right = 0;
        let end = loop {
            let token = request.sampler.sample(&self.context, scores);
            let told = || self.context.get_logits_ith(scores);
            if let Some(end) = request.take(token, told, &vocabulary) {
                break Some(end);
            }
            if part.proposed.get(right) != Some(&token) {
                break None;
            }
            held.entries.push(token.into());
            right += 1;
            scores += 1;
        };
        request.proposals.learn(part.proposed.len(), right);
        let sequence = request.sequence;
        if right < part.proposed.len() {
            // Those that were wrong are in the context, too.
            let kept = held.entries.len();
            self.context
                .kv_cache_seq_rm(sequence as i32, Some(kept as u32), None)
                .map_err(|error| error.to_string())?;
        }
        Ok(end)
    }

    /// Ends a request: its sequence is free, and what it holds can be gone on with.
    fn end(&mut self, index: usize, end: End) {
        let request = self.requests.remove(index);
        self.keep_instructions(&request);
        if let Some(sound) = self.sequences.get(request.sequence).sound.take() {
            self.cut(request.sequence, sound);
        }
        self.sequences.release(request.sequence);
        for other in &mut self.requests {
            other.is_paused = false;
        }
        request.end(end, self.name);
    }

    /// Keeps the reading of a request's instructions on disk, unless it is there.
    fn keep_instructions(&mut self, request: &Request) {
        let Some(cache) = &self.settings.prompt_cache else { return };
        let is_read =
            self.sequences.get(request.sequence).entries.starts_with(request.instructions());
        let instructions = &tokens_of(request.instructions());
        if !is_read || !self.sequences.can_rewind() || !cache.lacks(instructions) {
            return;
        }
        let spare = self.settings.parallel as i32;
        let end = Some(instructions.len() as u32);
        if self.context.copy_kv_cache_seq(request.sequence as i32, spare, None, end).is_ok() {
            cache.store(&self.context, spare, instructions);
        }
        let _ = self.context.kv_cache_seq_rm(spare, None, None);
    }

    /// Makes room in the context: the oldest of what nobody works on is forgotten; else the youngest request waits,
    /// and is read anew when another is over.
    fn make_room(&mut self) {
        if let Some(oldest) = self.sequences.oldest_free() {
            self.clear(oldest);
            return;
        }
        let at_work = self.requests.iter().filter(|request| !request.is_paused).count();
        let Some(youngest) = self.requests.iter().rposition(|request| !request.is_paused) else {
            return;
        };
        if at_work > 1 {
            self.requests[youngest].is_paused = true;
            let sequence = self.requests[youngest].sequence;
            self.clear(sequence);
        } else if !self.shift(youngest) {
            self.end(youngest, End::Finished(FinishReason::Length));
        }
    }

    /// Says to all requests at work that the engine failed. What the context holds is not known then.
    fn fail_all(&mut self, reason: &str) {
        for request in std::mem::take(&mut self.requests) {
            self.sequences.release(request.sequence);
            let (model, reason) = (self.name.clone(), reason.to_owned());
            request.fail(EngineError::Inference { model, reason });
        }
        self.context.clear_kv_cache();
        self.sequences.forget();
    }

    /// Keeps the first tokens of a sequence and says how many it could keep.
    fn cut(&mut self, sequence: usize, kept: usize) -> usize {
        if kept == self.sequences.get(sequence).entries.len() {
            return kept;
        }
        if self.context.kv_cache_seq_rm(sequence as i32, Some(kept as u32), None).is_err() {
            self.clear(sequence);
            return 0;
        }
        self.sequences.get(sequence).entries.truncate(kept);
        kept
    }

    fn clear(&mut self, sequence: usize) {
        // Forgetting a whole sequence never fails.
        let _ = self.context.kv_cache_seq_rm(sequence as i32, None, None);
        self.sequences.get(sequence).entries.clear();
    }
}
