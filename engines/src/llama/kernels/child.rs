//! Testing a library in a process of its own.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::SelfTest;
use crate::llama::child;

/// A test takes a few hundredths of a second.
const LONGEST: Duration = Duration::from_secs(20);

/// Runs the test of a library, and gives the result that it came to.
pub fn run(test: &SelfTest, library: &Path) -> Result<Vec<f32>, String> {
    let mut command = Command::new(&test.program);
    let printed = child::run(command.args(&test.arguments).arg(library), LONGEST);
    let printed = printed.map_err(|failure| failure.to_string())?;
    serde_json::from_slice(&printed).map_err(|error| format!("its result is none: {error}"))
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
