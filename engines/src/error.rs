//! What can go wrong with a model.

use bytesize::ByteSize;
use quire_domain::{ErrorKind, ModelId};

use crate::Feature;
use crate::remote::{Upstream, UpstreamFailure};

/// An error of an engine or of the model store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No model of that name is on disk.
    #[error("model `{model}` is not installed; get it with `quire models pull {model}`")]
    NotInstalled {
        /// The name asked for.
        model: ModelId,
    },
    /// Neither is a model of that name on disk, nor does the catalog know one.
    #[error("no model `{model}` is known{}", ask_if_meant(nearest))]
    UnknownModel {
        /// The name asked for.
        model: ModelId,
        /// The names that are nearest to it, the nearest first.
        nearest: Vec<ModelId>,
    },
    /// The model is there, but of the wrong sort for the call.
    #[error("model `{model}` cannot be used to {wanted}")]
    WrongKind {
        /// The model.
        model: ModelId,
        /// What it was asked to do: "embed text", "rank passages", "judge entailment" or "answer".
        wanted: &'static str,
    },
    /// The model's files could not be loaded.
    #[error("model `{model}` could not be loaded: {reason}")]
    Load {
        /// The model.
        model: ModelId,
        /// What the engine said.
        reason: String,
    },
    /// The model does not fit into the memory that models may take, beside those that cannot leave.
    #[error(
        "model `{model}` needs about {} of memory, and models may take {}{}; unload one, choose a smaller one, or allow more with `--model-memory`",
        ByteSize(*needed_bytes), ByteSize(*budget_bytes), tell_busy(*busy_bytes)
    )]
    NotEnoughMemory {
        /// The model.
        model: ModelId,
        /// What it needs, estimated.
        needed_bytes: u64,
        /// What all models may take together.
        budget_bytes: u64,
        /// What those take that work, are loaded or are pinned.
        busy_bytes: u64,
    },
    /// A model cannot be loaded as somebody wants it.
    #[error("model `{model}` cannot be loaded so: {reason}")]
    CannotLoadSo {
        /// The model.
        model: ModelId,
        /// What stands in the way, and what to do.
        reason: String,
    },
    /// A model is at work, so that it cannot be loaded otherwise now.
    #[error(
        "model `{model}` is at work and cannot be loaded otherwise now; try again when its work is done"
    )]
    AtWork {
        /// The model.
        model: ModelId,
    },
    /// The prompt does not fit.
    #[error(
        "the prompt has {prompt_tokens} tokens, which exceeds the available context size of `{model}`: {context_tokens} tokens"
    )]
    ContextExceeded {
        /// The model.
        model: ModelId,
        /// The prompt's size.
        prompt_tokens: usize,
        /// The context's size.
        context_tokens: usize,
    },
    /// An input to embed is longer than the model reads.
    #[error(
        "input {index} has {tokens} tokens, which is too large: `{model}` reads at most {max_tokens}"
    )]
    InputTooLong {
        /// The model.
        model: ModelId,
        /// Which input, from 0.
        index: usize,
        /// Its size.
        tokens: usize,
        /// The limit.
        max_tokens: usize,
    },
    /// A question is longer than a reranking model reads beside a passage.
    #[error(
        "the question has {tokens} tokens, which is too large: `{model}` reads at most {max_tokens}"
    )]
    QueryTooLong {
        /// The model.
        model: ModelId,
        /// The question's size.
        tokens: usize,
        /// The limit.
        max_tokens: usize,
    },
    /// A hypothesis is longer than an entailment model reads beside a premise.
    #[error(
        "hypothesis {index} has {tokens} tokens, which is too large: `{model}` reads at most {max_tokens}"
    )]
    HypothesisTooLong {
        /// The model.
        model: ModelId,
        /// Of which pair, from 0.
        index: usize,
        /// The hypothesis's size.
        tokens: usize,
        /// The limit.
        max_tokens: usize,
    },
    /// A sentence of a premise is longer than an entailment model reads beside its hypothesis.
    #[error(
        "sentence {sentence} of premise {index} has {tokens} tokens, which is too large: `{model}` reads at most {max_tokens} beside its hypothesis"
    )]
    PremiseTooLong {
        /// The model.
        model: ModelId,
        /// Of which pair, from 0.
        index: usize,
        /// Which sentence, from 0.
        sentence: usize,
        /// The sentence's size.
        tokens: usize,
        /// The limit beside this hypothesis.
        max_tokens: usize,
    },
    /// The prompt is not one that the model can continue.
    #[error("the prompt for `{model}` {problem}")]
    InvalidPrompt {
        /// The model.
        model: ModelId,
        /// What is wrong: "is empty".
        problem: String,
    },
    /// An image in a message cannot be read.
    #[error("image {number} of the chat with `{model}` cannot be read: {reason}")]
    InvalidImage {
        /// The model.
        model: ModelId,
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A request asks for what the model or its engine cannot do.
    #[error("model `{model}` cannot {feature}; leave that out, or choose another model")]
    Unsupported {
        /// The model.
        model: ModelId,
        /// What was asked for.
        feature: Feature,
    },
    /// A form that an answer is to be held to cannot be compiled.
    #[error("`{model}` cannot {feature} as asked for: {reason}")]
    InvalidConstraint {
        /// The model.
        model: ModelId,
        /// What was asked for.
        feature: Feature,
        /// What is wrong with the schema, expression or grammar.
        reason: String,
    },
    /// The engine's queue is full.
    #[error("model `{model}` has too many requests waiting; try again shortly")]
    Busy {
        /// The model.
        model: ModelId,
    },
    /// A thread of the engine panicked. The model is loaded anew when it is next asked for.
    #[error("the engine of `{model}` has died; try again, and it is loaded anew")]
    EngineDied {
        /// The model.
        model: ModelId,
    },
    /// The engine failed while it worked.
    #[error("the engine of `{model}` failed: {reason}")]
    Inference {
        /// The model.
        model: ModelId,
        /// What it said.
        reason: String,
    },
    /// A chat template could not be applied.
    #[error("the chat template of `{model}` failed: {reason}")]
    Template {
        /// The model.
        model: ModelId,
        /// What it said.
        reason: String,
    },
    /// The catalog of models knows no such name.
    #[error("model `{model}` is not in the catalog; `quire models list --available` shows what is")]
    NotInCatalog {
        /// The name asked for.
        model: ModelId,
    },
    /// A download came to nothing from any of its places.
    #[error("model `{model}` could not be downloaded: {reason}")]
    Download {
        /// The model.
        model: ModelId,
        /// What each place said.
        reason: String,
    },
    /// Hugging Face, or a mirror of it, did not tell what was asked.
    #[error("{place}: {reason}")]
    Hub {
        /// Its address.
        place: String,
        /// What went wrong.
        reason: String,
    },
    /// Hugging Face, or a mirror of it, does not show a repository.
    #[error("{place}: there is no such repository, or it wants a token: put one into `$HF_TOKEN`")]
    NoRepository {
        /// Its address.
        place: String,
    },
    /// A repository has no model that can be used, or not the one that was named.
    #[error("`{repository}` has no {wanted}{}", tell_variants(variants))]
    NoVariant {
        /// The repository.
        repository: String,
        /// What was looked for.
        wanted: String,
        /// What it has.
        variants: Vec<String>,
    },
    /// A file is not a model that can be read.
    #[error("`{path}` is not a model that can be used: {reason}")]
    NotAModel {
        /// The file or folder.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A downloaded file is not the one that was promised.
    #[error(
        "file `{file}` has the wrong checksum: expected {expected}, got {actual}; it was removed"
    )]
    Checksum {
        /// The file's name.
        file: String,
        /// SHA-256 by the catalog.
        expected: String,
        /// SHA-256 of what came.
        actual: String,
    },
    /// A model that another machine runs did not do what it was asked.
    #[error("model `{model}` runs on {host}, not on this machine, and {failure}")]
    Upstream {
        /// The model.
        model: ModelId,
        /// The machine.
        host: String,
        /// What went wrong there.
        failure: Box<UpstreamFailure>,
    },
    /// What is settled of an upstream cannot be used.
    #[error("upstream `{upstream}` cannot be used: {reason}")]
    InvalidUpstream {
        /// Its name.
        upstream: String,
        /// What is wrong.
        reason: String,
    },
    /// A file of settings beside the models cannot be read.
    #[error("`{path}` cannot be used: {reason}; mend the file, or delete it")]
    Settings {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The model store's folder could not be read or written.
    #[error("`{path}`: {source}")]
    Io {
        /// The file or folder.
        path: std::path::PathBuf,
        /// The cause.
        source: std::io::Error,
    },
}

/// Names what may have been meant, and says where the known names are listed.
fn ask_if_meant(nearest: &[ModelId]) -> String {
    let names: Vec<String> = nearest.iter().map(|name| format!("`{name}`")).collect();
    let list =
        "`quire models list` shows those on disk, and with `--available` those that can be pulled";
    match names.as_slice() {
        [] => format!("; {list}"),
        names => format!("; did you mean {}? {list}", names.join(" or ")),
    }
}

/// Names what a repository has instead.
fn tell_variants(variants: &[String]) -> String {
    match variants {
        [] => String::new(),
        names => format!("; it has {}", names.join(", ")),
    }
}

/// Tells what cannot be had of the memory for models.
fn tell_busy(busy_bytes: u64) -> String {
    match busy_bytes {
        0 => String::new(),
        bytes => {
            format!(", of which {} are taken by models that work or are pinned", ByteSize(bytes))
        }
    }
}

impl EngineError {
    /// Says what is wrong with the file of a model, and what to do.
    pub(crate) fn broken_file(model: &ModelId, path: std::path::PathBuf, reason: &str) -> Self {
        let reason = format!(
            "{reason}; get it anew with `quire models pull {model}`, or delete it with `quire models delete {model}`"
        );
        Self::NotAModel { path, reason }
    }

    /// Says that a model of an upstream failed. Its key is told to nobody.
    pub(crate) fn of_upstream(
        model: &ModelId,
        upstream: &Upstream,
        failure: UpstreamFailure,
    ) -> Self {
        Self::Upstream {
            model: model.clone(),
            host: upstream.host().to_owned(),
            failure: Box::new(upstream.redact(failure)),
        }
    }

    /// Returns whether the model is not on disk, known or not.
    pub fn is_missing_model(&self) -> bool {
        matches!(self, Self::NotInstalled { .. } | Self::UnknownModel { .. })
    }

    /// Sorts the error for the faces.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotInstalled { .. }
            | Self::UnknownModel { .. }
            | Self::NotInCatalog { .. }
            | Self::NoRepository { .. }
            | Self::NoVariant { .. } => ErrorKind::NotFound,
            Self::WrongKind { .. }
            | Self::CannotLoadSo { .. }
            | Self::InvalidPrompt { .. }
            | Self::InvalidImage { .. }
            | Self::InvalidConstraint { .. }
            | Self::NotAModel { .. }
            | Self::Unsupported { .. } => ErrorKind::InvalidInput,
            Self::ContextExceeded { .. }
            | Self::InputTooLong { .. }
            | Self::QueryTooLong { .. }
            | Self::HypothesisTooLong { .. }
            | Self::PremiseTooLong { .. } => ErrorKind::TooLarge,
            Self::Busy { .. } => ErrorKind::Busy,
            Self::AtWork { .. } => ErrorKind::Conflict,
            Self::Load { .. }
            | Self::NotEnoughMemory { .. }
            | Self::EngineDied { .. }
            | Self::InvalidUpstream { .. }
            | Self::Settings { .. }
            | Self::Hub { .. }
            | Self::Download { .. } => ErrorKind::Unavailable,
            Self::Upstream { failure, .. } => failure.kind(),
            Self::Inference { .. }
            | Self::Template { .. }
            | Self::Checksum { .. }
            | Self::Io { .. } => ErrorKind::Internal,
        }
    }
}
