//! The integration tests: what users of the page, the API and the command line notice.
//!
//! Most run the router in this process on scripted engines and the in-memory store; `cli` and
//! `journey` run the built binary. `v1` and the modules of other protocols also run the official Python libraries.

mod harness;

mod access;
mod answers;
mod anthropic;
mod api;
mod bad_input;
mod claims;
mod clients;
mod conversations;
mod docs;
mod evidence;
mod khoj;
mod lmstudio;
mod loaded_models;
mod logs;
mod mcp;
mod mcp_conformance;
mod mcp_host;
mod metadata;
mod miyo;
mod modes;
mod ollama;
mod page;
mod responses;
mod routes;
mod safety;
mod sources;
mod sync_client;
mod v1;
mod vector_stores;
mod waiting;
mod wire;

mod background;
mod browser;
mod chat;
mod citations;
mod cli;
mod ingest_kill;
mod parse;
// Needs what the scripted build does not have: an index that outlives its process, and models.
#[cfg(all(feature = "local", unix))]
mod hostile_models;
#[cfg(feature = "local")]
mod journey;
mod plugin;
#[cfg(feature = "local")]
mod scans;
#[cfg(unix)]
mod schemathesis;
#[cfg(feature = "local")]
mod vision;
