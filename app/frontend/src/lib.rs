//! The program that the page loads: it takes over what the server rendered. Nothing else is here.
//!
//! Its dependencies are for wasm alone, so that a native build of the workspace never turns on
//! Leptos' `hydrate` feature beside `ssr`; natively this crate is empty.

#[cfg(target_arch = "wasm32")]
mod start;
