//! `quire mcp`: the Model Context Protocol over standard input and output, for programs that start their servers
//! themselves. It talks to the server that runs on the data folder, or opens the folder itself if none runs.

mod allow;
mod servers;

use std::sync::Arc;

use async_trait::async_trait;
use axum::http::Extensions;
use clap::{Args, Subcommand};
use reqwest::multipart::{Form, Part};
use rmcp::ServiceExt;
use serde_json::Value;

use super::Ending;
use super::connection::{ConnectArguments, Connection, Purpose};
use crate::client::{ApiClient, Refused};
use crate::mcp::NotesServer;
use crate::mcp::backend::{Backend, Call, CallBody, Refusal};

/// Which documents to serve, or what else to do.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    connect: ConnectArguments,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List the servers whose tools models may call, set up in `mcp.json`: how each is, its tools, and what last went wrong
    Servers(servers::Arguments),
    /// Let tools be called without asking somebody, where a request says so, too: it is written into `mcp.json`
    Allow(allow::Arguments),
    /// Have each call of tools wait for somebody's word again
    Forget(allow::Arguments),
}

/// Serves until standard input ends, or does what else is wanted.
pub async fn run(arguments: Arguments) -> anyhow::Result<Ending> {
    match arguments.action {
        Some(Action::Servers(arguments)) => return servers::run(arguments).await,
        Some(Action::Allow(arguments)) => return allow::run(arguments, true).await,
        Some(Action::Forget(arguments)) => return allow::run(arguments, false).await,
        None => {}
    }
    let connection = Connection::open(&arguments.connect, Purpose::Ingest).await?;
    let server = NotesServer::new(Arc::new(OverHttp(connection.client.clone())));
    let running = server.serve(rmcp::transport::stdio()).await;
    let ended = match running {
        Ok(running) => running.waiting().await.map(drop).map_err(anyhow::Error::from),
        Err(error) => Err(error.into()),
    };
    connection.close().await;
    ended.map(|()| Ending::Done)
}

/// The API of a server, with the key of whoever started this command.
struct OverHttp(ApiClient);

#[async_trait]
impl Backend for OverHttp {
    async fn call(&self, call: Call, _caller: Option<&Extensions>) -> Result<Value, Refusal> {
        let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
        let request = self.0.request(call.method, &path).query(&call.query);
        let request = match call.body {
            CallBody::Nothing => request,
            CallBody::Json(value) => request.json(&value),
            CallBody::File { path, text } => {
                request.multipart(Form::new().part("files", Part::text(text).file_name(path)))
            }
        };
        self.0.read(request).await.map_err(|error| Refusal {
            status: error.downcast_ref::<Refused>().map_or(500, |refused| refused.status.as_u16()),
            message: format!("{error:#}"),
        })
    }
}
