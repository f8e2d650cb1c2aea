//! What a service needs to be told.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use quire_domain::ModelId;

/// Settings of the services.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// The data folder: catalog, originals and index lie in it.
    pub data_dir: PathBuf,
    /// The embedding model of new collections.
    pub embedding_model: ModelId,
    /// The chat model if a request names none.
    pub chat_model: ModelId,
    /// Limits of ingest.
    pub ingest: IngestLimits,
    /// The most tokens of passages that are put before the model. Default 1,200.
    pub passage_token_budget: usize,
    /// The most tokens of an answer. Default 512.
    pub answer_token_limit: usize,
    /// Whether the chat model judges if the passages answer a question, before it writes. Default
    /// true; a model that cannot judge is not asked, whatever this says.
    pub check_answerable: bool,
    /// Whether a question of fact that a sentence of the documents answers in so many words is answered by
    /// that sentence, without a model. Default true.
    pub answer_by_quote: bool,
    /// The model that is asked when the citation check is unsure of a sentence. Default none; nothing
    /// needs it.
    pub judge_model: Option<ModelId>,
}

impl ServiceConfig {
    /// Makes settings with the defaults.
    pub fn new(data_dir: PathBuf, embedding_model: ModelId, chat_model: ModelId) -> Self {
        Self {
            data_dir,
            embedding_model,
            chat_model,
            ingest: IngestLimits::default(),
            passage_token_budget: 1200,
            answer_token_limit: 512,
            check_answerable: true,
            answer_by_quote: true,
            judge_model: None,
        }
    }

    /// Makes settings for scripted engines, which cannot judge and are to be asked every time; for tests.
    #[expect(clippy::missing_panics_doc, reason = "the names are valid")]
    pub fn scripted(data_dir: PathBuf) -> Self {
        let name = |name: &str| name.parse().expect("a valid name");
        let models = ("scripted/embedder", "scripted/generator");
        let config = Self::new(data_dir, name(models.0), name(models.1));
        Self { check_answerable: false, answer_by_quote: false, ..config }
    }
}

/// How much one document may cost.
#[derive(Clone, Debug)]
pub struct IngestLimits {
    /// The largest file accepted. Default 256 MiB.
    pub max_file_bytes: u64,
    /// How long the parser may take for a file, and chunking for its text. Default 60 s each.
    pub parse_timeout: Duration,
    /// How long they may take in addition for each page. Default 50 ms.
    pub parse_timeout_per_page: Duration,
    /// How long recognising the text of a page that is a picture may take; a page that takes longer is left unread, and its
    /// document goes on. Default 5 minutes: a few seconds are usual, and a machine may be busy or slow.
    pub parse_timeout_per_scan: Duration,
    /// The memory that one file or text may take. Default 1 GiB.
    pub parse_memory_bytes: u64,
    /// The program and arguments that run a parse worker: `quire parse-worker`.
    pub parse_worker: ParseWorker,
}

/// Where parsing and chunking run.
#[derive(Clone, Debug)]
pub enum ParseWorker {
    /// In child processes: this program with these arguments and `--memory-bytes`.
    Child {
        /// The program.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<OsString>,
    },
    /// In this process, without limits; for tests of other things.
    InProcess,
}

impl Default for IngestLimits {
    fn default() -> Self {
        Self {
            max_file_bytes: 256 << 20,
            parse_timeout: Duration::from_mins(1),
            parse_timeout_per_page: Duration::from_millis(50),
            parse_timeout_per_scan: Duration::from_mins(5),
            parse_memory_bytes: 1 << 30,
            parse_worker: ParseWorker::InProcess,
        }
    }
}
