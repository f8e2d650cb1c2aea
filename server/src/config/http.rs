//! Who may call the server, and how much one request may hold.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use quire_engines::PullOptions;
use tokio_util::sync::CancellationToken;

use super::owner_token::OwnerToken;
use crate::log::access::AccessLog;
use crate::mcp_host::McpHost;

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
    /// Want a key of every request, those of this machine too; `quire keys create` makes one
    #[arg(long, env = "QUIRE_REQUIRE_KEY")]
    pub require_key: bool,
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
    /// The most bytes that are unpacked of one gzip body. 1 GiB.
    pub max_unpacked_bytes: u64,
    /// How long the head of a request may take, and a connection wait for one. 30 seconds.
    pub head_patience: Duration,
    /// How long nothing may come of the body of a request. 30 seconds.
    pub body_patience: Duration,
    /// How long a WebSocket of `/v1/responses` is served; what it has asked for by then is answered. An hour, as with OpenAI.
    pub max_socket_age: Duration,
    /// The most answers that are made for one caller at a time. 64.
    pub max_streams: usize,
    /// Opens everything to the commands of whoever owns the data folder.
    pub owner_token: Option<OwnerToken>,
    /// The servers whose tools models may call. None.
    pub mcp_host: McpHost,
    /// The folder of the models, for getting and deleting them; without one neither is done.
    pub models: Option<PathBuf>,
    /// From where they are got. Hugging Face.
    pub pull: PullOptions,
    /// Where requests are written down; nowhere without one.
    pub access_log: Option<Arc<AccessLog>>,
    /// Cancelled when a command of the owner asks the server to stop.
    pub stop_wanted: CancellationToken,
    /// Cancelled when the server stops: endless streams end then.
    pub shutdown: CancellationToken,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            bound: None,
            callers: Callers::default(),
            max_json_bytes: 64 << 20,
            max_unpacked_bytes: 1 << 30,
            head_patience: Duration::from_secs(30),
            body_patience: Duration::from_secs(30),
            max_socket_age: Duration::from_hours(1),
            max_streams: 64,
            owner_token: None,
            mcp_host: McpHost::default(),
            models: None,
            pull: PullOptions::default(),
            access_log: None,
            stop_wanted: CancellationToken::new(),
            shutdown: CancellationToken::new(),
        }
    }
}
