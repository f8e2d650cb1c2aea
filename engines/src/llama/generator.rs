//! A chat model as the rest of Quire sees it.

mod album;
mod prompt;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::token::LlamaToken;
use quire_domain::ModelId;
use tokio::sync::mpsc;
use tracing::Span;

use crate::fair_queue::{FairSender, fair_queue};
use crate::{
    Constraint, EngineError, Feature, FirstToken, GenerateRequest, Generation, Generator,
    GeneratorInfo, LoadedModel, Prompt, WhenFull,
};

use self::prompt::ReadPrompt;
use super::backend::backend;
use super::constrained::Form;
use super::engine::{EngineParts, run};
use super::entry::cells_of;
use super::loading::{
    LlamaOptions, fingerprint, kept_bytes, load_model, load_projector, settings, template,
};
use super::projector::Projector;
use super::request::Job;
use crate::chat::{Chat, ChatTemplate, Grammars, ReplyParser, form_of};
use crate::prompt_log::log_prompt;
use crate::store::gguf::read_head;

const FEATURES: [Feature; 5] = [
    Feature::RequiredCalls,
    Feature::Json,
    Feature::Grammar,
    Feature::LogitBias,
    Feature::ContextShift,
];
/// How many contexts an answer without a limit may fill, if it goes on when the context is full.
const MOST_CONTEXTS: usize = 8;
/// No answer is longer, whatever a request says.
const LONGEST_ANSWER: usize = 1 << 32;

/// A chat model loaded from a GGUF file.
///
/// Dropping it ends its thread after the request at work, which frees the memory.
pub struct LlamaGenerator {
    inner: Arc<Inner>,
    inbox: FairSender<Job>,
}

/// What may be used from any thread: everything but the context.
struct Inner {
    info: GeneratorInfo,
    model: Arc<LlamaModel>,
    template: ChatTemplate,
    bos: String,
    grammars: Grammars,
    /// What images are read with.
    projector: Option<Arc<Projector>>,
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
        let (model, adapter) = load_model(backend, (path, &name), options)?;
        let model = Arc::new(model);
        let (template, bos) = template(&model)
            .map_err(|reason| EngineError::Template { model: name.clone(), reason })?;
        let projector = load_projector(&model, &name, options)?;
        let fingerprint = fingerprint(path, options)
            .map_err(|error| EngineError::Io { path: path.to_owned(), source: error })?;
        let settings = settings(&model, options, &fingerprint);
        let context_tokens = settings.context_tokens;
        let kv_type = settings.kv_type;
        let (inbox, receiver) = fair_queue(options.queue);
        let (ready, wait) = std::sync::mpsc::channel();
        let (thread_model, thread_name) = (Arc::clone(&model), name.clone());
        let parts = EngineParts { settings, adapter, projector: projector.clone() };
        std::thread::Builder::new()
            .name("llama".to_owned())
            .spawn(move || {
                run((backend, thread_model, &thread_name), parts, receiver, &ready);
            })
            .map_err(|error| refuse(format!("no thread: {error}")))?;
        wait.recv().unwrap_or_else(|_| Err("its thread died".to_owned())).map_err(refuse)?;
        let head = read_head(path).unwrap_or_default();
        let projector_bytes = options.projector.as_ref().and_then(|path| path.metadata().ok());
        let memory_bytes = model.size()
            + kept_bytes(&head, context_tokens, kv_type)
            + projector_bytes.map_or(0, |file| file.len());
        let context_tokens = context_tokens as usize;
        let mut features = FEATURES.to_vec();
        features.extend(projector.is_some().then_some(Feature::Images));
        let info =
            GeneratorInfo { model: name, context_tokens, memory_bytes, fingerprint, features };
        let grammars = Grammars::default();
        let inner = Inner { info, model, template, bos, grammars, projector };
        Ok(Self { inner: Arc::new(inner), inbox })
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
        let album = self.inner.look(prompt)?;
        self.inner.read(prompt, &album).map(|read| cells_of(&read.entries))
    }

    fn write_prompt(&self, chat: &Chat) -> Result<Option<String>, EngineError> {
        self.inner.write(chat).map(Some)
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
        let (inner, caller) = (Arc::clone(&self.inner), request.caller.clone());
        let span = Span::current();
        let prepare = move || span.in_scope(|| inner.prepare(request));
        let prepared = tokio::task::spawn_blocking(prepare).await;
        let (job, generation) =
            prepared.map_err(|error| self.inner.failed(error.to_string()))??;
        let model = &self.inner.info.model;
        self.inbox.try_send(&caller, job).map_err(|problem| problem.of(model))?;
        Ok(generation)
    }
}

impl Inner {
    /// Makes a job of a request, and what its events are heard by.
    fn prepare(&self, request: GenerateRequest) -> Result<(Job, Generation), EngineError> {
        let context_tokens = self.info.context_tokens;
        let album = self.look(&request.prompt)?;
        let (prompt, read, dropped) = self.read_fitting(&request, &album)?;
        let ReadPrompt { entries, reply } = read;
        let instructions =
            self.count_instructions((&prompt, &album), request.instructions_bytes, &entries);
        let form = self.compile(&prompt, &reply, request.constraint)?;
        let goes_on = request.when_full == WhenFull::Shift;
        let kept = goes_on.then(|| self.count_kept((&prompt, &album), &entries));
        let room = if goes_on { LONGEST_ANSWER } else { context_tokens - cells_of(&entries) };
        let most = if goes_on { MOST_CONTEXTS * context_tokens } else { room };
        let max_tokens = request.max_tokens.unwrap_or(most).min(room);
        log_prompt(&self.info.model, || self.words_of(&entries));
        // Four events a token, and eight more: so the engine never waits for a slow reader.
        let (events, generation) = mpsc::channel(4 * max_tokens + 8);
        let job = Job {
            prompt: entries,
            images: album.into_images(),
            dropped,
            kept,
            instructions,
            reply,
            max_tokens,
            stop: request.stop,
            sampling: request.sampling,
            logit_bias: request.logit_bias,
            form,
            top_logprobs: request.top_logprobs,
            events,
        };
        Ok((job, generation.into()))
    }

    /// Compiles what a reply is held to: calls that it must make come before the form of its text.
    fn compile(
        &self,
        prompt: &Prompt,
        reply: &ReplyParser,
        constraint: Option<Constraint>,
    ) -> Result<Option<Form>, EngineError> {
        let Some((feature, constraint)) = form_of(prompt, reply, constraint) else {
            return Ok(None);
        };
        let form = Form::compile(&self.grammars, &self.model, &constraint);
        form.map(Some).map_err(|reason| self.info.invalid_form(feature, reason))
    }

    fn refuse(&self, problem: String) -> EngineError {
        self.info.refuse_prompt(problem)
    }

    fn failed(&self, reason: String) -> EngineError {
        self.info.failed(reason)
    }
}
