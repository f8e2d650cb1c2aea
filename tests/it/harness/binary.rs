//! The built binary: started as a user would start it.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A command of the binary that was built beside this test.
pub fn quire() -> Command {
    let test = std::env::current_exe().expect("a test is a program");
    let folder = test.ancestors().nth(2).expect("it lies in <profile>/deps");
    let program = folder.join("quire");
    assert!(
        program.exists(),
        "`{}` is not built; `cargo xtask test` builds it before the tests",
        program.display()
    );
    let mut command = Command::new(program);
    for name in ["QUIRE_DATA", "QUIRE_SERVER", "QUIRE_BIND"] {
        command.env_remove(name);
    }
    command.env("QUIRE_MODELS", test_models());
    command
}

/// The folder of the small models that tests use.
fn test_models() -> PathBuf {
    std::env::var_os("QUIRE_TEST_MODELS").map_or_else(
        || panic!("QUIRE_TEST_MODELS must name a folder with the test models; `cargo xtask test` sets it"),
        PathBuf::from,
    )
}

/// Runs a program of somebody who uses a client library, with the address of a built server that has a collection `sdk`;
/// it must end with `fine`.
pub fn check_with_python(program: &str) {
    let data = tempfile::tempdir().expect("a folder");
    let server = Server::start_with_note(data.path());
    run_python(program, &[&server.url]);
}

/// Runs a program in Python; it must end with `fine`.
pub fn run_python(program: &str, arguments: &[&str]) {
    let mut python = Command::new(test_python());
    let output = python.args(["-c", program]).args(arguments).output().expect("Python starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "fine", "{errors}");
}

/// A Python that has the client libraries.
pub fn test_python() -> PathBuf {
    std::env::var_os("QUIRE_TEST_PYTHON").map_or_else(
        || panic!("QUIRE_TEST_PYTHON must name a Python with the client libraries; `cargo xtask test` sets it"),
        PathBuf::from,
    )
}

/// Runs a command to its end.
pub fn run<I: AsRef<OsStr>>(arguments: impl IntoIterator<Item = I>) -> Output {
    quire().args(arguments).output().expect("it starts")
}

/// A port that nothing listens on just now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it is bound").port()
}

/// A running `quire serve`; killed when it is dropped.
pub struct Server {
    child: Child,
    /// Where it answers.
    pub url: String,
}

impl Server {
    /// Starts one on a data folder and waits until it answers.
    pub fn start(data: &Path) -> Self {
        Self::start_at(data, "127.0.0.1:0")
    }

    /// Starts one that has a collection `sdk` with one note, which says when the meeting is.
    pub fn start_with_note(data: &Path) -> Self {
        Self::start(data).with_note(data)
    }

    /// Starts one like that in which this chat model answers if none is named.
    pub fn start_with_note_and_model(data: &Path, model: &str) -> Self {
        let server = Self::launch(quire().env("QUIRE_CHAT_MODEL", model), data, "127.0.0.1:0");
        server.with_note(data)
    }

    /// Gives it a collection `sdk` with one note, which says when the meeting is.
    pub fn with_note(self, data: &Path) -> Self {
        let notes = data.join("notes.txt");
        std::fs::write(&notes, "The meeting is on Tuesday at nine.").expect("a file");
        let notes = notes.to_str().expect("a plain path");
        let added = run(["ingest", notes, "-c", "sdk", "--server", &self.url]);
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        self
    }

    /// Starts one at an address.
    pub fn start_at(data: &Path, bind: &str) -> Self {
        Self::launch(&mut quire(), data, bind)
    }

    /// Starts one that has the embedding model and no chat model; `models` is an empty folder, which is to
    /// hold no others.
    #[cfg(unix)]
    pub fn start_without_chat_model(data: &Path, models: &Path) -> Self {
        let folder = models.join("sentence-transformers");
        std::os::unix::fs::symlink(test_models().join("sentence-transformers"), folder)
            .expect("a link");
        Self::launch(quire().env("QUIRE_MODELS", models), data, "127.0.0.1:0")
    }

    /// Starts one with the models of a folder, of which this one answers.
    pub fn start_with_models(data: &Path, (models, chat_model): (&Path, &str)) -> Self {
        let mut quire = quire();
        quire.env("QUIRE_MODELS", models).env("QUIRE_CHAT_MODEL", chat_model);
        Self::launch(&mut quire, data, "127.0.0.1:0")
    }

    fn launch(quire: &mut Command, data: &Path, bind: &str) -> Self {
        let mut child = quire
            .args(["serve", "--bind", bind, "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let note = data.join("server.json");
        let started = Instant::now();
        loop {
            let read = std::fs::read(&note).ok();
            if let Some(note) = read.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
                && note["pid"] == child.id()
            {
                let url = note["url"].as_str().expect("an address").to_owned();
                return Self { child, url };
            }
            let ended = child.try_wait().expect("it can be asked");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(started.elapsed() < Duration::from_mins(1), "the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The number of its process.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it ends");
    }

    /// Asks it to stop and waits; gives its exit code.
    pub fn stop(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs");
        assert!(asked.success());
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already if `stop` was called.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
