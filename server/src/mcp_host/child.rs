//! A server as a child process: what it is started with, and what it writes to standard error.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::{env, io};

use rmcp::RoleClient;
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use super::config::Program;

/// The variables of this process that a server is given: what it takes to find programs and a home. Keys, and whatever else
/// Quire was started with, are not its business.
#[cfg(not(windows))]
const PASSED: [&str; 2] = ["PATH", "HOME"];
#[cfg(windows)]
const PASSED: [&str; 8] = [
    "PATH",
    "PATHEXT",
    "SystemRoot",
    "SystemDrive",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
    "TEMP",
];

/// The longest line that a server may write, in bytes; longer ones are dropped, and the call that waits for one fails.
const LONGEST_LINE: usize = 4 << 20;

/// How much of what a server writes to standard error is kept, in bytes.
const KEPT_COMPLAINT: usize = 4 << 10;

/// The messages of a server.
pub type Pipes = AsyncRwTransport<RoleClient, ChildStdout, ChildStdin>;

/// A server that was started.
pub struct Started {
    /// Its messages. When they are dropped, its standard input ends.
    pub pipes: Pipes,
    /// The process.
    pub child: Child,
    /// What it writes to standard error.
    pub complaint: Complaint,
}

/// The end of what a server wrote to standard error. For the owner alone: it may hold keys.
#[derive(Clone, Default)]
pub struct Complaint {
    kept: Arc<Mutex<VecDeque<u8>>>,
}

impl Complaint {
    /// Gives the text.
    pub fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }

    fn add(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(bytes);
        let surplus = kept.len().saturating_sub(KEPT_COMPLAINT);
        kept.drain(..surplus);
    }

    /// Reads all that comes, so that nobody who writes much is held up.
    async fn listen(self, mut errors: ChildStderr) {
        let mut buffer = vec![0; 8 << 10];
        while let Ok(length @ 1..) = errors.read(&mut buffer).await {
            self.add(&buffer[..length]);
        }
    }
}

/// Starts a program, by way of the guard if there is one.
pub fn start(program: &Program, guard: Option<&Path>) -> io::Result<Started> {
    let mut command = match guard {
        Some(guard) => {
            let mut command = Command::new(guard);
            let parent = std::process::id().to_string();
            command.args(["mcp-guard", "--parent", &parent, "--", &program.command]);
            command
        }
        None => Command::new(&program.command),
    };
    command.args(&program.arguments).env_clear();
    command.envs(PASSED.iter().filter_map(|name| Some((name, env::var_os(name)?))));
    command.envs(&program.environment).current_dir(folder(program)?);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // The guard ends when its standard input does, and takes with it what it started: it must live for that.
    command.kill_on_drop(guard.is_none());
    let mut child = command.spawn()?;
    let (Some(input), Some(output), Some(errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::Error::other("it has no standard input and output"));
    };
    let complaint = Complaint::default();
    tokio::spawn(complaint.clone().listen(errors));
    let pipes = AsyncRwTransport::new_client(output, input).with_max_line_length(LONGEST_LINE);
    Ok(Started { pipes, child, complaint })
}

/// The folder a program is started in. Not this process's own, which may be anywhere.
fn folder(program: &Program) -> io::Result<PathBuf> {
    match &program.folder {
        Some(folder) if folder.is_dir() => Ok(folder.clone()),
        Some(folder) => {
            Err(io::Error::other(format!("its folder `{}` is not there", folder.display())))
        }
        None => {
            let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"));
            let home = home.map(PathBuf::from).filter(|home| home.is_dir());
            Ok(home.unwrap_or_else(env::temp_dir))
        }
    }
}
