//! Who may call the server, and how much one request may hold.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tokio_util::sync::CancellationToken;

/// The address that `quire serve` binds unless told otherwise.
pub const DEFAULT_BIND: &str = "127.0.0.1:1234";

/// Who may call besides the server's own pages, Obsidian, and programs on this machine.
#[derive(Args, Clone, Debug, Default)]
pub struct Callers {
    /// A further host name that requests may be addressed to; may be repeated
    #[arg(
        long = "allow-host",
        value_name = "NAME",
        env = "QUIRE_ALLOW_HOST",
        value_delimiter = ','
    )]
    pub hosts: Vec<String>,
    /// A further origin whose web pages may call, such as `https://notes.example`; may be repeated
    #[arg(
        long = "allow-origin",
        value_name = "ORIGIN",
        env = "QUIRE_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    pub origins: Vec<String>,
    /// Answer the plugin Obsidian Copilot on this machine as the local search service that it knows
    /// as Miyo: it may have folders of this machine read
    #[arg(long, env = "QUIRE_MIYO")]
    pub miyo: bool,
}

/// How one server answers.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// The address that is bound; its IP address is a valid `Host`. Unspecified addresses
    /// (`0.0.0.0`) make every IP address valid.
    pub bound: Option<SocketAddr>,
    /// Who may call.
    pub callers: Callers,
    /// The most bytes of a JSON body. 64 MiB.
    pub max_json_bytes: usize,
    /// The folder of the models, for getting and deleting them; without one neither is done.
    pub models: Option<PathBuf>,
    /// Cancelled when the server stops: endless streams end then.
    pub shutdown: CancellationToken,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            bound: None,
            callers: Callers::default(),
            max_json_bytes: 64 << 20,
            models: None,
            shutdown: CancellationToken::new(),
        }
    }
}
