//! Engines without models, for tests: a hashing embedder, a reranker and a judge that count shared
//! words, and a generator that says its lines.

mod judge;
mod reranker;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use quire_domain::{
    InstalledModel, Language, LoadOptions, ModelFormat, ModelId, ModelKind, TimeToLive, WhenFull,
};
use tokio::sync::{Semaphore, mpsc};

pub use judge::WordJudge;
pub use reranker::WordReranker;

use crate::chat::{Chat, ChatMessage, ReplyFormat, ReplyParser};
use crate::nearest::nearest;
use crate::prompt_log::log_prompt;
use crate::residents::Resident;
use crate::{
    Embedder, EmbedderInfo, Embeddings, EngineError, EntailmentJudge, Feature, FinishReason,
    FirstToken, GenerateEvent, GenerateRequest, Generation, Generator, GeneratorInfo, LoadedModel,
    MemoryBudget, ModelRuntime, Plan, Prompt, Reranker, Residents, TextRole, TokenCount,
    TokenProbability, Tokenizers,
};

/// Embeds a text as a bag of hashed words: texts that share words are near each other.
pub struct HashEmbedder {
    info: EmbedderInfo,
    embedded: Mutex<usize>,
    /// Every call takes one permit; without a gate none is needed.
    gate: Option<Arc<Semaphore>>,
    is_alive: AtomicBool,
}

impl HashEmbedder {
    /// Makes one with vectors of `dimensions` numbers.
    pub fn new(model: ModelId, dimensions: usize) -> Self {
        let fingerprint = format!("hash-{dimensions}");
        let info =
            EmbedderInfo { model, dimensions, max_tokens: 256, fingerprint, languages: None };
        Self { info, embedded: Mutex::new(0), gate: None, is_alive: AtomicBool::new(true) }
    }

    /// Reads at most this many words at a time.
    #[must_use]
    pub fn with_max_tokens(mut self, max_tokens: usize) -> Self {
        self.info.max_tokens = max_tokens;
        self
    }

    /// Takes a permit for every call and waits until there is one, so that a test can stop in the
    /// middle.
    #[must_use]
    pub fn with_gate(mut self, gate: Arc<Semaphore>) -> Self {
        self.gate = Some(gate);
        self
    }

    /// Is made for these languages.
    #[must_use]
    pub fn with_languages(mut self, languages: &[Language]) -> Self {
        self.info.languages = Some(languages.to_vec());
        self
    }

    /// Dies, as an engine whose thread panicked: every call fails until a runtime gives it out again,
    /// which stands for loading it anew.
    pub fn die(&self) {
        self.is_alive.store(false, Ordering::SeqCst);
    }

    /// Counts the texts embedded so far, to see what was reused.
    pub fn embedded_count(&self) -> usize {
        *self.embedded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HashEmbedder {
    fn died(&self) -> EngineError {
        EngineError::EngineDied { model: self.info.model.clone() }
    }

    fn revive(&self) {
        self.is_alive.store(true, Ordering::SeqCst);
    }
}

impl LoadedModel for HashEmbedder {
    fn is_alive(&self) -> bool {
        self.is_alive.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Embedder for HashEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        count_words(text)
    }

    /// A token is a character.
    fn tokenize(&self, text: &str) -> Option<Vec<u32>> {
        Some(text.chars().map(u32::from).collect())
    }

    async fn embed(&self, texts: Vec<String>, _role: TextRole) -> Result<Embeddings, EngineError> {
        if let Some(gate) = &self.gate {
            gate.acquire().await.map_err(|_| self.died())?.forget();
        }
        if !self.is_alive() {
            return Err(self.died());
        }
        *self.embedded.lock().unwrap_or_else(PoisonError::into_inner) += texts.len();
        let token_counts = texts.iter().map(|text| self.count_tokens(text)).collect();
        let vectors = texts.iter().map(|text| hashed_words(text, self.info.dimensions)).collect();
        Ok(Embeddings { vectors, token_counts })
    }
}

fn count_words(text: &str) -> usize {
    text.split_whitespace().count()
}

fn hashed_words(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    for word in words(text) {
        // FNV-1a, so that vectors are the same on every machine.
        let hash = word.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        if let Some(slot) = vector.get_mut((hash % dimensions as u64) as usize) {
            *slot += 1.0;
        }
    }
    let norm = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if norm == 0.0 {
        if let Some(first) = vector.first_mut() {
            *first = 1.0;
        }
        return vector;
    }
    vector.iter().map(|x| x / norm).collect()
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// Says prepared replies, one a request, and keeps the requests it was given.
pub struct ScriptedGenerator {
    info: GeneratorInfo,
    replies: Mutex<VecDeque<String>>,
    requests: Mutex<Vec<GenerateRequest>>,
    /// How the replies write calls.
    format: Mutex<ReplyFormat>,
    /// The generations that were begun and say nothing; `None` if replies are said.
    held: Mutex<Option<Vec<mpsc::Sender<GenerateEvent>>>>,
    /// Whether it was made to fill in what stands between two texts.
    fills_in: AtomicBool,
}

impl ScriptedGenerator {
    /// Makes one that will say `replies` in turn, and then nothing.
    pub fn new(model: ModelId, replies: impl IntoIterator<Item = String>) -> Self {
        let fingerprint = "scripted".to_owned();
        let features = vec![Feature::ContextShift];
        let info =
            GeneratorInfo { model, context_tokens: 4096, memory_bytes: 0, fingerprint, features };
        let replies = Mutex::new(replies.into_iter().collect());
        let format = Mutex::new(ReplyFormat::default().with_tags());
        let (requests, held) = (Mutex::default(), Mutex::default());
        Self { info, replies, requests, format, held, fills_in: AtomicBool::new(false) }
    }

    /// Makes it able to do something, by its own word: it says its lines as before.
    #[must_use]
    pub fn with_feature(mut self, feature: Feature) -> Self {
        self.info.features.push(feature);
        self
    }

    /// Reads calls in its replies as a model with this template writes them; `<tool_call>` at first.
    pub fn speak_as(&self, template: &str) {
        let format = ReplyFormat::of(template);
        *self.format.lock().unwrap_or_else(PoisonError::into_inner) = format;
    }

    /// Is made to fill in what stands between two texts from now on.
    pub fn fill_in(&self) {
        self.fills_in.store(true, Ordering::SeqCst);
    }

    /// Says nothing from now on: generations begin and wait, as if a long prompt were read.
    pub fn hold(&self) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
    }

    /// Waits until nobody listens any more to what was begun since [`Self::hold`].
    pub async fn abandoned(&self) {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for sender in held.into_iter().flatten() {
            sender.closed().await;
        }
    }

    /// Shows the prompts given so far.
    pub fn prompts(&self) -> Vec<Prompt> {
        self.requests().into_iter().map(|request| request.prompt).collect()
    }

    /// Shows the requests so far.
    pub fn requests(&self) -> Vec<GenerateRequest> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LoadedModel for ScriptedGenerator {
    fn is_alive(&self) -> bool {
        true
    }
}

#[async_trait]
impl Generator for ScriptedGenerator {
    fn info(&self) -> &GeneratorInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        count_words(text)
    }

    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError> {
        Ok(match prompt {
            Prompt::Chat(chat) => {
                let messages = chat.messages.iter();
                let said: usize =
                    messages.map(|message| self.count_tokens(&message.text()) + 4).sum();
                let tools = chat.offered_tools().iter();
                said + tools.map(|tool| self.count_tokens(&tool.description) + 4).sum::<usize>()
            }
            Prompt::Text(text) => self.count_tokens(text),
            Prompt::Tokens(tokens) => tokens.len(),
        })
    }

    /// Each message is a line that begins with who says it.
    fn write_prompt(&self, chat: &Chat) -> Result<Option<String>, EngineError> {
        let line =
            |message: &ChatMessage| format!("{}: {}\n", message.role.as_str(), message.text());
        Ok(Some(chat.messages.iter().map(line).collect()))
    }

    /// A token is a character, and 1 begins a prompt.
    fn tokenize(&self, text: &str, first: FirstToken) -> Option<Vec<u32>> {
        let first = (first == FirstToken::Added).then_some(1);
        Some(first.into_iter().chain(text.chars().map(u32::from)).collect())
    }

    fn detokenize(&self, tokens: &[u32]) -> Option<String> {
        tokens.iter().map(|token| char::from_u32(*token)).collect()
    }

    fn prompt_between(&self, before: &str, after: &str) -> Option<Prompt> {
        let can = self.fills_in.load(Ordering::SeqCst);
        can.then(|| Prompt::Text(format!("<before>{before}<after>{after}<between>")))
    }

    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError> {
        request.check(&self.info)?;
        let mut prompt_tokens = self.count_prompt_tokens(&request.prompt)?;
        let mut dropped = 0;
        if prompt_tokens >= self.info.context_tokens && request.when_full == WhenFull::Shift {
            dropped = prompt_tokens - self.info.context_tokens / 2;
            prompt_tokens -= dropped;
        }
        if prompt_tokens >= self.info.context_tokens {
            return Err(self.info.exceeded_by(prompt_tokens));
        }
        log_prompt(&self.info.model, || written(&request.prompt));
        let mut parser = match &request.prompt {
            Prompt::Chat(chat) => {
                let format = self.format.lock().unwrap_or_else(PoisonError::into_inner);
                ReplyParser::new(&format, chat, "")
            }
            Prompt::Text(_) | Prompt::Tokens(_) => ReplyParser::of_text(),
        };
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        if let Some(held) = &mut *self.held.lock().unwrap_or_else(PoisonError::into_inner) {
            let (sender, receiver) = mpsc::channel(1);
            held.push(sender);
            return Ok(receiver.into());
        }
        let reply = self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let mut reply = reply.unwrap_or_default();
        let stops = request.stop.iter().filter_map(|stop| reply.find(stop.as_str()));
        if let Some(end) = stops.min() {
            reply.truncate(end);
        }
        let words: Vec<String> = reply.split_inclusive(' ').map(str::to_owned).collect();
        let limit = request.max_tokens.unwrap_or(usize::MAX);
        let mut count = words.len().min(limit);
        let reason = if count < words.len() { FinishReason::Length } else { FinishReason::Stop };
        let mut events = Vec::new();
        if dropped > 0 {
            events.push(GenerateEvent::Dropped { tokens: dropped });
        }
        events.push(GenerateEvent::Started { prompt_tokens, cached_tokens: 0 });
        for (said, word) in words.into_iter().take(limit).enumerate() {
            if let Some(count) = request.top_logprobs {
                let chosen = TokenProbability { bytes: word.clone().into(), log_probability: 0.0 };
                let top_logprobs = vec![chosen.clone(); count.min(1)];
                events.push(GenerateEvent::Token { chosen, top_logprobs });
            }
            events.extend(parser.push(&word).into_iter().map(GenerateEvent::from));
            if parser.is_over() {
                count = said + 1;
                break;
            }
        }
        events.extend(parser.finish().into_iter().map(GenerateEvent::from));
        let reason = parser.reason(reason);
        events.push(GenerateEvent::Finished { reason, completion_tokens: count });
        // Sends everything at once: the channel holds the whole script.
        let (sender, receiver) = mpsc::channel(events.len());
        for event in events {
            sender.try_send(event).expect("the channel is as long as the script");
        }
        Ok(receiver.into())
    }
}

/// Writes a prompt as a log shows it: messages without a template around them.
fn written(prompt: &Prompt) -> String {
    match prompt {
        Prompt::Chat(chat) => {
            let words = chat.messages.iter().map(|message| message.text().into_owned());
            words.collect::<Vec<_>>().join("\n")
        }
        Prompt::Text(text) => text.clone(),
        Prompt::Tokens(tokens) => format!("{tokens:?}"),
    }
}

/// A runtime of one scripted embedder and one scripted generator, whatever name is asked for; and
/// of a reranker, a judge and other embedders once they are put in.
pub struct ScriptedRuntime {
    /// Embedders with names of their own; `None` for one that was taken out.
    others: Mutex<HashMap<ModelId, Option<Arc<HashEmbedder>>>>,
    /// The embedder it gives out.
    pub embedder: Arc<HashEmbedder>,
    /// The reranker it gives out; none at first, as in a new installation.
    pub reranker: Option<Arc<WordReranker>>,
    /// The judge it gives out; none at first, as in a new installation.
    pub judge: Option<Arc<WordJudge>>,
    /// The generator it gives out.
    pub generator: Arc<ScriptedGenerator>,
    /// Whether the generator was taken out.
    lacks_generator: AtomicBool,
    /// Those that were given out; they stay unless somebody says otherwise.
    residents: Residents,
    /// How the generator was to be loaded last.
    configured: Mutex<LoadOptions>,
}

impl ScriptedRuntime {
    /// Makes one whose generator will say `replies`.
    ///
    /// # Panics
    /// Never: its model names are valid.
    pub fn new(replies: impl IntoIterator<Item = String>) -> Self {
        let name = |name: &str| name.parse::<ModelId>().expect("a valid model name");
        Self {
            others: Mutex::default(),
            embedder: Arc::new(HashEmbedder::new(name("scripted/embedder"), 64)),
            reranker: None,
            judge: None,
            generator: Arc::new(ScriptedGenerator::new(name("scripted/generator"), replies)),
            lacks_generator: AtomicBool::new(false),
            residents: Residents::new(TimeToLive::Never, MemoryBudget::Unlimited),
            configured: Mutex::default(),
        }
    }

    /// Puts a reranker in, `scripted/reranker`.
    ///
    /// # Panics
    /// Never: its model name is valid.
    #[must_use]
    pub fn with_reranker(self) -> Self {
        let name = "scripted/reranker".parse().expect("a valid model name");
        Self { reranker: Some(Arc::new(WordReranker::new(name))), ..self }
    }

    /// Makes its chat model able to do something, by its own word.
    ///
    /// # Panics
    /// If the chat model was given away already.
    #[must_use]
    pub fn with_feature(self, feature: Feature) -> Self {
        let generator = Arc::into_inner(self.generator).expect("nobody else has it");
        Self { generator: Arc::new(generator.with_feature(feature)), ..self }
    }

    /// Puts a judge in under its own name.
    #[must_use]
    pub fn with_judge(self, judge: WordJudge) -> Self {
        Self { judge: Some(Arc::new(judge)), ..self }
    }

    /// Lets its engines go when nobody has used them for so long, and has them take no more than so much; each is said
    /// to take a mebibyte.
    #[must_use]
    pub fn with_residents(self, ttl: TimeToLive, budget: MemoryBudget) -> Self {
        Self { residents: Residents::new(ttl, budget), ..self }
    }

    /// Puts an embedder in under its own name.
    pub fn put_embedder(&self, embedder: &Arc<HashEmbedder>) {
        let name = embedder.info.model.clone();
        self.others().insert(name, Some(Arc::clone(embedder)));
    }

    /// Takes an embedder out: it is not installed from now on.
    pub fn take_embedder(&self, model: &ModelId) {
        self.others().insert(model.clone(), None);
    }

    /// Shows how its models were to be loaded last.
    pub fn configured(&self) -> LoadOptions {
        self.configured.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the generator out: no chat model is installed from now on.
    pub fn take_generator(&self) {
        self.lacks_generator.store(true, Ordering::SeqCst);
    }

    /// Puts the generator back: a chat model is installed again.
    pub fn return_generator(&self) {
        self.lacks_generator.store(false, Ordering::SeqCst);
    }

    /// Gives an engine out, as if it were loaded when it is first asked for.
    async fn lend<T: Resident + ?Sized + 'static>(
        &self,
        model: &ModelId,
        engine: Arc<T>,
    ) -> Result<Arc<T>, EngineError> {
        let plan = Plan { model: model.clone(), memory_bytes: MEMORY_BYTES };
        self.residents.get_or_load(plan, async { Ok(engine) }).await
    }

    fn others(&self) -> MutexGuard<'_, HashMap<ModelId, Option<Arc<HashEmbedder>>>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What scripted engines are said to take of memory.
const MEMORY_BYTES: u64 = 1 << 20;

impl Tokenizers for ScriptedRuntime {
    fn open_tokenizer(&self, _model: &ModelId) -> Result<TokenCount, EngineError> {
        Ok(Box::new(count_words))
    }
}

#[async_trait]
impl ModelRuntime for ScriptedRuntime {
    async fn list_models(&self) -> Result<Vec<InstalledModel>, EngineError> {
        let residents = self.residents.list();
        let model = |id: &ModelId, kind, format| InstalledModel {
            id: id.clone(),
            kind,
            format: Some(format),
            size_bytes: 0,
            context_tokens: None,
            quantization: None,
            dimensions: None,
            languages: None,
            reads_images: false,
            loaded: residents.iter().any(|resident| resident.id == *id),
            remote_host: None,
            preset: None,
        };
        let mut models =
            vec![model(&self.embedder.info.model, ModelKind::Embedding, ModelFormat::Safetensors)];
        if !self.lacks_generator.load(Ordering::SeqCst) {
            models.push(model(&self.generator.info.model, ModelKind::Chat, ModelFormat::Gguf));
        }
        if let Some(reranker) = &self.reranker {
            let id = &reranker.info().model;
            models.push(model(id, ModelKind::Reranker, ModelFormat::Safetensors));
        }
        if let Some(judge) = &self.judge {
            models.push(model(&judge.info.model, ModelKind::Judge, ModelFormat::Safetensors));
        }
        Ok(models)
    }

    async fn find_model(&self, model: &ModelId) -> Result<InstalledModel, EngineError> {
        let mut models = self.list_models().await?;
        let names: Vec<ModelId> = models.iter().map(|found| found.id.clone()).collect();
        let position = names.iter().position(|name| name == model);
        position.map(|position| models.swap_remove(position)).ok_or_else(|| {
            EngineError::UnknownModel {
                model: model.clone(),
                nearest: nearest(model, names.iter()),
            }
        })
    }

    async fn configure(&self, _model: &ModelId, options: LoadOptions) -> Result<(), EngineError> {
        *self.configured.lock().unwrap_or_else(PoisonError::into_inner) = options;
        Ok(())
    }

    fn residents(&self) -> &Residents {
        &self.residents
    }

    fn find_languages(&self, model: &ModelId) -> Option<Vec<Language>> {
        self.others().get(model)?.as_ref()?.info.languages.clone()
    }

    async fn get_embedder(&self, model: &ModelId) -> Result<Arc<dyn Embedder>, EngineError> {
        let embedder = match self.others().get(model) {
            Some(Some(other)) => Arc::clone(other),
            Some(None) => return Err(EngineError::NotInstalled { model: model.clone() }),
            None => Arc::clone(&self.embedder),
        };
        let plan = Plan { model: embedder.info.model.clone(), memory_bytes: MEMORY_BYTES };
        let load = async {
            embedder.revive();
            Ok(embedder as Arc<dyn Embedder>)
        };
        self.residents.get_or_load(plan, load).await
    }

    async fn get_reranker(&self, model: &ModelId) -> Result<Arc<dyn Reranker>, EngineError> {
        let missing = || EngineError::NotInstalled { model: model.clone() };
        let reranker = self.reranker.as_ref().ok_or_else(missing)?;
        self.lend(&reranker.info().model, Arc::clone(reranker) as Arc<dyn Reranker>).await
    }

    async fn get_judge(&self, model: &ModelId) -> Result<Arc<dyn EntailmentJudge>, EngineError> {
        let missing = || EngineError::NotInstalled { model: model.clone() };
        let judge = self.judge.as_ref().ok_or_else(missing)?;
        self.lend(&judge.info.model, Arc::clone(judge) as Arc<dyn EntailmentJudge>).await
    }

    async fn get_generator(&self, model: &ModelId) -> Result<Arc<dyn Generator>, EngineError> {
        if self.lacks_generator.load(Ordering::SeqCst) {
            return Err(EngineError::NotInstalled { model: model.clone() });
        }
        let generator = Arc::clone(&self.generator) as Arc<dyn Generator>;
        self.lend(&self.generator.info.model, generator).await
    }
}

#[cfg(test)]
mod tests;
