//! A connection to a server: made over its pipes or over HTTP, with the handshake or without, and the tools it has.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, Implementation,
    PaginatedRequestParams, ProtocolVersion,
};
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, NotificationContext, RunningService,
    serve_client_with_lifecycle,
};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::common::client_side_sse::ExponentialBackoff;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientHandler, Peer, RoleClient, ServiceError};
use serde_json::{Map, Value};
use tokio::process::Child;

use super::child::{self, Complaint};
use super::config::{Place, Program, Way};
use super::over_http::HttpClient;
use super::tool::HostedTool;

/// The most tools of a server that are offered; a model that is shown more reads little else.
const MOST_TOOLS: usize = 128;
/// The most pages of its list.
const MOST_PAGES: usize = 32;
/// How often the rest of a reply is asked for that was broken off, a second later each time, then two, then four.
const MOST_RETRIES: usize = 3;
/// How long a list counts of a server that cannot say that it changed.
const LIST_LASTS: Duration = Duration::from_mins(1);

/// A connection. When it is dropped, it is closed, and what was started for it ends.
pub struct Connection {
    service: RunningService<RoleClient, Listener>,
    /// Held so that it ends with the connection if there is no guard.
    _child: Option<Child>,
    complaint: Complaint,
    is_stale: Arc<AtomicBool>,
    /// Whether the server says so when its tools change.
    tells_changes: bool,
}

/// The tools of a server as they were listed.
#[derive(Clone, Default)]
pub struct Listing {
    /// Those that can be offered.
    pub tools: Vec<HostedTool>,
    /// The names of those that cannot: their schemas are too large, or there are too many.
    pub left_out: Vec<String>,
    /// When they were listed.
    at: Option<Instant>,
}

/// What hears a server. It has nothing to give: no model to sample, nobody to ask, no folders.
struct Listener {
    is_stale: Arc<AtomicBool>,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let quire = Implementation::new("quire", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), quire)
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE)
    }

    async fn on_tool_list_changed(&self, _context: NotificationContext<RoleClient>) {
        self.is_stale.store(true, Ordering::Relaxed);
    }
}

/// Why there is no connection, and what the server wrote to standard error.
pub struct NotConnected {
    /// The reason, fit to be told to anybody.
    pub reason: String,
    /// What it wrote; for the owner.
    pub complaint: String,
    /// Whether the server refused the handshake.
    is_refused: bool,
}

impl Connection {
    /// Connects: with the handshake, and if the server refuses that, without, as the newer revision has it.
    pub async fn open(way: &Way, guard: Option<&Path>) -> Result<Self, NotConnected> {
        match Self::open_with(way, guard, ClientLifecycleMode::Initialize).await {
            Err(refused) if refused.is_refused => {
                let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
                let newer = ClientLifecycleMode::Discover { preferred_versions };
                Self::open_with(way, guard, newer).await
            }
            other => other,
        }
    }

    async fn open_with(
        way: &Way,
        guard: Option<&Path>,
        lifecycle: ClientLifecycleMode,
    ) -> Result<Self, NotConnected> {
        let is_stale = Arc::new(AtomicBool::new(false));
        let listener = Listener { is_stale: Arc::clone(&is_stale) };
        let (served, child, complaint) = match way {
            Way::Program(program) => {
                let started = start(program, guard)?;
                let served = serve_client_with_lifecycle(listener, started.pipes, lifecycle).await;
                (served, Some(started.child), started.complaint)
            }
            Way::Http(place) => {
                let transport = http_transport(place)?;
                let served = serve_client_with_lifecycle(listener, transport, lifecycle).await;
                (served, None, Complaint::default())
            }
        };
        let service = served.map_err(|error| NotConnected {
            reason: shown(&error),
            complaint: complaint.text(),
            is_refused: matches!(error, ClientInitializeError::JsonRpcError(_)),
        })?;
        let capabilities = service.peer_info().and_then(|info| info.capabilities.tools.clone());
        let is_told = capabilities.and_then(|tools| tools.list_changed).unwrap_or(false);
        let tells_changes = child.is_some() && is_told;
        Ok(Self { service, _child: child, complaint, is_stale, tells_changes })
    }

    /// Returns whether it can still be used.
    pub fn is_open(&self) -> bool {
        !self.service.is_closed() && !self.peer().is_transport_closed()
    }

    /// Closes it; calls that wait fail.
    pub fn close(&self) {
        self.service.cancellation_token().cancel();
    }

    /// What the server wrote to standard error; for the owner.
    pub fn complaint(&self) -> String {
        self.complaint.text()
    }

    /// Has a tool called.
    pub async fn call(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> Result<CallToolResult, ServiceError> {
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        self.peer().call_tool(call).await
    }

    /// Returns whether a list still tells what there is.
    pub fn is_fresh(&self, listing: &Listing) -> bool {
        let Some(at) = listing.at else { return false };
        !self.is_stale.load(Ordering::Relaxed) && (self.tells_changes || at.elapsed() < LIST_LASTS)
    }

    /// Lists the tools.
    pub async fn list(&self) -> Result<Listing, ServiceError> {
        self.is_stale.store(false, Ordering::Relaxed);
        let mut listing = Listing { at: Some(Instant::now()), ..Listing::default() };
        let mut cursor = None;
        for _page in 0..MOST_PAGES {
            let request =
                cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
            let page = self.peer().list_tools(request).await?;
            for tool in &page.tools {
                match HostedTool::read(tool).filter(|_| listing.tools.len() < MOST_TOOLS) {
                    Some(tool) => listing.tools.push(tool),
                    None => listing.left_out.push(tool.name.to_string()),
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        Ok(listing)
    }

    fn peer(&self) -> &Peer<RoleClient> {
        self.service.peer()
    }
}

fn start(program: &Program, guard: Option<&Path>) -> Result<child::Started, NotConnected> {
    child::start(program, guard).map_err(|error| {
        NotConnected::before(format!("`{}` cannot be started: {error}", program.command))
    })
}

fn http_transport(
    place: &Place,
) -> Result<StreamableHttpClientTransport<HttpClient>, NotConnected> {
    let client = HttpClient::new(place).map_err(|error| NotConnected::before(error.to_string()))?;
    let mut config = StreamableHttpClientTransportConfig::with_uri(place.url.as_str())
        .custom_headers(place.headers.clone());
    let mut retries = ExponentialBackoff::default();
    retries.max_times = Some(MOST_RETRIES);
    config.retry_config = Arc::new(retries);
    Ok(StreamableHttpClientTransport::with_client(client, config))
}

impl NotConnected {
    /// Says what failed before anything was said.
    fn before(reason: String) -> Self {
        Self { reason, complaint: String::new(), is_refused: false }
    }
}

/// Says why a server could not be spoken with. What it sent in place of the protocol is not repeated.
fn shown(error: &ClientInitializeError) -> String {
    match error {
        ClientInitializeError::ConnectionClosed(_) => "it ended before it answered".to_owned(),
        ClientInitializeError::TransportError { error, .. } => {
            format!("it cannot be reached: {}", error.error)
        }
        ClientInitializeError::JsonRpcError(error) => format!("it refused: {}", error.message),
        ClientInitializeError::NoCompatibleProtocolVersion { .. } => {
            "it speaks no revision of the protocol that is known here".to_owned()
        }
        _ => "it does not speak the protocol".to_owned(),
    }
}
