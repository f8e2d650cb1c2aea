//! Whether catalog and index agree, and whether the usual port is free.

use quire_domain::IndexHealth;
use quire_service::Services;

use super::check::Check;
use crate::cli::connection::find_running;
use crate::config::{DEFAULT_BIND, DefaultModels, service_config};
use crate::{Folders, backends};

/// Checks that catalog and index agree.
pub async fn index(folders: &Folders) -> Check {
    match health(folders).await {
        Ok(health) if health.unreadable_indexes > 0 => Check::broken(
            "index",
            format!("{} indexes cannot be read", health.unreadable_indexes),
            "`quire logs` says why; restore the folder from a backup, or have the index of the collection built anew with `quire collections set NAME --embedding-model MODEL`",
        ),
        Ok(health) if health.orphan_chunks + health.documents_without_chunks > 0 => Check::broken(
            "index",
            format!(
                "{} chunks belong to no document and {} documents lack chunks",
                health.orphan_chunks, health.documents_without_chunks
            ),
            "start `quire serve` once, which mends what a crash left; if it stays, delete the documents and add them anew",
        ),
        Ok(health) if !health.pauses.is_empty() => {
            let reasons: Vec<&str> = health.pauses.iter().map(|one| one.reason.as_str()).collect();
            Check::warning(
                "index",
                format!("ingest waits: {}", reasons.join("; ")),
                "mend what is wrong; the server goes on by itself",
            )
        }
        Ok(health) => Check::ok(
            "index",
            format!(
                "{} documents, {} chunks, {} on their way",
                health.documents, health.chunks, health.pending
            ),
        ),
        Err(error) => Check::broken(
            "index",
            format!("{error:#}"),
            "if another process owns the data folder, stop it; otherwise restore the folder from a backup",
        ),
    }
}

async fn health(folders: &Folders) -> anyhow::Result<IndexHealth> {
    if let Some(client) = find_running(folders).await {
        return client.get(&["api", "health", "index"]).await;
    }
    let models = DefaultModels::from_environment()?;
    let parts = backends::open(folders, &models).await?;
    let config = service_config(folders, &models);
    let services = Services::open(config, parts).await?;
    let health = services.index_health().await;
    services.shut_down().await;
    Ok(health?)
}

/// Checks that the usual port is free, or ours.
pub async fn port(folders: &Folders) -> Check {
    if tokio::net::TcpListener::bind(DEFAULT_BIND).await.is_ok() {
        return Check::ok("port", format!("{DEFAULT_BIND} is free"));
    }
    if find_running(folders).await.is_some() {
        return Check::ok("port", "a server runs on this data folder");
    }
    Check::warning(
        "port",
        format!("{DEFAULT_BIND} is in use by another program"),
        "serve on another port with `--bind 127.0.0.1:PORT`",
    )
}
