//! The web app: pages and components that the server renders and the browser takes over.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the program that the page loads
//! (see `app/frontend`). Only under `ssr` is the service known; in the browser everything goes
//! through the server functions, the upload and the streams of `/api`.

#![expect(clippy::needless_pass_by_value, reason = "a component owns its properties")]

pub mod app;
pub mod shell;

pub mod pages;

pub mod components;

pub mod server_functions;

mod answer_html;
mod browser;
mod error;
mod evaluation;
mod limits;
mod show;

#[cfg(feature = "ssr")]
mod response_headers;
#[cfg(not(feature = "ssr"))]
#[path = "response_headers_disabled.rs"]
mod response_headers;

pub use app::App;
pub use error::UiError;
pub use shell::shell;
