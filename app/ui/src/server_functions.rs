//! What the page asks of the server: each function decodes, calls one method of the service, and
//! hands the result back. They answer under `/ui`, apart from the public `/api`.

pub mod collections;
pub mod conversations;
pub mod documents;
pub mod evaluations;
pub mod indexes;
pub mod models;
pub mod sources;
pub mod tool_servers;

#[cfg(feature = "ssr")]
mod service;
#[cfg(feature = "ssr")]
pub mod tool_host;
