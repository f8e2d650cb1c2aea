//! A chat model as the rest of Quire sees it.

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

use super::backend::backend;
use super::constrained::Form;
use super::engine::run;
use super::loading::{LlamaOptions, fingerprint, kept_bytes, load_model, settings, template};
use super::request::Job;
use super::shortened::{cut_tokens, shorten};
use crate::chat::{
    Chat, ChatMessage, ChatRole, ChatTemplate, ContentPart, Grammars, ReplyParser, form_of,
};
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
        let fingerprint = fingerprint(path, options.load.lora.as_ref())
            .map_err(|error| EngineError::Io { path: path.to_owned(), source: error })?;
        let settings = settings(&model, options, &fingerprint);
        let context_tokens = settings.context_tokens;
        let kv_type = settings.kv_type;
        let (inbox, receiver) = fair_queue(options.queue);
        let (ready, wait) = std::sync::mpsc::channel();
        let (thread_model, thread_name) = (Arc::clone(&model), name.clone());
        std::thread::Builder::new()
            .name("llama".to_owned())
            .spawn(move || {
                let made = (settings, adapter);
                run((backend, thread_model, &thread_name), made, receiver, &ready);
            })
            .map_err(|error| refuse(format!("no thread: {error}")))?;
        wait.recv().unwrap_or_else(|_| Err("its thread died".to_owned())).map_err(refuse)?;
        let head = read_head(path).unwrap_or_default();
        let memory_bytes = model.size() + kept_bytes(&head, context_tokens, kv_type);
        let context_tokens = context_tokens as usize;
        let features = FEATURES.to_vec();
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

    fn write_prompt(&self, chat: &Chat) -> Result<Option<String>, EngineError> {
        self.inner.render(chat).map(Some)
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

/// A prompt in the model's tokens.
struct ReadPrompt {
    tokens: Vec<LlamaToken>,
    /// How the reply is taken apart.
    reply: ReplyParser,
}

impl Inner {
    /// Makes a job of a request, and what its events are heard by.
    fn prepare(&self, request: GenerateRequest) -> Result<(Job, Generation), EngineError> {
        let context_tokens = self.info.context_tokens;
        let (prompt, read, dropped) = self.read_fitting(&request)?;
        let ReadPrompt { tokens, reply } = read;
        let instructions = self.count_instructions(&prompt, request.instructions_bytes, &tokens);
        let form = self.compile(&prompt, &reply, request.constraint)?;
        let goes_on = request.when_full == WhenFull::Shift;
        let kept = goes_on.then(|| self.count_kept(&prompt, &tokens));
        let room = if goes_on { LONGEST_ANSWER } else { context_tokens - tokens.len() };
        let most = if goes_on { MOST_CONTEXTS * context_tokens } else { room };
        let max_tokens = request.max_tokens.unwrap_or(most).min(room);
        log_prompt(&self.info.model, || self.text_of(&tokens));
        // Four events a token, and eight more: so the engine never waits for a slow reader.
        let (events, generation) = mpsc::channel(4 * max_tokens + 8);
        let job = Job {
            prompt: tokens,
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

    /// Reads a prompt, without its oldest messages if it is too long and they may be forgotten; also says how many
    /// tokens that were.
    fn read_fitting(
        &self,
        request: &GenerateRequest,
    ) -> Result<(Prompt, ReadPrompt, usize), EngineError> {
        let context_tokens = self.info.context_tokens;
        let prompt = request.prompt.clone();
        let mut read = self.read(&prompt)?;
        let whole = read.tokens.len();
        if whole < context_tokens {
            return Ok((prompt, read, 0));
        }
        let exceeded = || EngineError::ContextExceeded {
            model: self.info.model.clone(),
            prompt_tokens: whole,
            context_tokens,
        };
        if request.when_full == WhenFull::Stop {
            return Err(exceeded());
        }
        // A quarter of the context is left to the answer, if it may be as long.
        let room = request.max_tokens.unwrap_or(usize::MAX).min(context_tokens / 4).max(1);
        let most = context_tokens - room;
        let Prompt::Chat(chat) = &prompt else {
            let begins = read.tokens.first() == Some(&self.model.vocab().bos());
            cut_tokens(&mut read.tokens, usize::from(begins), most);
            let dropped = whole - read.tokens.len();
            return Ok((prompt, read, dropped));
        };
        let fits = |chat: &Chat| -> Result<Option<ReadPrompt>, EngineError> {
            let read = self.read(&Prompt::Chat(chat.clone()))?;
            Ok((read.tokens.len() <= most).then_some(read))
        };
        let (chat, read) = shorten(chat, fits)?.ok_or_else(exceeded)?;
        let dropped = whole - read.tokens.len();
        Ok((Prompt::Chat(chat), read, dropped))
    }

    /// Writes a chat by the model's template.
    fn render(&self, chat: &Chat) -> Result<String, EngineError> {
        self.template.render(chat).map_err(|error| {
            let model = self.info.model.clone();
            EngineError::Template { model, reason: error.to_string() }
        })
    }

    fn read(&self, prompt: &Prompt) -> Result<ReadPrompt, EngineError> {
        let vocabulary = self.model.vocab();
        let mut reply = ReplyParser::of_text();
        let tokens = match prompt {
            Prompt::Chat(chat) => {
                let text = self.render(chat)?;
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
        let messages = std::iter::once(first).chain(others.iter().map(silent)).collect();
        self.count_alike(Chat { messages, ..chat.clone() }, tokens)
    }

    /// Counts the tokens that a prompt begins with and that are kept when others are forgotten: those of the system's
    /// messages and of tools, or else the first of all.
    fn count_kept(&self, prompt: &Prompt, tokens: &[LlamaToken]) -> usize {
        let Prompt::Chat(chat) = prompt else { return 1 };
        let says = |message: &ChatMessage| message.role == ChatRole::System;
        let first = chat.messages.iter().take_while(|message| says(message)).count();
        let (kept, others) = chat.messages.split_at(first);
        let messages = kept.iter().cloned().chain(others.iter().map(silent)).collect();
        self.count_alike(Chat { messages, ..chat.clone() }, tokens)
    }

    /// Counts the tokens that a prompt has in common with a chat, up to the last one.
    fn count_alike(&self, chat: Chat, tokens: &[LlamaToken]) -> usize {
        let Ok(other) = self.read(&Prompt::Chat(chat)) else { return 0 };
        let alike = other.tokens.iter().zip(tokens).take_while(|(a, b)| a == b).count();
        alike.min(tokens.len().saturating_sub(1))
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

/// Makes a message that says nothing.
fn silent(message: &ChatMessage) -> ChatMessage {
    ChatMessage::new(message.role, "")
}
