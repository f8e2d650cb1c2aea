//! Counting tests over all test binaries while their output passes by.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// How many tests there were.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct TestCount {
    /// Those that passed.
    pub passed: u64,
    /// Those that failed.
    pub failed: u64,
    /// Whether the command as a whole was content.
    pub succeeded: bool,
}

/// Runs a test command, shows what it prints and counts.
pub fn run_counted(command: &mut Command) -> Result<TestCount> {
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start the tests")?;
    let mut count = TestCount::default();
    let printed = child.stdout.take().context("the tests have no output")?;
    for line in BufReader::new(printed).lines() {
        let line = line?;
        println!("{line}");
        count.add(&line);
    }
    count.succeeded = child.wait()?.success();
    Ok(count)
}

impl TestCount {
    /// Reads `test result: ok. 3 passed; 0 failed; ...`.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let words: Vec<&str> = result.split_whitespace().collect();
        for pair in words.windows(2) {
            let [number, word] = pair else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match word.trim_end_matches(';') {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_binaries_are_summed() {
        let mut count = TestCount::default();
        for line in [
            "running 2 tests",
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out",
        ] {
            count.add(line);
        }
        assert_eq!(count, TestCount { passed: 3, failed: 3, succeeded: false });
    }
}
