//! The error of a server function: what the page shows beside the thing that failed.

use std::fmt;

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::{Bytes, Encodes};
use quire_domain::{ErrorKind, InvalidName};
use serde::{Deserialize, Serialize};

use crate::response_headers::set_status;

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

    /// Writes the reply that refuses a call, which also gets the status that fits.
    fn ser(&self) -> Bytes {
        set_status(self.kind.status());
        JsonEncoding::encode(self).unwrap_or_default()
    }
}
