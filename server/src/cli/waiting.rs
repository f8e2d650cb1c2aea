//! How the threads of a model wait for each other.
//!
//! llama.cpp's threads meet hundreds of times a token. OpenMP has those that come first spin, which is
//! quick while every thread has a core of its own. Beside other busy programs the one they wait for is often not
//! running, and the spinning takes its time: a token took four times as long. Threads that sleep cost nothing
//! that could be measured on a quiet machine: see `docs/decisions/131-threads-sleep-while-they-wait.md`.

#[cfg(unix)]
use std::os::unix::process::CommandExt;

/// Has OpenMP's threads sleep while they wait, unless the environment says how they are to.
///
/// OpenMP reads this before `main` runs, so the program starts itself once more in its own place: same
/// process, same arguments. If that fails it goes on as it is.
#[cfg(unix)]
pub fn sleep_instead_of_spinning() {
    const POLICY: &str = "OMP_WAIT_POLICY";
    if std::env::var_os(POLICY).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut arguments = std::env::args_os();
    let mut again = std::process::Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // It only returns where it failed, and then the threads spin.
    let _failed = again.args(arguments).env(POLICY, "PASSIVE").exec();
}

/// Does nothing: the threads of this system's OpenMP cannot be told.
#[cfg(not(unix))]
pub fn sleep_instead_of_spinning() {}
