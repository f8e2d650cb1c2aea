//! The connections of a server: each is told how long the head of a request may take, knows where it comes from, and is
//! ended in order when the server stops.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long accepting pauses when no more connections can be had.
const PAUSE: Duration = Duration::from_millis(200);

/// What connections have in common.
#[derive(Clone)]
pub struct Connections {
    /// How long the head of a request may take, and how long a connection may wait for one.
    pub head_patience: Duration,
    /// Answers requests.
    pub router: Router,
    /// Cancelled when the server stops.
    pub shutdown: CancellationToken,
    /// Those that are open.
    pub open: TaskTracker,
}

impl Connections {
    /// Accepts until the server stops, and then waits for what is open.
    pub async fn accept(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    self.open.spawn(self.clone().serve(stream, peer));
                }
                Err(error) if is_of_one_connection(&error) => {}
                // There are no more files to be had, say: some close.
                Err(error) => {
                    tracing::error!("a connection could not be accepted: {error}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
        drop(listener);
        self.open.close();
        self.open.wait().await;
    }

    async fn serve(self, stream: TcpStream, peer: SocketAddr) {
        // Events are small, and are to leave at once.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!("a connection stays with delays: {error}");
        }
        let router = self.router;
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            // Where a request comes from decides what its caller may do.
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_patience)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!("a connection ended early: {error}");
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
