//! Which server a command talks to: a given one, the one that runs on the data folder, or its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use quire_service::{Services, check_data_folder};

use crate::client::ApiClient;
use crate::config::{DefaultModels, Folders, ToolServers, service_config};
use crate::http::api::health::Health;
use crate::listen::{self, Listening};
use crate::running::{self, RunningServer};
use crate::{HttpOptions, backends};

/// Where to find the server.
#[derive(Args, Clone, Debug)]
pub struct ConnectArguments {
    /// Talk to this server, whatever the data folder; without it to the one that runs on the data
    /// folder, and if none runs the command opens the data folder itself
    #[arg(long, value_name = "URL", env = "QUIRE_SERVER")]
    pub server: Option<String>,
    /// The key for a server on another machine: one that `quire keys create` made there, or for `sync` the one that
    /// this device was given
    #[arg(long, value_name = "KEY", env = "QUIRE_KEY", hide_env_values = true)]
    pub key: Option<String>,
    #[command(flatten)]
    folders: Folders,
}

impl ConnectArguments {
    /// Returns whether neither a server nor a data folder was named.
    pub fn is_default(&self) -> bool {
        self.server.is_none() && self.folders.has_usual_data()
    }

    /// Shows where data and models lie if there is no server.
    pub fn folders(&self) -> &Folders {
        &self.folders
    }

    /// Gives the data folder: the one named, or the default one.
    pub fn data(&self) -> PathBuf {
        self.folders.data.clone()
    }

    /// Uses this data folder.
    #[must_use]
    pub fn with_data(mut self, data: &Path) -> Self {
        data.clone_into(&mut self.folders.data);
        self
    }
}

/// What a command is going to do with documents.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Purpose {
    /// Reads, asks and deletes; documents on their way are left for the next server.
    Use,
    /// Adds documents and waits for them.
    Ingest,
}

/// A server to talk to.
pub struct Connection {
    /// The client of it.
    pub client: ApiClient,
    own: Option<(Listening, Services)>,
}

impl Connection {
    /// Finds the server, or opens one.
    pub async fn open(arguments: &ConnectArguments, purpose: Purpose) -> anyhow::Result<Self> {
        if let Some(url) = &arguments.server {
            let client = ApiClient::new(url)?.with_key(arguments.key.clone());
            return Ok(Self { client, own: None });
        }
        let folders = &arguments.folders;
        if let Some(client) = find_running(folders).await {
            return Ok(Self { client, own: None });
        }
        let (listening, services) = open_own(folders, purpose).await?;
        Ok(Self { client: ApiClient::new(&listening.url)?, own: Some((listening, services)) })
    }

    /// Returns whether the server belongs to this command and ends with it.
    pub fn is_own(&self) -> bool {
        self.own.is_some()
    }

    /// Ends what was opened for this command.
    pub async fn close(self) {
        if let Some((listening, services)) = self.own {
            listening.stop().await;
            services.shut_down().await;
        }
    }
}

/// A server that runs on a data folder and answers.
pub struct FoundServer {
    /// The client of it, with the owner's token.
    pub client: ApiClient,
    /// What it left a note of.
    pub note: RunningServer,
    /// What it says of itself.
    pub health: Health,
}

/// Finds the server that runs on a data folder.
pub async fn find_running(folders: &Folders) -> Option<ApiClient> {
    find_server(&folders.data).await.map(|found| found.client)
}

/// Finds the server that runs on a data folder, and what it says of itself.
pub async fn find_server(data: &Path) -> Option<FoundServer> {
    let note = running::find(data)?;
    let token = Some(note.token.clone()).filter(|token| !token.is_empty());
    let client = ApiClient::new(&note.url).ok()?.with_key(token);
    let asked = client.get::<Health>(&["health"]);
    let health = tokio::time::timeout(Duration::from_secs(2), asked).await.ok()?.ok()?;
    let is_it = health.name == "quire" && health.pid == note.pid;
    is_it.then_some(FoundServer { client, note, health })
}

async fn open_own(folders: &Folders, purpose: Purpose) -> anyhow::Result<(Listening, Services)> {
    let models = DefaultModels::from_environment()?;
    check_data_folder(&folders.data)?;
    let parts = backends::open(folders, &models).await?;
    let config = service_config(folders, &models);
    let services = Services::open(config, parts).await?;
    if purpose == Purpose::Ingest {
        services.start_ingest();
    }
    let listener = listen::bind(([127, 0, 0, 1], 0).into()).await?;
    let mcp_host = ToolServers::from_environment().open(folders);
    let options = HttpOptions { mcp_host, ..HttpOptions::default() };
    let listening = listen::start(listener, services.clone(), options)?;
    Ok((listening, services))
}
