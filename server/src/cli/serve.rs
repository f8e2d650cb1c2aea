//! `quire serve`: the server.

use std::net::SocketAddr;

use anyhow::Context;
use clap::Args;
use quire_domain::ModelKind;
use quire_service::{Services, access, check_data_folder};

use super::{Ending, output};
use crate::config::{Callers, DEFAULT_BIND, DefaultModels, Folders, OwnerToken, service_config};
use crate::running::{self, RunningServer};
use crate::{HttpOptions, backends, listen};

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
}

/// Serves until a signal.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    let Arguments { folders, bind, callers, models } = arguments;
    let mut signals = Signals::listen()?;
    let listener = listen::bind(bind).await?;
    check_data_folder(&folders.data)?;
    let parts = backends::open(&folders, &models).await?;
    let services = Services::open(service_config(&folders, &models), parts).await?;
    refuse_without_key(bind, &services).await?;
    let address = listener.local_addr()?;
    let is_miyo = callers.miyo;
    let models_folder = Some(folders.models.path.clone());
    let token = access::random();
    let owner_token = Some(OwnerToken::new(&token));
    warn_of_open_doors(&callers);
    let options =
        HttpOptions { callers, models: models_folder, owner_token, ..HttpOptions::default() };
    let listening = listen::start(listener, services.clone(), options)?;
    let server = RunningServer { url: listening.url.clone(), pid: std::process::id(), token };
    let note = running::announce(&folders.data, &server)
        .with_context(|| format!("`{}` cannot be written to", folders.data.display()))?;
    let miyo_note = announce_to_copilot(is_miyo, address);
    services.start_ingest();
    greet(&server.url, &folders, &services).await;
    if !is_near(bind) {
        output::note(&format!(
            "  {bind} can be reached from other machines, which need a key: `quire keys list` shows who has one. Keys are sent in the clear: outside a network of your own, put a proxy with TLS before it."
        ));
    }
    signals.recv().await;
    output::note("Stopping; what is being indexed goes on at the next start.");
    drop((note, miyo_note));
    tokio::select! {
        () = async { listening.stop().await; services.shut_down().await } => {}
        () = signals.recv() => output::note("Stopped at once."),
    }
    Ok(Ending::Done)
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

/// Says what an allowed origin means that is wider than it looks.
fn warn_of_open_doors(callers: &Callers) {
    let is_allowed = |origin: &str| callers.origins.iter().any(|allowed| allowed == origin);
    if is_allowed("*") {
        output::note(
            "warning: `--allow-origin *` lets the pages of every web site that you open in a browser on this machine read your documents through it, without a key. Name the sites that need it instead.",
        );
    }
    if is_allowed("http://localhost") {
        output::note(
            "warning: `--allow-origin http://localhost` lets whatever serves pages on port 80 of this machine read your documents.",
        );
    }
}

/// Leaves the note by which Obsidian Copilot finds the server, if that is wanted.
fn announce_to_copilot(is_wanted: bool, address: SocketAddr) -> Option<running::Note> {
    let path = is_wanted.then(running::miyo_note_path).flatten()?;
    match running::announce_to_copilot(&path, address) {
        Ok(note) => Some(note),
        Err(error) => {
            output::note(&format!(
                "warning: `{}` cannot be written ({error}); enter the server's address in Obsidian Copilot.",
                path.display()
            ));
            None
        }
    }
}

async fn greet(url: &str, folders: &Folders, services: &Services) {
    output::note(&format!("Quire {} ({} build)", env!("CARGO_PKG_VERSION"), backends::BUILD));
    output::note(&format!("  Page    {url}"));
    output::note(&format!("  API     {url}/api/docs, OpenAI-compatible at {url}/v1"));
    output::note(&format!("  Data    {}", folders.data.display()));
    output::note(&format!("  Models  {}", folders.models.path.display()));
    for upstream in backends::open_upstreams(&folders.models).unwrap_or_default() {
        let name = &upstream.settings().name;
        output::note(&format!(
            "  Upstream `{name}`: what models named `{name}/..` are asked is sent to {}, not kept on this machine.",
            upstream.host()
        ));
    }
    let mut installed = services.models.list().await.unwrap_or_default();
    installed.retain(|model| !model.is_remote());
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
    output::note("Ctrl-C stops it.");
}

/// The signals that ask a server to stop.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn recv(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {})
    }

    async fn recv(&mut self) {
        // Without a way to hear Ctrl-C the server runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
