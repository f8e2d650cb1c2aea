//! An embedding model in a GGUF file as the rest of Quire sees it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use quire_domain::ModelId;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, oneshot};

use crate::embedder::texts::{Prefix, Prefixes, check_lengths, dimensions, fingerprint, finish};
use crate::store::gguf::read_head;
use crate::{
    Cut, Embedder, EmbedderInfo, EmbedderOptions, Embeddings, EngineError, LoadedModel, TextRole,
    TokenCount,
};

use super::backend::{backend, init, threads};
use super::pooler::{Inbox, Job, run};

/// The longest text, whatever a model was made for: llama.cpp reserves memory for it at once.
const LONGEST: u32 = 2048;
/// How many texts wait for the thread: enough that it never idles, few enough that a cancellation is
/// seen soon.
const QUEUE: usize = 4;
/// The `llama_pooling_type`s that make one vector of a text: mean, first token, last token.
const POOLINGS: [u64; 3] = [1, 2, 3];

/// An embedding model loaded from a GGUF file, pooled as the file says.
///
/// Dropping it ends its thread after the text at work, which frees the memory.
pub struct LlamaEmbedder {
    info: EmbedderInfo,
    model: Arc<LlamaModel>,
    prefixes: Prefixes,
    cut: Option<Cut>,
    questions: mpsc::Sender<Job>,
    passages: mpsc::Sender<Job>,
    background: mpsc::Sender<Job>,
}

impl LlamaEmbedder {
    /// Loads a model from a GGUF file.
    ///
    /// Blocks for the time it takes to read the file.
    pub fn load(path: &Path, name: ModelId, options: EmbedderOptions) -> Result<Self, EngineError> {
        let refuse = |reason: String| EngineError::Load { model: name.clone(), reason };
        let io = |source| EngineError::Io { path: path.to_owned(), source };
        match read_head(path).map_err(io)?.pooling {
            Some(kind) if POOLINGS.contains(&kind) => {}
            Some(4) => return Err(refuse("it ranks and makes no vectors".to_owned())),
            _ => return Err(refuse("it does not say how its vectors are pooled".to_owned())),
        }
        let mut hash = Sha256::new();
        std::io::copy(&mut File::open(path).map_err(io)?, &mut Hasher(&mut hash)).map_err(io)?;
        let backend = backend().map_err(refuse)?;
        let parameters = LlamaModelParams::default();
        let model = LlamaModel::load_from_file(backend, path, &parameters).map_err(|error| {
            refuse(format!("llama.cpp cannot read `{}`: {error}", path.display()))
        })?;
        let model = Arc::new(model);
        let EmbedderOptions { query_prefix, passage_prefix, cut, languages, .. } = options;
        let prefixes =
            Prefixes::new(query_prefix, passage_prefix, |text| tokenize(&model, text, false).len());
        let width = usize::try_from(model.n_embd_out()).unwrap_or(0);
        let dimensions = dimensions(width, cut).map_err(refuse)?;
        let window = model.n_ctx_train().min(LONGEST);
        let (questions, question_inbox) = mpsc::channel(QUEUE);
        let (passages, passage_inbox) = mpsc::channel(QUEUE);
        let (background, background_inbox) = mpsc::channel(QUEUE);
        let inbox = Inbox {
            questions: question_inbox,
            passages: passage_inbox,
            background: background_inbox,
        };
        let (ready, wait) = std::sync::mpsc::channel();
        let (thread_model, settings) = (Arc::clone(&model), (window, threads(options.threads)));
        std::thread::Builder::new()
            .name("llama-embed".to_owned())
            .spawn(move || run((backend, &thread_model), settings, inbox, &ready))
            .map_err(|error| refuse(format!("no thread: {error}")))?;
        wait.recv()
            .unwrap_or_else(|_| Err("its thread died".to_owned()))
            .map_err(|reason| refuse(format!("no context: {reason}")))?;
        let info = EmbedderInfo {
            model: name,
            dimensions,
            max_tokens: prefixes.max_tokens(window as usize),
            fingerprint: fingerprint(hash, &prefixes, cut),
            languages,
        };
        Ok(Self { info, model, prefixes, cut, questions, passages, background })
    }

    async fn embed_in(
        &self,
        queue: &mpsc::Sender<Job>,
        (texts, role): (Vec<String>, TextRole),
    ) -> Result<Embeddings, EngineError> {
        let Prefix { text: prefix, tokens: prefix_tokens } = self.prefixes.of(role);
        let (prefix, model) = (prefix.clone(), Arc::clone(&self.model));
        let tokenize = move || -> Vec<Vec<LlamaToken>> {
            texts.iter().map(|text| tokenize(&model, &format!("{prefix}{text}"), true)).collect()
        };
        let tokens = tokio::task::spawn_blocking(tokenize)
            .await
            .map_err(|error| self.failed(error.to_string()))?;
        let token_counts: Vec<usize> =
            tokens.iter().map(|text| text.len().saturating_sub(*prefix_tokens)).collect();
        check_lengths(&self.info.model, &token_counts, self.info.max_tokens)?;
        let mut running = Vec::with_capacity(tokens.len());
        for tokens in tokens {
            let (reply, receiver) = oneshot::channel();
            queue.send(Job { tokens, reply }).await.map_err(|_| self.died())?;
            running.push(receiver);
        }
        let mut vectors = Vec::with_capacity(running.len());
        for receiver in running {
            let vector = receiver.await.map_err(|_| self.died())?;
            let mut vector = vector.map_err(|reason| self.failed(reason))?;
            finish(&mut vector, self.cut);
            vectors.push(vector);
        }
        Ok(Embeddings { vectors, token_counts })
    }

    fn failed(&self, reason: String) -> EngineError {
        EngineError::Inference { model: self.info.model.clone(), reason }
    }

    fn died(&self) -> EngineError {
        EngineError::EngineDied { model: self.info.model.clone() }
    }
}

impl LoadedModel for LlamaEmbedder {
    /// The thread holds the other ends of both queues, and lets go of them when it panics.
    fn is_alive(&self) -> bool {
        !self.questions.is_closed()
    }
}

#[async_trait]
impl Embedder for LlamaEmbedder {
    fn info(&self) -> &EmbedderInfo {
        &self.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        tokenize(&self.model, text, false).len()
    }

    fn tokenize(&self, text: &str) -> Option<Vec<u32>> {
        let tokens = tokenize(&self.model, text, true);
        Some(tokens.iter().filter_map(|token| u32::try_from(token.0).ok()).collect())
    }

    async fn embed(&self, texts: Vec<String>, role: TextRole) -> Result<Embeddings, EngineError> {
        let queue = match role {
            TextRole::Query => &self.questions,
            TextRole::Passage => &self.passages,
        };
        self.embed_in(queue, (texts, role)).await
    }

    async fn embed_in_background(&self, texts: Vec<String>) -> Result<Embeddings, EngineError> {
        self.embed_in(&self.background, (texts, TextRole::Passage)).await
    }
}

/// Reads the vocabulary of the model in a GGUF file, and none of its weights.
pub fn open_token_count(path: &Path, name: &ModelId) -> Result<TokenCount, EngineError> {
    let refuse = |reason: String| EngineError::Load { model: name.clone(), reason };
    let backend = init().map_err(refuse)?;
    let parameters = LlamaModelParams::default().with_vocab_only(true);
    let model = LlamaModel::load_from_file(backend, path, &parameters).map_err(|error| {
        refuse(format!("llama.cpp cannot read the words of `{}`: {error}", path.display()))
    })?;
    Ok(Box::new(move |text: &str| tokenize(&model, text, false).len()))
}

/// Turns a text into tokens; what looks like a special token in it is text.
fn tokenize(model: &LlamaModel, text: &str, with_special: bool) -> Vec<LlamaToken> {
    let vocabulary = model.vocab();
    let mut tokens = vocabulary.tokenize(text.as_bytes(), with_special, false);
    if with_special && tokens.is_empty() {
        // A model that adds nothing to an empty text still has to read something.
        tokens.push(vocabulary.eos());
    }
    tokens
}

/// Lets a hash be written to.
struct Hasher<'a>(&'a mut Sha256);

impl std::io::Write for Hasher<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
