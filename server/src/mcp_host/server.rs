//! One server: connected when it is needed, again when it has ended, and later each time it fails.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use quire_domain::McpServerState;
use rmcp::ServiceError;
use serde_json::{Map, Value};
use tokio::sync::{Mutex as AsyncMutex, Semaphore};
use tokio::time::timeout;

use super::allow::ALL;
use super::config::{ServerSettings, Way};
use super::connection::{Connection, Listing, NotConnected};
use super::result;

/// How long a server may take to start and to tell its tools: `npx` and `uvx` may get a package first.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// How long a server that let a call time out may take to show that it lives.
const LIFE_PATIENCE: Duration = Duration::from_secs(5);
/// The longest wait before a server that failed is started again.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// The most characters that are told of why a request failed.
const LONGEST_MESSAGE: usize = 500;
/// How many calls a server is given at a time; others wait within their own time.
const MOST_CALLS: usize = 8;

/// Why a server has no tools, or why a call has no result. Fit to be told to whoever asked and to the model.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HostError {
    /// The file says so, or says nothing that can be used.
    #[error("the server `{label}` cannot be used: {reason}")]
    NotUsable {
        /// The server.
        label: String,
        /// Why.
        reason: String,
    },
    /// It could not be started or reached.
    #[error("the server `{label}` does not start: {reason}")]
    NotStarted {
        /// The server.
        label: String,
        /// Why.
        reason: String,
    },
    /// It failed a moment ago.
    #[error(
        "the server `{label}` has failed {failures} times in a row and is tried again in {seconds} s"
    )]
    Resting {
        /// The server.
        label: String,
        /// How often.
        failures: u32,
        /// When.
        seconds: u64,
    },
    /// It did not answer in time.
    #[error("the server `{label}` did not answer within {seconds} s")]
    TimedOut {
        /// The server.
        label: String,
        /// The limit.
        seconds: u64,
    },
    /// It went away in the middle of it.
    #[error("the server `{label}` ended before it answered")]
    Ended {
        /// The server.
        label: String,
    },
    /// It refused the call as such.
    #[error("the server `{label}` refused: {message}")]
    Refused {
        /// The server.
        label: String,
        /// Its words.
        message: String,
    },
}

/// A server that is set up.
pub struct HostedServer {
    label: String,
    settings: Result<ServerSettings, String>,
    /// The tools that may be called without somebody's word, as the file has them now.
    allow: Mutex<Vec<String>>,
    guard: Option<Arc<PathBuf>>,
    slot: AsyncMutex<Slot>,
    calls: Semaphore,
    notes: Mutex<Notes>,
}

/// The connection, and when the next may be made.
#[derive(Default)]
struct Slot {
    connection: Option<Arc<Connection>>,
    failures: u32,
    retry_at: Option<Instant>,
}

/// What is told of a server.
#[derive(Clone, Default)]
struct Notes {
    is_connected: bool,
    listing: Listing,
    last_error: Option<String>,
    complaint: String,
    starts: u32,
}

/// A server as it is now.
pub struct Report {
    /// How it is.
    pub state: McpServerState,
    /// Its tools, when they were last listed.
    pub listing: Listing,
    /// What last went wrong.
    pub last_error: Option<String>,
    /// What it last wrote to standard error. For the owner alone.
    pub complaint: String,
    /// How often it was started or connected.
    pub starts: u32,
}

impl HostedServer {
    /// Makes one of what the file says; nothing is started.
    pub fn new(
        label: String,
        settings: Result<ServerSettings, String>,
        guard: Option<Arc<PathBuf>>,
    ) -> Self {
        let (slot, notes) = (AsyncMutex::default(), Mutex::default());
        let allow = settings.as_ref().map(|settings| settings.allow.clone());
        let allow = Mutex::new(allow.unwrap_or_default());
        Self { label, settings, allow, guard, slot, calls: Semaphore::new(MOST_CALLS), notes }
    }

    /// Gives its name in the file.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// Gives what the file says of it, or what is wrong with that.
    pub fn settings(&self) -> Result<&ServerSettings, &str> {
        self.settings.as_ref().map_err(String::as_str)
    }

    /// Returns whether the owner lets this tool be called without somebody's word.
    pub fn allows(&self, tool: &str) -> bool {
        self.allow().iter().any(|allowed| allowed == ALL || allowed == tool)
    }

    /// Gives the tools that the owner lets be called without somebody's word, as the file has them.
    pub fn allowed(&self) -> Vec<String> {
        self.allow().clone()
    }

    /// Gives the names of its tools, when they were last listed, with those that are not offered.
    pub fn known_tools(&self) -> Vec<String> {
        let Listing { tools, left_out, .. } = self.notes().listing.clone();
        tools.into_iter().map(|tool| tool.name).chain(left_out).collect()
    }

    /// Takes over what the file says now.
    pub fn set_allowed(&self, allow: Vec<String>) {
        *self.allow() = allow;
    }

    fn allow(&self) -> MutexGuard<'_, Vec<String>> {
        self.allow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells how it is.
    pub fn report(&self) -> Report {
        let notes = self.notes().clone();
        // Whoever starts it holds the slot.
        let is_busy = self.slot.try_lock().is_err();
        let state = match &self.settings {
            Err(_) => McpServerState::Misconfigured,
            Ok(settings) if !settings.is_enabled => McpServerState::Disabled,
            Ok(_) if notes.is_connected => McpServerState::Connected,
            Ok(_) if is_busy => McpServerState::Starting,
            Ok(_) if notes.last_error.is_some() => McpServerState::Failed,
            Ok(_) => McpServerState::Idle,
        };
        let wrong = self.settings.as_ref().err().cloned();
        let Notes { listing, last_error, complaint, starts, .. } = notes;
        Report { state, listing, last_error: wrong.or(last_error), complaint, starts }
    }

    /// Lists its tools, and starts it for that if need be.
    pub async fn list_tools(&self) -> Result<Listing, HostError> {
        let (_, connection) = self.connect().await?;
        let known = self.notes().listing.clone();
        if connection.is_fresh(&known) {
            return Ok(known);
        }
        let listed = timeout(START_PATIENCE, connection.list()).await;
        let listing = self.take(listed, START_PATIENCE, &connection).await?;
        self.notes().listing = listing.clone();
        Ok(listing)
    }

    /// Has a tool called, and gives its words: `Err` inside is what the tool itself says went wrong. Whoever drops this gives
    /// the call up, and the server is told so.
    pub async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> Result<Result<String, String>, HostError> {
        let (settings, connection) = self.connect().await?;
        let work = async {
            let _place = self.calls.acquire().await;
            connection.call(tool, arguments).await
        };
        let called = timeout(settings.timeout, work).await;
        let result = self.take(called, settings.timeout, &connection).await?;
        self.slot.lock().await.rest();
        Ok(result::read(&result))
    }

    /// Ends it. It is started again when it is needed.
    pub async fn end(&self) {
        if let Some(connection) = self.slot.lock().await.connection.take() {
            connection.close();
        }
        self.notes().is_connected = false;
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the connection, or makes one.
    async fn connect(&self) -> Result<(&ServerSettings, Arc<Connection>), HostError> {
        let label = || self.label.clone();
        let settings = match &self.settings {
            Ok(settings) if settings.is_enabled => settings,
            Ok(_) => {
                let reason = "it is disabled in `mcp.json`".to_owned();
                return Err(HostError::NotUsable { label: label(), reason });
            }
            Err(reason) => {
                return Err(HostError::NotUsable { label: label(), reason: reason.clone() });
            }
        };
        let mut slot = self.slot.lock().await;
        if let Some(connection) = slot.connection.take() {
            if connection.is_open() {
                slot.connection = Some(Arc::clone(&connection));
                return Ok((settings, connection));
            }
            // It ended by itself while nobody called it.
            self.fail(&mut slot, "it ended", &connection.complaint());
        }
        if let Some(wait) = slot.retry_at.map(|at| at.saturating_duration_since(Instant::now()))
            && !wait.is_zero()
        {
            let seconds = wait.as_secs() + 1;
            return Err(HostError::Resting { label: label(), failures: slot.failures, seconds });
        }
        self.notes().starts += 1;
        let guard = self.guard.as_ref().map(|guard| guard.as_path());
        let opened = timeout(START_PATIENCE, Connection::open(&settings.way, guard)).await;
        match opened {
            Ok(Ok(connection)) => {
                let connection = Arc::new(connection);
                slot.connection = Some(Arc::clone(&connection));
                let mut notes = self.notes();
                notes.is_connected = true;
                notes.listing = Listing::default();
                Ok((settings, connection))
            }
            Ok(Err(NotConnected { reason, complaint, .. })) => {
                self.fail(&mut slot, &reason, &complaint);
                Err(HostError::NotStarted { label: label(), reason })
            }
            Err(_) => {
                let seconds = START_PATIENCE.as_secs();
                let reason = format!("it did not answer within {seconds} s");
                self.fail(&mut slot, &reason, "");
                Err(HostError::NotStarted { label: label(), reason })
            }
        }
    }

    /// Takes what came of a request, and finds out if the server still lives if nothing did.
    async fn take<T>(
        &self,
        came: Result<Result<T, ServiceError>, tokio::time::error::Elapsed>,
        patience: Duration,
        connection: &Arc<Connection>,
    ) -> Result<T, HostError> {
        let label = self.label.clone();
        match came {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(ServiceError::McpError(error))) => {
                let message: String = error.message.chars().take(LONGEST_MESSAGE).collect();
                Err(HostError::Refused { label, message })
            }
            Ok(Err(error)) if connection.is_open() && !is_end(&error) => {
                // Over HTTP a request may fail and the next one not, and a reply may be one that is not taken here.
                let message = match error {
                    ServiceError::TransportSend(error) => error.error.to_string(),
                    other => other.to_string().chars().take(LONGEST_MESSAGE).collect(),
                };
                self.notes().last_error = Some(message.clone());
                Err(HostError::Refused { label, message })
            }
            Ok(Err(_)) => {
                self.give_up(connection, "it ended in the middle of a call").await;
                Err(HostError::Ended { label })
            }
            Err(_) => {
                if !matches!(timeout(LIFE_PATIENCE, connection.list()).await, Ok(Ok(_))) {
                    self.give_up(connection, "it did not answer, and was ended").await;
                }
                Err(HostError::TimedOut { label, seconds: patience.as_secs() })
            }
        }
    }

    /// Lets a connection go that is of no use, unless another has taken its place.
    async fn give_up(&self, connection: &Arc<Connection>, why: &str) {
        let mut slot = self.slot.lock().await;
        connection.close();
        let is_current = slot.connection.as_ref().is_some_and(|now| Arc::ptr_eq(now, connection));
        if is_current {
            slot.connection = None;
            self.fail(&mut slot, why, &connection.complaint());
        }
    }

    fn fail(&self, slot: &mut Slot, why: &str, complaint: &str) {
        slot.fail();
        let mut notes = self.notes();
        notes.is_connected = false;
        notes.last_error = Some(why.to_owned());
        complaint.clone_into(&mut notes.complaint);
        tracing::warn!(server.label = %self.label, "the server of tools `{}` failed: {why}", self.label);
    }
}

impl Slot {
    /// Counts a failure. The first one costs no wait: a server may end for good reasons.
    fn fail(&mut self) {
        self.failures = self.failures.saturating_add(1);
        self.retry_at = wait_after(self.failures).map(|wait| Instant::now() + wait);
    }

    /// Forgets failures, once something worked.
    fn rest(&mut self) {
        self.failures = 0;
        self.retry_at = None;
    }
}

/// Returns whether an error is the end of the connection, which may be seen a moment later.
fn is_end(error: &ServiceError) -> bool {
    matches!(error, ServiceError::TransportClosed)
}

/// How long to wait after so many failures in a row.
fn wait_after(failures: u32) -> Option<Duration> {
    let doublings = failures.checked_sub(2)?;
    Some(Duration::from_secs(1 << doublings.min(6)).min(LONGEST_WAIT))
}

/// Says how a server is reached, without what is secret about it.
pub fn show_way(way: &Way) -> (&'static str, String) {
    match way {
        Way::Program(program) => ("stdio", program.command.clone()),
        Way::Http(place) => ("http", place.url.host_str().unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::wait_after;

    #[test]
    fn a_server_that_fails_again_waits_longer() {
        let waits: Vec<Option<u64>> =
            (1..=9).map(|failures| wait_after(failures).map(|wait| wait.as_secs())).collect();
        let expected =
            [None, Some(1), Some(2), Some(4), Some(8), Some(16), Some(32), Some(60), Some(60)];
        assert_eq!(waits, expected);
    }
}
