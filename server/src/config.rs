//! What the server is told: where data lies, who may call, how much a request may hold.

use std::collections::HashMap;
use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Context;
use quire_service::config::ParseWorker;
use quire_service::{IngestLimits, ServiceConfig};
use tokio_util::sync::CancellationToken;

/// The address that `quire serve` binds unless told otherwise.
pub const DEFAULT_BIND: &str = "127.0.0.1:1234";

/// The embedding model of new collections.
pub const DEFAULT_EMBEDDING_MODEL: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// The chat model where a request names none.
pub const DEFAULT_CHAT_MODEL: &str = "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF";

/// The folders of one installation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Folders {
    /// Catalog, originals and index. `--data`, `$QUIRE_DATA`, or `~/.local/share/quire`.
    pub data: PathBuf,
    /// Models. `--models`, `$QUIRE_MODELS`, or `~/.local/share/quire/models`, whatever the data
    /// folder is, so that several data folders share one set of models.
    pub models: PathBuf,
}

impl Folders {
    /// Chooses folders: what is given first, then the platform's place for a program's data.
    pub fn choose(data: Option<PathBuf>, models: Option<PathBuf>) -> Self {
        let data = data.unwrap_or_else(own_folder);
        let models = models.unwrap_or_else(|| own_folder().join("models"));
        Self { data, models }
    }
}

/// `$XDG_DATA_HOME/quire`, or `~/.local/share/quire`.
fn own_folder() -> PathBuf {
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let base = absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local").join("share")));
    base.unwrap_or_default().join("quire")
}

/// The length that an embedding model's vectors are cut to, written `MODEL=NUMBER`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VectorLength {
    /// The model, by its full name.
    pub model: quire_domain::ModelId,
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

/// Which models answer where a request names none, and how long their vectors are.
#[derive(Clone, Debug, Default)]
pub struct DefaultModels {
    /// The embedding model of new collections.
    pub embedding: Option<quire_domain::ModelId>,
    /// The chat model.
    pub chat: Option<quire_domain::ModelId>,
    /// The lengths that vectors are cut to, of models that were trained for it. Default: none is
    /// cut. A collection that is indexed already needs another index then.
    pub dimensions: Vec<VectorLength>,
}

impl DefaultModels {
    /// Reads `QUIRE_EMBEDDING_MODEL`, `QUIRE_CHAT_MODEL` and `QUIRE_DIMENSIONS`, which `quire serve`
    /// takes as options.
    pub fn from_environment() -> anyhow::Result<Self> {
        let read = |name: &str| {
            let value = env::var(name).ok().filter(|value| !value.is_empty());
            value.map(|value| value.parse()).transpose().with_context(|| format!("${name}"))
        };
        let dimensions = env::var("QUIRE_DIMENSIONS").unwrap_or_default();
        let lengths = dimensions.split(',').filter(|length| !length.is_empty());
        Ok(Self {
            embedding: read("QUIRE_EMBEDDING_MODEL")?,
            chat: read("QUIRE_CHAT_MODEL")?,
            dimensions: lengths
                .map(str::parse)
                .collect::<Result<_, _>>()
                .context("$QUIRE_DIMENSIONS")?,
        })
    }

    /// Gives the lengths by model, as the engines take them.
    pub fn dimensions_by_model(&self) -> HashMap<quire_domain::ModelId, usize> {
        self.dimensions.iter().map(|length| (length.model.clone(), length.dimensions)).collect()
    }
}

/// Makes the service's settings; parsing runs in this same program as a child process.
#[expect(clippy::missing_panics_doc, reason = "the default names are valid")]
pub fn service_config(folders: &Folders, models: &DefaultModels) -> ServiceConfig {
    let named = |given: &Option<quire_domain::ModelId>, default: &str| {
        given.clone().unwrap_or_else(|| default.parse().expect("a valid model name"))
    };
    let parse_worker = match env::current_exe() {
        Ok(program) => ParseWorker::Child { program, arguments: vec!["parse-worker".to_owned()] },
        Err(_) => ParseWorker::InProcess,
    };
    let embedding_model = named(&models.embedding, DEFAULT_EMBEDDING_MODEL);
    let chat_model = named(&models.chat, DEFAULT_CHAT_MODEL);
    let ingest = IngestLimits { parse_worker, ..IngestLimits::default() };
    ServiceConfig {
        ingest,
        ..ServiceConfig::new(folders.data.clone(), embedding_model, chat_model)
    }
}

/// Who may call the server, and how much one request may hold.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The address that is bound; its IP address is a valid `Host`. Unspecified addresses
    /// (`0.0.0.0`) make every IP address valid.
    pub bound: Option<SocketAddr>,
    /// Further names that are valid in `Host`. `--allow-host`; none by default.
    pub allowed_hosts: Vec<String>,
    /// Origins that may call besides the server's own pages. `--allow-origin`; by default those of
    /// Obsidian on desktop, iOS and Android.
    pub allowed_origins: Vec<String>,
    /// Whether programs on this machine may have folders read through `/v0`, as the plugin Obsidian
    /// Copilot does. `--miyo`; not by default.
    pub serves_miyo: bool,
    /// The most bytes of a JSON body. 64 MiB.
    pub max_json_bytes: usize,
    /// Cancelled when the server stops: endless streams end then.
    pub shutdown: CancellationToken,
}

impl Default for HttpOptions {
    fn default() -> Self {
        let origins = ["app://obsidian.md", "capacitor://localhost", "http://localhost"];
        Self {
            bound: None,
            allowed_hosts: Vec::new(),
            allowed_origins: origins.map(str::to_owned).to_vec(),
            serves_miyo: false,
            max_json_bytes: 64 << 20,
            shutdown: CancellationToken::new(),
        }
    }
}
