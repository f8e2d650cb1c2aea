//! Testing a library in a process of its own.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::SelfTest;

/// A test takes a few hundredths of a second.
const LONGEST: Duration = Duration::from_secs(20);
const BETWEEN_LOOKS: Duration = Duration::from_millis(2);

/// Runs the test of a library, and gives the result that it came to.
pub fn run(test: &SelfTest, library: &Path) -> Result<Vec<f32>, String> {
    let mut child = Command::new(&test.program)
        .args(&test.arguments)
        .arg(library)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("`{}` cannot be started: {error}", test.program.display()))?;
    let started = Instant::now();
    // The result fits into the pipe, so nobody has to read while it is made.
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if started.elapsed() > LONGEST {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("it did not end within {} seconds", LONGEST.as_secs()));
        }
        std::thread::sleep(BETWEEN_LOOKS);
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        return Err(if said.is_empty() { ending(output.status) } else { said });
    }
    serde_json::from_slice(&output.stdout).map_err(|error| format!("its result is none: {error}"))
}

#[cfg(unix)]
fn ending(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt;
    match status.signal() {
        // SIGILL, on every system that has it.
        Some(4) => "it uses an instruction that this machine does not allow".to_owned(),
        Some(signal) => format!("it was stopped by signal {signal}"),
        None => format!("it ended with {status}"),
    }
}

#[cfg(not(unix))]
fn ending(status: ExitStatus) -> String {
    format!("it ended with {status}")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Result<Vec<f32>, String> {
        let test = SelfTest {
            program: "/bin/sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
        };
        run(&test, Path::new("library"))
    }

    #[test]
    fn a_result_comes_back() {
        assert_eq!(shell("echo '[1.5, -2]'"), Ok(vec![1.5, -2.0]));
    }

    #[test]
    fn what_went_wrong_is_told() {
        let stopped = shell("kill -ILL $$").expect_err("it was stopped");
        assert!(stopped.contains("instruction"), "{stopped}");
        let failed = shell("echo 'this processor lacks something'; exit 1").expect_err("it failed");
        assert_eq!(failed, "this processor lacks something");
        assert!(shell("echo nonsense").is_err());
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let test = SelfTest { program: "/nowhere/quire".into(), arguments: Vec::new() };
        let error = run(&test, Path::new("library")).expect_err("there is no program");
        assert!(error.contains("/nowhere/quire"), "{error}");
    }
}
