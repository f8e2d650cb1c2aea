//! Promises that hold for whatever bytes: of parsers, chunking, display, the citation check, globs,
//! uploads, sync and the replies of models.
//!
//! A [`Target`] takes bytes and panics if a promise is broken. It is a plain function, so that whoever has bytes
//! can call it: `tests/smoke.rs` with seeds and bytes like them, the program of this crate with as many as one likes,
//! and `runner`, under libFuzzer, with those that reach new code.

mod fields;

mod docx;
mod files;
mod pdf;

mod claim_check;
mod globs;
mod language;
mod multipart;
mod reply;
mod sync_ops;

mod mutate;
mod seeds;

mod broken;

mod targets;

pub use broken::Broken;
pub use seeds::write_seeds;
pub use targets::{TARGETS, Target};
