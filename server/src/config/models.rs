//! Which models answer if a request names none, which judges, how long their vectors are, and how long they stay in
//! memory.

use std::collections::HashMap;
use std::ffi::OsString;
use std::iter;
use std::str::FromStr;

use bytesize::ByteSize;
use clap::error::{ContextKind, ContextValue};
use clap::{Args, Command, FromArgMatches};
use quire_domain::{GpuLayers, KvType, LoadOptions, ModelId, TimeToLive};
use quire_engines::{GgufEngine, MemoryBudget};

/// The embedding model of new collections.
pub const DEFAULT_EMBEDDING_MODEL: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// The chat model if a request names none.
pub const DEFAULT_CHAT_MODEL: &str = "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF";

/// Which models answer if a request names none, which judges, how long their vectors are, and how long they stay in
/// memory.
#[derive(Args, Clone, Debug)]
pub struct DefaultModels {
    /// The chat model if a request names none
    #[arg(
        long = "chat-model",
        value_name = "MODEL",
        env = "QUIRE_CHAT_MODEL",
        default_value = DEFAULT_CHAT_MODEL
    )]
    pub chat: ModelId,
    /// The embedding model of new collections
    #[arg(
        long = "embedding-model",
        value_name = "MODEL",
        env = "QUIRE_EMBEDDING_MODEL",
        default_value = DEFAULT_EMBEDDING_MODEL
    )]
    pub embedding: ModelId,
    /// A model that judges if a sentence follows from a passage: it is asked when the citation check is
    /// unsure, and may doubt what the check accepts; `quire models list --available` names some
    /// [default: none]
    #[arg(long, value_name = "MODEL", env = "QUIRE_JUDGE")]
    pub judge: Option<ModelId>,
    /// Cut the vectors of an embedding model that was trained for it, such as
    /// `nomic-ai/nomic-embed-text-v1.5=256`: a smaller index, somewhat less exact. Collections that
    /// are indexed already need a new index; may be repeated [default: none is cut]
    #[arg(long, value_name = "MODEL=NUMBER", env = "QUIRE_DIMENSIONS", value_delimiter = ',')]
    pub dimensions: Vec<VectorLength>,
    /// How many seconds a model stays in memory after its last use; 0 unloads it when it is idle, -1
    /// never. A request says otherwise for its model with `ttl`
    #[arg(
        long = "model-ttl",
        value_name = "SECONDS",
        env = "QUIRE_MODEL_TTL",
        default_value = "600",
        allow_negative_numbers = true
    )]
    pub ttl: TimeToLive,
    /// How much memory models may take together, such as `6GB`, estimated before each is loaded: the
    /// least recently used leave to make room, and what does not fit is refused [default: what is
    /// free when the first is loaded, less 512 MiB]
    #[arg(long = "model-memory", value_name = "SIZE", env = "QUIRE_MODEL_MEMORY")]
    pub memory: Option<ByteSize>,
    /// How exactly chat models keep the keys and values of their context: `f16`, or `q8_0` and `q4_0`,
    /// which take about a half and a quarter of the memory; a model's preset says otherwise
    #[arg(long, value_name = "TYPE", env = "QUIRE_KV_TYPE", default_value_t)]
    pub kv_type: KvType,
    /// How many layers of a chat model a graphics processor computes, if this build can use one: `auto`
    /// (what there is memory for), `max`, `off`, a number, or a share such as `0.5`; a model's preset
    /// says otherwise
    #[arg(long, value_name = "LAYERS", env = "QUIRE_GPU_LAYERS", default_value_t)]
    pub gpu_layers: GpuLayers,
    /// What runs chat models in GGUF files: `llama.cpp`, or `candle` for the families that it runs
    /// (llama, qwen2, qwen3). Those in safetensors are candle's in any case
    #[arg(
        long = "gguf-engine",
        value_name = "ENGINE",
        env = "QUIRE_GGUF_ENGINE",
        default_value = "llama.cpp"
    )]
    pub gguf_engine: GgufEngine,
}

impl DefaultModels {
    /// Reads the variables and the defaults, for commands that do not take the options.
    pub fn from_environment() -> anyhow::Result<Self> {
        let mut command = Self::augment_args(Command::new("quire").no_binary_name(true));
        let matches = command.try_get_matches_from_mut(iter::empty::<OsString>());
        let read = matches.and_then(|matches| Self::from_arg_matches(&matches));
        read.map_err(|error| explain(&error, &command))
    }

    /// Gives the budget of memory, as the engines take it.
    pub fn memory_budget(&self) -> MemoryBudget {
        self.memory.map_or(MemoryBudget::Free, |size| MemoryBudget::Bytes(size.as_u64()))
    }

    /// Gives how chat models are loaded unless something else is settled for them.
    pub fn load_options(&self) -> LoadOptions {
        LoadOptions {
            kv_type: Some(self.kv_type),
            gpu_layers: Some(self.gpu_layers),
            ..LoadOptions::default()
        }
    }

    /// Gives the lengths by model, as the engines take them.
    pub fn dimensions_by_model(&self) -> HashMap<ModelId, usize> {
        self.dimensions.iter().map(|length| (length.model.clone(), length.dimensions)).collect()
    }
}

/// Names the variable that is wrong: Clap names the option, which the command does not have.
fn explain(error: &clap::Error, command: &Command) -> anyhow::Error {
    let part = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.as_str(),
        _ => "",
    };
    let option = part(ContextKind::InvalidArg);
    let variable = command.get_arguments().find(|one| one.to_string() == option);
    let variable = variable.and_then(clap::Arg::get_env).unwrap_or_default().display();
    let value = part(ContextKind::InvalidValue);
    match std::error::Error::source(error) {
        Some(reason) => anyhow::anyhow!("`${variable}` cannot be used: {reason}"),
        None => anyhow::anyhow!("`${variable}` cannot be `{value}`"),
    }
}

/// The length that an embedding model's vectors are cut to, written `MODEL=NUMBER`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VectorLength {
    /// The model, by its full name.
    pub model: ModelId,
    /// How many numbers of each vector are kept.
    pub dimensions: usize,
}

impl FromStr for VectorLength {
    type Err = anyhow::Error;

    fn from_str(value: &str) -> anyhow::Result<Self> {
        let parts = value.split_once('=').map(|(model, number)| (model.parse(), number.parse()));
        let Some((Ok(model), Ok(dimensions))) = parts else {
            anyhow::bail!("`{value}` is not of the form MODEL=NUMBER");
        };
        Ok(Self { model, dimensions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_in_units() {
        let check = |given: &str, bytes| {
            let size: ByteSize = given.parse().expect("a size");
            assert_eq!(size.as_u64(), bytes, "{given}");
        };
        check("6GB", 6_000_000_000);
        check("1.5 GiB", 3 << 29);
        check("1000", 1000);
        assert!("much".parse::<ByteSize>().is_err());
    }

    #[test]
    fn a_time_to_live_is_in_seconds_and_may_be_for_ever() {
        let read = |arguments: &[&str]| {
            let command = DefaultModels::augment_args(Command::new("quire").no_binary_name(true));
            let matches = command.try_get_matches_from(arguments)?;
            DefaultModels::from_arg_matches(&matches).map(|models| models.ttl)
        };
        assert_eq!(read(&[]).expect("it has a default"), TimeToLive::default());
        assert_eq!(read(&["--model-ttl", "-1"]).expect("a number"), TimeToLive::Never);
        let error = read(&["--model-ttl", "5m"]).expect_err("it has a unit").to_string();
        assert!(error.contains("not a whole number of seconds; -1 stands for never"), "{error}");
    }

    #[test]
    fn a_value_that_cannot_be_used_is_told_by_its_variable() {
        let mut command = DefaultModels::augment_args(Command::new("quire"));
        let given = ["quire", "--dimensions", "nomic=many"];
        let error = command.try_get_matches_from_mut(given).expect_err("it is no number");
        assert_eq!(
            explain(&error, &command).to_string(),
            "`$QUIRE_DIMENSIONS` cannot be used: `nomic=many` is not of the form MODEL=NUMBER"
        );
    }
}
