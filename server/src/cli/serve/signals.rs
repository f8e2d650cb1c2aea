//! The signals that ask a server to stop.

use super::Mode;

/// The signals that ask a server to stop.
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    /// Heard and let pass: the end of a terminal is not that of a server behind it.
    #[cfg(unix)]
    _hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    /// Begins to listen.
    pub fn listen(mode: Mode) -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hang_up = match mode {
            Mode::Foreground => None,
            Mode::Background => Some(signal(SignalKind::hangup())?),
        };
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            _hang_up: hang_up,
        })
    }

    /// Waits for one.
    pub async fn recv(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Begins to listen; a server behind has no console whose keys it could hear.
    pub fn listen(_mode: Mode) -> anyhow::Result<Self> {
        Ok(Self {})
    }

    /// Waits for one.
    pub async fn recv(&mut self) {
        // Without a way to hear Ctrl-C the server runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
