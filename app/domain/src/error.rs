//! The closed list of error kinds that every face (web, API, command line) tells apart.

use serde::{Deserialize, Serialize};

/// Says what sort of thing went wrong, so that a face can choose a status, an exit code or a hint.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The caller sent something that can never work; the message says what.
    InvalidInput,
    /// A named thing does not exist.
    NotFound,
    /// The state does not allow it now, such as a name that is taken.
    Conflict,
    /// The input is over a stated limit.
    TooLarge,
    /// The input is well-formed, but of a sort that is not handled.
    Unsupported,
    /// A bounded queue is full; trying later can work.
    Busy,
    /// The caller went away or asked to stop.
    Cancelled,
    /// A part that is needed is not there, such as a model that is not installed.
    Unavailable,
    /// The disk is full; nothing that was there is lost.
    OutOfSpace,
    /// A fault of the program or the machine; details are in the log.
    Internal,
}

impl ErrorKind {
    /// Gives the HTTP status that every face answers with.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidInput => 400,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::Unsupported => 415,
            Self::Busy => 429,
            // What nginx calls a caller who left; nobody reads it but the log.
            Self::Cancelled => 499,
            Self::Internal => 500,
            Self::Unavailable => 503,
            Self::OutOfSpace => 507,
        }
    }
}
