//! A chat model as the rest of Quire sees it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use quire_domain::ModelId;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;

use crate::{
    Constraint, EngineError, Feature, FirstToken, GenerateRequest, Generation, Generator,
    GeneratorInfo, LoadedModel, Prompt,
};

use super::backend::{backend, threads};
use super::constrained::{Form, Grammars};
use super::engine::{ContextSettings, run};
use super::prompt_cache::{PromptCache, short_hash};
use super::request::Job;
use crate::chat::{Chat, ChatMessage, ChatTemplate, ContentPart, ReplyParser};
use crate::prompt_log::log_prompt;

/// How a model is run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LlamaOptions {
    /// The size of the context in tokens, at most the model's own. Default 8192.
    pub context_tokens: u32,
    /// How many threads compute; 0 (the default) takes one a physical core.
    pub threads: usize,
    /// How many tokens of a prompt are read at once; a cancelled request stops between. Default 128.
    pub batch_tokens: u32,
    /// How many requests are served side by side; they share the context. Default 4.
    pub parallel: usize,
    /// How many tokens are proposed at most from what was said before; 0 proposes none. Default 4.
    pub proposed_tokens: usize,
    /// In which folder the reading of instructions is kept, if it is kept. Default nowhere.
    pub prompt_cache: Option<PathBuf>,
    /// How many requests may wait before `Busy`. Default 32.
    pub queue: usize,
}

impl Default for LlamaOptions {
    fn default() -> Self {
        Self {
            context_tokens: 8192,
            threads: 0,
            batch_tokens: 128,
            parallel: 4,
            proposed_tokens: 4,
            prompt_cache: None,
            queue: 32,
        }
    }
}

/// A chat model loaded from a GGUF file.
///
/// Dropping it ends its thread after the request at work, which frees the memory.
pub struct LlamaGenerator {
    inner: Arc<Inner>,
    inbox: mpsc::Sender<Job>,
}

/// What may be used from any thread: everything but the context.
struct Inner {
    info: GeneratorInfo,
    model: Arc<LlamaModel>,
    template: ChatTemplate,
    bos: String,
    grammars: Grammars,
}

impl LlamaGenerator {
    /// Loads a model from a GGUF file.
    ///
    /// Blocks for the time it takes to read the file.
    pub fn load(path: &Path, name: ModelId, options: &LlamaOptions) -> Result<Self, EngineError> {
        let refuse = |reason: String| EngineError::Load { model: name.clone(), reason };
        if !path.is_file() {
            return Err(refuse(format!("`{}` is not a file", path.display())));
        }
        let backend = backend().map_err(refuse)?;
        let parameters = LlamaModelParams::default();
        let model = LlamaModel::load_from_file(backend, path, &parameters).map_err(|error| {
            refuse(format!("llama.cpp cannot read `{}`: {error}", path.display()))
        })?;
        let model = Arc::new(model);
        let (template, bos) = template(&model)
            .map_err(|reason| EngineError::Template { model: name.clone(), reason })?;
        let fingerprint = fingerprint(path)
            .map_err(|error| EngineError::Io { path: path.to_owned(), source: error })?;
        let settings = settings(&model, options, &fingerprint);
        let context_tokens = settings.context_tokens;
        let (inbox, receiver) = mpsc::channel(options.queue.max(1));
        let (ready, wait) = std::sync::mpsc::channel();
        let (thread_model, thread_name) = (Arc::clone(&model), name.clone());
        std::thread::Builder::new()
            .name("llama".to_owned())
            .spawn(move || run((backend, thread_model, &thread_name), settings, receiver, &ready))
            .map_err(|error| refuse(format!("no thread: {error}")))?;
        wait.recv()
            .unwrap_or_else(|_| Err("its thread died".to_owned()))
            .map_err(|reason| refuse(format!("no context: {reason}")))?;
        let memory_bytes = model.size() + cache_bytes(&model, context_tokens);
        let context_tokens = context_tokens as usize;
        let features =
            vec![Feature::RequiredCalls, Feature::Json, Feature::Grammar, Feature::LogitBias];
        let info =
            GeneratorInfo { model: name, context_tokens, memory_bytes, fingerprint, features };
        Ok(Self {
            inner: Arc::new(Inner { info, model, template, bos, grammars: Grammars::default() }),
            inbox,
        })
    }
}

/// Gives the numbers of tokens, none of which is negative.
fn numbers(tokens: &[LlamaToken]) -> Vec<u32> {
    tokens.iter().filter_map(|token| u32::try_from(token.0).ok()).collect()
}

impl LoadedModel for LlamaGenerator {
    /// The thread holds the other end of the inbox, and closes it when it panics.
    fn is_alive(&self) -> bool {
        !self.inbox.is_closed()
    }
}

#[async_trait]
impl Generator for LlamaGenerator {
    fn info(&self) -> &GeneratorInfo {
        &self.inner.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.inner.model.vocab().tokenize(text.as_bytes(), false, false).len()
    }

    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError> {
        self.inner.read(prompt).map(|read| read.tokens.len())
    }

    fn tokenize(&self, text: &str, first: FirstToken) -> Option<Vec<u32>> {
        let vocabulary = self.inner.model.vocab();
        let tokens = vocabulary.tokenize(text.as_bytes(), first == FirstToken::Added, true);
        Some(numbers(&tokens))
    }

    fn detokenize(&self, tokens: &[u32]) -> Option<String> {
        Some(self.inner.text_of(&self.inner.known(tokens).ok()?))
    }

    fn prompt_between(&self, before: &str, after: &str) -> Option<Prompt> {
        let vocabulary = self.inner.model.vocab();
        let marks = [vocabulary.fim_pre(), vocabulary.fim_suf(), vocabulary.fim_mid()];
        let [before_mark, after_mark, middle_mark] = marks;
        // The token of a model without it is -1.
        if marks.iter().any(|mark| mark.0 < 0) {
            return None;
        }
        let cut = |text: &str| vocabulary.tokenize(text.as_bytes(), false, false);
        let mut tokens = Vec::new();
        if vocabulary.should_add_bos() {
            tokens.push(vocabulary.bos());
        }
        tokens.push(before_mark);
        tokens.extend(cut(before));
        tokens.push(after_mark);
        tokens.extend(cut(after));
        tokens.push(middle_mark);
        Some(Prompt::Tokens(numbers(&tokens)))
    }

    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError> {
        request.check(&self.inner.info)?;
        let GenerateRequest {
            prompt,
            instructions_bytes,
            max_tokens,
            stop,
            sampling,
            top_logprobs,
            constraint,
            logit_bias,
        } = request;
        let inner = Arc::clone(&self.inner);
        let read = tokio::task::spawn_blocking(move || {
            let read = inner.read(&prompt)?;
            let instructions = inner.count_instructions(&prompt, instructions_bytes, &read.tokens);
            let form = inner.compile(&prompt, &read.reply, constraint)?;
            Ok((read, instructions, form))
        })
        .await;
        let read = read.map_err(|error| self.inner.failed(error.to_string()))??;
        let (ReadPrompt { tokens: prompt, reply }, instructions, form) = read;
        let GeneratorInfo { model, context_tokens, .. } = &self.inner.info;
        if prompt.len() >= *context_tokens {
            return Err(EngineError::ContextExceeded {
                model: model.clone(),
                prompt_tokens: prompt.len(),
                context_tokens: *context_tokens,
            });
        }
        log_prompt(model, || self.inner.text_of(&prompt));
        // Three events a token, and eight more: so the engine never waits for a slow reader.
        let (events, generation) = mpsc::channel(3 * context_tokens + 8);
        let job = Job {
            prompt,
            instructions,
            reply,
            max_tokens,
            stop,
            sampling,
            logit_bias,
            form,
            top_logprobs,
            events,
        };
        self.inbox.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => EngineError::Busy { model: model.clone() },
            mpsc::error::TrySendError::Closed(_) => {
                EngineError::EngineDied { model: model.clone() }
            }
        })?;
        Ok(generation.into())
    }
}

/// A prompt in the model's tokens.
struct ReadPrompt {
    tokens: Vec<LlamaToken>,
    /// How the reply is taken apart.
    reply: ReplyParser,
}

impl Inner {
    fn read(&self, prompt: &Prompt) -> Result<ReadPrompt, EngineError> {
        let vocabulary = self.model.vocab();
        let mut reply = ReplyParser::of_text();
        let tokens = match prompt {
            Prompt::Chat(chat) => {
                let text = self.template.render(chat).map_err(|error| {
                    let model = self.info.model.clone();
                    EngineError::Template { model, reason: error.to_string() }
                })?;
                reply = self.template.reply_parser(chat, &text);
                // Many templates write the first token themselves.
                let add_first = self.bos.is_empty() || !text.starts_with(&self.bos);
                vocabulary.tokenize(text.as_bytes(), add_first, true)
            }
            Prompt::Text(text) => vocabulary.tokenize(text.as_bytes(), true, true),
            Prompt::Tokens(tokens) => self.known(tokens)?,
        };
        if tokens.is_empty() {
            return Err(self.refuse("is empty".to_owned()));
        }
        Ok(ReadPrompt { tokens, reply })
    }

    /// Makes text of tokens, those included that are no words.
    fn text_of(&self, tokens: &[LlamaToken]) -> String {
        let bytes = self.model.vocab().detokenize(tokens, false, true);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Gives tokens as the engine has them; one that the model does not know is refused.
    fn known(&self, tokens: &[u32]) -> Result<Vec<LlamaToken>, EngineError> {
        let size = self.model.vocab().n_tokens();
        let known = |token: &u32| i32::try_from(*token).is_ok_and(|token| token < size);
        if let Some(unknown) = tokens.iter().find(|token| !known(token)) {
            return Err(self.refuse(format!("has token {unknown}, which it does not know")));
        }
        Ok(tokens.iter().map(|token| LlamaToken::new(*token as i32)).collect())
    }

    /// Counts the tokens that a prompt begins with, as every other one with the same instructions does.
    ///
    /// These are what it has in common with itself without anything behind the instructions: a template may merge
    /// texts before they become tokens, so that nothing less tells it for sure.
    fn count_instructions(&self, prompt: &Prompt, bytes: usize, tokens: &[LlamaToken]) -> usize {
        let Prompt::Chat(chat) = prompt else { return 0 };
        let messages = &chat.messages;
        let Some((first, others)) = messages.split_first().filter(|_| bytes > 0) else { return 0 };
        let mut text = first.text().into_owned();
        text.truncate(text.floor_char_boundary(bytes));
        let first = ChatMessage { content: vec![ContentPart::Text(text)], ..first.clone() };
        // The instructions may be all that the first message says; then it is the next one that differs.
        let silent = |other: &ChatMessage| ChatMessage::new(other.role, "");
        let messages = std::iter::once(first).chain(others.iter().map(silent)).collect();
        let shortened = Prompt::Chat(Chat { messages, ..chat.clone() });
        let Ok(shortened) = self.read(&shortened) else { return 0 };
        let alike = shortened.tokens.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        alike.min(tokens.len().saturating_sub(1))
    }

    /// Compiles what a reply is held to: calls that it must make come before the form of its text.
    fn compile(
        &self,
        prompt: &Prompt,
        reply: &ReplyParser,
        constraint: Option<Constraint>,
    ) -> Result<Option<Form>, EngineError> {
        let calls = match prompt {
            Prompt::Chat(chat) => reply.required_calls(chat),
            Prompt::Text(_) | Prompt::Tokens(_) => None,
        };
        let feature = match (&calls, &constraint) {
            (Some(_), _) => Feature::RequiredCalls,
            (None, Some(Constraint::JsonObject | Constraint::JsonSchema(_))) => Feature::Json,
            _ => Feature::Grammar,
        };
        let Some(constraint) = calls.or(constraint) else { return Ok(None) };
        let form = self.grammars.compile(&self.model, &constraint);
        let model = || self.info.model.clone();
        form.map(Some).map_err(|reason| EngineError::InvalidConstraint {
            model: model(),
            feature,
            reason,
        })
    }

    fn refuse(&self, problem: String) -> EngineError {
        EngineError::InvalidPrompt { model: self.info.model.clone(), problem }
    }

    fn failed(&self, reason: String) -> EngineError {
        EngineError::Inference { model: self.info.model.clone(), reason }
    }
}

/// Identifies a file by its size and the hash of its first mebibyte, which holds what a GGUF file
/// says of itself and the beginning of its weights: hashing gigabytes would take seconds a load.
fn fingerprint(path: &Path) -> std::io::Result<String> {
    let mut head = Vec::new();
    let file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    file.take(1 << 20).read_to_end(&mut head)?;
    Ok(format!("{size}-{}", short_hash(&Sha256::digest(&head))))
}

fn template(model: &LlamaModel) -> Result<(ChatTemplate, String), String> {
    let source = match model.chat_template(None) {
        Ok(template) => Some(template.to_string().map_err(|error| error.to_string())?),
        Err(_) => None,
    };
    let vocabulary = model.vocab();
    let text = |token| {
        let bytes = vocabulary.token_to_piece(token, true, None);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    // A model without one has token -1 there.
    let special = |token: LlamaToken| if token.0 < 0 { String::new() } else { text(token) };
    let (bos, eos) = (special(vocabulary.bos()), special(vocabulary.eos()));
    let template =
        ChatTemplate::new(source, bos.clone(), eos).map_err(|error| error.to_string())?;
    Ok((template, bos))
}

fn settings(model: &LlamaModel, options: &LlamaOptions, fingerprint: &str) -> ContextSettings {
    ContextSettings {
        context_tokens: options.context_tokens.clamp(16, model.n_ctx_train().max(16)),
        batch_tokens: options.batch_tokens.max(1),
        threads: threads(options.threads),
        parallel: options.parallel.clamp(1, 64),
        proposed_tokens: options.proposed_tokens,
        prompt_cache: options
            .prompt_cache
            .as_deref()
            .map(|folder| PromptCache::new(folder, fingerprint)),
    }
}

/// Estimates the bytes of keys and values: two numbers of 16 bits a channel, layer and token.
fn cache_bytes(model: &LlamaModel, context_tokens: u32) -> u64 {
    let heads = u64::from(model.n_head().max(1));
    let width = model.n_embd() as u64 / heads * u64::from(model.n_head_kv());
    u64::from(context_tokens) * u64::from(model.n_layer()) * width * 2 * 2
}
