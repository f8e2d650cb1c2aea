//! Engines without models, for tests: a hashing embedder and a generator that says its lines.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use quire_domain::{InstalledModel, ModelFormat, ModelId, ModelKind};
use tokio::sync::mpsc;

use crate::{
    Embedder, EmbedderInfo, Embeddings, EngineError, FinishReason, GenerateEvent, GenerateRequest,
    Generation, Generator, GeneratorInfo, ModelRuntime, Prompt, TextRole,
};

/// Embeds a text as a bag of hashed words: texts that share words are near each other.
pub struct HashEmbedder {
    info: EmbedderInfo,
    embedded: Mutex<usize>,
}

impl HashEmbedder {
    /// Makes one with vectors of `dimensions` numbers.
    pub fn new(model: ModelId, dimensions: usize) -> Self {
        let fingerprint = format!("hash-{dimensions}");
        let info = EmbedderInfo { model, dimensions, max_tokens: 256, fingerprint };
        Self { info, embedded: Mutex::new(0) }
    }

    /// Counts the texts embedded so far, to see what was reused.
    pub fn embedded_count(&self) -> usize {
        *self.embedded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Embedder for HashEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    async fn embed(&self, texts: Vec<String>, _role: TextRole) -> Result<Embeddings, EngineError> {
        *self.embedded.lock().unwrap_or_else(PoisonError::into_inner) += texts.len();
        let token_counts = texts.iter().map(|text| self.count_tokens(text)).collect();
        let vectors = texts.iter().map(|text| hashed_words(text, self.info.dimensions)).collect();
        Ok(Embeddings { vectors, token_counts })
    }
}

fn hashed_words(text: &str, dimensions: usize) -> Vec<f32> {
    let mut vector = vec![0.0_f32; dimensions];
    let lower = text.to_lowercase();
    for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
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

/// Says prepared replies, one a request, and keeps the prompts it was given.
pub struct ScriptedGenerator {
    info: GeneratorInfo,
    replies: Mutex<VecDeque<String>>,
    prompts: Mutex<Vec<Prompt>>,
}

impl ScriptedGenerator {
    /// Makes one that will say `replies` in turn, and then nothing.
    pub fn new(model: ModelId, replies: impl IntoIterator<Item = String>) -> Self {
        let info = GeneratorInfo { model, context_tokens: 4096, memory_bytes: 0 };
        let replies = Mutex::new(replies.into_iter().collect());
        Self { info, replies, prompts: Mutex::new(Vec::new()) }
    }

    /// Shows the prompts given so far.
    pub fn prompts(&self) -> Vec<Prompt> {
        self.prompts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Generator for ScriptedGenerator {
    fn info(&self) -> &GeneratorInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError> {
        Ok(match prompt {
            Prompt::Chat(messages) => {
                messages.iter().map(|message| self.count_tokens(&message.content) + 4).sum()
            }
            Prompt::Text(text) => self.count_tokens(text),
            Prompt::Tokens(tokens) => tokens.len(),
        })
    }

    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError> {
        let prompt_tokens = self.count_prompt_tokens(&request.prompt)?;
        if prompt_tokens >= self.info.context_tokens {
            return Err(EngineError::ContextExceeded {
                model: self.info.model.clone(),
                prompt_tokens,
                context_tokens: self.info.context_tokens,
            });
        }
        self.prompts.lock().unwrap_or_else(PoisonError::into_inner).push(request.prompt);
        let reply = self.replies.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let reply = reply.unwrap_or_default();
        let words: Vec<String> = reply.split_inclusive(' ').map(str::to_owned).collect();
        let limit = request.max_tokens.unwrap_or(usize::MAX);
        // Sends everything at once: the channel holds the whole script.
        let (sender, receiver) = mpsc::channel(words.len() + 2);
        let count = words.len().min(limit);
        let reason = if count < words.len() { FinishReason::Length } else { FinishReason::Stop };
        let mut events = vec![GenerateEvent::Started { prompt_tokens, cached_tokens: 0 }];
        events.extend(words.into_iter().take(limit).map(GenerateEvent::Text));
        events.push(GenerateEvent::Finished { reason, completion_tokens: count });
        for event in events {
            sender.try_send(event).expect("the channel is as long as the script");
        }
        Ok(receiver)
    }
}

/// A runtime of one scripted embedder and one scripted generator, whatever name is asked for.
pub struct ScriptedRuntime {
    /// The embedder it gives out.
    pub embedder: Arc<HashEmbedder>,
    /// The generator it gives out.
    pub generator: Arc<ScriptedGenerator>,
}

impl ScriptedRuntime {
    /// Makes one whose generator will say `replies`.
    ///
    /// # Panics
    /// Never: its model names are valid.
    pub fn new(replies: impl IntoIterator<Item = String>) -> Self {
        let name = |name: &str| name.parse::<ModelId>().expect("a valid model name");
        Self {
            embedder: Arc::new(HashEmbedder::new(name("scripted/embedder"), 64)),
            generator: Arc::new(ScriptedGenerator::new(name("scripted/generator"), replies)),
        }
    }
}

#[async_trait]
impl ModelRuntime for ScriptedRuntime {
    async fn list_models(&self) -> Result<Vec<InstalledModel>, EngineError> {
        let model = |id: &ModelId, kind, format| InstalledModel {
            id: id.clone(),
            kind,
            format,
            size_bytes: 0,
            context_tokens: None,
            quantization: None,
            loaded: true,
        };
        Ok(vec![
            model(&self.embedder.info.model, ModelKind::Embedding, ModelFormat::Safetensors),
            model(&self.generator.info.model, ModelKind::Chat, ModelFormat::Gguf),
        ])
    }

    async fn get_embedder(&self, _model: &ModelId) -> Result<Arc<dyn Embedder>, EngineError> {
        Ok(Arc::clone(&self.embedder) as Arc<dyn Embedder>)
    }

    async fn get_generator(&self, _model: &ModelId) -> Result<Arc<dyn Generator>, EngineError> {
        Ok(Arc::clone(&self.generator) as Arc<dyn Generator>)
    }
}
