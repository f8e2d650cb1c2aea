//! `quire serve`: the server.

mod signals;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;
use quire_domain::ModelKind;
use quire_folder_sync::now_ms;
use quire_service::{Services, access, check_data_folder};

use super::{Ending, output};
use crate::config::{
    Callers, DEFAULT_BIND, DefaultModels, Folders, HubOptions, OwnerToken, ToolServers,
    service_config,
};
use crate::log::access::AccessLog;
use crate::log::{FILE_ONLY, LogFiles, Prompts, ServerLog};
use crate::mcp_host::McpHost;
use crate::running::{self, RunningServer};
use crate::{HttpOptions, backends, listen};
use signals::Signals;

/// Where to serve, and for whom.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(flatten)]
    folders: Folders,
    /// The address to serve on
    #[arg(long, value_name = "ADDRESS", env = "QUIRE_BIND", default_value = DEFAULT_BIND)]
    bind: SocketAddr,
    #[command(flatten)]
    callers: Callers,
    #[command(flatten)]
    models: DefaultModels,
    #[command(flatten)]
    hub: HubOptions,
    #[command(flatten)]
    tools: ToolServers,
    /// Write every prompt to the log exactly as a model is sent it: what is asked, and the passages of documents
    #[arg(long, env = "QUIRE_LOG_PROMPTS")]
    log_prompts: bool,
}

impl Arguments {
    /// Returns whether prompts are logged.
    pub fn prompts(&self) -> Prompts {
        if self.log_prompts { Prompts::Logged } else { Prompts::Kept }
    }

    /// Shows where data and models lie.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }
}

/// Where a server runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Mode {
    /// Before whoever started it.
    Foreground,
    /// Behind, for as long as nobody stops it.
    Background,
}

/// Serves until a signal, or until a command asks it to stop.
pub async fn run(arguments: Arguments, log: ServerLog, mode: Mode) -> anyhow::Result<Ending> {
    let prompts = arguments.prompts();
    let Arguments { folders, bind, callers, models, hub, tools, .. } = arguments;
    let mut signals = Signals::listen(mode)?;
    let listener = listen::bind(bind).await?;
    check_data_folder(&folders.data)?;
    let parts = backends::open(&folders, &models).await?;
    let services = Services::open(service_config(&folders, &models), parts).await?;
    let logs = LogFiles::of(&folders.data).server();
    log.open(&folders.data).with_context(|| format!("`{}` cannot be written", logs.display()))?;
    let access_log = AccessLog::open(&folders.data)
        .with_context(|| format!("no log can be kept beside `{}`", logs.display()))?;
    refuse_without_key(bind, &services).await?;
    let address = listener.local_addr()?;
    let is_miyo = callers.miyo;
    let models_folder = Some(folders.models.path.clone());
    let token = access::random();
    let owner_token = Some(OwnerToken::new(&token));
    warn_of_open_doors(&callers);
    warn_of_prompts(prompts, &logs);
    let mcp_host = tools.open(&folders);
    let options = HttpOptions {
        callers,
        models: models_folder,
        pull: hub.pull_options(),
        owner_token,
        access_log: Some(Arc::new(access_log)),
        mcp_host: mcp_host.clone(),
        ..HttpOptions::default()
    };
    let stop_wanted = options.stop_wanted.clone();
    let listening = listen::start(listener, services.clone(), options)?;
    let server = RunningServer {
        url: listening.url.clone(),
        pid: std::process::id(),
        token,
        started_at_ms: now_ms(),
    };
    let note = running::announce(&folders.data, &server)
        .with_context(|| format!("`{}` cannot be written to", folders.data.display()))?;
    let miyo_note = announce_to_copilot(is_miyo, address);
    services.start_ingest();
    greet(&server.url, &folders, &services, mode).await;
    tell_of_tools(&mcp_host);
    if !is_near(bind) {
        tell(&format!(
            "  {bind} can be reached from other machines, which need a key: `quire keys list` shows who has one. Keys are sent in the clear: outside a network of your own, put a proxy with TLS before it."
        ));
    }
    tokio::select! {
        () = signals.recv() => {}
        () = stop_wanted.cancelled() => {}
    }
    tell("Stopping; what is being indexed goes on at the next start.");
    drop((note, miyo_note));
    tokio::select! {
        () = async {
            listening.stop().await;
            mcp_host.shut_down().await;
            services.shut_down().await;
        } => {}
        () = signals.recv() => tell("Stopped at once."),
    }
    tracing::info!(target: FILE_ONLY, "stopped");
    Ok(Ending::Done)
}

/// Tells whoever started the server something, and the log as well.
fn tell(text: &str) {
    output::note(text);
    tracing::info!(target: FILE_ONLY, "{}", text.trim_start());
}

/// Warns whoever started the server, and in the log as well.
fn warn(text: &str) {
    output::note(&format!("warning: {text}"));
    tracing::warn!(target: FILE_ONLY, "{text}");
}

fn is_near(bind: SocketAddr) -> bool {
    bind.ip().to_canonical().is_loopback()
}

/// Refuses to be reached from other machines before anybody holds a key. None is made here: it would have to be shown,
/// and what a server shows is kept in logs.
async fn refuse_without_key(bind: SocketAddr, services: &Services) -> anyhow::Result<()> {
    if is_near(bind) || services.access.is_any_key().await? {
        return Ok(());
    }
    services.shut_down().await;
    anyhow::bail!(
        "{bind} can be reached from other machines, and nobody holds a key yet; make one first with `quire keys create --name NAME --allow read,ask`, or serve on 127.0.0.1"
    )
}

/// Says which servers of tools there are, and what is wrong with the file or with one of them.
fn tell_of_tools(host: &McpHost) {
    if let Some(problem) = host.problem() {
        tell(&format!("warning: {problem}. No tools of servers can be called."));
    }
    let mut labels = Vec::new();
    for server in host.servers() {
        match server.settings() {
            Ok(_) => labels.push(server.label()),
            Err(problem) => tell(&format!(
                "warning: the server `{}` in `mcp.json` cannot be used: {problem}.",
                server.label()
            )),
        }
    }
    if !labels.is_empty() {
        tell(&format!(
            "  Tools   of {}: `quire mcp servers` shows how they are",
            labels.join(", ")
        ));
    }
}

/// Says what an allowed origin means that is wider than it looks.
fn warn_of_open_doors(callers: &Callers) {
    let is_allowed = |origin: &str| callers.origins.iter().any(|allowed| allowed == origin);
    if is_allowed("*") {
        warn(
            "`--allow-origin *` lets the pages of every web site that you open in a browser on this machine read your documents through it, without a key. Name the sites that need it instead.",
        );
    }
    if is_allowed("http://localhost") {
        warn(
            "`--allow-origin http://localhost` lets whatever serves pages on port 80 of this machine read your documents.",
        );
    }
}

/// Says what is written down if prompts are.
fn warn_of_prompts(prompts: Prompts, log: &Path) {
    if prompts == Prompts::Logged {
        warn(&format!(
            "`--log-prompts` writes what is asked, and the passages of documents that models read, to `{}`. Whoever reads that file reads them.",
            log.display()
        ));
    }
}

/// Leaves the note by which Obsidian Copilot finds the server, if that is wanted.
fn announce_to_copilot(is_wanted: bool, address: SocketAddr) -> Option<running::Note> {
    let path = is_wanted.then(running::miyo_note_path).flatten()?;
    match running::announce_to_copilot(&path, address) {
        Ok(note) => Some(note),
        Err(error) => {
            warn(&format!(
                "`{}` cannot be written ({error}); enter the server's address in Obsidian Copilot.",
                path.display()
            ));
            None
        }
    }
}

async fn greet(url: &str, folders: &Folders, services: &Services, mode: Mode) {
    let version = format!("Quire {} ({} build)", env!("CARGO_PKG_VERSION"), backends::BUILD);
    tracing::info!(target: FILE_ONLY, "{version} answers at {url}, process {}", std::process::id());
    output::note(&version);
    output::note(&format!("  Page    {url}"));
    output::note(&format!("  API     {url}/api/docs, OpenAI-compatible at {url}/v1"));
    output::note(&format!("  Data    {}", folders.data.display()));
    output::note(&format!("  Models  {}", folders.models.path.display()));
    output::note(&format!("  Log     {}", LogFiles::of(&folders.data).server().display()));
    for upstream in backends::open_upstreams(&folders.models).unwrap_or_default() {
        let name = &upstream.settings().name;
        output::note(&format!(
            "  Upstream `{name}`: what models named `{name}/..` are asked is sent to {}, not kept on this machine.",
            upstream.host()
        ));
    }
    let installed = services.models.list_local().await.unwrap_or_default();
    for (kind, what) in [(ModelKind::Chat, "chat"), (ModelKind::Embedding, "embedding")] {
        if !installed.iter().any(|model| model.kind == kind) {
            output::note(&format!(
                "  There is no {what} model yet: `quire models list --available` shows which can be pulled."
            ));
        }
    }
    if let Some(judge) = &services.config().judge_model
        && !installed.iter().any(|model| model.kind == ModelKind::Judge)
    {
        output::note(&format!(
            "  The judge `{judge}` is not installed, so the check decides alone: `quire models pull {judge}` gets it."
        ));
    }
    output::note(match mode {
        Mode::Foreground => "Ctrl-C stops it.",
        Mode::Background => "`quire server stop` stops it.",
    });
}
