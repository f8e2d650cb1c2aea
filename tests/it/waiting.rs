//! How the program's threads wait: beside other busy programs they must not spin.

use crate::harness::Server;

/// OpenMP reads its environment before `main`, so what counts is what the process was started with.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_server_runs_with_threads_that_sleep_while_they_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(folder.path());
    let environment = std::fs::read(format!("/proc/{}/environ", server.process_id()));
    let environment = environment.expect("it runs");
    let policies: Vec<&[u8]> =
        environment.split(|byte| *byte == 0).filter(|line| line.starts_with(b"OMP_")).collect();
    assert_eq!(policies, [b"OMP_WAIT_POLICY=PASSIVE"]);
}
