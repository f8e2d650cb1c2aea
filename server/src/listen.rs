//! A server on a socket: binding with errors that say what to do, and stopping in order.

mod connections;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use quire_service::Services;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use connections::Connections;

use crate::{HttpOptions, router};

/// How long open requests may take to end once the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// A server that answers.
#[derive(Debug)]
pub struct Listening {
    /// Where it answers, such as `http://127.0.0.1:1234`.
    pub url: String,
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

/// Binds an address.
pub async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let port = address.port();
            Err(anyhow::anyhow!(
                "port {port} of {} is in use by another program; stop it, or choose another port with `--bind {}:{}`",
                address.ip(),
                address.ip(),
                port.wrapping_add(1).max(1024)
            ))
        }
        Err(error) => Err(error).with_context(|| format!("cannot listen on {address}")),
    }
}

/// Serves every face on the listener until [`Listening::stop`].
pub fn start(
    listener: TcpListener,
    services: Services,
    mut options: HttpOptions,
) -> anyhow::Result<Listening> {
    let address = listener.local_addr()?;
    options.bound = Some(address);
    let shutdown = options.shutdown.clone();
    let connections = Connections {
        head_patience: options.head_patience,
        router: router(services, options),
        shutdown: shutdown.clone(),
        open: TaskTracker::new(),
    };
    let task = tokio::spawn(connections.accept(listener));
    Ok(Listening { url: url_of(address), shutdown, task })
}

/// Where a server bound to `address` answers on this machine.
fn url_of(address: SocketAddr) -> String {
    let ip = match address {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    };
    format!("http://{ip}:{}", address.port())
}

impl Listening {
    /// Stops accepting, ends streams, and waits a little for what is open; the rest is cut off.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        if tokio::time::timeout(GRACE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}
