//! How an upstream fails, in words that tell what to do.

use std::time::Duration;

use quire_domain::ErrorKind;

use crate::key::Key;

/// How an upstream failed.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamFailure {
    /// There is no connection to it.
    #[error("it cannot be reached ({reason})")]
    Unreachable {
        /// What the network said.
        reason: String,
    },
    /// It said nothing for too long.
    #[error("it said nothing for {} seconds", waited.as_secs_f32())]
    Silent {
        /// For how long.
        waited: Duration,
    },
    /// Its key is not where it was said to be.
    #[error("its key is not in {place}: {reason}")]
    NoKey {
        /// The place.
        place: String,
        /// Why not.
        reason: String,
    },
    /// It does not take the key, or wants one.
    #[error("it refuses {key} (status {status})")]
    Refused {
        /// The key, in words.
        key: String,
        /// 401 or 403.
        status: u16,
    },
    /// It has too much to do.
    #[error("it has too many requests{}{}", tell_wait(*retry_after), tell(message))]
    Busy {
        /// When it wants to be asked again.
        retry_after: Option<Duration>,
        /// What it said.
        message: String,
    },
    /// Too many wait for it here.
    #[error("too many requests wait for it here; try again shortly")]
    QueueFull,
    /// It does not take the request.
    #[error("it does not take the request (status {status}){}", tell(message))]
    Invalid {
        /// Of 400 to 499.
        status: u16,
        /// What it said.
        message: String,
        /// Which field it complained of.
        param: Option<String>,
        /// The word that it has for the trouble.
        code: Option<String>,
    },
    /// It does not know the model or the path.
    #[error("it has no such model or path{}", tell(message))]
    NotFound {
        /// What it said.
        message: String,
    },
    /// It failed.
    #[error("it failed (status {status}){}", tell(message))]
    Broken {
        /// 500 and above.
        status: u16,
        /// What it said.
        message: String,
    },
    /// It sends whoever asks elsewhere, which could be anybody.
    #[error("it sends requests on to `{target}`, which is not followed; name that address instead")]
    Redirects {
        /// Where to.
        target: String,
    },
    /// The connection ended before the reply did.
    #[error("the connection ended in the middle of its reply")]
    BrokenOff,
    /// It said in the middle of a reply that it fails.
    #[error("it gave up in the middle of its reply{}", tell(message))]
    GaveUp {
        /// What it said.
        message: String,
    },
    /// What it sent cannot be read.
    #[error("its reply cannot be read: {problem}")]
    Unreadable {
        /// What is wrong.
        problem: String,
    },
}

/// No more of an upstream's own words than this is told.
const LONGEST_MESSAGE: usize = 500;

impl UpstreamFailure {
    /// Returns whether asking again may help.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Busy { .. } | Self::BrokenOff => true,
            // Whoever lacks a method does not learn it.
            Self::Broken { status, .. } => *status != 501,
            _ => false,
        }
    }

    /// Gives how long it wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Sorts the failure for the faces.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy { .. } | Self::QueueFull => ErrorKind::Busy,
            Self::Invalid { .. } => ErrorKind::InvalidInput,
            Self::NotFound { .. } => ErrorKind::NotFound,
            _ => ErrorKind::Unavailable,
        }
    }

    /// Takes a key out of what the upstream said: some repeat it.
    #[must_use]
    pub fn redacted(mut self, key: &Key) -> Self {
        let said = match &mut self {
            Self::Busy { message, .. }
            | Self::NotFound { message }
            | Self::Broken { message, .. }
            | Self::GaveUp { message }
            | Self::Unreadable { problem: message }
            | Self::Redirects { target: message } => vec![message],
            Self::Invalid { message, param, code, .. } => {
                let mut said = vec![message];
                said.extend(param.as_mut());
                said.extend(code.as_mut());
                said
            }
            _ => Vec::new(),
        };
        for text in said {
            *text = key.redact(text);
        }
        self
    }

    /// Makes the failure of a reply that is none, by its status and what it says.
    pub fn of_status(status: u16, body: &[u8], retry_after: Option<Duration>) -> Self {
        let said = Said::read(body);
        let message = said.message;
        match status {
            404 => Self::NotFound { message },
            429 => Self::Busy { retry_after, message },
            // It is there and has no room, such as a proxy of one that starts.
            503 => match retry_after {
                Some(_) => Self::Busy { retry_after, message },
                None => Self::Broken { status, message },
            },
            408 => Self::Broken { status, message },
            400..=499 => Self::Invalid { status, message, param: said.param, code: said.code },
            _ => Self::Broken { status, message },
        }
    }
}

/// What an upstream says of its trouble.
#[derive(Default)]
struct Said {
    message: String,
    param: Option<String>,
    code: Option<String>,
}

impl Said {
    /// Reads the body of an error: in `OpenAI`'s shape, in one of those near to it, or as text.
    fn read(body: &[u8]) -> Self {
        let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) else {
            let text = String::from_utf8_lossy(body);
            // A page for people says nothing in few words.
            let is_page = text.trim_start().starts_with('<');
            let message = if is_page { String::new() } else { shorten(&text) };
            return Self { message, ..Self::default() };
        };
        Self::of(&json)
    }

    fn of(json: &serde_json::Value) -> Self {
        let inner = json.get("error").unwrap_or(json);
        let text = |name: &str| inner.get(name).and_then(serde_json::Value::as_str);
        let message = inner.as_str().or_else(|| text("message")).or_else(|| text("detail"));
        Self {
            message: shorten(message.unwrap_or_default()),
            param: text("param").map(str::to_owned),
            code: text("code").map(str::to_owned),
        }
    }
}

/// Reads the words of an error that comes in the middle of a stream.
pub fn words_of(json: &serde_json::Value) -> String {
    Said::of(json).message
}

fn shorten(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST_MESSAGE).collect()
}

/// Puts what was said behind the rest, if anything was.
fn tell(message: &str) -> String {
    if message.is_empty() { String::new() } else { format!(": {message}") }
}

fn tell_wait(wait: Option<Duration>) -> String {
    wait.map_or_else(String::new, |wait| {
        format!(", and wants to be asked again in {} seconds", wait.as_secs())
    })
}
