//! `cargo xtask soak`: clients of all protocols against one server for some minutes, and what becomes of its memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::clients::{client_tests, set_up_python};
use crate::models::{FOR_TESTS, pull, test_folder};
use crate::paths::{binary, target};
use crate::step::{command, run, step};

/// The quick one of the models for tests answers if none is named.
const CHAT_MODEL: &str = "HuggingFaceTB/SmolLM2-135M-Instruct-GGUF";

/// How long the server may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// A server of its own, which is killed when this is dropped.
struct Server {
    child: Child,
    url: String,
}

/// Runs it with the program that is built; `--minutes N` says how long, 10 unless told otherwise.
pub fn soak(arguments: &[String]) -> Result<()> {
    let minutes = match arguments {
        [] => "10",
        [flag, minutes] if flag == "--minutes" => minutes.as_str(),
        _ => bail!("`cargo xtask soak` takes `--minutes N` alone"),
    };
    ensure!(
        minutes.parse::<f64>().is_ok_and(|minutes| minutes > 0.0),
        "`{minutes}` is no number of minutes"
    );
    ensure!(
        binary().is_file(),
        "`{}` is not there; `cargo xtask build` builds it",
        binary().display()
    );
    let models = test_folder();
    step("models for tests", || pull(FOR_TESTS, Some(&models)))?;
    let python = step("Python libraries for tests", set_up_python)?;
    let data = target().join("soak");
    if data.exists() {
        fs::remove_dir_all(&data).with_context(|| format!("`{}` is in use", data.display()))?;
    }
    step(&format!("clients for {minutes} minutes"), || {
        let server = Server::start(&data, &models)?;
        let note = data.join("notes.txt");
        fs::write(&note, "The meeting is on Tuesday at nine.")?;
        run(command(binary(), &["ingest", "--collection", "sdk", "--server", &server.url])
            .arg(&note))?;
        let script = client_tests().join("python").join("soak.py");
        let pid = server.child.id().to_string();
        run(command(&python, &[]).arg(script).args([server.url.as_str(), pid.as_str(), minutes]))
    })
}

impl Server {
    fn start(data: &Path, models: &Path) -> Result<Self> {
        let mut serve = command(binary(), &["serve", "--bind", "127.0.0.1:0"]);
        serve
            .arg("--data")
            .arg(data)
            .arg("--models")
            .arg(models)
            .env("QUIRE_CHAT_MODEL", CHAT_MODEL);
        let errors = fs::File::create(log_beside(data))?;
        let child = serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(errors).spawn();
        let child = child.with_context(|| format!("cannot start {}", binary().display()))?;
        let mut server = Self { child, url: String::new() };
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            if let Some(status) = server.child.try_wait()? {
                bail!("the server ended with {status}: see {}", log_beside(data).display());
            }
            let note = fs::read(data.join("server.json")).ok();
            let note: Option<Value> = note.and_then(|note| serde_json::from_slice(&note).ok());
            if let Some(url) = note.as_ref().and_then(|note| note["url"].as_str()) {
                url.clone_into(&mut server.url);
                return Ok(server);
            }
            sleep(Duration::from_millis(50));
        }
        bail!("the server does not start: see {}", log_beside(data).display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; nobody needs to know how.
        let _killed = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Where what the server says stands, which makes its data folder itself.
fn log_beside(data: &Path) -> PathBuf {
    data.with_extension("log")
}
