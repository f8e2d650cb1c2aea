//! A chat model as the rest of Quire sees it.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use quire_domain::ModelId;
use tokio::sync::mpsc;

use crate::chat::{ChatTemplate, Grammars, Guard, ReplyParser, form_of};
use crate::fair_queue::{FairSender, fair_queue};
use crate::prompt_log::log_prompt;
use crate::{
    Constraint, EngineError, Feature, FirstToken, GenerateRequest, Generation, Generator,
    GeneratorInfo, LoadedModel, Prompt,
};

use super::engine::{Engine, Job};
use super::loading::{Loaded, load};
use super::vocabulary::Vocabulary;

/// How a model is run.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChatOptions {
    /// The size of the context in tokens, at most the model's own. Default 8192.
    pub context_tokens: usize,
    /// How many threads compute; 0 (the default) takes one a core. Products of quantised matrices take candle's own.
    pub threads: usize,
    /// How many tokens of a prompt are read at once; a cancelled request stops between. Default 128.
    pub batch_tokens: usize,
    /// How many requests may wait before `Busy`. Default 32.
    pub queue: usize,
}

impl Default for ChatOptions {
    fn default() -> Self {
        Self { context_tokens: 8192, threads: 0, batch_tokens: 128, queue: 32 }
    }
}

/// A chat model that candle runs: from safetensors, or from a GGUF file.
///
/// Requests are served one after the other. Dropping it ends its thread after the request at work, which frees the
/// memory.
pub struct CandleGenerator {
    inner: Arc<Inner>,
    inbox: FairSender<Job>,
}

/// What may be used from any thread: everything but the network.
struct Inner {
    info: GeneratorInfo,
    vocabulary: Arc<Vocabulary>,
    table_rows: usize,
    template: ChatTemplate,
    bos: String,
    grammars: Grammars,
}

impl CandleGenerator {
    /// Loads a model from a folder with safetensors, configuration and tokenizer, or from a GGUF file.
    ///
    /// Blocks for the time it takes to read the weights. A file that is broken, or that asks for what is not there, is an
    /// error.
    pub fn load(path: &Path, name: ModelId, options: &ChatOptions) -> Result<Self, EngineError> {
        let refuse = |reason: String| EngineError::Load { model: name.clone(), reason };
        let Loaded {
            network,
            vocabulary,
            context_tokens,
            template,
            bos,
            eos,
            weights_bytes,
            fingerprint,
        } = load(path, &name, options)?;
        let memory_bytes = weights_bytes + network.kept_bytes();
        let template = ChatTemplate::new(template, bos.clone(), eos).map_err(|error| {
            EngineError::Template { model: name.clone(), reason: error.to_string() }
        })?;
        let vocabulary = Arc::new(vocabulary);
        let table_rows = network.vocabulary();
        let engine = Engine {
            model: name.clone(),
            network,
            vocabulary: Arc::clone(&vocabulary),
            context_tokens,
            batch_tokens: options.batch_tokens.max(1),
            held: Vec::new(),
        };
        let (inbox, receiver) = fair_queue(options.queue);
        // candle's products split themselves over the pool that they run in.
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(options.threads)
            .thread_name(|number| format!("candle-chat-{number}"))
            .build()
            .map_err(|error| refuse(format!("no threads: {error}")))?;
        pool.spawn(move || engine.run(receiver));
        let features =
            vec![Feature::RequiredCalls, Feature::Json, Feature::Grammar, Feature::LogitBias];
        let info =
            GeneratorInfo { model: name, context_tokens, memory_bytes, fingerprint, features };
        let grammars = Grammars::default();
        let inner = Inner { info, vocabulary, table_rows, template, bos, grammars };
        Ok(Self { inner: Arc::new(inner), inbox })
    }
}

impl LoadedModel for CandleGenerator {
    /// The thread holds the other end of the inbox, and closes it when it panics.
    fn is_alive(&self) -> bool {
        !self.inbox.is_closed()
    }
}

#[async_trait]
impl Generator for CandleGenerator {
    fn info(&self) -> &GeneratorInfo {
        &self.inner.info
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.inner.vocabulary.tokenize(text, FirstToken::LeftOut).map_or(0, |tokens| tokens.len())
    }

    fn count_prompt_tokens(&self, prompt: &Prompt) -> Result<usize, EngineError> {
        self.inner.read(prompt).map(|(tokens, _)| tokens.len())
    }

    fn tokenize(&self, text: &str, first: FirstToken) -> Option<Vec<u32>> {
        self.inner.vocabulary.tokenize(text, first).ok()
    }

    fn detokenize(&self, tokens: &[u32]) -> Option<String> {
        self.inner.vocabulary.detokenize(tokens)
    }

    fn prompt_between(&self, before: &str, after: &str) -> Option<Prompt> {
        self.inner.vocabulary.prompt_between(before, after).map(Prompt::Tokens)
    }

    async fn generate(&self, request: GenerateRequest) -> Result<Generation, EngineError> {
        request.check(&self.inner.info)?;
        let GenerateRequest {
            prompt,
            // What was read of them is kept in memory alone.
            instructions_bytes: _,
            max_tokens,
            stop,
            sampling,
            top_logprobs,
            constraint,
            logit_bias,
            // Refused by the check where it asks for more than stopping.
            when_full: _,
            caller,
        } = request;
        let inner = Arc::clone(&self.inner);
        let read = tokio::task::spawn_blocking(move || {
            let (tokens, reply) = inner.read(&prompt)?;
            let form = inner.compile(&prompt, &reply, constraint)?;
            Ok((tokens, reply, form))
        })
        .await;
        let (prompt, reply, form) =
            read.map_err(|error| self.inner.info.failed(error.to_string()))??;
        let GeneratorInfo { model, context_tokens, .. } = &self.inner.info;
        if prompt.len() >= *context_tokens {
            return Err(self.inner.info.exceeded_by(prompt.len()));
        }
        // Three events a token, and eight more: so the engine never waits for a slow reader.
        let (events, generation) = mpsc::channel(3 * context_tokens + 8);
        let job = Job {
            prompt,
            reply,
            max_tokens,
            stop,
            sampling,
            logit_bias,
            form,
            top_logprobs,
            events,
        };
        log_prompt(model, || self.inner.vocabulary.detokenize(&job.prompt).unwrap_or_default());
        self.inbox.try_send(&caller, job).map_err(|problem| problem.of(model))?;
        Ok(generation.into())
    }
}

impl Inner {
    /// Makes tokens of a prompt, and what takes the reply to it apart.
    fn read(&self, prompt: &Prompt) -> Result<(Vec<u32>, ReplyParser), EngineError> {
        let mut reply = ReplyParser::of_text();
        let cut = |text: &str, first| {
            self.vocabulary.tokenize(text, first).map_err(|reason| self.info.failed(reason))
        };
        let tokens = match prompt {
            Prompt::Chat(chat) => {
                let text = self.template.render(chat).map_err(|error| {
                    let model = self.info.model.clone();
                    EngineError::Template { model, reason: error.to_string() }
                })?;
                reply = self.template.reply_parser(chat, &text);
                // Many templates write the first token themselves.
                let is_written = !self.bos.is_empty() && text.starts_with(&self.bos);
                cut(&text, if is_written { FirstToken::LeftOut } else { FirstToken::Added })?
            }
            Prompt::Text(text) => cut(text, FirstToken::Added)?,
            Prompt::Tokens(tokens) => tokens.clone(),
        };
        if tokens.is_empty() {
            return Err(self.info.refuse_prompt("is empty".to_owned()));
        }
        if let Some(unknown) = tokens.iter().find(|token| **token as usize >= self.table_rows) {
            return Err(self
                .info
                .refuse_prompt(format!("has token {unknown}, which it does not know")));
        }
        Ok((tokens, reply))
    }

    /// Compiles what a reply is held to: calls that it must make come before the form of its text.
    fn compile(
        &self,
        prompt: &Prompt,
        reply: &ReplyParser,
        constraint: Option<Constraint>,
    ) -> Result<Option<Guard>, EngineError> {
        let Some((feature, constraint)) = form_of(prompt, reply, constraint) else {
            return Ok(None);
        };
        let form = self.grammars.compile(|| self.vocabulary.environment(), &constraint);
        form.map(Some).map_err(|reason| self.info.invalid_form(feature, reason))
    }
}
