//! Another process of this machine: whether it runs, and ending it.

use std::time::{Duration, Instant};

use sysinfo::{
    Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, RefreshKind, Signal, System,
};

/// How often it is looked whether a process has ended.
const STEP: Duration = Duration::from_millis(50);

/// A process that ran when it was looked for. One that gets its number later is another.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Process {
    pid: Pid,
    /// In seconds since the Unix epoch.
    started: u64,
}

impl Process {
    /// Finds the process of this number.
    pub fn find(pid: u32) -> anyhow::Result<Option<Self>> {
        let pid = Pid::from_u32(pid);
        let started = look(pid, |process| (!is_over(process)).then(|| process.start_time()))?;
        Ok(started.flatten().map(|started| Self { pid, started }))
    }

    /// Returns whether it has ended, also if whoever started it has not taken notice yet.
    pub fn has_ended(self) -> anyhow::Result<bool> {
        let is_there =
            |process: &sysinfo::Process| process.start_time() == self.started && !is_over(process);
        Ok(!look(self.pid, is_there)?.unwrap_or(false))
    }

    /// Waits until it has ended, and returns whether it has.
    pub async fn wait(self, patience: Duration) -> anyhow::Result<bool> {
        let begun = Instant::now();
        loop {
            if self.has_ended()? {
                return Ok(true);
            }
            if begun.elapsed() >= patience {
                return Ok(false);
            }
            tokio::time::sleep(STEP).await;
        }
    }

    /// Asks it to end in order. Returns whether that can be asked here: on Windows it cannot.
    pub fn ask_to_end(self) -> anyhow::Result<bool> {
        self.send(Signal::Term)
    }

    /// Ends it at once.
    pub fn kill(self) -> anyhow::Result<bool> {
        self.send(Signal::Kill)
    }

    fn send(self, signal: Signal) -> anyhow::Result<bool> {
        let sent = look(self.pid, |process| {
            // Its number may be another's by now.
            process.start_time() == self.started && process.kill_with(signal) == Some(true)
        })?;
        Ok(sent.unwrap_or(false))
    }
}

fn is_over(process: &sysinfo::Process) -> bool {
    matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead)
}

/// Tells something of a process, if there is one of this number.
fn look<T>(pid: Pid, tell: impl FnOnce(&sysinfo::Process) -> T) -> anyhow::Result<Option<T>> {
    let mut system = System::new_with_specifics(RefreshKind::nothing())?;
    let wanted = ProcessesToUpdate::Some(&[pid]);
    system.refresh_processes_specifics(wanted, true, ProcessRefreshKind::nothing());
    Ok(system.process(pid).map(tell))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_none_has_the_last_number() {
        let own = Process::find(std::process::id()).expect("it can be looked for");
        assert!(!own.expect("it runs").has_ended().expect("it can be looked for"));
        assert_eq!(Process::find(i32::MAX as u32).expect("it can be looked for"), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_process_that_was_killed_has_ended_before_anybody_takes_notice() {
        let mut child = std::process::Command::new("sleep").arg("600").spawn().expect("it starts");
        let process = Process::find(child.id()).expect("it can be looked for").expect("it runs");
        assert!(process.kill().expect("it can be looked for"));
        let has_ended = process.wait(Duration::from_secs(10)).await;
        assert!(has_ended.expect("it can be looked for"));
        child.wait().expect("it has ended");
    }
}
