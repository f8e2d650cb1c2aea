//! Quire as a host of the Model Context Protocol: it starts or reaches the servers that the owner has set up in
//! `mcp.json`, and has their tools called.
//!
//! A server is started when it is first needed, with the environment that the file gives it and no other. One that hangs,
//! dies or says what nobody can read costs the call that met it: the next call starts it anew, later each time it fails
//! again. What a server says is data: it is cut to a limit, and never read for instructions here. Which calls are made
//! without somebody's word is decided where requests are read, by [`HostedServer::allows`].

mod allow;
mod child;
mod config;
mod connection;
mod over_http;
mod report;
mod result;
mod server;
mod tool;
mod variables;

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use quire_domain::McpServer;

pub use allow::AllowError;
pub use config::Way;
pub use server::{HostedServer, show_way};
pub use tool::{HostedTool, shown_name};

/// How many answers to requests for approval are remembered, so that none is acted on twice.
const MOST_APPROVALS: usize = 10_000;
/// How long ending all servers may take.
const END_PATIENCE: Duration = Duration::from_secs(2);

/// Where the servers are set up, and what ends them.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// The file, such as `mcp.json` in the data folder; without it there are no servers.
    pub file: PathBuf,
    /// This program, which starts servers as its children and ends them, whatever becomes of the server that asked. Without
    /// it they are started directly.
    pub guard: Option<PathBuf>,
}

/// All servers that are set up. Cheap to clone; the servers end with [`Self::shut_down`] or the last clone.
#[derive(Clone, Default)]
pub struct McpHost {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    file: Option<PathBuf>,
    servers: Vec<Arc<HostedServer>>,
    problem: Option<String>,
    approvals: Mutex<Approvals>,
    /// Held while the file is changed, so that no change is lost.
    changing: Mutex<()>,
}

/// The approvals that were acted on, the oldest first.
#[derive(Default)]
struct Approvals {
    used: HashSet<String>,
    order: VecDeque<String>,
}

impl McpHost {
    /// Reads what servers there are; none is started. What is wrong with the file or a server is told by
    /// [`Self::problem`] and by the server, and costs nothing else. Blocks on the disk.
    pub fn open(settings: HostSettings) -> Self {
        let (servers, problem) = match config::read(&settings.file) {
            Ok(servers) => (servers, None),
            Err(problem) => (Vec::new(), Some(problem)),
        };
        let guard = settings.guard.map(Arc::new);
        let servers = servers
            .into_iter()
            .map(|(label, read)| Arc::new(HostedServer::new(label, read, guard.clone())))
            .collect();
        let inner = Inner { file: Some(settings.file), servers, problem, ..Inner::default() };
        Self { inner: Arc::new(inner) }
    }

    /// Gives the servers, in the order of the file.
    pub fn servers(&self) -> &[Arc<HostedServer>] {
        &self.inner.servers
    }

    /// Finds a server by its name in the file.
    pub fn find(&self, label: &str) -> Option<&Arc<HostedServer>> {
        self.inner.servers.iter().find(|server| server.label() == label)
    }

    /// Gives the file that was read.
    pub fn file(&self) -> Option<&PathBuf> {
        self.inner.file.as_ref()
    }

    /// Says why the file could not be read.
    pub fn problem(&self) -> Option<&str> {
        self.inner.problem.as_deref()
    }

    /// Lets a tool be called without somebody's word, or has each call wait for it again; `*` stands for all tools. It is written
    /// into the file, and counts at once. Blocks on the disk.
    pub fn set_allowed(
        &self,
        label: &str,
        tool: &str,
        allowed: bool,
    ) -> Result<McpServer, AllowError> {
        let (Some(server), Some(file)) = (self.find(label), self.file()) else {
            return Err(AllowError::NoServer(label.to_owned()));
        };
        if let Err(reason) = server.settings() {
            let reason = format!("the server `{label}` cannot be used: {reason}");
            return Err(AllowError::NotPossible(reason));
        }
        let _alone = self.inner.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = server.known_tools();
        let allow = allow::change(file, label, tool, allowed, &known)?;
        server.set_allowed(allow);
        Ok(server.describe())
    }

    /// Notes that somebody's word about a call is acted on. Returns whether it was the first time: clients send requests
    /// again that they heard no reply to.
    pub fn use_approval(&self, id: &str) -> bool {
        let mut approvals = self.inner.approvals.lock().unwrap_or_else(PoisonError::into_inner);
        if !approvals.used.insert(id.to_owned()) {
            return false;
        }
        approvals.order.push_back(id.to_owned());
        if approvals.order.len() > MOST_APPROVALS
            && let Some(oldest) = approvals.order.pop_front()
        {
            approvals.used.remove(&oldest);
        }
        true
    }

    /// Ends all servers.
    pub async fn shut_down(&self) {
        let ends = join_all(self.inner.servers.iter().map(|server| server.end()));
        // One that is just being started ends with this process at the latest.
        if tokio::time::timeout(END_PATIENCE, ends).await.is_err() {
            tracing::warn!("a server of tools was still being started when Quire stopped");
        }
    }
}

impl fmt::Debug for McpHost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = self.inner.servers.iter().map(|server| server.label());
        formatter.debug_list().entries(labels).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_approval_is_acted_on_once() {
        let host = McpHost::default();
        assert!(host.use_approval("a"));
        assert!(!host.use_approval("a"));
        for number in 0..=MOST_APPROVALS {
            assert!(host.use_approval(&number.to_string()));
        }
        assert!(host.use_approval("a"), "the oldest is forgotten");
    }
}
