//! The log of requests: a line each, when its reply has ended. It holds no query, no body and no key.

use std::fmt;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::LogFiles;
use super::rotating::{Limits, RotatingFile};

/// The longest path that is kept whole.
const LONGEST_PATH: usize = 300;

/// The log of requests of a server.
#[derive(Debug)]
pub struct AccessLog {
    file: Mutex<RotatingFile>,
}

/// A request that was answered.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its identifier, which the lines of the server's log have that are about it.
    pub id: String,
    /// Its method.
    pub method: String,
    /// Its path, without what follows `?`.
    pub path: String,
    /// The status of the reply.
    pub status: u16,
    /// How many bytes of the reply's body were sent.
    pub sent_bytes: u64,
    /// How long it took until the reply began.
    pub head: Duration,
    /// How long it took until the reply ended, or whoever asked left.
    pub whole: Duration,
    /// Who asked.
    pub caller: Caller,
    /// Where from; nowhere for a request within this process.
    pub address: Option<IpAddr>,
}

/// Who asked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Caller {
    /// It was refused before anybody asked who it is.
    Unknown,
    /// Somebody on this machine.
    Machine,
    /// A command of whoever owns the data folder.
    Owner,
    /// The holder of a key of this name.
    Key(String),
    /// Somebody elsewhere, without a key.
    Stranger,
}

impl AccessLog {
    /// Opens it in a data folder that is this process's own.
    pub fn open(data: &Path) -> io::Result<Self> {
        let file = RotatingFile::open(LogFiles::of(data).access(), Limits::default())?;
        Ok(Self { file: Mutex::new(file) })
    }

    /// Adds a line.
    pub fn add(&self, request: &Request) {
        let line = format!("{} {request}\n", jiff::Timestamp::now());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::error!("a request could not be written to the log of requests: {error}");
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, method, path, status, sent_bytes, head, whole, caller, address } = self;
        let path: String = path.chars().take(LONGEST_PATH).collect();
        let (head, whole) = (head.as_millis(), whole.as_millis());
        write!(f, "{status} {method} {path} head_ms={head} ms={whole} bytes={sent_bytes}")?;
        match caller {
            Caller::Unknown => write!(f, " caller=-")?,
            Caller::Machine => write!(f, " caller=machine")?,
            Caller::Owner => write!(f, " caller=owner")?,
            Caller::Stranger => write!(f, " caller=stranger")?,
            // A name may have spaces.
            Caller::Key(name) => write!(f, " caller=key name={name:?}")?,
        }
        if let Some(address) = address {
            write!(f, " address={address}")?;
        }
        write!(f, " id={id}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_what_is_known_and_nothing_more() {
        let request = Request {
            id: "req_1".to_owned(),
            method: "GET".to_owned(),
            path: "/v1/models".to_owned(),
            status: 200,
            sent_bytes: 12,
            head: Duration::from_millis(3),
            whole: Duration::from_millis(5),
            caller: Caller::Machine,
            address: Some([127, 0, 0, 1].into()),
        };
        assert_eq!(
            request.to_string(),
            "200 GET /v1/models head_ms=3 ms=5 bytes=12 caller=machine address=127.0.0.1 id=req_1"
        );
        let named =
            Request { caller: Caller::Key("my phone".to_owned()), address: None, ..request };
        assert_eq!(
            named.to_string(),
            "200 GET /v1/models head_ms=3 ms=5 bytes=12 caller=key name=\"my phone\" id=req_1"
        );
    }
}
