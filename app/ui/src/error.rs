//! The error of a server function: what the page shows beside the thing that failed.

use std::fmt;

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::codec::JsonEncoding;
use quire_domain::{ErrorKind, InvalidName};
use serde::{Deserialize, Serialize};

/// What went wrong, ready to be shown.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct UiError {
    /// The sort of error.
    pub kind: ErrorKind,
    /// A sentence for people, with what to do about it.
    pub message: String,
}

impl UiError {
    /// Makes an error of a part that cannot be reached.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Unavailable, message: message.into() }
    }
}

impl fmt::Display for UiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for UiError {}

impl From<InvalidName> for UiError {
    fn from(error: InvalidName) -> Self {
        Self { kind: ErrorKind::InvalidInput, message: error.to_string() }
    }
}

impl FromServerFnError for UiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => {
                Self::unavailable("Quire does not answer; see whether `quire serve` still runs")
            }
            other => Self { kind: ErrorKind::Internal, message: other.to_string() },
        }
    }
}
