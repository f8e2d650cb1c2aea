//! `quire mcp-guard`: what stands between Quire and a server of tools that is a program. It passes on what Quire says, and ends
//! the server with all that it started when Quire has nothing more to say, or is no more: a server may neither heed the end of
//! its input nor outlive who started it, however that ended.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::Args;

use super::output;

/// How often it is looked whether Quire still is.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How long a server may take to end by itself when its input has ended.
const GRACE: Duration = Duration::from_secs(2);

/// What to start.
#[derive(Args, Debug)]
pub struct Arguments {
    /// The process that asks for it
    #[arg(long)]
    parent: u32,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// What is heard while the server runs.
enum Event {
    /// Quire has nothing more to say.
    InputEnded,
    /// The server has ended.
    Ended(u8),
}

/// Runs the server until it ends or is ended.
pub fn run(arguments: &Arguments) -> ExitCode {
    match guard(arguments) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            output::error(&error);
            // As shells have it for what cannot be run.
            ExitCode::from(127)
        }
    }
}

fn guard(Arguments { parent, command }: &Arguments) -> anyhow::Result<u8> {
    let (program, rest) = command.split_first().context("no program is named")?;
    let mut child = group(Command::new(program).args(rest).stdin(Stdio::piped()))
        .spawn()
        .with_context(|| format!("`{}` cannot be started", program.display()))?;
    let id = child.id();
    let (events, heard) = channel();
    if let Some(input) = child.stdin.take() {
        pass_on(input, events.clone());
    }
    wait_for(child, events);
    let code = watch(&heard, *parent);
    // What it started may outlive it.
    end(id);
    Ok(code)
}

/// Passes on what comes. Reading and writing are apart, so that a server that reads nothing hides no end.
fn pass_on(mut input: ChildStdin, events: Sender<Event>) {
    let (pieces, received) = channel::<Vec<u8>>();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(length @ 1..) = io::stdin().lock().read(&mut buffer) {
            if pieces.send(buffer[..length].to_vec()).is_err() {
                break;
            }
        }
        let _ended = events.send(Event::InputEnded);
    });
    thread::spawn(move || {
        for piece in received {
            if input.write_all(&piece).is_err() {
                break;
            }
        }
    });
}

fn wait_for(mut child: Child, events: Sender<Event>) {
    thread::spawn(move || {
        let status = child.wait().ok().and_then(|status| status.code());
        let code = status.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        let _ended = events.send(Event::Ended(code));
    });
}

/// Waits until the server has ended, or must end.
fn watch(heard: &Receiver<Event>, parent: u32) -> u8 {
    let mut ends_at: Option<Instant> = None;
    loop {
        match heard.recv_timeout(LOOK_EVERY) {
            Ok(Event::Ended(code)) => return code,
            Ok(Event::InputEnded) => ends_at = Some(Instant::now() + GRACE),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return 1,
        }
        if is_orphan(parent) || ends_at.is_some_and(|at| Instant::now() >= at) {
            return 1;
        }
    }
}

/// Has the server lead a group of processes, to which belongs what it starts.
#[cfg(unix)]
fn group(command: &mut Command) -> &mut Command {
    std::os::unix::process::CommandExt::process_group(command, 0)
}

/// Ends a group of processes. The shell has `kill` everywhere; calling the system for it would be unsafe code.
#[cfg(unix)]
fn end(group: u32) {
    let command = "kill -s KILL -- \"-$1\"";
    let ended = Command::new("/bin/sh")
        .args(["-c", command, "sh", &group.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // If nobody is left there is nothing to end.
        .stderr(Stdio::null())
        .status();
    drop(ended);
}

/// Returns whether this process was left behind by the one that started it.
#[cfg(unix)]
fn is_orphan(parent: u32) -> bool {
    std::os::unix::process::parent_id() != parent
}

#[cfg(not(unix))]
fn group(command: &mut Command) -> &mut Command {
    command
}

#[cfg(not(unix))]
fn end(process: u32) {
    let ended = Command::new("taskkill")
        .args(["/F", "/T", "/PID", &process.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    drop(ended);
}

/// Here only the end of the input tells that Quire is no more.
#[cfg(not(unix))]
fn is_orphan(_parent: u32) -> bool {
    false
}
