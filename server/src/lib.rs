//! The server and the `quire` command line: HTTP faces over [`quire_service::Services`].
//!
//! [`router`] puts the web app, the native API under `/api`, the OpenAI-compatible `/v1` and the protocols of other
//! servers' clients on one axum router. [`cli`] is the command line, which is itself a client of the native API: of a
//! running server, or of one that it opens for the time of the command.

pub mod backends;
pub mod cli;
pub mod config;

pub mod http;
pub mod listen;
pub mod log;
pub mod running;

mod client;
mod mcp;
mod mcp_host;
mod process;

mod bench;

pub use config::{Callers, Folders, HttpOptions};
pub use http::router;
pub use mcp_host::{HostSettings, McpHost};
